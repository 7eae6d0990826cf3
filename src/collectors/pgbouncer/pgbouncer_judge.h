/* What is wrong with a pool or a database, as no threshold can express it. Pure, except for the
 * memory.
 *
 * maxwait counts from a client's query. A client that waits for its login (no connection to the
 * server was ever made, so PgBouncer has nothing to greet it with) is in cl_waiting with a maxwait
 * of 0 for as long as client_login_timeout, so how long a pool has had no connection is measured
 * here, from collection to collection. */
#pragma once

#include "clients/postgres/pgbouncer_answer.h"
#include "core/map.h"
#include "model/judge/severity.h"

struct pgbouncer_rules {
  double waiting, waiting_critical; /* seconds */
};

enum { PGBOUNCER_REASON_MAX = 256 };
struct pgbouncer_verdict {
  enum severity severity;
  int64_t lasted_ms;                 /* 0: not known */
  char reason[PGBOUNCER_REASON_MAX]; /* "" where it is OK */
};

/* Since when the clients of each pool wait without a connection to the server, by the pool's key;
 * zeroed at first. */
struct pgbouncer_memory {
  struct arena arena;
  struct map since_ms; /* on the steady clock */
};
void pgbouncer_memory_fini(struct pgbouncer_memory *memory);
/* For each pool of the next collection, into `next`, which replaces `before` after it: for how many
 * seconds it has been so, 0 when it is seen for the first time, -1 if it is not so. */
double pgbouncer_memory_take(const struct pgbouncer_memory *before, struct pgbouncer_memory *next,
                             const struct pgbouncer_pool *pool, const char *key, int64_t now_ms);

struct pgbouncer_case {
  const struct pgbouncer_pool *pool;
  const struct pgbouncer_database *database; /* NULL: not known */
  const struct pgbouncer_mode *mode;         /* NULL: not known, before 1.19 */
  double unconnected;                        /* seconds, from the memory */
};
void pgbouncer_judge_pool(const struct pgbouncer_case *of, const struct pgbouncer_rules *rules,
                          struct pgbouncer_verdict *verdict);
void pgbouncer_judge_database(const struct pgbouncer_database *database,
                              struct pgbouncer_verdict *verdict);

/* "10.0.0.7:5432", "[::1]:5432", "the local socket of port 5432". Returns out. */
enum { PGBOUNCER_PLACE_MAX = 160 };
const char *pgbouncer_place(char out[PGBOUNCER_PLACE_MAX],
                            const struct pgbouncer_database *database);
/* maxwait in seconds; -1 if not known. */
double pgbouncer_wait(const struct pgbouncer_pool *pool);
