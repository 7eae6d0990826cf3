#include "ui/panes/layout.h"

enum {
  BODY_LEAST = 2, /* lines inside a pane; with less room the panes become tabs */
  SHARE_CRIT = 4, /* lines per round, where several panes want more */
  SHARE_WARN = 2,
  SHARE_OK = 1,
};

static size_t in_column(size_t count, int columns, int column) {
  return (count + (size_t)(columns - 1 - column)) / (size_t)columns;
}

void layout_columns(struct layout *layout, struct rect area, size_t count) {
  *layout = (struct layout){.columns = 1};
  if (area.width >= LAYOUT_THREE_COLUMNS && count > 2)
    layout->columns = 3;
  else if (area.width >= LAYOUT_TWO_COLUMNS && count > 2) /* one kind has the whole width */
    layout->columns = 2;
  size_t tallest = in_column(count, layout->columns, 0);
  if ((int)tallest * (BODY_LEAST + 1) + 1 > area.height) {
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

/* Distributes `lines` lines to the panes of a column, in rounds, until all have what they want; the
 * last one gets the rest. */
static void share(int *bodies, const struct layout_need *needs, size_t first, size_t count,
                  size_t step, int lines) {
  size_t last = first;
  for (size_t i = first; i < count; i += step) {
    bodies[i] = BODY_LEAST;
    lines -= BODY_LEAST;
    last = i;
  }
  for (bool given = true; given && lines > 0;) {
    given = false;
    for (size_t i = first; i < count; i += step) {
      for (int n = share_of(needs[i].severity); n > 0 && lines > 0; n--) {
        if (bodies[i] >= needs[i].lines)
          break;
        bodies[i]++;
        lines--;
        given = true;
      }
    }
  }
  bodies[count <= 2 ? first : last] += lines > 0 ? lines : 0; /* one kind: it has charts to draw */
}

void layout_rows(struct layout *layout, struct rect area, const struct layout_need *needs,
                 size_t count) {
  int bodies[LAYOUT_PANES_MAX];
  size_t step = (size_t)layout->columns;
  if (layout->tabs)
    return;
  for (size_t column = 0; column < step && column < count; column++) {
    int panes = (int)in_column(count, layout->columns, (int)column);
    share(bodies, needs, column, count, step, area.height - panes - 1);
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
