/* The connection of one step of a PostgreSQL action: its own, never the collector's, and one
 * statement at a time.
 *
 * On opening it connects to the target's dsn and says SET application_name = 'stacktop',
 * lock_timeout = '3s', statement_timeout = 0, idle_in_transaction_session_timeout = 0, and
 * search_path = pg_catalog, so that no function or operator of others gets in between: name
 * everything else with its schema, and RESET search_path for what runs others' code (the triggers
 * of a DELETE). Behind a pooler it is refused with ERR_UNSUPPORTED: in transaction mode, which
 * cannot be told from the others, pids and settings mean nothing. Where the act has a plan and
 * another server or database answers than that of the plan, it is refused with ERR_INVALID. */
#pragma once

#include "actions/action.h"
#include "actions/postgres/postgres_identity.h"
#include "clients/postgres/pg.h"

struct postgres_link;

/* With an answer or an error, both borrowed. After an error the link may still be asked when
 * postgres_link_stands. */
typedef void (*postgres_link_cb)(void *self, const struct pg_rows *rows, const struct err *err);

/* ready comes once, with an answer without rows, in a later turn; after an error nothing may be
 * asked. It keeps nothing of act but its plan. */
struct postgres_link *postgres_link_open(struct act *act, postgres_link_cb ready, void *self);
/* The same for what has to be done when no connection slot is left: it then asks over a connection
 * of the same connection string that stands already, the collector's (clients/postgres/pg_share.h),
 * statement by statement. For short statements only. */
struct postgres_link *postgres_link_open_urgent(struct act *act, postgres_link_cb ready,
                                                void *self);
/* One statement; values are bound ($1...); NULL and 0 for none. With NULL values and count 0 it
 * goes by the simple protocol, as VACUUM and CREATE INDEX CONCURRENTLY like it. */
void postgres_link_ask(struct postgres_link *link, const char *sql, size_t count,
                       const char *const *values, postgres_link_cb done);
/* Calls tick(self) once, after ms: for what has to be looked at again. A second one replaces the
 * first. */
void postgres_link_wait(struct postgres_link *link, int64_t ms, void (*tick)(void *self));
/* Whom it leads to; whole once it is ready. */
const struct postgres_identity *postgres_link_identity(const struct postgres_link *link);
bool postgres_link_stands(const struct postgres_link *link);
/* Of the last answer's error: "55P03"; "" where it was not the server's. */
const char *postgres_link_sqlstate(const struct postgres_link *link);
int postgres_link_pid(const struct postgres_link *link);
int postgres_link_version(const struct postgres_link *link); /* 150018 */
/* Hangs up at once; no callback comes any more; frees itself later on the loop. NULL is fine. */
void postgres_link_close(struct postgres_link *link);
