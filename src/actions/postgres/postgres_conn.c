#include "actions/postgres/postgres_conn.h"

#include "actions/found.h"
#include "actions/postgres/postgres_utf8.h"
#include "clients/postgres/pg_error.h"
#include "clients/postgres/pg_share.h"
#include "core/mem.h"
#include "io/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION_MIN = 100000, TURN_MS = 5 };

struct postgres_conn {
  struct step_part part; /* first */
  struct step *step;
  const char *dsn;
  struct pg *pg;
  int pid, version;
  struct postgres_identity identity;
  const struct postgres_conn *beside; /* leads to the same server; NULL: it is the first one */
  enum { CONNECTING, GREETING, IDENTIFYING, OPEN /* or it has failed */ } phase;

  bool urgent;  /* where no slot is left, it borrows the connection that exists */
  bool borrows; /* it does; pid is the lender's: with another one it may be another server */
  struct pg_loan loan;

  bool asking;
  bool changing;  /* the last question changes something, and has no answer yet */
  struct err err; /* of the last answer; ERR_NONE: rows */
  struct arena arena;
  struct pg_rows rows;                  /* its copies, in the arena */
  struct postgres_utf8 utf8;            /* the same as UTF-8: for a survey */
  char encoding[POSTGRES_ENCODING_MAX]; /* of texts that arrive unconverted; "": they are UTF-8 */
};

static void on_freed(void *arg) {
  (void)arg;
}

static void close_part(struct step_part *part) {
  struct postgres_conn *conn = (struct postgres_conn *)part;
  pg_loan_drop(&conn->loan);
  pg_free(conn->pg, on_freed, NULL);
  postgres_utf8_fini(&conn->utf8);
  arena_fini(&conn->arena);
  free(conn);
}

static size_t unanswered(const struct step_part *part) {
  return ((const struct postgres_conn *)part)->changing;
}

/* ---- its properties */

static struct pg_share *lender(const struct postgres_conn *conn) {
  struct pg_share *share = pg_share_find(conn->step->call->io, conn->dsn);
  return share && pg_backend_pid(share->pg) == conn->pid ? share : NULL;
}

bool postgres_is_up(const struct postgres_conn *conn) {
  return conn->borrows ? lender(conn) != NULL : pg_phase(conn->pg) == PG_IDLE;
}

const char *postgres_sqlstate(const struct postgres_conn *conn) {
  return conn->borrows ? conn->loan.sqlstate : pg_sqlstate(conn->pg);
}

struct step *postgres_step(const struct postgres_conn *conn) {
  return conn->step;
}

int postgres_pid(const struct postgres_conn *conn) {
  return conn->pid;
}

int postgres_version(const struct postgres_conn *conn) {
  return conn->version;
}

/* ---- answers: kept, since one may come while the step waits for something else */

static void keep_rows(struct postgres_conn *conn, const struct pg_rows *rows) {
  if (!pg_rows_copy(&conn->arena, rows, &conn->rows))
    err_set(&conn->err, ERR_LIMIT, "the answer is larger than %d MiB", PG_BYTES_MAX >> 20);
}

static void on_answer(void *self, const struct pg_rows *rows, const struct err *err) {
  struct postgres_conn *conn = self;
  conn->asking = false;
  conn->err = err ? *err : (struct err){0};
  conn->changing = conn->changing && err && !postgres_is_up(conn);
  if (rows)
    keep_rows(conn, rows);
  if (!conn->urgent) /* a borrowed one may have to wait for its lender: the step waits */
    postgres_is_answered(conn);
  step_wake(conn->step);
}

static void begin(struct postgres_conn *conn) {
  assert(!conn->asking);
  arena_fini(&conn->arena);
  arena_init(&conn->arena, 2 * (size_t)PG_BYTES_MAX);
  postgres_utf8_fini(&conn->utf8);
  conn->utf8 = (struct postgres_utf8){0};
  conn->rows = (struct pg_rows){.tag = ""};
  conn->asking = true;
}

/* Over the connection of the collector, once it is free. */
static void borrow(struct postgres_conn *conn, const char *sql, size_t count,
                   const char *const *values) {
  struct pg_share *share;
  while ((share = lender(conn)) && !pg_share_is_free(share))
    if (!step_wait(conn->step, clock_now_ms() + TURN_MS))
      return;
  if (share) {
    pg_loan_ask(&conn->loan, share, sql, count, values, on_answer, conn);
    return;
  }
  conn->asking = false;
  err_set(&conn->err, ERR_CLOSED,
          "the only connection was lost, and the server has no free slot for another one");
}

void postgres_begin(struct postgres_conn *conn, const char *sql, size_t count,
                    const char *const *values) {
  begin(conn);
  if (conn->step->dropped)
    return;
  if (conn->borrows)
    borrow(conn, sql, count, values);
  else if (values)
    pg_query_params(conn->pg, sql, count, values, on_answer, conn);
  else
    pg_query(conn->pg, sql, on_answer, conn);
}

/* ---- opening: each answer leads to the next question */

/* The identity of the server: 9.6 and newer; by default every role may read it. */
static const char system_sql[] = "SELECT system_identifier FROM pg_control_system()";

/* A fallback_application_name does not count when the dsn has another; settings that cannot be made
 * at startup (PgBouncer refuses them) are made here. pg_backend_pid(): our session on the server.
 */
static const char greeting[] =
    "SET application_name = 'stacktop'; SET search_path = pg_catalog; SET lock_timeout = '3s';"
    " SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
    " SELECT pg_backend_pid(), to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC',"
    "  'YYYY-MM-DD HH24:MI:SS.US') || '+00',"
    " (SELECT oid FROM pg_database WHERE datname = current_database()),"
    " has_function_privilege('pg_control_system()', 'EXECUTE')";
enum { GREETING_PID, GREETING_START, GREETING_DATABASE, GREETING_MAY_ASK, GREETING_COLUMNS };

static void greet(struct postgres_conn *conn) {
  conn->phase = GREETING;
  postgres_begin(conn, greeting, 0, NULL);
}

static void connected(struct postgres_conn *conn) {
  const struct pg_share *share = NULL;
  if (conn->urgent && conn->err.kind != ERR_NONE && pg_error_is_full(&conn->err))
    share = pg_share_find(conn->step->call->io, conn->dsn);
  const struct pg *pg = share ? share->pg : conn->pg;
  if (conn->err.kind != ERR_NONE && !share)
    return;
  conn->borrows = share != NULL;
  conn->pid = pg_backend_pid(pg);
  conn->version = pg_server_version(pg);
  if (conn->version >= VERSION_MIN)
    greet(conn);
  else
    err_set(&conn->err, ERR_UNSUPPORTED, "needs PostgreSQL 10 or newer, not \"%.40s\"",
            pg_server_version_text(pg));
}

static void take_cell(char *out, size_t size, const char *cell) {
  snprintf(out, size, "%s", cell ? cell : "");
}

static void identified(struct postgres_conn *conn) {
  const struct plan *plan = conn->step->call->plan;
  conn->phase = OPEN;
  if (plan && !postgres_identity_fits(&conn->identity, plan, &conn->err))
    return;
  if (conn->beside && strcmp(conn->beside->identity.start, conn->identity.start) != 0)
    err_set(&conn->err, ERR_INVALID, "a different server answers a second connection");
}

static void greeted(struct postgres_conn *conn) {
  const struct pg_rows *rows = &conn->rows;
  const bool whole = rows->rows == 1 && rows->columns == GREETING_COLUMNS;
  const char *pid = whole ? pg_cell(rows, 0, GREETING_PID) : NULL;
  struct postgres_identity *identity = &conn->identity;
  /* a pooler reports an invented process id at the login */
  if (!pid || strtol(pid, NULL, 10) != conn->pid) {
    err_set(&conn->err, ERR_UNSUPPORTED,
            "the connection goes through a pooler, which may run each statement in another "
            "session; name the server itself in the target's dsn");
    return;
  }
  take_cell(identity->start, sizeof identity->start, pg_cell(rows, 0, GREETING_START));
  take_cell(identity->database, sizeof identity->database, pg_cell(rows, 0, GREETING_DATABASE));
  if (!postgres_is_true(pg_cell(rows, 0, GREETING_MAY_ASK))) {
    identified(conn);
    return;
  }
  conn->phase = IDENTIFYING;
  postgres_begin(conn, system_sql, 0, NULL);
}

/* Takes the answer that arrived while it is being opened. */
static void open_on(struct postgres_conn *conn) {
  const bool good = conn->err.kind == ERR_NONE;
  if (conn->phase == CONNECTING) {
    connected(conn);
  } else if (conn->phase == GREETING && good) {
    greeted(conn);
  } else if (conn->phase == IDENTIFYING && (good || postgres_is_up(conn))) {
    /* a role without the right to read it continues without */
    take_cell(conn->identity.server, sizeof conn->identity.server,
              good && conn->rows.rows == 1 ? pg_cell(&conn->rows, 0, 0) : NULL);
    conn->err = (struct err){0};
    identified(conn);
  }
  if (!conn->asking && conn->err.kind != ERR_NONE) {
    conn->phase = OPEN;
    pg_drop(conn->pg);
  }
}

bool postgres_is_answered(struct postgres_conn *conn) {
  while (!conn->asking && conn->phase != OPEN)
    open_on(conn);
  return !conn->asking;
}

static struct postgres_conn *conn_begin(struct step *step, const char *database, bool urgent,
                                        const struct postgres_conn *beside) {
  struct postgres_conn *conn = mem_new(sizeof *conn);
  conn->part = (struct step_part){.close = close_part, .unanswered = unanswered};
  conn->step = step;
  conn->dsn = target_text(step->call->target, "dsn");
  conn->pg = pg_new(step->call->io, conn->dsn);
  pg_use_database(conn->pg, database);
  conn->urgent = urgent;
  conn->beside = beside;
  step_add(step, &conn->part);
  begin(conn);
  if (!step->dropped)
    pg_connect(conn->pg, on_answer, conn);
  return conn;
}

struct postgres_conn *postgres_conn_begin(struct step *step, const struct postgres_conn *beside) {
  return conn_begin(step, NULL, false, beside);
}

struct postgres_conn *postgres_conn_open(struct step *step) {
  struct postgres_conn *conn = conn_begin(step, NULL, false, NULL);
  return postgres_take(conn) ? conn : NULL;
}

struct postgres_conn *postgres_conn_open_in(struct step *step, const char *database) {
  struct postgres_conn *conn = conn_begin(step, database, false, NULL);
  return postgres_take(conn) ? conn : NULL;
}

struct postgres_conn *postgres_conn_open_urgent(struct step *step) {
  struct postgres_conn *conn = conn_begin(step, NULL, true, NULL);
  return postgres_take(conn) ? conn : NULL;
}

struct postgres_conn *postgres_survey(struct postgres_conn *conn,
                                      const struct table_spec *const *tables, size_t count) {
  if (!conn)
    return NULL;
  conn->step->found = found_new(tables, count);
  postgres_identity_keep(conn->step->found, &conn->identity);
  return conn;
}

void postgres_conn_close(struct postgres_conn *conn) {
  if (!conn)
    return;
  step_remove(conn->step, &conn->part);
  close_part(&conn->part);
}

/* ---- asking */

const struct pg_rows *postgres_take(struct postgres_conn *conn) {
  while (!postgres_is_answered(conn))
    if (!step_wait(conn->step, INT64_MAX))
      return NULL;
  if (conn->err.kind == ERR_NONE)
    return &conn->rows;
  conn->step->err = conn->err;
  return NULL;
}

bool postgres_wait(struct postgres_conn *conn, int64_t ms) {
  const int64_t until_ms = clock_now_ms() + ms;
  const bool was_cancelled = conn->step->cancelled;
  while (conn->asking && clock_now_ms() < until_ms && conn->step->cancelled == was_cancelled)
    if (!step_wait(conn->step, until_ms))
      return true; /* given up: taking the answer fails */
  return !conn->asking;
}

const struct pg_rows *postgres_ask(struct postgres_conn *conn, const char *sql, size_t count,
                                   const char *const *values) {
  postgres_begin(conn, sql, count, values);
  return postgres_take(conn);
}

/* ---- reading */

const char *const postgres_no_values[] = {NULL};

static bool is_survey(const struct postgres_conn *conn) {
  return conn->step->found != NULL;
}

/* Typed text is UTF-8: it can be asked for again. */
static bool convert_again(struct postgres_conn *conn) {
  if (!*conn->encoding)
    return true;
  conn->encoding[0] = '\0';
  return postgres_ask(conn, "SET client_encoding = 'UTF8'", 0, NULL) != NULL;
}

static bool convert_no_more(struct postgres_conn *conn) {
  const struct pg_rows *rows = postgres_ask(
      conn, "SET client_encoding = 'SQL_ASCII'; SELECT getdatabaseencoding()", 0, NULL);
  const char *encoding = rows && rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
  if (encoding)
    snprintf(conn->encoding, sizeof conn->encoding, "%s", encoding);
  return encoding ||
         (rows && step_fail(conn->step, ERR_PROTOCOL, "the encoding of the database is not known"));
}

/* Without a conversion a value would be read in the database's own encoding, and mean another name.
 */
static bool values_can_be_sent(struct postgres_conn *conn, size_t count,
                               const char *const *values) {
  const bool same = strcmp(conn->encoding, "UTF8") == 0 || strcmp(conn->encoding, "SQL_ASCII") == 0;
  for (size_t i = 0; !same && i < count; i++)
    for (const char *at = values[i]; at && *at; at++)
      if ((unsigned char)*at >= 0x80)
        return step_fail(conn->step, ERR_INVALID,
                         "names there have no place in UTF-8, and \"%.100s\" can be looked for in "
                         "UTF-8 only",
                         values[i]);
  return true;
}

/* Asks again without any conversion where the server cannot send the answer as UTF-8. */
static const struct pg_rows *ask_as_utf8(struct postgres_conn *conn, const char *sql, size_t count,
                                         const char *const *values) {
  if (!convert_again(conn))
    return NULL;
  const struct pg_rows *rows = postgres_ask(conn, sql, count, values);
  if (!rows && postgres_utf8_failed(postgres_sqlstate(conn))) {
    if (!convert_no_more(conn) || !values_can_be_sent(conn, count, values))
      return NULL;
    rows = postgres_ask(conn, sql, count, values);
  }
  if (!rows)
    return NULL;
  if (postgres_utf8_init(&conn->utf8, rows, conn->encoding))
    return &conn->utf8.rows;
  step_fail(conn->step, ERR_LIMIT, "the answer is too large");
  return NULL;
}

const struct pg_rows *postgres_read_names(struct postgres_conn *conn, size_t columns,
                                          const char *sql, size_t count,
                                          const char *const *values) {
  if (!conn)
    return NULL;
  const struct pg_rows *rows = is_survey(conn) && values ? ask_as_utf8(conn, sql, count, values)
                                                         : postgres_ask(conn, sql, count, values);
  if (!rows || rows->rows == 0 || rows->columns == columns)
    return rows;
  step_fail(conn->step, ERR_PROTOCOL, "the server's answer has %zu columns instead of %zu",
            rows->columns, columns);
  return NULL;
}

const struct pg_rows *postgres_read(struct postgres_conn *conn, size_t columns, const char *sql,
                                    size_t count, const char *const *values) {
  const struct pg_rows *rows = postgres_read_names(conn, columns, sql, count, values);
  for (size_t i = 0; rows && i < rows->rows * rows->columns; i++)
    if (postgres_is_broken(conn, i / rows->columns, i % rows->columns)) {
      step_fail(conn->step, ERR_INVALID, "\"%.100s\" is not valid UTF-8 and cannot be used",
                rows->cells[i]);
      return NULL;
    }
  return rows;
}

bool postgres_is_broken(const struct postgres_conn *conn, size_t row, size_t column) {
  const struct postgres_utf8 *utf8 = &conn->utf8;
  return utf8->broken && utf8->broken[row * utf8->rows.columns + column];
}

bool postgres_must_name(struct postgres_conn *conn, const struct pg_rows *rows, size_t column) {
  return !postgres_is_broken(conn, 0, column) ||
         step_fail(conn->step, ERR_INVALID, "%.150s cannot be acted on: %s",
                   pg_cell(rows, 0, column), postgres_no_name);
}

const char *postgres_key(struct postgres_conn *conn, const struct pg_rows *rows, size_t row,
                         size_t name, size_t oid) {
  const char *text = pg_cell(rows, row, name);
  return postgres_is_broken(conn, row, name)
             ? arena_printf(&conn->step->arena, "%s (oid %s)", text, pg_cell(rows, row, oid))
             : text;
}

const struct pg_rows *postgres_change(struct postgres_conn *conn, const char *sql, size_t count,
                                      const char *const *values) {
  conn->changing = !conn->step->dropped;
  return postgres_ask(conn, sql, count, values);
}

bool postgres_refused(struct postgres_conn *conn) {
  const bool lock = strcmp(postgres_sqlstate(conn), POSTGRES_LOCK_TIMEOUT) == 0;
  if (postgres_is_up(conn))
    outcome_set(conn->step->call->outcome, 0, OBJECT_REFUSED, "%s%s",
                lock ? "another session holds its lock: " : "", conn->step->err.text);
  return postgres_is_up(conn);
}
