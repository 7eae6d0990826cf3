/* Which columns of a table fit, and their positions.
 *
 * Widths follow the values with hysteresis: they grow at once and shrink only when they have been
 * too wide for a while, so that a screen of changing numbers does not jump. */
#pragma once

#include "ui/draw/frame.h"

enum {
  COLUMNS_MAX = 48, /* of a table; more are only in the details */
  COLUMNS_HOLD_MS =
      120000, /* how long a width, or a column that has become empty, stays as it was */
  COLUMNS_TABLE_ID_MAX = 48, /* bytes of a table's id that distinguish it from others */
  COLUMNS_CELL_MAX = 200,    /* cells of a value beyond which it is not measured */
};

/* The columns that a person has chosen, in their order; count 0: none were. */
struct columns_order {
  size_t count;
  size_t columns[COLUMNS_MAX];
  int widths[COLUMNS_MAX]; /* 0: as the values need */
};

static inline bool columns_order_has(const struct columns_order *order, size_t column) {
  for (size_t i = 0; i < order->count; i++)
    if (order->columns[i] == column)
      return true;
  return false;
}

struct columns_memory {
  char table[COLUMNS_TABLE_ID_MAX];
  int held[COLUMNS_MAX]; /* cells of the values, as recently shown; 0: no value in any row */
  int64_t until_ms[COLUMNS_MAX];
  bool text[COLUMNS_MAX];         /* texts were seen: aligned to the left */
  int64_t tells_ms[COLUMNS_MAX];  /* until when the column says what is wrong; 0: it does not */
  int64_t names_ms[COLUMNS_MAX];  /* until when it says who is wrong; 0: it does not */
  int64_t filled_ms[COLUMNS_MAX]; /* when it was worth its place: see columns.c */
  bool vacant[COLUMNS_MAX];       /* not for COLUMNS_HOLD_MS: it gives way to those with values */
  int seen[COLUMNS_MAX];          /* of the current measuring */
  size_t rows,
      filled[COLUMNS_MAX];  /* of the current measuring, too: rows, and those with a value */
  bool wanted[COLUMNS_MAX]; /* one of them is not OK */
  struct columns_order order;
};

/* A measuring: begin, each row that may be shown, end. */
void columns_measure_begin(struct columns_memory *memory);
/* severity: of the row's findings. indent: cells before the label. */
void columns_measure_row(struct columns_memory *memory, const struct frame *frame,
                         const struct table_spec *spec, const struct row *row,
                         enum severity severity, int indent);
void columns_measure_end(struct columns_memory *memory, const struct table_spec *spec,
                         int64_t now_ms);

struct column_place {
  size_t column;
  int x, width; /* of the value, from the left of the table */
  int extra;    /* cells of a bar or sparkline, one blank behind the value; 0: none */
  bool right;
};

struct columns {
  struct column_place places[COLUMNS_MAX]; /* in the table's order, or in the chosen one */
  size_t count;
  int rest_x, rest_width; /* space after the last one, for a row's reason */
  bool flex;              /* there is a FLEX column among them */
};

/* Those that were chosen, as many as fit, the first ones first; and what explains what is wrong
 * now. Otherwise by priority: 0 is always shown, and so is a column that explains what is wrong now
 * (COLUMN_TELLS); then as many as fit; the label is cut before a column of priority 0 is dropped.
 * headings: titles must fit, too. */
void columns_fit(const struct columns_memory *memory, const struct table_spec *spec, int width,
                 bool headings, struct columns *columns);
