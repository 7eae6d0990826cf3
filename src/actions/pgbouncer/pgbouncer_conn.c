#include "actions/pgbouncer/pgbouncer_conn.h"

#include "clients/postgres/pg.h"
#include "core/mem.h"
#include "io/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 15000, ANSWER_BYTES_MAX = 2 * PG_BYTES_MAX };

struct pgbouncer_conn {
  struct step_part part; /* first */
  struct step *step;
  struct pg *pg;
  struct pgbouncer_config config;

  bool asking;
  bool changing;  /* the last command changes something, and has no answer yet */
  struct err err; /* of the last answer; ERR_NONE: rows */
  struct arena arena;
  struct pg_rows rows; /* its copies, in the arena */
};

static void on_freed(void *arg) {
  (void)arg;
}

static void close_part(struct step_part *part) {
  struct pgbouncer_conn *conn = (struct pgbouncer_conn *)part;
  pg_free(conn->pg, on_freed, NULL);
  arena_fini(&conn->arena);
  free(conn);
}

static size_t unanswered(const struct step_part *part) {
  return ((const struct pgbouncer_conn *)part)->changing;
}

bool pgbouncer_is_up(const struct pgbouncer_conn *conn) {
  return pg_phase(conn->pg) == PG_IDLE;
}

/* ---- one question */

static void on_answer(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct pgbouncer_conn *conn = arg;
  conn->asking = false;
  conn->changing = conn->changing && err && !pgbouncer_is_up(conn);
  conn->err = err ? *err : (struct err){0};
  if (rows && !pg_rows_copy(&conn->arena, rows, &conn->rows))
    err_set(&conn->err, ERR_LIMIT, "the answer is too large");
  step_wake(conn->step);
}

static void begin(struct pgbouncer_conn *conn) {
  arena_fini(&conn->arena);
  arena_init(&conn->arena, ANSWER_BYTES_MAX);
  conn->rows = (struct pg_rows){.tag = ""};
  conn->asking = true;
}

/* Until it is answered, the time has passed, or a person cancels something that may go on. */
static bool wait_for(struct pgbouncer_conn *conn, int64_t wait_ms, bool cancellable,
                     const char *what) {
  struct step *step = conn->step;
  const int64_t until_ms = clock_now_ms() + wait_ms;
  while (conn->asking && clock_now_ms() < until_ms && !(cancellable && step->cancelled))
    if (!step_wait(step, until_ms))
      return false;
  if (!conn->asking) {
    step->err = conn->err;
    return conn->err.kind == ERR_NONE;
  }
  conn->asking = false;
  pg_drop(conn->pg);
  return step_fail(step, ERR_TIMEOUT, "no answer to %s within %s", what,
                   shown_duration(&step->arena, wait_ms));
}

static bool ask(struct pgbouncer_conn *conn, const char *command, int64_t wait_ms,
                bool cancellable) {
  if (conn->step->dropped)
    return step_wait(conn->step, 0); /* which says why */
  if (!pgbouncer_is_up(conn))
    return step_fail(conn->step, ERR_CLOSED, "the connection to PgBouncer is closed");
  begin(conn);
  pg_query(conn->pg, command, on_answer, conn);
  return wait_for(conn, wait_ms, cancellable, command);
}

const struct pg_rows *pgbouncer_ask(struct pgbouncer_conn *conn, const char *command) {
  return conn && ask(conn, command, ANSWER_MS, false) ? &conn->rows : NULL;
}

bool pgbouncer_change(struct pgbouncer_conn *conn, const char *command, int64_t wait_ms) {
  conn->changing = !conn->step->dropped && pgbouncer_is_up(conn);
  return ask(conn, command, wait_ms, true);
}

bool pgbouncer_ask_databases(struct pgbouncer_conn *conn, struct pgbouncer_databases *databases) {
  const struct pg_rows *rows = pgbouncer_ask(conn, "SHOW DATABASES");
  return rows && pgbouncer_databases_read(rows, &conn->step->arena, databases, &conn->step->err);
}

bool pgbouncer_ask_pools(struct pgbouncer_conn *conn, struct pgbouncer_pools *pools) {
  const struct pg_rows *rows = pgbouncer_ask(conn, "SHOW POOLS");
  return rows && pgbouncer_pools_read(rows, &conn->step->arena, pools, &conn->step->err);
}

/* ---- opening */

static bool is_console(struct pgbouncer_conn *conn) {
  const char *version = pg_server_version_text(conn->pg);
  return pgbouncer_version(version) > 0 ||
         step_fail(conn->step, ERR_UNSUPPORTED,
                   "this is not PgBouncer's console but a server of version \"%.40s\"", version);
}

static bool is_planned(struct pgbouncer_conn *conn) {
  const struct plan *plan = conn->step->call->plan;
  const char *now = pgbouncer_process(conn);
  const char *planned = plan ? action_identity(plan, 0, PGBOUNCER_PROCESS) : now;
  return strcmp(now, planned) == 0 ||
         step_fail(conn->step, ERR_INVALID,
                   "another PgBouncer answers (%.150s), the plan is for %.150s: plan again", now,
                   planned);
}

struct pgbouncer_conn *pgbouncer_conn_open(struct step *step) {
  struct pgbouncer_conn *conn = mem_new(sizeof *conn);
  conn->part = (struct step_part){.close = close_part, .unanswered = unanswered};
  conn->step = step;
  conn->pg = pg_new(step->call->io, target_text(step->call->target, "dsn"));
  step_add(step, &conn->part);
  if (step->dropped) {
    step_wait(step, 0); /* which says why */
    return NULL;
  }
  begin(conn);
  pg_connect(conn->pg, on_answer, conn);
  if (!wait_for(conn, ANSWER_MS, false, "the login") || !is_console(conn))
    return NULL;
  const struct pg_rows *rows = pgbouncer_ask(conn, "SHOW CONFIG");
  const bool good = rows && pgbouncer_config_read(rows, &step->arena, &conn->config, &step->err) &&
                    is_planned(conn);
  return good ? conn : NULL;
}

/* ---- what the settings say */

const struct pgbouncer_config *pgbouncer_settings(const struct pgbouncer_conn *conn) {
  return &conn->config;
}

const char *pgbouncer_process(const struct pgbouncer_conn *conn) {
  const struct pgbouncer_config *config = &conn->config;
  return arena_printf(&conn->step->arena, "%s, port %" PRId64 "%s%s", config->file,
                      config->listen_port, *config->pid_file ? ", " : "", config->pid_file);
}

bool pgbouncer_may_change(struct pgbouncer_conn *conn) {
  char address[300];
  const char *user = pg_user(conn->pg);
  pg_address(conn->pg, address, sizeof address);
  return pgbouncer_is_admin(&conn->config, user, address) ||
         step_fail(conn->step, ERR_DENIED, PGBOUNCER_NOT_ADMIN, user);
}
