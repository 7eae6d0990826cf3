/* PostgreSQL by libpq, on the loop: one connection, one query at a time.
 *
 * The connection string is all that libpq takes: a URI, key=value pairs, several hosts, service=;
 * PG* in the environment, the service file and the password file count as in psql. Host names are
 * looked up by io/resolve.h and given to libpq as hostaddr, with host kept for TLS and the password
 * file: its own look-up would stop the loop. libpq still reads small local files (service,
 * password, certificates) where it stands, and a Kerberos library that has credentials may ask its
 * KDC.
 *
 * There is no deadline in here but that of the operating system (libpq honours connect_timeout only
 * in calls that wait): the caller has one, and calls pg_drop.
 *
 * libpq's own messages are told apart by their English text, so the process leaves LC_MESSAGES
 * alone. The server's are told apart by SQLSTATE and may be in any language. */
#pragma once

#include "clients/postgres/pg_rows.h"
#include "core/err.h"
#include "io/io.h"

#include <stddef.h>

enum { PG_PATIENCE_MS = 1000 };
enum { PG_VALUES_MAX = 1000 }; /* of one statement; the protocol has room for 65535 */

/* With an answer (that of the last statement of the query; without rows for a connect), or with an
 * error. Both are borrowed for the call. It comes once, on the loop's thread, never before the call
 * that it ends returns; unless pg_drop comes first. */
typedef void (*pg_cb)(void *arg, const struct pg_rows *rows, const struct err *err);

enum pg_phase {
  PG_DOWN,
  PG_RESOLVING,  /* looking the name up */
  PG_CONNECTING, /* the operating system is connecting */
  PG_LOGGING_IN, /* connected, TLS or the log-in is under way */
  PG_IDLE,       /* ready for a query */
  PG_ASKING,     /* a query is under way */
};

struct pg;

/* Whether it is a connection string. The error quotes nothing of it: it may hold a password. */
bool pg_dsn_check(const char *dsn, struct err *err) MUST_CHECK;

/* Opens nothing yet. dsn is copied. */
struct pg *pg_new(struct io *io, const char *dsn);
/* Down first: PG_DOWN. Of several addresses, one that has not answered for PG_PATIENCE_MS is passed
 * over for the next. Errors: ERR_REFUSED (also when no slot is left, or the server starts up),
 * ERR_DENIED, ERR_UNRESOLVED, ERR_PROTOCOL ("not a PostgreSQL server"), ... */
void pg_connect(struct pg *pg, pg_cb done, void *arg);
/* PG_IDLE first. Sends sql, which may hold several statements, as one message of the simple
 * protocol: they are one transaction, and that is all that a pooler in transaction mode lets us
 * count on. Needs no values of others: queries are constants with numbers of ours. After an error
 * the phase tells whether the connection still stands (PG_IDLE) or is lost (PG_DOWN). */
void pg_query(struct pg *pg, const char *sql, pg_cb done, void *arg);
/* The same for one statement with values, $1 to $count, by the extended protocol: they are bound
 * and never become part of it, and the server infers their types. NULL is SQL's NULL. All borrowed
 * for the call. */
void pg_query_params(struct pg *pg, const char *sql, size_t count, const char *const *values,
                     pg_cb done, void *arg);
/* Hangs up, whatever is under way; no callback will come. Waits for nothing; where a log-in or
 * a query is under way the loop reads its answer first, for PG_FAREWELL_MS at most
 * (pg_farewell.h). */
void pg_drop(struct pg *pg);
/* Drops, closes all handles, frees; then calls done(arg). */
void pg_free(struct pg *pg, void (*done)(void *arg), void *arg);

enum pg_phase pg_phase(const struct pg *pg);
/* While connected (PG_IDLE, PG_ASKING): 150018 for 15.18; 0 if it is no PostgreSQL version. */
int pg_server_version(const struct pg *pg);
const char *pg_server_version_text(const struct pg *pg); /* "15.18 (Debian ...)"; never NULL */
/* The session's pid as told at the log-in: a pooler tells one of its own making. */
int pg_backend_pid(const struct pg *pg);
/* Of the last answer, when it was an error of the server's: "55P03" (its kind alone does not tell a
 * lock timeout from a cancel). "" otherwise. */
const char *pg_sqlstate(const struct pg *pg);
/* "127.0.0.1:5432", "[::1]:5432", "/run/postgresql:5432": what we are connected to. */
void pg_address(const struct pg *pg, char *out, size_t size);
