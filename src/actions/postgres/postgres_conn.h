/* The connection of a step to a PostgreSQL server: its own, never the collector's, and one
 * statement at a time.
 *
 * It connects to the target's dsn and sets application_name = 'stacktop', lock_timeout = '3s',
 * statement_timeout = 0, idle_in_transaction_session_timeout = 0, and search_path = pg_catalog, so
 * that no function or operator of others takes precedence: qualify all other names with their
 * schema, and RESET search_path for statements that run others' code (the triggers of a DELETE).
 * Behind a pooler it is refused with ERR_UNSUPPORTED: in transaction mode, which cannot be
 * distinguished from the other modes, pids and settings mean nothing. Where the step has a plan and
 * it reaches another server or database than the plan's, it is refused with ERR_INVALID. */
#pragma once

#include "actions/postgres/postgres_identity.h"
#include "actions/step.h"
#include "clients/postgres/pg.h"

struct postgres_conn;

/* SQLSTATE */
#define POSTGRES_DENIED "42501"
#define POSTGRES_LOCK_TIMEOUT "55P03"
#define POSTGRES_CANCELLED "57014"

enum { POSTGRES_STEP_MS = 20000 }; /* of a survey, and of an execution of a few short statements */

/* NULL with step->err. */
struct postgres_conn *postgres_conn_open(struct step *step);
/* The same to another database of the server: one that is renamed has no session of its own. */
struct postgres_conn *postgres_conn_open_in(struct step *step, const char *database);
/* For short statements that must work while no connection slot is left: then it uses an existing
 * connection of the same dsn, the collector's (clients/postgres/pg_share.h), statement by
 * statement. */
struct postgres_conn *postgres_conn_open_urgent(struct step *step);
/* Creates step->found from these tables (actions/found.h), with the identity of conn's server.
 * Returns conn; NULL is allowed. */
struct postgres_conn *postgres_survey(struct postgres_conn *conn,
                                      const struct table_spec *const *tables, size_t count);
/* A second one, to the same run of the same server. Does not wait: postgres_take says whether it is
 * open. */
struct postgres_conn *postgres_conn_begin(struct step *step, const struct postgres_conn *beside);
/* Before the step's end. NULL is allowed. */
void postgres_conn_close(struct postgres_conn *conn);

/* One statement; values are bound ($1...). Without values it uses the simple protocol. The rows are
 * valid until the next question on this connection. NULL with step->err, the server's or the
 * connection's. */
const struct pg_rows *postgres_ask(struct postgres_conn *conn, const char *sql, size_t count,
                                   const char *const *values);
/* The same for a query with a fixed number of columns; any other number is ERR_PROTOCOL. In a
 * survey, an answer with a text that is not UTF-8 is an error, too. NULL also where conn is NULL:
 * it could not be opened. */
const struct pg_rows *postgres_read(struct postgres_conn *conn, size_t columns, const char *sql,
                                    size_t count, const char *const *values);
/* The same, but in a survey such texts are read, with U+FFFD for bytes that are not UTF-8: a name
 * like that is shown, and never acted on. */
const struct pg_rows *postgres_read_names(struct postgres_conn *conn, size_t columns,
                                          const char *sql, size_t count, const char *const *values);
/* Whether a boolean of an answer is true. */
static inline bool postgres_is_true(const char *cell) {
  return cell && *cell == 't';
}
/* postgres_ask(conn, POSTGRES_VALUES("SELECT $1::oid", oid)) */
#define POSTGRES_VALUES(sql, ...)                                                             \
  (sql), sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (const char *const[]) { \
    __VA_ARGS__                                                                               \
  }
/* With the extended protocol, without values. */
extern const char *const postgres_no_values[];
/* Whether that cell of the last answer differs from the server's bytes. */
bool postgres_is_broken(const struct postgres_conn *conn, size_t row, size_t column);
/* The same for the name in the only row: step->err says that it cannot be acted on. */
bool postgres_must_name(struct postgres_conn *conn, const struct pg_rows *rows, size_t column);
/* A key for the name in that cell: the name itself, or, where it is broken and may not be unique,
 * with the oid from another cell. */
const char *postgres_key(struct postgres_conn *conn, const struct pg_rows *rows, size_t row,
                         size_t name, size_t oid);
/* The same for a change: without an answer, it may have happened. */
const struct pg_rows *postgres_change(struct postgres_conn *conn, const char *sql, size_t count,
                                      const char *const *values);

/* For a plan of one object: sets it refused, with the server's words for the last question. False
 * where the connection was lost: the frame has the words for that. */
bool postgres_refused(struct postgres_conn *conn);

/* A statement that takes long, while the step asks elsewhere: begin it, wait until it is answered,
 * then take the answer, as from postgres_ask. */
void postgres_begin(struct postgres_conn *conn, const char *sql, size_t count,
                    const char *const *values);
/* Waits at most that long, or until a person cancels, and returns whether it is answered. */
bool postgres_wait(struct postgres_conn *conn, int64_t ms);
/* For one that is being opened: whether it is open, or has failed. */
bool postgres_is_answered(struct postgres_conn *conn);
const struct pg_rows *postgres_take(struct postgres_conn *conn);

/* Whether it can still be used: after an error of the server it can, after a lost connection it
 * cannot. */
bool postgres_is_up(const struct postgres_conn *conn);
const char *
postgres_sqlstate(const struct postgres_conn *conn); /* SQLSTATE of the last error: "55P03"; "" */
struct step *postgres_step(const struct postgres_conn *conn); /* the step that it belongs to */
int postgres_pid(const struct postgres_conn *conn);
int postgres_version(const struct postgres_conn *conn); /* 150018 */
