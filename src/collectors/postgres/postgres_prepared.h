/* Queries that are asked again and again over one connection, as its prepared statements: to parse
 * and plan them takes the server several times as long as to execute them.
 *
 * Those that are ready are asked together, in one message and one transaction: the server then
 * wakes up once, and reads its sessions once. An error ends the transaction, so after one the
 * statements from the failed one on are asked one by one, and it is not asked together with others
 * until it succeeds. (libpq's pipeline mode would keep the others by a transaction for each: as
 * many messages as before, and the settings of each.)
 *
 * They stay plain where a prepared statement may be lost, or seen by others: behind a pooler. Where
 * it turns out to be lost (DISCARD ALL, a pooler that was not recognised), the query is asked again
 * at once as a plain one, and stays plain on this connection. */
#pragma once

#include "collectors/postgres/postgres_queries.h"

enum { POSTGRES_PREPARED_MAX = 8 };

/* Zeroed for each new connection: then all are plain. */
struct postgres_prepared {
  bool allowed; /* the session is stacktop's own, and it will be asked more than once */
  enum { POSTGRES_NEW, POSTGRES_READY, POSTGRES_PLAIN } states[POSTGRES_PREPARED_MAX];
  bool alone[POSTGRES_PREPARED_MAX]; /* it has failed among others */
};

/* message, made with postgres_message and the same time limits, as it is to be sent for the nth
 * query: it prepares the query, executes it, or is as it was. name: of the statement. The caller
 * frees it. */
char *postgres_prepared_message(const struct postgres_prepared *prepared, size_t nth,
                                const char *name, const struct postgres_timeouts *timeouts,
                                const char *message);
/* After its answer; sqlstate "": without an error. True if message is to be sent as it is. */
bool postgres_prepared_answered(struct postgres_prepared *prepared, size_t nth,
                                const char *sqlstate) MUST_CHECK;
/* How many of these queries, from the first on, may be asked together. */
size_t postgres_prepared_together(const struct postgres_prepared *prepared, const size_t *nths,
                                  size_t count);
/* The message for them. The caller frees it. */
char *postgres_together_message(const struct postgres_timeouts *timeouts, const size_t *nths,
                                size_t count, const char *const *names);
/* The nth has failed among others; as postgres_prepared_answered. */
bool postgres_prepared_failed_together(struct postgres_prepared *prepared, size_t nth,
                                       const char *sqlstate) MUST_CHECK;
