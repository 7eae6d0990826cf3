/* Charts in the free space of a pane: the history of the selected row's cells, of its target's
 * values and, in the overview, of other targets and rows. Of equal charts only one is shown. */
#include "core/map.h"
#include "core/text/text.h"
#include "ui/draw/widget.h"
#include "ui/panes/pane_kind.h"
#include "ui/table/table_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double WHOLE_MOST = 1e15; /* integers that a double holds exactly */

enum {
  COLUMN_WIDTH = 44, /* minimum cells for another one beside it */
  GAP = 3,
  HEIGHT_LEAST = 4,  /* with the line that names it */
  HEIGHT_MOST = 12,  /* more only where the lines are of no other use */
  BAR_CELLS = 4,     /* in the overview, where a chart that moves costs more bytes than all else */
  ROWS_MOST = 60,    /* the first rows of a pane: the others are not considered */
  PRIORITY_MOST = 2, /* less important values are not worth a chart */
};

struct chart {
  struct table_row row;
  struct ordered_row ordered;
  size_t column;
  const struct history_ring *ring;
  const char *subject; /* the row's; NULL: the target's */
  uint64_t identity;   /* of its row */
};

struct charts {
  const struct frame *frame;
  struct chart items[PANE_CHARTS_MAX];
  size_t count;
  bool several; /* targets: the subject of a summary is its target */
  bool zoomed;
};

/* Whether there is something to see, also where only the newest part is shown. */
static bool has_past(const struct history_ring *ring) {
  int known = 0;
  for (size_t i = 0; ring && i < ring->count && i < HISTORY_LENGTH / 2 && known < 2; i++)
    known += !isnan(history_value(ring, i));
  return known == 2;
}

static bool is_charted(const struct column_spec *column, bool summary) {
  if (!(column->flags & COLUMN_HISTORY) || (column->flags & (COLUMN_DETAIL | COLUMN_PLUS)))
    return false; /* bars start at 0: negative values have none */
  return summary ? column->priority <= PRIORITY_MOST
                 : (column->flags & (COLUMN_SPARK | COLUMN_GAUGE)) != 0;
}

/* As the lag of the only group and of all groups. */
static bool is_equal(const struct history_ring *a, const struct history_ring *b) {
  for (size_t i = 0; i < a->count || i < b->count; i++) {
    const float one = history_value(a, i), other = history_value(b, i);
    if (isnan(one) != isnan(other) || (!isnan(one) && one != other))
      return false;
  }
  return true;
}

/* Nothing to see: it counts what did not happen. */
static bool is_flat(const struct history_ring *ring) {
  for (size_t i = 0; i < ring->count; i++)
    if (history_value(ring, i) != 0 && !isnan(history_value(ring, i)))
      return false;
  return true;
}

static bool is_shown(const struct charts *charts, const struct chart *chart) {
  for (size_t i = 0; i < charts->count; i++) {
    const struct chart *other = &charts->items[i];
    if (other->ring == chart->ring || (other->row.spec->columns[other->column].unit ==
                                           chart->row.spec->columns[chart->column].unit &&
                                       is_equal(other->ring, chart->ring)))
      return true;
  }
  return false;
}

static uint64_t identity_of(size_t target_index, const struct table *table, const char *key) {
  return map_hash_text(map_hash_text(map_hash_number(MAP_HASH, target_index), table->spec->id),
                       key);
}

static void add_row(struct charts *charts, size_t index, const struct table *table,
                    const struct ordered_row *ordered) {
  const struct target_state *state = &charts->frame->model->targets[index];
  bool summary = table->spec->flags & TABLE_SUMMARY;
  for (size_t i = 0; i < table->spec->column_count && charts->count < PANE_CHARTS_MAX; i++) {
    if (!is_charted(&table->spec->columns[i], summary))
      continue;
    struct chart *chart = &charts->items[charts->count];
    *chart = (struct chart){.ordered = *ordered, .column = i};
    chart->row = (struct table_row){.target_index = index,
                                    .table = (size_t)(table - state->sample->tables),
                                    .spec = table->spec,
                                    .stale = target_state_condition(state, charts->frame->now_ms) !=
                                             TARGET_LIVE};
    chart->row.row = &chart->ordered;
    chart->ring = history_find(state->history, chart->row.table, ordered->row->key, i);
    chart->identity = identity_of(index, table, ordered->row->key);
    if (!summary && ordered->row->cells[0].type == VALUE_TEXT)
      chart->subject = ordered->row->cells[0].text;
    else if (summary && charts->several)
      chart->subject = state->target->name;
    charts->count += has_past(chart->ring) && (charts->zoomed || !is_flat(chart->ring)) &&
                     !is_shown(charts, chart);
  }
}

static void add_summaries(struct charts *charts, size_t index) {
  const struct target_state *state = &charts->frame->model->targets[index];
  for (size_t t = 0; state->sample && t < state->sample->table_count; t++) {
    const struct table *table = &state->sample->tables[t];
    if (!(table->spec->flags & TABLE_SUMMARY) || table->row_count == 0)
      continue;
    struct ordered_row ordered = {.row = &table->rows[0], .root = &table->rows[0]};
    add_row(charts, index, table, &ordered);
  }
}

static bool was_charted(const struct pane *pane, const struct line *line) {
  const uint64_t identity = identity_of(line->target_index, line->table, line->key);
  for (size_t i = 0; i < PANE_CHARTS_MAX; i++)
    if (pane->charted[i] == identity)
      return true;
  return false;
}

static bool has_charts(const struct table_spec *spec) {
  for (size_t i = 0; i < spec->column_count; i++)
    if (is_charted(&spec->columns[i], false))
      return true;
  return false;
}

/* Rows that had charts keep them, so that two rows that change places do not make the charts jump;
 * only what is not OK comes before them. */
static void add_rows(struct charts *charts, const struct pane *pane) {
  const struct findings *findings = charts->frame->model->findings;
  const size_t count = pane->lines.count < ROWS_MOST ? pane->lines.count : ROWS_MOST;
  for (int pass = 0; pass < 3; pass++)
    for (size_t i = 0; i < count && charts->count < PANE_CHARTS_MAX; i++) {
      const struct line *line = &pane->lines.items[i];
      if (line->kind != LINE_ROW || line->row.depth > 0 || !has_charts(line->table->spec))
        continue;
      const bool wrong =
          findings_row(findings, line->target_index, line->table_id, line->key) != SEVERITY_OK;
      const int own = wrong ? 0 : was_charted(pane, line) ? 1 : 2;
      if (own == pass)
        add_row(charts, line->target_index, line->table, &line->row);
    }
}

/* In the overview the first row is not worth more than others unless a person or a finding chose
 * it. */
static void gather(struct charts *charts, const struct pane *pane) {
  const bool zoomed = charts->zoomed;
  const struct model *model = charts->frame->model;
  const struct line *line = pane_selected(pane);
  charts->several = !zoomed && pane_kind_targets(pane, model) > 1;
  if (line && line->kind == LINE_ROW && (zoomed || pane->selection.picked || pane->worst))
    add_row(charts, line->target_index, line->table, &line->row);
  if (zoomed && line) {
    add_summaries(charts, line->target_index);
    return;
  }
  for (size_t i = 0; !zoomed && i < model_state_count(model); i++)
    if (pane_kind_has(pane, model, i))
      add_summaries(charts, i);
  if (!zoomed)
    add_rows(charts, pane);
}

/* "lag of ecap-consumer-group 12,430", and at the right the value of the upper edge and the age of
 * the left one. */
static void draw_chart(const struct charts *charts, const struct chart *chart, struct rect rect) {
  const struct frame *frame = charts->frame;
  const struct column_spec *column = &chart->row.spec->columns[chart->column];
  char title[64], buffer[FORMAT_MAX], top[FORMAT_MAX], span[AGE_MAX];
  int x = rect.x;
  x += canvas_text(frame->canvas, x, rect.y, rect.width, STYLE_LABEL,
                   format_title(title, sizeof title, column->title)) +
       1;
  if (chart->subject)
    x += canvas_printf(frame->canvas, x, rect.y, rect.width / 2, STYLE_LABEL, "of %s",
                       chart->subject) +
         1;
  x += canvas_text(frame->canvas, x, rect.y, rect.x + rect.width - x,
                   table_cell_style(frame, &chart->row, chart->column) | STYLE_STRONG,
                   frame_value(frame, buffer, chart->ordered.row->cells[chart->column], column));
  double scale = widget_chart_top(chart->ring, column->flags & COLUMN_GAUGE ? 1 : 0);
  bool whole = column->unit == UNIT_COUNT && scale >= 1 && scale < WHOLE_MOST;
  format_value(top, sizeof top, whole ? value_int(llround(scale)) : value_real(scale), column->unit,
               false);
  const struct rect plot = {rect.x, rect.y + 1, rect.width, rect.height - 1};
  int shown = widget_chart(frame->canvas, plot, chart->row.stale ? STYLE_STALE : STYLE_SPARK,
                           chart->ring, scale, charts->zoomed ? 1 : BAR_CELLS);
  if (!charts->zoomed && shown > BAR_CELLS) /* with its bars, not with each sample */
    shown -= shown % BAR_CELLS;
  age_text(span,
           (int64_t)shown * target_state_interval(&frame->model->targets[chart->row.target_index]));
  char legend[FORMAT_MAX + AGE_MAX + 16];
  snprintf(legend, sizeof legend, "to %s, %s", top, span);
  if (x + 2 + (int)strlen(legend) <= rect.x + rect.width)
    canvas_text_right(frame->canvas, rect.x, rect.y, rect.width, STYLE_DIM, legend);
}

static int columns_of(int count, int width) {
  const int columns = (width + GAP) / (COLUMN_WIDTH + GAP);
  return columns < 1 ? 1 : columns > count ? count : columns;
}

int pane_kind_charts_need(struct pane *pane, const struct frame *frame, int width, int *most) {
  struct charts charts = {.frame = frame};
  gather(&charts, pane);
  if (charts.count == 0)
    return 0;
  const int count = (int)charts.count, columns = columns_of(count, width - 2);
  const int rows = (count + columns - 1) / columns;
  *most = rows * (HEIGHT_MOST + 1);
  return HEIGHT_LEAST;
}

void pane_kind_charts(struct pane *pane, const struct frame *frame, struct rect rect, bool zoomed) {
  struct charts charts = {.frame = frame, .zoomed = zoomed};
  gather(&charts, pane);
  if (charts.count == 0)
    return;
  const int count = (int)charts.count, columns = columns_of(count, rect.width);
  int rows = (count + columns - 1) / columns;
  while (rows > 1 && rect.height / rows < HEIGHT_LEAST)
    rows--;                            /* the last ones are dropped */
  int height = rect.height / rows - 1; /* a blank line above each */
  height = zoomed && height > HEIGHT_MOST ? HEIGHT_MOST : height;
  if (height < HEIGHT_LEAST - 1)
    return;
  int width = (rect.width - (columns - 1) * GAP) / columns;
  if (!zoomed)
    memset(pane->charted, 0, sizeof pane->charted);
  for (int i = 0; i < count && i < rows * columns; i++) {
    struct rect place = {rect.x + i % columns * (width + GAP),
                         rect.y + i / columns * (height + 1) + 1, width, height};
    draw_chart(&charts, &charts.items[i], place);
    if (!zoomed)
      pane->charted[i] = charts.items[i].identity;
  }
}
