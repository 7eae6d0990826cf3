/* Inside of the Redis collector: from INFO's text to rows. All of it is pure. */
#pragma once

#include "clients/redis/redis_contract.h"
#include "clients/redis/redis_info.h"
#include "model/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- counters and rates (redis_rates.c) ---- */

enum redis_counter {
  REDIS_HITS,
  REDIS_MISSES,
  REDIS_EVICTED,
  REDIS_EXPIRED,
  REDIS_REJECTED,
  REDIS_COMMANDS,
  REDIS_CONNECTIONS,
  REDIS_NET_IN,
  REDIS_NET_OUT,
  REDIS_COUNTER_COUNT
};

struct redis_counters {
  bool known; /* false: none were read yet */
  char run_id[48];
  int64_t uptime_s; /* -1 if not known */
  int64_t at_us;
  int64_t values[REDIS_COUNTER_COUNT]; /* -1 if not known */
};

struct redis_rates {
  const char *unknown; /* why there are none; NULL when there are */
  double seconds;
  int64_t deltas[REDIS_COUNTER_COUNT]; /* -1 where the server does not say */
};

void redis_counters_read(struct redis_counters *counters, const struct redis_info *info,
                         int64_t at_us);
/* Nothing is known across a restart (another run_id, a lower uptime) nor across a CONFIG RESETSTAT
 * (one of the counters fell): neither a negative rate nor a false zero comes of it. */
void redis_rates_make(struct redis_rates *rates, const struct redis_counters *before,
                      const struct redis_counters *now);
/* hits / (hits + misses) of the interval; none without traffic. */
struct value redis_rates_hit_ratio(const struct redis_rates *rates);
struct value redis_rates_per_second(const struct redis_rates *rates, enum redis_counter counter);

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
                 const struct redis_rates *rates);

/* ---- rows (redis_table.c, redis_rows.c) ---- */

enum redis_summary_column {
  SUMMARY_NAME,
  SUMMARY_MEMORY,
  SUMMARY_RATIO,
  SUMMARY_HIT_RATIO,
  SUMMARY_EVICTIONS,
  SUMMARY_OPS,
  SUMMARY_CLIENTS,
  SUMMARY_KEYS,
  SUMMARY_LATENCY,
  SUMMARY_FRAGMENTATION,
  SUMMARY_POLICY,
  SUMMARY_ROLE,
  SUMMARY_BLOCKED,
  SUMMARY_EXPIRED,
  SUMMARY_PERSISTENCE,
  SUMMARY_LINK,
  SUMMARY_REPLICA_LAG,
  SUMMARY_REPLICAS,
  SUMMARY_USED,
  SUMMARY_LIMIT,
  SUMMARY_UNCOUNTED,
  SUMMARY_RESIDENT,
  SUMMARY_PEAK,
  SUMMARY_HOST_MEMORY,
  SUMMARY_CLIENT_RATIO,
  SUMMARY_MAXCLIENTS,
  SUMMARY_REJECTED,
  SUMMARY_NET_IN,
  SUMMARY_NET_OUT,
  SUMMARY_EXPIRES,
  SUMMARY_FORK,
  SUMMARY_UNSAVED,
  SUMMARY_SAVED,
  SUMMARY_MODE,
  SUMMARY_VERSION,
  SUMMARY_UPTIME,
  SUMMARY_TYPICAL,
  SUMMARY_CLUSTER,
  SUMMARY_SLOTS,
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
                     const struct redis_rates *rates, const struct err *config_err);

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

/* Told apart from a restart: a run id that changes, on a server that ran already when the other one
 * was asked last, is another server. A proxy, a name or a Sentinel's address leads elsewhere then.
 */
struct redis_identity {
  char first[48];   /* the run id by which this server was first known; "" before */
  char current[48]; /* and that of its present run */
  int64_t at_us;
};

void redis_identity_take(struct redis_identity *identity, const struct redis_counters *now);
