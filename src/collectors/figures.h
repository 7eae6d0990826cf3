/* Figures with a source: a column of a collector's table names the field of the server's answer
 * that it is computed from, and how (model/table.h: from, of, as, scale). Rates, counter resets,
 * "needs two collections" and restarts are handled here, for all collectors. Pure.
 *
 * A table is a .def file of lines COLUMN(NAME, .id = ..., .from = "evicted_keys", .as =
 * FIGURE_RATE), included once for the enum of its columns and once for their specs; figures_fill
 * fills the cells of columns with a source, the collector the others.
 *
 * An answer is a text with named fields (.from), or is read into structs first (.field), where a
 * negative number and an empty text mean not known. */
#pragma once

#include "model/table.h"

// clang-format off
#define FIGURE_TYPE(member) _Generic((member),                                                    \
  int64_t: FIELD_INT, uint64_t: FIELD_SIZE, uint32_t: FIELD_SMALL, double: FIELD_REAL,            \
  const char *: FIELD_TEXT, char *: FIELD_CHARS)
/* The initialiser of `field` and `of_field`. A member of type char * must be an array. */
#define FIGURE_FIELD(part, type, member)                                                          \
  {(part), offsetof(type, member), FIGURE_TYPE(((type *)0)->member)}
// clang-format on

/* The reason of values that a first collection cannot have. */
#define FIGURES_NEED_TWO "needs two collections"

enum { FIGURES_MAX = 64, FIGURES_WITNESSES_MAX = 8, FIGURES_RUN_MAX = 48 };

/* The figures of a server: one static descriptor per table. */
struct figures {
  const struct table_spec *table; /* at most FIGURES_MAX columns */
  /* The text of a field in an answer; NULL if it is missing. */
  const char *(*text)(const void *answer, const char *field);
  /* The struct of a part. NULL: none of its members is known. *none is the reason for a value that
   * is not known: that of the column, unless it is changed. */
  const void *(*part)(const void *answer, int part, const char **none);
  const char *unsaid; /* the reason of a cell whose field is missing from the answer */
  const char *run;    /* a field that changes with each start of the server; or NULL */
  const char *uptime; /* the field of the uptime in seconds; or NULL */
  /* Counters besides those of the columns: if one has decreased, the counters were reset.
   * NULL-terminated; or NULL. */
  const char *const *witnesses;
};

/* The counters of one answer. */
struct counters {
  bool known; /* false: none were read yet */
  char run[FIGURES_RUN_MAX];
  int64_t uptime_s; /* -1 if not known */
  double reset;     /* when the server last reset them, if it reports that; otherwise 0 */
  int64_t at_us;
  int64_t from[FIGURES_MAX], of[FIGURES_MAX]; /* by column; -1 if not known, or not a counter */
  int64_t witness[FIGURES_WITNESSES_MAX];
  /* Counters that are no columns, borrowed: the same number, in the same order, in both answers
   * that are compared. NULL: there are none. */
  const double *others;
  size_t other_count;
};

/* Growth of the counters between two answers. */
struct rates {
  const char *unknown; /* why there are no rates; NULL if there are */
  double seconds;
  int64_t from[FIGURES_MAX], of[FIGURES_MAX]; /* by column; -1 if not known */
};

void counters_read(struct counters *counters, const struct figures *figures, const void *answer,
                   int64_t at_us);
/* No rate is computed across a restart (another run, a lower uptime) or a reset (a counter
 * decreased), so there is neither a negative rate nor a false zero. */
void rates_make(struct rates *rates, const struct counters *before, const struct counters *now);

/* The value of one column; none, with the reason, if it is not known. Texts belong to the answer.
 * rates may be NULL if no column is a rate. */
struct value figure_value(const struct figures *figures, size_t column, const void *answer,
                          const struct rates *rates);
/* Fills all cells of columns with a source; texts are copied. */
struct sample;
void figures_fill(struct sample *sample, struct value *cells, const struct figures *figures,
                  const void *answer, const struct rates *rates);

/* The identity of the server: the first run seen, kept across restarts. If the run changes and the
 * new one was already running when the old one was last seen, it is a different server: a proxy, a
 * name or a failover leads elsewhere. */
struct server_identity {
  char first[FIGURES_RUN_MAX];   /* the run by which this server was first seen; "" before */
  char current[FIGURES_RUN_MAX]; /* its current run */
  int64_t at_us;
};
void server_identity_take(struct server_identity *identity, const struct counters *now);

/* What a collection keeps of a server for the next one. */
struct figures_past {
  struct counters before;
  struct server_identity identity;
};
/* Fills all cells that have a source, and says which server and which run of it has answered: the
 * whole of a collection that is one answer, taken at that time. */
void figures_take(struct sample *sample, struct value *cells, const struct figures *figures,
                  const void *answer, struct figures_past *past, int64_t at_us);
