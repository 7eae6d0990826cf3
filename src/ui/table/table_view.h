/* Draws rows, headings and pairs of any table by its column specs. */
#pragma once

#include "ui/table/pairs.h"
#include "ui/table/rows.h"

enum { ROW_MARK_CELLS = 3 }; /* the mark of severity and a blank, before the columns */
/* Cells before a summary: below the row of a target, if it is that target's alone. */
static inline int summary_indent(const struct table_spec *spec) {
  return spec->flags & TABLE_OWN ? ROW_MARK_CELLS + 2 : 1;
}

/* A row and where it comes from. */
struct table_row {
  size_t target_index, table; /* table: its index in the sample */
  const struct table_spec *spec;
  const struct ordered_row *row;
  bool stale;
  bool tree; /* a row of the table has children: labels leave room for the sign */
  bool marked;
};

/* Cells before the label. */
int table_indent(bool tree, int depth);

void table_draw_heading(const struct frame *frame, const struct table_spec *spec,
                        const struct columns *columns, int sort_column, int x, int y, int width);
void table_draw_row(const struct frame *frame, const struct table_row *row,
                    const struct columns *columns, int x, int y, int width);
/* The pairs of line `line`. */
void table_draw_pairs(const struct frame *frame, const struct table_row *row,
                      const struct pairs *pairs, int line, int x, int y);

/* The style of a cell: by its threshold, its finding and whether it is known. */
unsigned table_cell_style(const struct frame *frame, const struct table_row *row, size_t column);
/* The most severe state of a row: its findings, and those that a closed row hides. *pending: a
 * threshold is crossed, but not for long enough yet. */
enum severity table_row_severity(const struct frame *frame, const struct table_row *row,
                                 bool *pending);
