#include "ui/panes/layout.h"

enum {
  BODY_LEAST = 2,      /* lines inside a pane; with less room the panes become tabs */
  ARRANGED_WIDTH = 24, /* of a pane, as the configuration arranges it */
  SHARE_CRIT = 4,      /* lines per round, where several panes want more */
  SHARE_WARN = 2,
  SHARE_OK = 1,
  REST_SHARE =
      4, /* of a column's lines, one in so many is enough for the pane that takes the rest */
};

static size_t in_column(size_t count, int columns, int column) {
  return (count + (size_t)(columns - 1 - column)) / (size_t)columns;
}

static bool is_low(int columns, size_t count, int height) {
  return (int)in_column(count, columns, 0) * (BODY_LEAST + 1) + 1 > height;
}

void layout_columns(struct layout *layout, struct rect area, size_t count) {
  *layout = (struct layout){.columns = 1};
  if (area.width >= LAYOUT_THREE_COLUMNS && count > 2)
    layout->columns = 3;
  else if (area.width >= LAYOUT_TWO_COLUMNS && count > 2) /* one kind has the whole width */
    layout->columns = 2;
  while (is_low(layout->columns, count, area.height) && layout->columns < (int)count &&
         area.width / (layout->columns + 1) >= LAYOUT_COLUMN_LEAST)
    layout->columns++;
  if (is_low(layout->columns, count, area.height)) {
    layout->tabs = true;
    layout->rects[0] = area;
    layout->looks[0] = PANE_TOP | PANE_BOTTOM;
    return;
  }
  for (size_t i = 0; i < count; i++) {
    int column = (int)(i % (size_t)layout->columns);
    int left = area.width * column / layout->columns;
    int right = area.width * (column + 1) / layout->columns;
    layout->rects[i] = (struct rect){area.x + left, area.y, right - left, 0};
  }
}

static int share_of(enum severity severity) {
  switch (severity) {
  case SEVERITY_CRIT:
    return SHARE_CRIT;
  case SEVERITY_WARN:
    return SHARE_WARN;
  default:
    return SHARE_OK;
  }
}

/* The panes of one column, and the lines that are left for them. */
struct column {
  const struct pane_need *needs;
  int *bodies; /* lines inside, of all panes */
  size_t first, count, step;
  int lines, all;
};

enum stage { STAGE_URGENT, STAGE_ALL };

/* In rounds, until all have what they want. */
static void give_needs(struct column *column, enum stage stage) {
  for (bool given = true; given && column->lines > 0;) {
    given = false;
    for (size_t i = column->first; i < column->count; i += column->step) {
      const struct pane_need *need = &column->needs[i];
      const int wanted =
          stage == STAGE_ALL || need->lines < need->urgent ? need->lines : need->urgent;
      for (int n = share_of(need->severity); n > 0 && column->lines > 0; n--) {
        if (column->bodies[i] >= wanted)
          break;
        column->bodies[i]++;
        column->lines--;
        given = true;
      }
    }
  }
}

/* One line for each chart in turn, up to what it can use, or as long as there are more lines than
 * `kept`. */
static void grow_charts(struct column *column, int *charts, bool limited, int kept) {
  for (bool given = true; given && column->lines > kept;) {
    given = false;
    for (size_t i = column->first; i < column->count && column->lines > kept; i += column->step) {
      if (charts[i] == 0 || (limited && charts[i] >= column->needs[i].chart_most))
        continue;
      charts[i]++;
      column->lines--;
      given = true;
    }
  }
}

/* Charts for as many panes as possible, the most severe first; then they grow together, and leave
 * `kept` lines. */
static void give_charts(struct column *column, int kept) {
  int charts[LAYOUT_PANES_MAX] = {0};
  for (int severity = SEVERITY_CRIT; severity >= SEVERITY_OK; severity--)
    for (size_t i = column->first; i < column->count; i += column->step) {
      const int least = column->needs[i].chart_least;
      if ((int)column->needs[i].severity != severity || least == 0 || least > column->lines)
        continue;
      charts[i] = least;
      column->lines -= least;
    }
  grow_charts(column, charts, true, 0);
  grow_charts(column, charts, false, kept);
  for (size_t i = column->first; i < column->count; i += column->step)
    column->bodies[i] += charts[i];
}

/* To the pane that can use the rest, as far as that is of use; then the charts are larger. */
static void give_rest(struct column *column) {
  size_t last = column->first, taker = SIZE_MAX;
  for (size_t i = column->first; i < column->count; i += column->step) {
    last = i;
    if (column->needs[i].takes_rest)
      taker = i;
  }
  const int enough = taker != SIZE_MAX ? column->all / REST_SHARE - column->bodies[taker] : 0;
  give_charts(column, enough > 0 ? enough : 0);
  column->bodies[taker != SIZE_MAX ? taker : last] += column->lines;
}

static void share(struct column *column) {
  for (size_t i = column->first; i < column->count; i += column->step) {
    column->bodies[i] = BODY_LEAST;
    column->lines -= BODY_LEAST;
  }
  give_needs(column, STAGE_URGENT);
  give_needs(column, STAGE_ALL);
  if (column->lines > 0)
    give_rest(column);
}

void layout_rows(struct layout *layout, struct rect area, const struct pane_need *needs,
                 size_t count) {
  int bodies[LAYOUT_PANES_MAX];
  size_t step = (size_t)layout->columns;
  if (layout->tabs || layout->arranged)
    return;
  for (size_t column = 0; column < step && column < count; column++) {
    int panes = (int)in_column(count, layout->columns, (int)column);
    struct column own = {needs, bodies, column, count, step, area.height - panes - 1, area.height};
    share(&own);
    int y = area.y;
    for (size_t i = column; i < count; i += step) {
      bool bottom = i + step >= count;
      layout->looks[i] = (i == column ? PANE_TOP : 0u) | (bottom ? PANE_BOTTOM : 0u);
      layout->rects[i].y = y;
      layout->rects[i].height = bodies[i] + 1 + bottom;
      y += bodies[i] + 1;
    }
  }
}

/* The share of `whole` before and with the next weight. */
static int share_before(int whole, int before, int total) {
  return (int)((int64_t)whole * before / (total > 0 ? total : 1));
}

static bool arrange_row(struct layout *layout, struct rect area, const struct layout_places *row) {
  int total = 0, before = 0;
  for (size_t i = 0; i < row->count; i++)
    total += row->weights[i];
  for (size_t i = 0; i < row->count; before += row->weights[i], i++) {
    const int left = share_before(area.width, before, total);
    const int right = share_before(area.width, before + row->weights[i], total);
    if (right - left < ARRANGED_WIDTH || area.height < BODY_LEAST + 2)
      return false;
    layout->rects[row->panes[i]] = (struct rect){area.x + left, area.y, right - left, area.height};
    layout->looks[row->panes[i]] = PANE_TOP | PANE_BOTTOM;
  }
  return true;
}

bool layout_arrange(struct layout *layout, struct rect area, const struct layout_places *rows,
                    size_t count) {
  int total = 0, before = 0;
  *layout = (struct layout){.arranged = true, .columns = 1};
  for (size_t i = 0; i < count; i++)
    total += rows[i].weight;
  for (size_t i = 0; i < count; before += rows[i].weight, i++) {
    const int top = share_before(area.height, before, total);
    const int bottom = share_before(area.height, before + rows[i].weight, total);
    if (!arrange_row(layout, (struct rect){area.x, area.y + top, area.width, bottom - top},
                     &rows[i]))
      return false;
  }
  return count > 0;
}
