#include "actions/postgres/postgres_link.h"

#include "clients/postgres/pg_error.h"
#include "clients/postgres/pg_share.h"
#include "core/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION_MIN = 100000, TURN_MS = 5 };

/* The identity of the server: 9.6 and newer; by default every role may ask. */
static const char system_sql[] = "SELECT system_identifier FROM pg_control_system()";

/* A fallback_application_name does not count when the dsn has another; what cannot be set where one
 * logs in (PgBouncer refuses it) is set here. pg_backend_pid(): who we are to the server. */
static const char greeting[] =
    "SET application_name = 'stacktop'; SET search_path = pg_catalog; SET lock_timeout = '3s';"
    " SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
    " SELECT pg_backend_pid(), to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC',"
    "  'YYYY-MM-DD HH24:MI:SS.US') || '+00',"
    " (SELECT oid FROM pg_database WHERE datname = current_database()),"
    " has_function_privilege('pg_control_system()', 'EXECUTE')";
enum { GREETING_PID, GREETING_START, GREETING_DATABASE, GREETING_MAY_ASK, GREETING_COLUMNS };

struct postgres_link {
  struct io *io;
  const char *dsn;
  bool urgent;    /* when there is no slot, it takes the connection that is there */
  bool borrows;   /* it does */
  int lender_pid; /* of that connection: another one is another server, perhaps */
  int lender_version;
  struct pg_loan loan;
  uv_timer_t turn; /* until the lender is free */
  char *sql;       /* what is asked then */
  pg_cb answered;
  char **values; /* copies; NULL: none, by the simple protocol */
  size_t value_count;
  struct pg *pg;           /* NULL once it is being closed */
  const struct plan *plan; /* that it is to act for; NULL: of a survey */
  struct postgres_identity identity;
  postgres_link_cb done;
  void *self;
  uv_timer_t timer;
  void (*tick)(void *self);
  int open_handles;
};

static void finish(struct postgres_link *link, const struct pg_rows *rows, const struct err *err) {
  postgres_link_cb done = link->done;
  link->done = NULL;
  done(link->self, rows, err);
}

static void on_answer(void *arg, const struct pg_rows *rows, const struct err *err) {
  finish(arg, rows, err);
}

/* ---- over the connection of somebody else */

static void question_forget(struct postgres_link *link) {
  for (size_t i = 0; i < link->value_count; i++)
    free(link->values[i]);
  free(link->values);
  free(link->sql);
  link->sql = NULL;
  link->values = NULL;
  link->value_count = 0;
}

static void lost(struct postgres_link *link) {
  struct err err;
  err_set(&err, ERR_CLOSED, "the only connection was lost, and there is no slot for another one");
  question_forget(link);
  finish(link, NULL, &err);
}

static void on_turn(uv_timer_t *timer) {
  struct postgres_link *link = timer->data;
  struct pg_share *share = pg_share_find(link->io, link->dsn);
  if (!share || pg_backend_pid(share->pg) != link->lender_pid) {
    uv_timer_stop(timer);
    lost(link);
  } else if (pg_share_is_free(share)) {
    uv_timer_stop(timer);
    pg_loan_ask(&link->loan, share, link->sql, link->value_count, (const char *const *)link->values,
                link->answered, link);
    question_forget(link);
  }
}

static void borrow(struct postgres_link *link, const char *sql, size_t count,
                   const char *const *values) {
  link->sql = mem_dup(sql);
  link->values = values ? mem_new((count + 1) * sizeof *link->values) : NULL;
  link->value_count = count;
  for (size_t i = 0; i < count; i++)
    link->values[i] = values[i] ? mem_dup(values[i]) : NULL;
  uv_timer_start(&link->turn, on_turn, 0, TURN_MS);
}

/* Asks by the link's own connection, or by the one that it borrows. */
static void ask(struct postgres_link *link, const char *sql, size_t count,
                const char *const *values, pg_cb done) {
  link->answered = done;
  if (link->borrows)
    borrow(link, sql, count, values);
  else if (values)
    pg_query_params(link->pg, sql, count, values, done, link);
  else
    pg_query(link->pg, sql, done, link);
}

/* ---- opening */

/* Its callbacks come in later turns, so that it hangs up before it says so. */
static void refuse(struct postgres_link *link, const struct err *err) {
  pg_drop(link->pg);
  finish(link, NULL, err);
}

static void identified(struct postgres_link *link) {
  static const struct pg_rows none = {0};
  struct err why;
  if (link->plan && !postgres_identity_fits(&link->identity, link->plan, &why))
    refuse(link, &why);
  else
    finish(link, &none, NULL);
}

/* Whoever may not know it does without. */
static void on_system(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres_link *link = arg;
  struct err why;
  if (err && !postgres_link_stands(link)) {
    why = *err;
    refuse(link, &why);
    return;
  }
  const char *system = !err && rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
  snprintf(link->identity.server, sizeof link->identity.server, "%s", system ? system : "");
  identified(link);
}

static void take(char *out, size_t size, const char *cell) {
  snprintf(out, size, "%s", cell ? cell : "");
}

static void on_greeted(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres_link *link = arg;
  struct err why;
  if (err) {
    why = *err;
    refuse(link, &why);
    return;
  }
  /* a pooler tells a process id of its own making at the log-in */
  bool whole = rows->rows == 1 && rows->columns == GREETING_COLUMNS;
  const char *pid = whole ? pg_cell(rows, 0, GREETING_PID) : NULL;
  if (pid && strtol(pid, NULL, 10) == postgres_link_pid(link)) {
    struct postgres_identity *identity = &link->identity;
    const char *may = pg_cell(rows, 0, GREETING_MAY_ASK);
    take(identity->start, sizeof identity->start, pg_cell(rows, 0, GREETING_START));
    take(identity->database, sizeof identity->database, pg_cell(rows, 0, GREETING_DATABASE));
    if (may && *may == 't')
      ask(link, system_sql, 0, NULL, on_system);
    else
      identified(link);
    return;
  }
  err_set(&why, ERR_UNSUPPORTED,
          "a pooler stands in front, and may give each statement to another session: name the "
          "server itself in the target's dsn");
  refuse(link, &why);
}

/* The connection that is there already. False when there is none. */
static bool borrow_begin(struct postgres_link *link) {
  const struct pg_share *share = pg_share_find(link->io, link->dsn);
  if (!share)
    return false;
  link->borrows = true;
  link->lender_pid = pg_backend_pid(share->pg);
  link->lender_version = pg_server_version(share->pg);
  ask(link, greeting, 0, NULL, on_greeted);
  return true;
}

static void on_connected(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres_link *link = arg;
  struct err why;
  (void)rows;
  if (err) {
    if (!link->urgent || !pg_error_is_full(err) || !borrow_begin(link))
      finish(link, NULL, err);
  } else if (pg_server_version(link->pg) < VERSION_MIN) {
    err_set(&why, ERR_UNSUPPORTED, "needs PostgreSQL 10 or newer, not \"%.40s\"",
            pg_server_version_text(link->pg));
    refuse(link, &why);
  } else {
    ask(link, greeting, 0, NULL, on_greeted);
  }
}

static struct postgres_link *open_link(struct act *act, bool urgent, postgres_link_cb ready,
                                       void *self) {
  struct postgres_link *link = mem_new(sizeof *link);
  link->io = act->io;
  link->dsn = target_text(act->target, "dsn");
  link->urgent = urgent;
  link->pg = pg_new(act->io, link->dsn);
  link->plan = act->plan;
  link->done = ready;
  link->self = self;
  uv_timer_init(act->io->loop, &link->timer);
  uv_timer_init(act->io->loop, &link->turn);
  link->timer.data = link->turn.data = link;
  link->open_handles = 3;
  pg_connect(link->pg, on_connected, link);
  return link;
}

struct postgres_link *postgres_link_open(struct act *act, postgres_link_cb ready, void *self) {
  return open_link(act, false, ready, self);
}

struct postgres_link *postgres_link_open_urgent(struct act *act, postgres_link_cb ready,
                                                void *self) {
  return open_link(act, true, ready, self);
}

/* ---- once it is open */

void postgres_link_ask(struct postgres_link *link, const char *sql, size_t count,
                       const char *const *values, postgres_link_cb done) {
  assert(!link->done);
  link->done = done;
  assert(count == 0 || values);
  ask(link, sql, count, values, on_answer);
}

static void on_timer(uv_timer_t *timer) {
  struct postgres_link *link = timer->data;
  link->tick(link->self);
}

void postgres_link_wait(struct postgres_link *link, int64_t ms, void (*tick)(void *self)) {
  link->tick = tick;
  uv_timer_start(&link->timer, on_timer, ms > 0 ? (uint64_t)ms : 0, 0);
}

const struct postgres_identity *postgres_link_identity(const struct postgres_link *link) {
  return &link->identity;
}

bool postgres_link_stands(const struct postgres_link *link) {
  const struct pg_share *share = link->borrows ? pg_share_find(link->io, link->dsn) : NULL;
  if (link->borrows)
    return share && pg_backend_pid(share->pg) == link->lender_pid;
  return pg_phase(link->pg) == PG_IDLE;
}

const char *postgres_link_sqlstate(const struct postgres_link *link) {
  return link->borrows ? link->loan.sqlstate : pg_sqlstate(link->pg);
}

int postgres_link_pid(const struct postgres_link *link) {
  return link->borrows ? link->lender_pid : pg_backend_pid(link->pg);
}

int postgres_link_version(const struct postgres_link *link) {
  return link->borrows ? link->lender_version : pg_server_version(link->pg);
}

/* ---- closing */

static void on_closed(struct postgres_link *link) {
  if (--link->open_handles == 0)
    free(link);
}

static void on_pg_freed(void *arg) {
  on_closed(arg);
}

static void on_timer_closed(uv_handle_t *handle) {
  on_closed(handle->data);
}

void postgres_link_close(struct postgres_link *link) {
  if (!link)
    return;
  struct pg *pg = link->pg;
  link->pg = NULL;
  pg_loan_drop(&link->loan);
  question_forget(link);
  pg_free(pg, on_pg_freed, link);
  uv_close((uv_handle_t *)&link->timer, on_timer_closed);
  uv_close((uv_handle_t *)&link->turn, on_timer_closed);
}
