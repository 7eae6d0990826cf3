/* The connection of a step to a PostgreSQL server: its own, never the collector's, and one
 * statement at a time.
 *
 * On opening it connects to the target's dsn and says SET application_name = 'stacktop',
 * lock_timeout = '3s', statement_timeout = 0, idle_in_transaction_session_timeout = 0, and
 * search_path = pg_catalog, so that no function or operator of others gets in between: name
 * everything else with its schema, and RESET search_path for what runs others' code (the triggers
 * of a DELETE). Behind a pooler it is refused with ERR_UNSUPPORTED: in transaction mode, which
 * cannot be told from the others, pids and settings mean nothing. Where the step has a plan and
 * another server or database answers than that of the plan, it is refused with ERR_INVALID. */
#pragma once

#include "actions/postgres/postgres_identity.h"
#include "actions/step.h"
#include "clients/postgres/pg.h"

struct postgres_conn;

/* SQLSTATE */
#define POSTGRES_DENIED "42501"
#define POSTGRES_LOCK_TIMEOUT "55P03"
#define POSTGRES_CANCELLED "57014"

enum { POSTGRES_STEP_MS = 20000 }; /* of a survey, and of an effect of a few short statements */

/* NULL with step->err. */
struct postgres_conn *postgres_conn_open(struct step *step);
/* For short statements that must work while no connection slot is left: then it asks over a
 * connection of the same dsn that is there already, the collector's (clients/postgres/pg_share.h),
 * statement by statement. */
struct postgres_conn *postgres_conn_open_urgent(struct step *step);
/* Makes step->found of these tables (actions/found.h), which says who the server of conn is.
 * Returns conn; NULL is fine. */
struct postgres_conn *postgres_survey(struct postgres_conn *conn,
                                      const struct table_spec *const *tables, size_t count);
/* A second one, to the same run of the same server. Does not wait: postgres_take says whether it is
 * open. */
struct postgres_conn *postgres_conn_begin(struct step *step, const struct postgres_conn *beside);
/* Before the step's end. NULL is fine. */
void postgres_conn_close(struct postgres_conn *conn);

/* One statement; values are bound ($1...). Without values it goes by the simple protocol. The rows
 * are valid until the next question on this connection. NULL with step->err, the server's or the
 * connection's. */
const struct pg_rows *postgres_ask(struct postgres_conn *conn, const char *sql, size_t count,
                                   const char *const *values);
/* The same for a query whose answer has so many columns; another one is ERR_PROTOCOL. In a survey,
 * an answer with a text that is not UTF-8 is an error, too. NULL as well where conn is NULL: it
 * could not be opened. */
const struct pg_rows *postgres_read(struct postgres_conn *conn, size_t columns, const char *sql,
                                    size_t count, const char *const *values);
/* The same, but of a survey such texts are read, with U+FFFD for what is not UTF-8: what is called
 * so is shown, and never acted on. */
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
/* By the extended protocol, with no values. */
extern const char *const postgres_no_values[];
/* Whether that cell of the last answer is not what the server has. */
bool postgres_is_broken(const struct postgres_conn *conn, size_t row, size_t column);
/* The same of the name of the only row: step->err says that it cannot be acted on. */
bool postgres_must_name(struct postgres_conn *conn, const struct pg_rows *rows, size_t column);
/* A key for the name in that cell: itself, or, where it is broken and may be that of several, with
 * the oid in another cell. */
const char *postgres_key(struct postgres_conn *conn, const struct pg_rows *rows, size_t row,
                         size_t name, size_t oid);
/* The same for what changes something: without an answer, it may have happened. */
const struct pg_rows *postgres_change(struct postgres_conn *conn, const char *sql, size_t count,
                                      const char *const *values);

/* For a plan of one object: sets it refused, with the server's words for the last question. False
 * where the connection was lost: the frame has the words for that. */
bool postgres_refused(struct postgres_conn *conn);

/* A statement that takes long, while the step asks elsewhere: begin it, wait until it is answered,
 * then take the answer, as from postgres_ask. */
void postgres_begin(struct postgres_conn *conn, const char *sql, size_t count,
                    const char *const *values);
/* Waits for at most so long, or until a person cancels, and returns whether it is answered. */
bool postgres_wait(struct postgres_conn *conn, int64_t ms);
/* Of one that is being opened: whether it is open, or has failed. */
bool postgres_is_answered(struct postgres_conn *conn);
const struct pg_rows *postgres_take(struct postgres_conn *conn);

/* Whether it can still be asked: after an error of the server it can, after a lost one it cannot.
 */
bool postgres_is_up(const struct postgres_conn *conn);
const char *
postgres_sqlstate(const struct postgres_conn *conn);          /* of the last error: "55P03"; "" */
struct step *postgres_step(const struct postgres_conn *conn); /* that it belongs to */
int postgres_pid(const struct postgres_conn *conn);
int postgres_version(const struct postgres_conn *conn); /* 150018 */
