#include "actions/postgres_link.h"

#include "core/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION_MIN = 100000 };

/* Who the server is: 9.6 and newer, and by default whoever may connect may ask. */
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
  if (err && pg_phase(link->pg) != PG_IDLE) {
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
  if (pid && strtol(pid, NULL, 10) == pg_backend_pid(link->pg)) {
    struct postgres_identity *identity = &link->identity;
    const char *may = pg_cell(rows, 0, GREETING_MAY_ASK);
    take(identity->start, sizeof identity->start, pg_cell(rows, 0, GREETING_START));
    take(identity->database, sizeof identity->database, pg_cell(rows, 0, GREETING_DATABASE));
    if (may && *may == 't')
      pg_query(link->pg, system_sql, on_system, link);
    else
      identified(link);
    return;
  }
  err_set(&why, ERR_UNSUPPORTED,
          "a pooler stands in front, and may give each statement to another session: name the "
          "server itself in the target's dsn");
  refuse(link, &why);
}

static void on_connected(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres_link *link = arg;
  struct err why;
  (void)rows;
  if (err) {
    finish(link, NULL, err);
  } else if (pg_server_version(link->pg) < VERSION_MIN) {
    err_set(&why, ERR_UNSUPPORTED, "needs PostgreSQL 10 or newer, not \"%.40s\"",
            pg_server_version_text(link->pg));
    refuse(link, &why);
  } else {
    pg_query(link->pg, greeting, on_greeted, link);
  }
}

struct postgres_link *postgres_link_open(struct act *act, postgres_link_cb ready, void *self) {
  struct postgres_link *link = mem_new(sizeof *link);
  link->pg = pg_new(act->io, target_text(act->target, "dsn"));
  link->plan = act->plan;
  link->done = ready;
  link->self = self;
  uv_timer_init(act->io->loop, &link->timer);
  link->timer.data = link;
  link->open_handles = 2;
  pg_connect(link->pg, on_connected, link);
  return link;
}

/* ---- once it is open */

void postgres_link_ask(struct postgres_link *link, const char *sql, size_t count,
                       const char *const *values, postgres_link_cb done) {
  assert(!link->done);
  link->done = done;
  if (count == 0 && !values)
    pg_query(link->pg, sql, on_answer, link);
  else
    pg_query_params(link->pg, sql, count, values, on_answer, link);
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
  return pg_phase(link->pg) == PG_IDLE;
}

const char *postgres_link_sqlstate(const struct postgres_link *link) {
  return pg_sqlstate(link->pg);
}

int postgres_link_pid(const struct postgres_link *link) {
  return pg_backend_pid(link->pg);
}

int postgres_link_version(const struct postgres_link *link) {
  return pg_server_version(link->pg);
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
  pg_free(pg, on_pg_freed, link);
  uv_close((uv_handle_t *)&link->timer, on_timer_closed);
}
