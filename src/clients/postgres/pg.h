/* PostgreSQL by libpq, on the loop: one connection, one query at a time.
 *
 * The connection string is that of libpq: a URI, key=value pairs, several hosts, service=; PG* in
 * the environment, the service file and the password file apply as in psql. Host names are resolved
 * by io/net/resolve.h and passed to libpq as hostaddr, with host kept for TLS and the password
 * file, because its own lookup would block the loop. libpq still reads small local files (service,
 * password, certificates), and a Kerberos library with credentials may contact its KDC.
 *
 * There is no deadline except that of the operating system (libpq applies connect_timeout only in
 * blocking calls): the caller has one, and calls pg_drop.
 *
 * libpq's own messages are distinguished by their English text, so the process does not change
 * LC_MESSAGES. Those of the server are distinguished by SQLSTATE and may be in any language. */
#pragma once

#include "clients/postgres/pg_rows.h"
#include "core/err.h"
#include "io/io.h"

#include <stddef.h>

enum { PG_PATIENCE_MS = 1000 };
enum { PG_VALUES_MAX = 1000 }; /* of one statement; the protocol has room for 65535 */

/* With an answer (that of the last statement of the query; without rows for a connect), or with an
 * error. Both are borrowed for the call. Called once, on the loop's thread, never before the call
 * that it ends returns; unless pg_drop comes first. */
typedef void (*pg_cb)(void *arg, const struct pg_rows *rows, const struct err *err);

enum { PG_PARTS_MAX = 8 };
/* Likewise, with the answers in order of their statements. With an error: those before it. */
typedef void (*pg_parts_cb)(void *arg, const struct pg_rows *parts, size_t count,
                            const struct err *err);

enum pg_phase {
  PG_DOWN,
  PG_RESOLVING,  /* resolving the name */
  PG_CONNECTING, /* the operating system is connecting */
  PG_LOGGING_IN, /* connected, TLS or login in progress */
  PG_IDLE,       /* ready for a query */
  PG_ASKING,     /* a query is running */
};

struct pg;

/* Whether it is a connection string. The error never quotes it, because it may hold a password. */
bool pg_dsn_check(const char *dsn, struct err *err) MUST_CHECK;

/* Does not connect yet. dsn is copied. */
struct pg *pg_new(struct io *io, const char *dsn);
/* Requires PG_DOWN. The next connects are to that database of the server, a name in bytes of the
 * server, never read as a connection string; NULL: to that of the dsn. */
void pg_use_database(struct pg *pg, const char *database);
/* Requires PG_DOWN. Of several addresses, one that has not answered for PG_PATIENCE_MS is skipped.
 * Errors: ERR_REFUSED (also if no slot is left, or the server is starting up), ERR_DENIED,
 * ERR_UNRESOLVED, ERR_PROTOCOL ("not a PostgreSQL server"), ... */
void pg_connect(struct pg *pg, pg_cb done, void *arg);
/* Requires PG_IDLE. Sends sql, which may have several statements, as one message of the simple
 * protocol: they are one transaction, the only guarantee that a pooler in transaction mode gives.
 * sql must not contain external values: queries are constants with our own numbers. After an error
 * the phase says whether the connection is still usable (PG_IDLE) or lost (PG_DOWN). */
void pg_query(struct pg *pg, const char *sql, pg_cb done, void *arg);
/* The same for a message whose statements are all asked for their rows: at most PG_PARTS_MAX that
 * return any. An error ends the transaction, and with it the statements behind the one that failed.
 */
void pg_query_parts(struct pg *pg, const char *sql, pg_parts_cb done, void *arg);
/* The same for one statement with values, $1 to $count, by the extended protocol: they are bound
 * and never become part of the statement, and the server infers their types. NULL is SQL's NULL.
 * All borrowed for the call. */
void pg_query_params(struct pg *pg, const char *sql, size_t count, const char *const *values,
                     pg_cb done, void *arg);
/* Has one statement parsed and nothing executed: an error also if sql has several. Afterwards the
 * same text is one statement for pg_query, too, since the server splits it by the same grammar. */
void pg_parse(struct pg *pg, const char *sql, pg_cb done, void *arg);
/* Closes the connection, whatever is running; no callback will come. Does not block: during a login
 * or a query the loop reads the answer first, for at most PG_FAREWELL_MS (pg_farewell.h). */
void pg_drop(struct pg *pg);
/* Drops, closes all handles, frees; then calls done(arg). */
void pg_free(struct pg *pg, void (*done)(void *arg), void *arg);

enum pg_phase pg_phase(const struct pg *pg);
/* While connected (PG_IDLE, PG_ASKING): 150018 for 15.18; 0 if it is not a PostgreSQL version. */
int pg_server_version(const struct pg *pg);
const char *pg_server_version_text(const struct pg *pg); /* "15.18 (Debian ...)"; never NULL */
/* The pid of the session as reported at login: a pooler reports one of its own. */
int pg_backend_pid(const struct pg *pg);
const char *pg_user(const struct pg *pg); /* of the login; "" while not connected */
/* SQLSTATE of the last answer, if it was an error of the server: "55P03" (the kind alone does not
 * distinguish a lock timeout from a cancel). Otherwise "". */
const char *pg_sqlstate(const struct pg *pg);
/* The address of the connection: "127.0.0.1:5432", "[::1]:5432", "/run/postgresql:5432". */
void pg_address(const struct pg *pg, char *out, size_t size);
