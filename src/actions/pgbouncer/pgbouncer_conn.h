/* The connection of a step to PgBouncer's console: its own, never the collector's, and one command
 * at a time. The console has only the simple protocol and no transactions: a command is checked
 * against what was read on the same connection just before it. */
#pragma once

#include "actions/found.h"
#include "actions/shown.h"
#include "actions/step.h"
#include "clients/postgres/pgbouncer_answer.h"
#include "clients/postgres/pgbouncer_contract.h"

struct pgbouncer_conn;

/* Connects to the target's dsn and reads SHOW CONFIG. NULL with step->err where it is not a
 * console, or not that of the step's plan (identity PGBOUNCER_PROCESS). */
#define PGBOUNCER_PROCESS "process"
struct pgbouncer_conn *pgbouncer_conn_open(struct step *step);

const struct pgbouncer_config *pgbouncer_settings(const struct pgbouncer_conn *conn);
/* "/etc/pgbouncer.ini, port 6432, /run/pgbouncer.pid": PgBouncer has no identity, so this names the
 * process as well as it can be. Lives as long as the step. */
const char *pgbouncer_process(const struct pgbouncer_conn *conn);
/* False with step->err if the user may only read. */
bool pgbouncer_may_change(struct pgbouncer_conn *conn);

/* A SHOW command; the rows are valid until the next question. NULL with step->err, also for conn
 * NULL. */
const struct pg_rows *pgbouncer_ask(struct pgbouncer_conn *conn, const char *command);
/* The same, read. The items live as long as the step. */
bool pgbouncer_ask_databases(struct pgbouncer_conn *conn, struct pgbouncer_databases *databases);
bool pgbouncer_ask_pools(struct pgbouncer_conn *conn, struct pgbouncer_pools *pools);

/* A command that changes something: without an answer, it may have happened. True when it was
 * answered within wait_ms; false with step->err otherwise: ERR_TIMEOUT when it is still running,
 * then the connection is closed. */
bool pgbouncer_change(struct pgbouncer_conn *conn, const char *command, int64_t wait_ms);
/* Whether the connection is still usable: the last error is one of the console. */
bool pgbouncer_is_up(const struct pgbouncer_conn *conn);
