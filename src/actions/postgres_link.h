/* The connection of one step of a PostgreSQL action: its own, never the collector's, and one
 * statement at a time.
 *
 * On opening it connects to the target's dsn and says SET application_name = 'stacktop',
 * lock_timeout = '3s', statement_timeout = 0, idle_in_transaction_session_timeout = 0. Behind a
 * pooler in transaction mode that is refused with ERR_UNSUPPORTED: pids and settings mean nothing
 * there (an action that may run behind one says so). */
#pragma once

#include "actions/action.h"
#include "io/pg.h"

struct postgres_link;

/* With an answer or an error, both borrowed. After an error the link may still be asked when
 * postgres_link_stands. */
typedef void (*postgres_link_cb)(void *self, const struct pg_rows *rows, const struct err *err);

/* ready comes once, without rows, in a later turn. */
struct postgres_link *postgres_link_open(struct act *act, postgres_link_cb ready, void *self);
/* One statement; values are bound ($1...); NULL and 0 for none. With NULL values and count 0 it
 * goes by the simple protocol, as VACUUM and CREATE INDEX CONCURRENTLY like it. */
void postgres_link_ask(struct postgres_link *link, const char *sql, size_t count,
                       const char *const *values, postgres_link_cb done);
/* Calls tick(self) once, after ms: for what has to be looked at again. */
void postgres_link_wait(struct postgres_link *link, int64_t ms, void (*tick)(void *self));
bool postgres_link_stands(const struct postgres_link *link);
int postgres_link_pid(const struct postgres_link *link);
int postgres_link_version(const struct postgres_link *link); /* 150018 */
/* Hangs up at once; no callback comes any more; frees itself later on the loop. NULL is fine. */
void postgres_link_close(struct postgres_link *link);
