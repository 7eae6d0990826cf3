/* Queries that are asked again and again over one connection, as its prepared statements: to parse
 * and plan them takes the server several times as long as to execute them.
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
