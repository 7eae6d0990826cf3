/* The plan of a statement that another user sent: EXPLAIN, never ANALYZE, over a connection of its
 * own to the statement's database, which is closed afterwards.
 *
 * The statement comes from the server's views, where any user may have put any text. So:
 * - It is sent by the extended protocol, behind EXPLAIN or PREPARE: the server refuses a text with
 *   several commands, and its grammar takes only what has a plan. Nothing is executed.
 * - The transaction is read-only, has time limits, and is rolled back.
 * - Planning computes functions that are IMMUTABLE or STABLE, with the rights of the session. A
 *   connection that is a superuser, or may run programs or write files of the server, therefore
 *   gets no plan in a database where another role that is none of these owns such a function: no
 *   statement of PostgreSQL gives up those rights for good (RESET ROLE).
 *
 * If the connection may, it plans as the statement's role: its rights, its row security, its
 * search_path. Parameters ($1) have no values: the plan is the generic one, by GENERIC_PLAN from
 * PostgreSQL 16 on, by plan_cache_mode in 12 to 15; before 12 there is none. */
#pragma once

#include "clients/postgres/pg.h"

struct pg_explain;

/* All borrowed for the call. */
struct pg_explain_request {
  const char *database; /* its name, in bytes of the server */
  const char *role;     /* whose statement it is, likewise; NULL: not known */
  const char *text;     /* UTF-8 */
  int statement_ms, lock_ms;
};

/* One row of it is a table of the plan: name, rows by the statistics (-1: none), seconds since
 * ANALYZE, rows changed since then, whether it has statistics ("t"), kind ("r"). */
enum pg_explain_relation {
  EXPLAIN_RELATION,
  EXPLAIN_ROWS,
  EXPLAIN_ANALYZED,
  EXPLAIN_CHANGED,
  EXPLAIN_HAS_STATISTICS,
  EXPLAIN_KIND,
  EXPLAIN_RELATION_COLUMNS
};

/* Borrowed for the callback. */
struct pg_explain_answer {
  const char *json;                /* of EXPLAIN (FORMAT JSON, VERBOSE) */
  const char *user;                /* of the connection, quoted as SQL does */
  const char *role;                /* in force while planning, likewise */
  const char *path;                /* search_path in force while planning */
  bool generic;                    /* without values of parameters */
  const struct pg_rows *relations; /* NULL: not known */
};

/* With an answer, or with an error. sqlstate: of an error of the server, otherwise "". answer is
 * then as far as it is known: user, role and path, or "". */
typedef void (*pg_explain_cb)(void *arg, const struct pg_explain_answer *answer,
                              const struct err *err, const char *sqlstate);

struct pg_explain *pg_explain_new(struct io *io, const char *dsn);
/* Requires that none is running. Never calls done before it returns. */
void pg_explain_ask(struct pg_explain *explain, const struct pg_explain_request *request,
                    pg_explain_cb done, void *arg);
/* Where it is: ": connecting to the statement's database"; "" if none is running. */
const char *pg_explain_where(const struct pg_explain *explain);
/* Drops a running one; no callback comes. */
void pg_explain_drop(struct pg_explain *explain);
/* Drops, closes all handles, frees; then calls done(arg). */
void pg_explain_free(struct pg_explain *explain, void (*done)(void *arg), void *arg);
