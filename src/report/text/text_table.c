#include "report/text/text_table.h"

#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/quote.h"
#include "core/text/text.h"
#include "report/cell.h"

#include <stdlib.h>
#include <string.h>

enum {
  INDENT = 6,      /* of rows, below the name of their target */
  MARK = 6,        /* before the cells of a row */
  GAP = 2,         /* between two columns */
  FLEX_MIN = 12,   /* minimum width of the column that takes the rest */
  CELLS_MAX = 120, /* of one text if the width is unlimited */
  ROWS_MAX = 5,    /* of one table */
};

/* Some rows of a table, and the columns of them that are shown. */
struct picked {
  const struct row **rows;
  size_t row_count, row_most;
  int *widths; /* one per column; 0: not shown */
  char (*cells)[TEXT_OUT_MAX];
};

static bool says(struct value value, const char *text) {
  return value.type == VALUE_TEXT && text && strcmp(value.text, text) == 0;
}

static const char *target_name(const struct text_table *table) {
  return table->model->targets[table->target_index].target->name;
}

bool text_table_is_figures(const struct text_table *table) {
  const struct table *data = table->table;
  if (data->spec->flags & TABLE_SUMMARY)
    return data->row_count > 0;
  return data->row_count == 1 && (says(data->rows[0].cells[0], target_name(table)) ||
                                  strcmp(data->rows[0].key, target_name(table)) == 0);
}

static void cell_text(const struct text_out *out, const struct column_spec *column,
                      struct value value, int cells, char text[TEXT_OUT_MAX]) {
  if (value.type == VALUE_TEXT)
    text_out_clean(out, value.text, cells, text);
  else
    format_value(text, TEXT_OUT_MAX, value, column->unit, column->flags & COLUMN_PLUS);
}

static int by_foremost(const void *a, const void *b) {
  const struct column_spec *const *x = a, *const *y = b;
  int headline = (int)((*y)->flags & COLUMN_HEADLINE) - (int)((*x)->flags & COLUMN_HEADLINE);
  if (headline != 0)
    return headline;
  if ((*x)->priority != (*y)->priority)
    return (*x)->priority < (*y)->priority ? -1 : 1;
  return *x < *y ? -1 : 1; /* in the order of the table */
}

static bool is_figure(const struct text_table *table, const struct column_spec *column) {
  const struct row *row = &table->table->rows[0];
  struct value value = cell_value(row, (size_t)(column - table->table->spec->columns));
  return value.type != VALUE_NONE && !(column->flags & COLUMN_DETAIL) &&
         !says(value, target_name(table)) && !says(value, row->reason) && !says(value, "");
}

bool text_table_has_figures(const struct text_table *table) {
  const struct table_spec *spec = table->table->spec;
  for (size_t i = 0; i < spec->column_count && table->table->row_count > 0; i++)
    if (is_figure(table, &spec->columns[i]))
      return true;
  return false;
}

static void put_figure(struct text_out *out, const struct text_table *table,
                       const struct column_spec *column, int room) {
  const struct row *row = &table->table->rows[0];
  struct value value = cell_value(row, (size_t)(column - table->table->spec->columns));
  if (!is_figure(table, column))
    return;
  char title[TEXT_OUT_MAX], text[TEXT_OUT_MAX], pair[TEXT_OUT_MAX];
  text_out_clean(out, column->title, CELLS_MAX, title);
  cell_text(out, column, value, CELLS_MAX, text);
  snprintf(pair, sizeof pair, "%.500s%s%.500s", title, *title ? " " : "", text);
  if (room == 0 || out->column + GAP + text_width(pair) <= room)
    text_out_piece(out, pair, GAP);
}

void text_table_figures(struct text_out *out, const struct text_table *table, int room) {
  const struct table_spec *spec = table->table->spec;
  const struct column_spec **order = mem_new(spec->column_count * sizeof *order);
  for (size_t i = 0; i < spec->column_count; i++)
    order[i] = &spec->columns[i];
  qsort(order, spec->column_count, sizeof *order, by_foremost);
  for (size_t i = 0; i < spec->column_count; i++)
    put_figure(out, table, order[i], room);
  free(order);
}

static void pick(struct picked *picked, const struct row *row) {
  for (size_t i = 0; i < picked->row_count; i++)
    if (picked->rows[i] == row)
      return;
  if (row && picked->row_count < picked->row_most)
    picked->rows[picked->row_count++] = row;
}

/* Iterates over the findings, because they are few and sorted, and the rows may be 100,000. */
static void pick_rows(struct picked *picked, const struct text_table *table) {
  const struct table *data = table->table;
  for (size_t i = 0; table->keys && i < data->row_count && i < picked->row_most; i++)
    picked->rows[picked->row_count++] = &data->rows[i];
  if (table->keys)
    return;
  const struct findings *findings = table->model->findings;
  for (size_t i = 0; i < findings->count && picked->row_count < ROWS_MAX; i++) {
    const struct finding *finding = &findings->items[i];
    if (finding->target_index == table->target_index && finding->row && !finding->pending &&
        finding->table && strcmp(finding->table, data->spec->id) == 0)
      pick(picked, table_find(data, finding->row));
  }
  for (size_t i = 0; i < data->row_count && picked->row_count < ROWS_MAX; i++)
    if (!data->rows[i].parent)
      pick(picked, &data->rows[i]);
}

/* The key as it has to be typed, and the label if it differs. */
static void key_text(const struct text_out *out, const struct row *row,
                     const char own[TEXT_OUT_MAX], char text[TEXT_OUT_MAX]) {
  char quoted[TEXT_OUT_MAX];
  quote_word(quoted, sizeof quoted, row->key);
  text_out_clean(out, quoted, CELLS_MAX, text);
  if (strcmp(text, own) != 0 && row->cells[0].type != VALUE_NONE)
    snprintf(text + strlen(text), TEXT_OUT_MAX - strlen(text), "  %.400s", own);
}

static void tree_text(const struct text_table *table, const struct row *row,
                      const char own[TEXT_OUT_MAX], char text[TEXT_OUT_MAX]) {
  enum { DEPTH_MAX = 30 };
  int depth = 0;
  while (row->parent && depth < DEPTH_MAX && (row = table_find(table->table, row->parent)))
    depth++;
  snprintf(text, TEXT_OUT_MAX, "%*s%.500s", 2 * depth, "", own);
}

/* The label of a child includes its parent's, because the parent may not be shown. */
static void label_text(const struct text_out *out, const struct text_table *table,
                       const struct row *row, char text[TEXT_OUT_MAX]) {
  const struct column_spec *column = &table->table->spec->columns[0];
  const struct row *parent = row->parent ? table_find(table->table, row->parent) : NULL;
  char own[TEXT_OUT_MAX], above[TEXT_OUT_MAX];
  cell_text(out, column, cell_value(row, 0), CELLS_MAX, own);
  if (table->look) {
    tree_text(table, row, own, text);
    return;
  }
  if (table->keys) {
    key_text(out, row, own, text);
    return;
  }
  if (row->cells[0].type == VALUE_NONE)
    text_out_clean(out, row->key, CELLS_MAX, own);
  if (!parent) {
    memcpy(text, own, TEXT_OUT_MAX);
    return;
  }
  cell_text(out, column, cell_value(parent, 0), CELLS_MAX, above);
  snprintf(text, TEXT_OUT_MAX, "%.500s > %.500s", above, own);
}

/* Formats all cells and sets the widths of the columns; a column without any known value is
 * dropped. */
static void picked_fill(struct picked *picked, const struct text_out *out,
                        const struct text_table *table) {
  const struct table_spec *spec = table->table->spec;
  for (size_t c = 0; c < spec->column_count; c++) {
    bool known = c == 0;
    int width = text_width(c == 0 ? spec->title : spec->columns[c].title);
    for (size_t r = 0; r < picked->row_count; r++) {
      char *text = picked->cells[r * spec->column_count + c];
      if (c == 0)
        label_text(out, table, picked->rows[r], text);
      else
        cell_text(out, &spec->columns[c], cell_value(picked->rows[r], c), CELLS_MAX, text);
      known = known || cell_value(picked->rows[r], c).type != VALUE_NONE;
      int wanted = text_width(text);
      width = wanted > width ? wanted : width;
    }
    picked->widths[c] = known && !(spec->columns[c].flags & COLUMN_DETAIL) ? width : 0;
  }
}

static int total_width(const struct picked *picked, const struct table_spec *spec) {
  int total = INDENT + MARK - GAP;
  for (size_t i = 0; i < spec->column_count; i++)
    total += picked->widths[i] ? picked->widths[i] + GAP : 0;
  return total;
}

/* Narrows the flexible texts, then drops columns, then truncates the label. */
static void picked_fit(struct picked *picked, const struct table_spec *spec, int width) {
  for (size_t i = 1; i < spec->column_count; i++) {
    int over = total_width(picked, spec) - width;
    if (over <= 0)
      return;
    if (!(spec->columns[i].flags & COLUMN_FLEX) || picked->widths[i] <= FLEX_MIN)
      continue;
    picked->widths[i] = picked->widths[i] - over > FLEX_MIN ? picked->widths[i] - over : FLEX_MIN;
  }
  while (total_width(picked, spec) > width) {
    size_t last = 0;
    for (size_t i = 1; i < spec->column_count; i++)
      if (picked->widths[i] &&
          (last == 0 || spec->columns[i].priority >= spec->columns[last].priority))
        last = i;
    if (last == 0)
      break;
    picked->widths[last] = 0;
  }
  int over = total_width(picked, spec) - width;
  if (over > 0)
    picked->widths[0] = picked->widths[0] - over;
}

static bool is_number(const struct picked *picked, size_t column) {
  for (size_t r = 0; r < picked->row_count; r++)
    if (picked->rows[r]->cells[column].type == VALUE_TEXT)
      return false;
  return true;
}

/* Numbers are right-aligned; nothing is padded after the last text. */
static void put_cell(struct text_out *out, const char *text, int column, int width, bool right) {
  char clean[TEXT_OUT_MAX];
  text_out_clean(out, text, width, clean);
  text_out_pad(out, column + (right ? width - text_width(clean) : 0));
  text_out_piece(out, clean, 0);
}

static void put_heading(struct text_out *out, const struct picked *picked,
                        const struct table_spec *spec) {
  text_out_begin(out, INDENT);
  int column = out->column;
  for (size_t c = 0; c < spec->column_count; c++) {
    if (!picked->widths[c])
      continue;
    /* the first heading begins above the marks */
    int width = picked->widths[c] + (c == 0 ? MARK : 0);
    put_cell(out, c == 0 ? spec->title : spec->columns[c].title, column, width,
             c > 0 && is_number(picked, c));
    column += width + GAP;
  }
}

static void put_row(struct text_out *out, const struct text_table *table,
                    const struct picked *picked, size_t index) {
  const struct row *row = picked->rows[index];
  const struct table_spec *spec = table->table->spec;
  text_out_begin(out, INDENT);
  if (table->old || table->keys)
    text_out_label(out, "");
  else
    text_out_mark(out,
                  findings_row(table->model->findings, table->target_index, spec->id, row->key));
  int column = out->column;
  for (size_t c = 0; c < spec->column_count; c++) {
    if (!picked->widths[c])
      continue;
    put_cell(out, picked->cells[index * spec->column_count + c], column, picked->widths[c],
             c > 0 && is_number(picked, c));
    column += picked->widths[c] + GAP;
  }
}

static void put_more(struct text_out *out, const struct text_table *table,
                     const struct picked *picked) {
  size_t more = 0;
  char count[FORMAT_MAX];
  for (size_t i = 0; i < table->table->row_count; i++)
    more += table->keys || !table->table->rows[i].parent;
  for (size_t i = 0; i < picked->row_count; i++)
    more -= table->keys || !picked->rows[i]->parent;
  if (more > 0) {
    text_out_begin(out, INDENT + MARK);
    text_out_printf(out, 0, "and %s more", format_count(count, sizeof count, (int64_t)more));
  }
  if (table->table->truncated) {
    text_out_begin(out, INDENT + MARK);
    text_out_words(out, "truncated: too many rows to keep", 0);
  }
}

void text_table_rows(struct text_out *out, const struct text_table *table) {
  const struct table_spec *spec = table->table->spec;
  const size_t most = table->keys ? TEXT_TABLE_KEYS_MAX : ROWS_MAX;
  struct picked picked = {.row_most =
                              most < table->table->row_count ? most : table->table->row_count};
  picked.rows = mem_new((picked.row_most + 1) * sizeof *picked.rows);
  picked.widths = mem_new(spec->column_count * sizeof *picked.widths);
  picked.cells = mem_new((picked.row_most + 1) * spec->column_count * sizeof *picked.cells);
  pick_rows(&picked, table);
  if (picked.row_count == 0) {
    text_out_begin(out, INDENT);
    text_out_words(out, spec->title, 0);
    text_out_words(out, "none", GAP);
  } else {
    picked_fill(&picked, out, table);
    picked_fit(&picked, spec, out->width);
    put_heading(out, &picked, spec);
    for (size_t i = 0; i < picked.row_count; i++)
      put_row(out, table, &picked, i);
  }
  put_more(out, table, &picked);
  free(picked.rows);
  free(picked.widths);
  free(picked.cells);
}
