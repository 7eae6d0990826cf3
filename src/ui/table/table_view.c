#include "ui/table/table_view.h"

#include "core/text/text.h"
#include "ui/draw/widget.h"

#include <stdio.h>

enum { DEPTH_SHOWN_MAX = 6, INDENT = 2 };

int table_indent(bool tree, int depth) {
  return (tree ? INDENT : 0) + INDENT * (depth < DEPTH_SHOWN_MAX ? depth : DEPTH_SHOWN_MAX);
}

static enum severity cell_severity(const struct frame *frame, const struct table_row *row,
                                   size_t column, bool *pending) {
  const struct column_spec *spec = &row->spec->columns[column];
  const struct threshold *threshold = model_threshold(frame->model, row->target_index, spec);
  enum severity severity = threshold_judge(threshold, row->row->row->cells[column]);
  *pending = false;
  if (severity == SEVERITY_OK)
    return severity;
  /* Children have no findings of their own: their root knows whether the threshold's duration has
   * passed. */
  const struct finding *finding = findings_find(frame->model->findings, row->target_index,
                                                row->spec->id, row->row->root->key, spec->id);
  *pending = finding ? finding->pending : threshold->for_ms > 0;
  return severity;
}

unsigned table_cell_style(const struct frame *frame, const struct table_row *row, size_t column) {
  struct value value = row->row->row->cells[column];
  bool pending;
  if (row->stale)
    return STYLE_STALE;
  if (value.type == VALUE_NONE)
    return value.text ? STYLE_UNKNOWN : STYLE_DIM;
  enum severity severity = cell_severity(frame, row, column, &pending);
  if (severity == SEVERITY_OK)
    return STYLE_TEXT;
  return pending ? (unsigned)STYLE_NOTICE : style_of_severity(severity) | STYLE_STRONG;
}

enum severity table_row_severity(const struct frame *frame, const struct table_row *row,
                                 bool *pending) {
  const struct findings *findings = frame->model->findings;
  const char *key = row->row->row->key;
  enum severity worst = findings_row(findings, row->target_index, row->spec->id, key);
  if (frame->model->targets[row->target_index].page) /* it has no findings */
    worst = row->row->row->severity;
  *pending = false;
  for (size_t i = 0; worst == SEVERITY_OK && i < row->spec->column_count; i++) {
    const struct finding *finding = row->spec->columns[i].metric
                                        ? findings_find(findings, row->target_index, row->spec->id,
                                                        key, row->spec->columns[i].id)
                                        : NULL;
    *pending = *pending || (finding && finding->pending);
  }
  return severity_worse(worst, row->row->hidden_severity);
}

static const struct history_ring *ring_of(const struct frame *frame, const struct table_row *row,
                                          size_t column) {
  return history_find(frame->model->targets[row->target_index].history, row->table,
                      row->row->row->key, column);
}

/* The bar or sparkline of a cell. */
static void draw_extra(const struct frame *frame, const struct table_row *row, size_t column,
                       unsigned style, int x, int y, int width) {
  double number;
  if (row->spec->columns[column].flags & COLUMN_GAUGE) {
    bool judged =
        model_threshold(frame->model, row->target_index, &row->spec->columns[column]) != NULL;
    if (style == STYLE_TEXT)
      style = judged ? STYLE_OK : STYLE_SPARK;
    if (value_number(row->row->row->cells[column], &number))
      widget_gauge(frame->canvas, x, y, width, style, number);
    return;
  }
  widget_spark(frame->canvas, x, y, width, row->stale ? STYLE_STALE : STYLE_SPARK,
               ring_of(frame, row, column));
}

void table_draw_heading(const struct frame *frame, const struct table_spec *spec,
                        const struct columns *columns, int sort_column, int x, int y, int width) {
  for (size_t i = 0; i < columns->count; i++) {
    const struct column_place *place = &columns->places[i];
    if (place->column >= spec->column_count)
      continue; /* for a target whose table of that name differs */
    int at = ROW_MARK_CELLS + place->x;
    int room = place->width < width - at ? place->width : width - at;
    const char *title = spec->columns[place->column].title;
    unsigned style = STYLE_LABEL;
    if ((int)place->column == sort_column)
      style |= STYLE_STRONG;
    if (place->right)
      canvas_text_right(frame->canvas, x + at, y, room, style, title);
    else
      canvas_text(frame->canvas, x + at, y, room, style, title);
  }
}

static void draw_cell(const struct frame *frame, const struct table_row *row,
                      const struct column_place *place, unsigned style, int x, int y, int width) {
  struct value value = row->row->row->cells[place->column];
  char buffer[FORMAT_MAX];
  int room = place->width < width ? place->width : width;
  if (value_is_absent(value) && !place->right)
    return;
  const char *text = frame_value(frame, buffer, value, &row->spec->columns[place->column]);
  if (place->right)
    canvas_text_right(frame->canvas, x, y, room, style, text);
  else
    canvas_text(frame->canvas, x, y, room, style, text);
  if (place->extra && room == place->width)
    draw_extra(frame, row, place->column, style, x + room + 1, y,
               place->extra < width - room - 1 ? place->extra : width - room - 1);
}

static void draw_label(const struct frame *frame, const struct table_row *row,
                       const struct column_place *place, unsigned style, int x, int y, int width) {
  const struct ordered_row *ordered = row->row;
  int room = place->width < width ? place->width : width;
  int indent = table_indent(row->tree, ordered->depth);
  if (indent > room - 2)
    indent = room > 2 ? room - 2 : 0;
  if (ordered->children > 0 && indent >= INDENT)
    canvas_glyph(frame->canvas, x + indent - INDENT, y, STYLE_DIM,
                 ordered->open ? "\xE2\x96\xBE" : "\xE2\x96\xB8", ordered->open ? '-' : '+');
  char buffer[FORMAT_MAX];
  const char *text = frame_value(frame, buffer, ordered->row->cells[0], &row->spec->columns[0]);
  int used = canvas_text(frame->canvas, x + indent, y, room - indent, style, text);
  if (ordered->hidden > 0 && room - indent - used >= 8)
    canvas_printf(frame->canvas, x + indent + used + 1, y, room - indent - used - 1, STYLE_DIM,
                  "+%zu", ordered->hidden);
}

/* Whether a column of the row has the sentence already. */
static bool is_told(const struct table_row *row, const struct columns *columns) {
  static const unsigned sentence = COLUMN_FLEX | COLUMN_TELLS;
  for (size_t i = 0; i < columns->count; i++) {
    const size_t column = columns->places[i].column;
    if (column < row->spec->column_count &&
        (row->spec->columns[column].flags & sentence) == sentence &&
        !value_is_absent(row->row->row->cells[column]))
      return true;
  }
  return false;
}

/* Why the row is marked: at the end of the line, or where a FLEX column is empty. */
static void draw_reason(const struct frame *frame, const struct table_row *row,
                        const struct columns *columns, unsigned style, int x, int y, int width) {
  const struct row *data = row->row->row;
  int at = columns->rest_x, room = columns->rest_width;
  if (data->severity == SEVERITY_OK || !data->reason || is_told(row, columns))
    return;
  for (size_t i = 0; i < columns->count; i++) {
    const struct column_place *place = &columns->places[i];
    bool free_place = place->column < row->spec->column_count &&
                      (row->spec->columns[place->column].flags & COLUMN_FLEX) &&
                      value_is_absent(data->cells[place->column]);
    if (free_place && place->width > room) {
      at = place->x;
      room = place->width;
    }
  }
  at += ROW_MARK_CELLS;
  if (room > width - at)
    room = width - at;
  if (room >= 10)
    canvas_text(frame->canvas, x + at, y, room, style, data->reason);
}

void table_draw_row(const struct frame *frame, const struct table_row *row,
                    const struct columns *columns, int x, int y, int width) {
  bool pending;
  enum severity severity = table_row_severity(frame, row, &pending);
  unsigned style = row->stale ? (unsigned)STYLE_STALE : style_of_severity(severity) | STYLE_STRONG;
  if (severity != SEVERITY_OK)
    canvas_text(frame->canvas, x, y, width, style, row->stale ? "? " : mark_of(severity));
  else if (pending || row->stale)
    canvas_text(frame->canvas, x, y, width, row->stale ? STYLE_STALE : STYLE_NOTICE,
                row->stale ? "? " : ": ");
  for (size_t i = 0; i < columns->count; i++) {
    const struct column_place *place = &columns->places[i];
    if (place->column >= row->spec->column_count)
      continue;
    int at = ROW_MARK_CELLS + place->x;
    unsigned own = table_cell_style(frame, row, place->column);
    if (place->column == 0)
      draw_label(frame, row, place, own == STYLE_TEXT && severity != SEVERITY_OK ? style : own,
                 x + at, y, width - at);
    else
      draw_cell(frame, row, place, own, x + at, y, width - at);
  }
  draw_reason(frame, row, columns, style, x, y, width);
  if (!row->marked)
    return;
  canvas_restyle(frame->canvas, x, y, width, 1, STYLE_STRONG);
  canvas_text(frame->canvas, x + MARK_CELLS, y, width - MARK_CELLS, STYLE_NOTICE | STYLE_STRONG,
              "*");
}

static unsigned figure_style(unsigned style, enum pairs_choice choice) {
  return style == STYLE_TEXT && choice == PAIRS_HEADLINE ? (unsigned)STYLE_FIGURE : style;
}

void table_draw_pairs(const struct frame *frame, const struct table_row *row,
                      const struct pairs *pairs, int line, int x, int y) {
  for (size_t i = 0; i < pairs->count; i++) {
    const struct pair *pair = &pairs->items[i];
    char title[64], buffer[FORMAT_MAX];
    if (pair->line != line || pair->column >= row->spec->column_count)
      continue;
    const struct column_spec *spec = &row->spec->columns[pair->column];
    int at = x + pair->x;
    unsigned style = table_cell_style(frame, row, pair->column);
    if (pair->title_width > 0)
      at += canvas_text(frame->canvas, at, y, pair->title_width, STYLE_LABEL,
                        format_title(title, sizeof title, spec->title)) +
            1;
    struct value value = row->row->row->cells[pair->column];
    bool bar_first = pair->extra && pairs->choice == PAIRS_HEADLINE;
    if (bar_first) {
      draw_extra(frame, row, pair->column, style, at, y, pair->extra);
      at += pair->extra + 1;
    }
    canvas_text(frame->canvas, at, y, pair->value_width, figure_style(style, pairs->choice),
                frame_value(frame, buffer, value, spec));
    if (pair->extra && !bar_first)
      draw_extra(frame, row, pair->column, style, at + pair->value_width + 1, y, pair->extra);
  }
}
