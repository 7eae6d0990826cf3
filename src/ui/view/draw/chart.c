/* One figure over time, with axes: a chart that fills the screen. */
#include "core/mem.h"
#include "ui/draw/widget.h"
#include "ui/panes/pane_kind.h"
#include "ui/table/table_view.h"
#include "ui/view/view_act.h"
#include "ui/view/view_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AXIS_MOST = 14, HEIGHT_LEAST = 3 };

static const double WHOLE_MOST = 1e15; /* integers that a double holds exactly */

/* What is charted, looked up again at each use: it may be gone. */
struct subject_row {
  const struct target_state *state;
  const struct table *table;
  size_t table_index;
  const struct row *row; /* NULL: not in the latest data */
};

/* The least, the greatest and the mean of the known values of a ring. */
struct extent {
  double least, greatest, sum;
  int known, total;
};

void chart_fini(struct chart_page *chart) {
  free(chart->table);
  free(chart->key);
  free(chart->title);
  *chart = (struct chart_page){0};
}

static bool find_row(const struct chart_page *chart, const struct model *model,
                     struct subject_row *found) {
  if (!chart->table || chart->target_index >= model_state_count(model))
    return false;
  found->state = &model->targets[chart->target_index];
  found->table =
      found->state->sample ? sample_table_view(found->state->sample, chart->table) : NULL;
  if (!found->table)
    return false;
  found->table_index = (size_t)(found->table - found->state->sample->tables);
  found->row = table_find(found->table, chart->key);
  return true;
}

static const struct history_ring *ring_of(const struct chart_page *chart,
                                          const struct subject_row *found, size_t column) {
  return history_find(found->state->history, found->table_index, chart->key, column);
}

static struct extent extent_of(const struct history_ring *ring) {
  struct extent extent = {.least = INFINITY, .greatest = -INFINITY};
  for (size_t i = 0; ring && i < ring->count; i++) {
    const double value = history_value(ring, i);
    extent.total++;
    if (isnan(value))
      continue;
    extent.known++;
    extent.sum += value;
    extent.least = fmin(extent.least, value);
    extent.greatest = fmax(extent.greatest, value);
  }
  return extent;
}

static bool has_past(const struct chart_page *chart, const struct subject_row *found,
                     size_t column) {
  return (found->table->spec->columns[column].flags & COLUMN_HISTORY) &&
         extent_of(ring_of(chart, found, column)).known > 0;
}

/* The next figure with a history in that direction, from `from` on; false: there is none. */
static bool choose_column(struct chart_page *chart, const struct subject_row *found, size_t from,
                          int step) {
  const size_t count = found->table->spec->column_count;
  size_t at = from % count;
  for (size_t i = 0; i < count; i++, at = (at + count + (size_t)step) % count)
    if (has_past(chart, found, at)) {
      chart->column = at;
      return true;
    }
  return false;
}

/* ---- keys */

static const struct request nothing = {.kind = REQUEST_NONE};

static void chart_set(struct chart_page *chart, size_t target_index, const struct table *table,
                      const struct row *row, char *title) {
  chart_fini(chart);
  *chart = (struct chart_page){.title = title,
                               .target_index = target_index,
                               .table = mem_dup(table->spec->id),
                               .key = mem_dup(row->key)};
}

/* The summary of a target or of a page. */
static bool subject_of_summary(const struct frame *frame, size_t target_index,
                               struct chart_page *chart) {
  const struct target_state *state = &frame->model->targets[target_index];
  for (size_t i = 0; state->sample && i < state->sample->table_count; i++) {
    const struct table *table = &state->sample->tables[i];
    if (!(table->spec->flags & TABLE_SUMMARY) || table->row_count == 0)
      continue;
    chart_set(chart, target_index, table, &table->rows[0],
              mem_printf("%s%s", pane_kind_word(frame, target_index), state->target->name));
    return true;
  }
  return false;
}

static bool subject_of_line(const struct frame *frame, const struct line *line,
                            struct chart_page *chart) {
  const char *name = frame->model->targets[line->target_index].target->name;
  const struct row *row = line->row.row;
  if (!row)
    return false;
  const char *label = row->cells[0].type == VALUE_TEXT ? row->cells[0].text : row->key;
  const char *kind = pane_kind_word(frame, line->target_index);
  chart_set(chart, line->target_index, line->table, row,
            strcmp(label, name) == 0 ? mem_printf("%s%s", kind, label)
                                     : mem_printf("%s%s %s", kind, name, label));
  return true;
}

static bool subject_of_detail(const struct detail *detail, struct chart_page *chart) {
  if (detail->of_event || !detail->table || !detail->key)
    return false;
  chart->target_index = detail->target_index;
  chart->table = mem_dup(detail->table);
  chart->key = mem_dup(detail->key);
  chart->title = mem_dup(detail->title);
  return true;
}

struct request run_chart(struct keys *keys, int argument) {
  struct view *view = keys->view;
  struct subject_row found;
  (void)argument;
  if (view->page == PAGE_PANES && keys->moved) {
    snprintf(view->notice, sizeof view->notice,
             "The selection just changed: check the row, then press the key again");
    return nothing;
  }
  chart_fini(&view->chart);
  const struct line *line = keys->pane ? pane_selected(keys->pane) : NULL;
  const struct model *model = keys->frame->model;
  const bool of_detail = view->page == PAGE_DETAIL;
  const bool of_event = of_detail ? view->detail.of_event : !line || line->event;
  const bool chosen = of_detail ? subject_of_detail(&view->detail, &view->chart)
                                : !of_event && subject_of_line(keys->frame, line, &view->chart);
  if (!chosen || !find_row(&view->chart, model, &found) ||
      !choose_column(&view->chart, &found, 0, 1)) {
    const size_t target_index = of_detail ? view->detail.target_index
                                : line    ? line->target_index
                                          : 0;
    /* its target or page has figures, too */
    if (of_event || target_index >= model_state_count(model) ||
        !subject_of_summary(keys->frame, target_index, &view->chart) ||
        !find_row(&view->chart, model, &found) || !choose_column(&view->chart, &found, 0, 1)) {
      snprintf(view->notice, sizeof view->notice, "No figure of this row has a history yet");
      return nothing;
    }
    if (chosen)
      snprintf(view->notice, sizeof view->notice,
               "No figure of this row has a history: these are those of %s", view->chart.title);
  }
  view->page_before_chart = view->page;
  view->page = PAGE_CHART;
  return nothing;
}

struct request run_chart_step(struct keys *keys, int step) {
  struct chart_page *chart = &keys->view->chart;
  struct subject_row found;
  if (!find_row(chart, keys->frame->model, &found))
    return nothing;
  const size_t count = found.table->spec->column_count;
  choose_column(chart, &found, chart->column + count + (size_t)step, step);
  return nothing;
}

/* ---- drawing */

static const char *number_text(char out[FORMAT_MAX], double number,
                               const struct column_spec *column) {
  const bool whole = number == floor(number) && fabs(number) < WHOLE_MOST;
  return format_value(out, FORMAT_MAX, whole ? value_int(llround(number)) : value_real(number),
                      column->unit, false);
}

/* Bars above and below the line of 0. */
static void draw_signed(struct canvas *canvas, struct rect plot, unsigned style,
                        const struct history_ring *ring, const struct extent *extent) {
  const double low = fmin(extent->least, 0), high = fmax(extent->greatest, 0);
  const double a_row = (high - low) / (plot.height > 1 ? plot.height - 1 : 1);
  const int zero = (int)lround(high / a_row);
  const int size = (HISTORY_LENGTH + plot.width - 1) / plot.width;
  for (int i = 0; i < plot.width; i++) {
    double value = NAN; /* of several samples in a cell, the farthest from 0 */
    const int first = i * size;
    for (int at = first; at < first + size && at < ring->count; at++) {
      const double one = history_value(ring, (size_t)at);
      if (!isnan(one) && (isnan(value) || fabs(one) > fabs(value)))
        value = one;
    }
    if (isnan(value))
      continue;
    const int end = (int)lround((high - value) / a_row), x = plot.x + plot.width - 1 - i;
    for (int y = end < zero ? end : zero; y <= (end < zero ? zero : end); y++)
      canvas_glyph(canvas, x, plot.y + y, style, y == zero ? "─" : "█", y == zero ? '-' : '|');
  }
}

/* Draws the bars; returns how many samples they cover. *low and *high: the values at the edges. */
static int draw_bars(struct canvas *canvas, struct rect plot, unsigned style,
                     const struct history_ring *ring, const struct column_spec *column,
                     const struct extent *extent, double *low, double *high) {
  if (extent->least < 0) {
    *low = extent->least;
    *high = fmax(extent->greatest, 0);
    draw_signed(canvas, plot, style, ring, extent);
    const int size = (HISTORY_LENGTH + plot.width - 1) / plot.width;
    return plot.width * size < ring->count ? plot.width * size : ring->count;
  }
  *low = 0;
  *high = widget_chart_top(ring, column->flags & COLUMN_GAUGE ? 1 : 0);
  return widget_chart(canvas, plot, style, ring, *high, 1);
}

/* The value axis at the left, the time axis below. */
static void draw_axes(const struct frame *frame, const struct target_state *state,
                      const struct column_spec *column, struct rect plot, int axis, double low,
                      double high, int samples) {
  struct canvas *canvas = frame->canvas;
  char text[FORMAT_MAX], time[FORMAT_MAX], age[AGE_MAX];
  const int bottom = plot.y + plot.height, middle = plot.height / 2;
  canvas_text_right(canvas, plot.x - axis - 1, plot.y, axis, STYLE_LABEL,
                    number_text(text, high, column));
  if (plot.height > 4)
    canvas_text_right(canvas, plot.x - axis - 1, plot.y + middle, axis, STYLE_LABEL,
                      number_text(text, high - (high - low) * middle / (plot.height - 1), column));
  canvas_text_right(canvas, plot.x - axis - 1, bottom - 1, axis, STYLE_LABEL,
                    number_text(text, low, column));
  for (int y = plot.y; y < bottom; y++)
    canvas_glyph(canvas, plot.x - 1, y, STYLE_BORDER, "│", '|');
  canvas_glyph(canvas, plot.x - 1, bottom, STYLE_BORDER, "└", '+');
  canvas_rule(canvas, plot.x, bottom, plot.width, STYLE_BORDER);
  const int64_t covered_ms = (int64_t)samples * target_state_interval(state);
  const int64_t newest_ms = state->sample->taken_ms;
  canvas_printf(canvas, plot.x, bottom + 1, plot.width / 2, STYLE_LABEL, "%s, %s ago",
                frame_time(frame, time, newest_ms - covered_ms), age_text(age, covered_ms));
  canvas_text_right(canvas, plot.x + plot.width / 2, bottom + 1, plot.width - plot.width / 2,
                    STYLE_LABEL, frame_time(frame, time, newest_ms));
}

/* "now 12  least 3  most 40  mean 9.1  gaps 2 of 120 samples" */
static void draw_figures(const struct frame *frame, const struct subject_row *found,
                         const struct chart_page *chart, const struct extent *extent,
                         struct rect line) {
  const struct column_spec *column = &found->table->spec->columns[chart->column];
  char now[FORMAT_MAX], least[FORMAT_MAX], most[FORMAT_MAX], mean[FORMAT_MAX], gaps[64] = "";
  if (extent->known < extent->total)
    snprintf(gaps, sizeof gaps, "  unknown %d of %d samples", extent->total - extent->known,
             extent->total);
  const char *shown =
      found->row ? frame_value(frame, now, found->row->cells[chart->column], column) : "gone";
  canvas_printf(
      frame->canvas, line.x, line.y, line.width, STYLE_TEXT | STYLE_STRONG,
      "now %s  min %s  max %s  mean %s%s", shown, number_text(least, extent->least, column),
      number_text(most, extent->greatest, column),
      format_value(mean, sizeof mean, value_real(extent->sum / extent->known), column->unit, false),
      gaps);
}

static void draw_inside(const struct chart_page *chart, const struct frame *frame,
                        const struct subject_row *found, struct rect area) {
  const struct column_spec *column = &found->table->spec->columns[chart->column];
  const struct history_ring *ring = ring_of(chart, found, chart->column);
  const struct extent extent = extent_of(ring);
  if (extent.known == 0) {
    canvas_text(frame->canvas, area.x, area.y, area.width, STYLE_NOTICE,
                "Its history is gone: the row has been missing for too long");
    return;
  }
  draw_figures(frame, found, chart, &extent, area);
  int top = 1;
  if (column->help && area.height > HEIGHT_LEAST + 6)
    canvas_text(frame->canvas, area.x, area.y + top++, area.width, STYLE_DIM, column->help);
  const int axis = area.width / 4 < AXIS_MOST ? area.width / 4 : AXIS_MOST;
  struct rect plot = {area.x + axis + 1, area.y + top + 1, area.width - axis - 1,
                      area.height - top - 3};
  if (plot.width > HISTORY_LENGTH)
    plot.width = HISTORY_LENGTH;
  if (plot.height < HEIGHT_LEAST || plot.width < 8)
    return;
  const bool live = target_state_condition(found->state, frame->now_ms) == TARGET_LIVE;
  double low, high;
  const int samples = draw_bars(frame->canvas, plot, live ? STYLE_SPARK : STYLE_STALE, ring, column,
                                &extent, &low, &high);
  draw_axes(frame, found->state, column, plot, axis, low, high, samples);
}

void chart_draw(struct view *view, const struct frame *frame, struct rect area) {
  const struct chart_page *chart = &view->chart;
  struct subject_row found;
  const bool there = find_row(chart, frame->model, &found);
  canvas_box(frame->canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  canvas_printf(frame->canvas, area.x + 1, area.y, area.width - 2, STYLE_TITLE | STYLE_STRONG,
                "[%s: %s]", chart->title ? chart->title : "",
                there ? found.table->spec->columns[chart->column].title : "");
  const struct rect inside = {area.x + 2, area.y + 1, area.width - 4, area.height - 2};
  if (there)
    draw_inside(chart, frame, &found, inside);
  else
    canvas_text(frame->canvas, inside.x, inside.y, inside.width, STYLE_NOTICE,
                "This table is gone: it is not in the latest data");
}
