/* Inside of the Redis collector: from INFO's text to rows. All of it is pure. */
#pragma once

#include "clients/redis/redis_contract.h"
#include "clients/redis/redis_info.h"
#include "collectors/figures.h"
#include "model/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- judgement (redis_judge.c) ---- */

struct redis_verdict {
  enum severity severity;
  char reason[400];  /* the worst first, "; " between; "" when all is well */
  int64_t lasted_ms; /* for how long the first has been so; 0: not known */
};

/* What a threshold cannot tell: a cluster that is down; loading; a replica without its master; too
 * few replicas to take writes; a failed save; a limit that nothing can be evicted for and that is
 * near (85 % WARN, 95 % CRIT), while with an evicting policy full is normal; clients turned away; a
 * master that its Sentinel does not reach. */
void redis_judge(struct redis_verdict *verdict, const struct redis_info *info,
                 const struct rates *rates);

/* ---- rows (redis_table.c, redis_rows.c) ---- */

enum redis_summary_column {
#define COLUMN(name, ...) name,
#include "redis_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};

enum redis_keyspace_column {
  KEYSPACE_DB,
  KEYSPACE_KEYS,
  KEYSPACE_EXPIRES,
  KEYSPACE_TTL,
  KEYSPACE_COLUMN_COUNT
};

extern const struct table_spec redis_summary_table, redis_keyspace_table;

/* The summary's columns that are fields of INFO (struct redis_info). */
extern const struct figures redis_figures;
#define REDIS_UNSAID "not reported by INFO"

/* How long the server took to answer, now and lately (redis_round_trips.c). */
enum { REDIS_ROUND_TRIPS = 5 };

struct redis_round_trips {
  int64_t us[REDIS_ROUND_TRIPS]; /* a ring */
  size_t count;                  /* of all that were ever added and known */
  bool unknown;                  /* the last one was not */
};

/* us: -1 if the last one is not known. */
void redis_round_trips_add(struct redis_round_trips *trips, int64_t us);
/* The cells "latency" and "typical_latency": the last one, and the median of those kept, which one
 * slow answer alone does not move. */
void redis_round_trips_fill(const struct redis_round_trips *trips, struct value *cells);

/* Fills both tables, the sample's `server` and its facts but FACT_SERVER, and the notes on what
 * INFO lacks. name: the target's. config_err: why CONFIG GET could not fill in for it, or NULL. */
void redis_rows_make(struct sample *sample, const char *name, const struct redis_info *info,
                     const struct rates *rates, const struct err *config_err);

/* What is known of a server that answers BUSY to all questions. */
struct redis_busy {
  const char *words;    /* its answer */
  const char *function; /* of FUNCTION STATS; "" if not known */
  int64_t running_ms;   /* of the same; -1 if not known */
  int64_t seen_ms;      /* since it first answered so; 0: just now */
};

/* The row of such a server: CRIT, with nothing in it but the name. */
void redis_rows_busy(struct sample *sample, const char *name, const struct redis_busy *busy);

/* ---- which server it is (redis_facts.c) ---- */

/* FACT_START, FACT_ROLE, FACT_HISTORY and FACT_MEMBERS as INFO has them. */
void redis_facts_fill(struct sample *sample, const struct redis_info *info);
