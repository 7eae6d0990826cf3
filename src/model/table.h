/* Tables: what collectors publish, and all that panes, rules, reports and tests know.
 *
 * A spec is static and const in a collector's file, or lives in a sample's arena when the sample
 * was read back from JSON. Column 0 is the row's label. A tree is a table whose rows name their
 * parent by key; a parent stands before its children. Rows come in the collector's own order of
 * harm, the worst first. */
#pragma once

#include "core/arena.h"
#include "core/value.h"
#include "model/severity.h"

/* Where a number begins to worry. Values are in the column's unit (a ratio is 0.8, not 80). */
struct threshold {
  bool has_warn, has_crit;
  bool below; /* worries when it falls under the limits, as for a hit ratio */
  double warn, crit;
  int64_t for_ms; /* must have held for this long to count */
};

enum column_flag {
  COLUMN_HISTORY = 1 << 0,  /* the model keeps past values: sparklines */
  COLUMN_PLUS = 1 << 1,     /* positive numbers carry a + */
  COLUMN_HEADLINE = 1 << 2, /* of the summary: goes into the pane's border */
  COLUMN_DETAIL = 1 << 3,   /* only in the detail view and in JSON */
  COLUMN_FLEX = 1 << 4,     /* takes the width that is left (a query) */
  COLUMN_GAUGE = 1 << 5,    /* a ratio drawn as a bar too, where there is room */
  COLUMN_TELLS = 1 << 7,    /* says what is wrong: never dropped while a row that is not well has
                               something in it */
  COLUMN_SPARK = 1 << 6,    /* followed by a sparkline of its history, where there is room */
};

/* What a collector makes of a field of the server's answer; see collectors/figures.h. */
enum figure_as {
  FIGURE_NONE,  /* the member `field` as it is; without one, the collector fills the cell */
  FIGURE_COUNT, /* a whole number from 0 up */
  FIGURE_REAL,  /* a number from 0 up, times `scale` */
  FIGURE_TEXT,
  FIGURE_TIME,  /* seconds since 1970 */
  FIGURE_RATIO, /* `from` / `of` */
  FIGURE_RATE,  /* what a counter grows by in a second, times `scale` */
  FIGURE_SHARE, /* growth of `from` / (growth of `from` + growth of `of`): a hit ratio */
};

/* A member of a struct that a collector has read an answer into; see FIGURE_FIELD. */
enum field_type {
  FIELD_NONE,
  FIELD_INT,
  FIELD_SIZE,
  FIELD_SMALL,
  FIELD_REAL,
  FIELD_TEXT,
  FIELD_CHARS
};
struct figure_field {
  int part; /* which of the collector's structs */
  size_t at;
  enum field_type type;
};

struct column_spec {
  const char *id;    /* snake_case, unique in its table, never renamed: JSON has it */
  const char *title; /* the heading, upper case by custom: "LAG" */
  enum unit unit;
  unsigned flags;
  int priority;               /* 0 is never dropped; the highest goes first when it gets narrow */
  int width;                  /* cells it wants at the least; 0: as its values need */
  const char *metric;         /* name for thresholds: "kafka.lag"; NULL if it can have none */
  struct threshold threshold; /* the default; the configuration overrides it by `metric` */
  const char *help;           /* one sentence: what it is, its formula or source */
  /* ids of cells that say more where this one is beyond its threshold: "used" and "limit" make it
   * "connections 94%, above 80% (conns 44 of 47)" */
  const char *beside[2];
  /* The source, for the collector alone: fields of a textual answer by name, or members of structs.
   * none: the reason of a cell whose member is not known. scale: 0 is 1. */
  const char *from, *of;
  struct figure_field field, of_field;
  const char *none;
  enum figure_as as;
  double scale;
};

enum table_flag {
  TABLE_SUMMARY = 1 << 0,  /* one row: the target's scalar figures, drawn as "title value" pairs */
  TABLE_UNFOLDED = 1 << 1, /* a tree of which no part is hidden at first: who waits for whom */
};

struct table_spec {
  const char *id;    /* "sessions" */
  const char *title; /* "Sessions" */
  unsigned flags;
  const struct column_spec *columns;
  size_t column_count;
};

struct row {
  const char *key;        /* its identity over time within the table, unique: "8123/1700000000.1" */
  const char *parent;     /* the parent's key, or NULL for a root */
  enum severity severity; /* the collector's own judgement, where a threshold cannot tell */
  const char *reason;     /* a sentence without the row's name: "idle in transaction 14m, blocks 2";
                             required when severity is not OK */
  int64_t lasted_ms;      /* for how long it had been so when the sample was taken, where the server
                             or the collector knows; 0: not known */
  struct value *cells;    /* one a column */
};

struct table {
  const struct table_spec *spec;
  struct row *rows;
  size_t row_count, row_capacity;
  bool truncated; /* more rows existed than could be kept */
};

/* The column's index, or -1. */
int table_column(const struct table_spec *spec, const char *id);
const struct row *table_find(const struct table *table,
                             const char *key); /* linear; NULL if absent */
