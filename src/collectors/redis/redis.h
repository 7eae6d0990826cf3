/* Internals of the Redis collector: from the text of INFO to rows. Pure. */
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
  char reason[400];  /* the worst first, separated by "; "; "" if OK */
  int64_t lasted_ms; /* how long the first has lasted; 0: not known */
};

/* Conditions beyond thresholds: a cluster that is down; loading; a replica without its master; too
 * few replicas to accept writes; a failed save; a memory limit that is near (85 % WARN, 95 % CRIT)
 * without evictable keys (with an evicting policy, full is normal); rejected clients; a master that
 * its Sentinel does not reach. */
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

/* How long the server took to answer, now and recently (redis_round_trips.c). */
enum { REDIS_ROUND_TRIPS = 5 };

struct redis_round_trips {
  int64_t us[REDIS_ROUND_TRIPS]; /* a ring */
  size_t count;                  /* number of known ones that were ever added */
  bool unknown;                  /* the last one is not known */
};

/* us: -1 if the last one is not known. */
void redis_round_trips_add(struct redis_round_trips *trips, int64_t us);
/* The cells "latency" and "typical_latency": the last one, and the median of those kept, which one
 * slow answer does not change. */
void redis_round_trips_fill(const struct redis_round_trips *trips, struct value *cells);

/* Fills both tables, the sample's `server`, its facts except FACT_SERVER, and the notes on what
 * INFO lacks. name: of the target. config_err: why CONFIG GET could not supply it, or NULL. */
void redis_rows_make(struct sample *sample, const char *name, const struct redis_info *info,
                     const struct rates *rates, const struct err *config_err);

/* What is known about a server that answers BUSY to all commands. */
struct redis_busy {
  const char *words;    /* its answer */
  const char *function; /* from FUNCTION STATS; "" if not known */
  int64_t running_ms;   /* from the same; -1 if not known */
  int64_t seen_ms;      /* since the first such answer; 0: just now */
};

/* The row of such a server: CRIT, with only the name known. */
void redis_rows_busy(struct sample *sample, const char *name, const struct redis_busy *busy);

/* ---- facts (redis_facts.c) ---- */

/* FACT_START, FACT_ROLE, FACT_HISTORY and FACT_MEMBERS, from INFO. */
void redis_facts_fill(struct sample *sample, const struct redis_info *info);
