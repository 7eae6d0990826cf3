/* Tables: what collectors publish, and all that panes, rules, reports and tests use.
 *
 * A spec is static and const in a collector's file, or in a sample's arena if the sample was read
 * from JSON or the table is TABLE_OWN. Column 0 is the row's label. A tree is a table whose rows
 * name their parent by key; a parent comes before its children. Rows are in the collector's order
 * of harm, the worst first. */
#pragma once

#include "core/arena.h"
#include "core/value.h"
#include "model/judge/severity.h"

/* Limits of a number, in the column's unit (a ratio is 0.8, not 80). */
struct threshold {
  bool has_warn, has_crit;
  bool below; /* the limits are lower bounds, as for a hit ratio */
  double warn, crit;
  int64_t for_ms; /* time that it must last to count */
  bool has_clear; /* a finding stays until the value is no longer beyond `clear` */
  double clear;
  int64_t clear_for_ms; /* and until that has lasted for this time */
  bool asked; /* of a column's default: it is configured, so that it is expected to be judged */
};

enum column_flag {
  COLUMN_HISTORY = 1 << 0,  /* the model keeps past values, for sparklines */
  COLUMN_PLUS = 1 << 1,     /* positive numbers carry a + */
  COLUMN_HEADLINE = 1 << 2, /* of the summary: shown in the pane's border */
  COLUMN_DETAIL = 1 << 3,   /* only in the detail view and in JSON */
  COLUMN_FLEX = 1 << 4,     /* takes the remaining width (a query) */
  COLUMN_GAUGE = 1 << 5,    /* a ratio also drawn as a bar, if there is room */
  COLUMN_TELLS =
      1 << 7, /* says what is wrong: never dropped while it has text in a row that is not OK */
  COLUMN_SPARK = 1 << 6,    /* followed by a sparkline of its history, if there is room */
  COLUMN_BEYOND = 1 << 8,   /* a ratio that may be more than 1: CPU time, where 100% is one CPU */
  COLUMN_NAMES = 1 << 11,   /* says who it is: dropped after all others while its row is not OK */
  COLUMN_AMBIENT = 1 << 10, /* how busy it is, not what fails: its findings come last of theirs */
  COLUMN_CHANGES = 1 << 9,  /* watched: a different value in the same row is an event */
};

/* How a collector computes a cell from a field of the server's answer; see collectors/figures.h. */
enum figure_as {
  FIGURE_NONE,  /* the member `field` unchanged; without one, the collector fills the cell */
  FIGURE_COUNT, /* an integer of at least 0 */
  FIGURE_REAL,  /* a number of at least 0, times `scale` */
  FIGURE_TEXT,
  FIGURE_TIME,  /* seconds since 1970 */
  FIGURE_RATIO, /* `from` / `of` */
  FIGURE_RATE,  /* growth of a counter per second, times `scale` */
  FIGURE_SHARE, /* growth of `from` / (growth of `from` + growth of `of`): a hit ratio */
};

/* A member of a struct into which a collector has read an answer; see FIGURE_FIELD. */
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
  const char *id;    /* snake_case, unique in its table, never renamed, because JSON contains it */
  const char *title; /* the heading, by convention in upper case: "LAG" */
  enum unit unit;
  unsigned flags;
  int priority;               /* 0 is never dropped; the highest is dropped first */
  int width;                  /* minimum cells; 0: as its values need */
  const char *metric;         /* name for thresholds: "kafka.lag"; NULL: no thresholds */
  struct threshold threshold; /* the default; the configuration overrides it by `metric` */
  const char *help;           /* one phrase: what it is, its formula or source */
  /* In a finding, instead of its title, and what it counts: "evicting" and "keys" make it
   * "evicting 67 keys/s". NULL: its title and no word. */
  const char *said, *noun;
  /* ids of cells to add to a finding of this one: "used" and "limit" make it "connections 94%,
   * above 80% (conns 44 of 47)" */
  const char *beside[3];
  /* The source, for the collector only: fields of a textual answer by name, or members of structs.
   * none: the reason of a cell whose member is not known. scale: 0 means 1. */
  const char *from, *of;
  struct figure_field field, of_field;
  const char *none;
  enum figure_as as;
  double scale;
};

enum table_flag {
  TABLE_SUMMARY =
      1 << 0, /* one row: the scalar figures of the target, drawn as "title value" pairs */
  TABLE_UNFOLDED = 1 << 1, /* a tree that is fully expanded at first: blocking sessions */
  TABLE_OWN = 1 << 2,      /* its columns depend on the target: other targets' have others */
};

struct table_spec {
  const char *id;    /* "sessions" */
  const char *title; /* "Sessions" */
  unsigned flags;
  const struct column_spec *columns;
  size_t column_count;
};

struct row {
  const char *key;        /* identity over time, unique in the table: "8123/1700000000.1" */
  const char *parent;     /* the parent's key, or NULL for a root */
  enum severity severity; /* judged by the collector, where a threshold is not enough */
  const char *reason;     /* a sentence without the row's name: "idle in transaction 14m, blocks 2";
                             required unless severity is OK */
  const char *quiet;      /* why it is not shown as a finding although it is not fine: "silenced";
                             NULL: it is fine, or it is a finding */
  int64_t lasted_ms;   /* how long this has lasted when the sample was taken, if the server or the
                          collector knows; 0: not known */
  struct value *cells; /* one per column */
};

struct table {
  const struct table_spec *spec;
  struct row *rows;
  size_t row_count, row_capacity;
  bool truncated; /* there were more rows than can be kept */
};

/* The column's index, or -1. */
int table_column(const struct table_spec *spec, const char *id);
const struct row *table_find(const struct table *table,
                             const char *key); /* linear; NULL if absent */
