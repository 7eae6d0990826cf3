/* Figures with a source: a column of a collector's table says which field of the server's answer it
 * is made of, and how (model/table.h: from, of, as, scale). Rates, counters that were reset, "needs
 * two collections" and restarts are worked out here, for all collectors. Pure.
 *
 * A table is a .def file of lines COLUMN(NAME, .id = ..., .from = "evicted_keys", .as =
 * FIGURE_RATE), read once for the enum of its columns and once for their specs; the cells of the
 * columns that have a source are filled by figures_fill, the others by the collector.
 *
 * An answer is a text with named fields (.from), or is read into structs first (.field): there a
 * negative number and an empty text are not known. */
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

/* The reason of what a first collection cannot tell. */
#define FIGURES_NEED_TWO "needs two collections"

enum { FIGURES_MAX = 64, FIGURES_WITNESSES_MAX = 8, FIGURES_RUN_MAX = 48 };

/* A server's figures: one static descriptor a table. */
struct figures {
  const struct table_spec *table; /* at most FIGURES_MAX columns */
  /* The field's text in an answer; NULL if it has none. */
  const char *(*text)(const void *answer, const char *field);
  /* The struct that the members of a part lie in. NULL: none of them is known. *none is the reason
   * of what is not known: the column's, unless it is changed. */
  const void *(*part)(const void *answer, int part, const char **none);
  const char *unsaid; /* the reason of a cell whose field is not in the answer */
  const char *run;    /* the field that is another one with each start of the server; or NULL */
  const char *uptime; /* the field of the seconds since its start; or NULL */
  /* Counters beside those of the columns: one that has become smaller was reset. NULL at its end;
   * or NULL. */
  const char *const *witnesses;
};

/* The counters of one answer. */
struct counters {
  bool known; /* false: none were read yet */
  char run[FIGURES_RUN_MAX];
  int64_t uptime_s; /* -1 if not known */
  double reset;     /* when the server last reset them, where it says; 0 if not */
  int64_t at_us;
  int64_t from[FIGURES_MAX], of[FIGURES_MAX]; /* by column; -1 if not known, or not a counter */
  int64_t witness[FIGURES_WITNESSES_MAX];
};

/* What they grew by between two answers. */
struct rates {
  const char *unknown; /* why there are none; NULL when there are */
  double seconds;
  int64_t from[FIGURES_MAX], of[FIGURES_MAX]; /* by column; -1 if not known */
};

void counters_read(struct counters *counters, const struct figures *figures, const void *answer,
                   int64_t at_us);
/* Nothing is known across a restart (another run, a lower uptime) nor across a reset (one of the
 * counters fell): this leads to neither a negative rate nor a false zero. */
void rates_make(struct rates *rates, const struct counters *before, const struct counters *now);

/* The value of one column; none, with the reason, where it is not known. Texts are the answer's.
 * rates may be NULL where no column is a rate. */
struct value figure_value(const struct figures *figures, size_t column, const void *answer,
                          const struct rates *rates);
/* All cells of columns that have a source; texts are copied. */
struct sample;
void figures_fill(struct sample *sample, struct value *cells, const struct figures *figures,
                  const void *answer, const struct rates *rates);

/* Which server answers: it keeps its first run as its name across its restarts. A run that changes,
 * on a server that was running already when the other one was last asked, is another server: a
 * proxy, a name or a failover leads elsewhere. */
struct server_identity {
  char first[FIGURES_RUN_MAX];   /* the run by which this server was first known; "" before */
  char current[FIGURES_RUN_MAX]; /* its present run */
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
