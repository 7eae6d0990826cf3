/* Charts in the free space of a full-screen pane: the history of the selected row's cells, and of
 * its target's values. */
#include "core/text.h"
#include "ui/draw/widget.h"
#include "ui/panes/pane_kind.h"
#include "ui/table/table_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double WHOLE_MOST = 1e15; /* integers that a double holds exactly */

enum {
  CHARTS_MAX = 6,
  COLUMN_WIDTH = 44, /* minimum cells for another one beside it */
  GAP = 3,
  HEIGHT_LEAST = 4, /* with the line that names it */
  HEIGHT_MOST = 12,
  PRIORITY_MOST = 2, /* less important values are not worth a chart */
};

struct chart {
  struct table_row row;
  struct ordered_row ordered;
  size_t column;
  const struct history_ring *ring;
  const char *subject; /* the row's; NULL: the target's */
};

struct charts {
  const struct frame *frame;
  struct chart items[CHARTS_MAX];
  size_t count;
};

static bool has_past(const struct history_ring *ring) {
  int known = 0;
  for (size_t i = 0; ring && i < ring->count && known < 2; i++)
    known += !isnan(history_value(ring, i));
  return known == 2;
}

static bool is_charted(const struct column_spec *column, bool summary) {
  if (!(column->flags & COLUMN_HISTORY) || (column->flags & (COLUMN_DETAIL | COLUMN_PLUS)))
    return false; /* bars start at 0: negative values have none */
  return summary ? column->priority <= PRIORITY_MOST
                 : (column->flags & (COLUMN_SPARK | COLUMN_GAUGE)) != 0;
}

static void add_row(struct charts *charts, size_t index, const struct table *table,
                    const struct ordered_row *ordered) {
  const struct target_state *state = &charts->frame->model->targets[index];
  bool summary = table->spec->flags & TABLE_SUMMARY;
  for (size_t i = 0; i < table->spec->column_count && charts->count < CHARTS_MAX; i++) {
    if (!is_charted(&table->spec->columns[i], summary))
      continue;
    struct chart *chart = &charts->items[charts->count];
    *chart = (struct chart){.ordered = *ordered, .column = i};
    chart->row = (struct table_row){.target_index = index,
                                    .table = (size_t)(table - state->sample->tables),
                                    .spec = table->spec,
                                    .stale = target_state_condition(state, charts->frame->now_ms) !=
                                             TARGET_LIVE};
    chart->ring = history_find(state->history, chart->row.table, ordered->row->key, i);
    if (!summary && ordered->row->cells[0].type == VALUE_TEXT)
      chart->subject = ordered->row->cells[0].text;
    charts->count += has_past(chart->ring);
  }
  for (size_t i = 0; i < charts->count; i++)
    charts->items[i].row.row = &charts->items[i].ordered;
}

static void add_selected(struct charts *charts, const struct pane *pane) {
  const struct line *line = pane_selected(pane);
  if (!line)
    return;
  const struct target_state *state = &charts->frame->model->targets[line->target_index];
  if (line->kind == LINE_ROW)
    add_row(charts, line->target_index, line->table, &line->row);
  for (size_t t = 0; state->sample && t < state->sample->table_count; t++) {
    const struct table *table = &state->sample->tables[t];
    if (!(table->spec->flags & TABLE_SUMMARY) || table->row_count == 0)
      continue;
    struct ordered_row ordered = {.row = &table->rows[0], .root = &table->rows[0]};
    add_row(charts, line->target_index, table, &ordered);
  }
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
  int shown = widget_chart(frame->canvas, rect.x, rect.y + 1, rect.width, rect.height - 1,
                           chart->row.stale ? STYLE_STALE : STYLE_SPARK, chart->ring, scale);
  age_text(span,
           (int64_t)shown * target_state_interval(&frame->model->targets[chart->row.target_index]));
  char legend[FORMAT_MAX + AGE_MAX + 16];
  snprintf(legend, sizeof legend, "to %s, %s", top, span);
  if (x + 2 + (int)strlen(legend) <= rect.x + rect.width)
    canvas_text_right(frame->canvas, rect.x, rect.y, rect.width, STYLE_DIM, legend);
}

void pane_kind_charts(struct pane *pane, const struct frame *frame, struct rect rect) {
  struct charts charts = {.frame = frame};
  add_selected(&charts, pane);
  if (charts.count == 0)
    return;
  int count = (int)charts.count, columns = (rect.width + GAP) / (COLUMN_WIDTH + GAP);
  columns = columns < 1 ? 1 : columns > count ? count : columns;
  int rows = (count + columns - 1) / columns;
  while (rows > 1 && rect.height / rows < HEIGHT_LEAST)
    rows--;                            /* the last ones are dropped */
  int height = rect.height / rows - 1; /* a blank line above each */
  height = height > HEIGHT_MOST ? HEIGHT_MOST : height;
  if (height < HEIGHT_LEAST - 1)
    return;
  int width = (rect.width - (columns - 1) * GAP) / columns;
  for (int i = 0; i < count && i < rows * columns; i++) {
    struct rect place = {rect.x + i % columns * (width + GAP),
                         rect.y + i / columns * (height + 1) + 1, width, height};
    draw_chart(&charts, &charts.items[i], place);
  }
}
