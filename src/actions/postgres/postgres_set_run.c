/* Runs and proves postgres.set. */
#include "actions/postgres/postgres_set.h"

#include "actions/postgres/postgres_conn.h"
#include "actions/postgres/postgres_found.h"
#include "core/quote.h"
#include "io/clock.h"

#include <string.h>

enum { LOOK_AGAIN_MS = 100, PATIENCE_MS = 5000, WORD_MAX = 4 * PLAN_TEXT_MAX };

static const char *identity(const struct step *step, enum postgres_set_identity identity) {
  return step->act->plan->objects[0].identities[identity];
}

/* ---- execute */

/* Whether the server still has the value of the plan, and would write the same statement. */
static const char check_sql[] =
    "SELECT v.raw = $2::text, v.raw, $3::text = CASE WHEN $4::text IS NULL"
    " THEN format('ALTER SYSTEM RESET %I', s.name)"
    " ELSE format('ALTER SYSTEM SET %I = %L', s.name, $4::text) END"
    " FROM pg_settings s, LATERAL (SELECT CASE WHEN s.source = 'session' THEN s.reset_val"
    "  ELSE s.setting END AS raw) v WHERE s.name = $1::text";

/* "postgres.set main name=work_mem value=4MB" */
static void say_undo(struct step *step) {
  const char *former = identity(step, SET_IDENTITY_FORMER), *value = "reset=true";
  char target[512], *word = arena_alloc(&step->arena, WORD_MAX);
  quote_word(target, sizeof target, step->act->plan->target);
  if (former && word)
    value =
        quote_word(word, WORD_MAX, arena_printf(&step->arena, "value=%s", *former ? former : "''"));
  outcome_undo(step->act->outcome, "postgres.set %s name=%s %s", target,
               identity(step, SET_IDENTITY_NAME), value);
}

bool postgres_set_execute(struct step *step) {
  struct outcome *outcome = step->act->outcome;
  struct postgres_conn *conn = postgres_conn_open(step);
  if (!conn)
    return false;
  const struct pg_rows *rows = postgres_read(
      conn, 3,
      POSTGRES_VALUES(check_sql, identity(step, SET_IDENTITY_NAME),
                      identity(step, SET_IDENTITY_RAW), identity(step, SET_IDENTITY_STATEMENT),
                      identity(step, SET_IDENTITY_VALUE)));
  if (!rows)
    return postgres_refused(conn);
  if (rows->rows != 1 || !postgres_is_true(pg_cell(rows, 0, 2))) {
    outcome_set(outcome, 0, OBJECT_GONE, "the setting no longer exists");
    return true;
  }
  if (!postgres_is_true(pg_cell(rows, 0, 0))) {
    outcome_set(outcome, 0, OBJECT_GONE, "it is now %s, not %s; not changed", pg_cell(rows, 0, 1),
                identity(step, SET_IDENTITY_RAW));
    return true;
  }
  if (!postgres_change(conn, identity(step, SET_IDENTITY_STATEMENT), 0, NULL))
    return postgres_refused(conn);
  outcome_set(outcome, 0, OBJECT_SENT, "written");
  say_undo(step);
  rows = postgres_change(conn, "SELECT pg_reload_conf()", 0, postgres_no_values);
  if (!rows || rows->rows != 1 || !postgres_is_true(pg_cell(rows, 0, 0)))
    outcome_set_partly(outcome, 0, NULL,
                       "written, but not reloaded; it takes effect at the next reload: %s",
                       rows ? "the server could not be signalled" : step->err.text);
  return rows || postgres_is_up(conn);
}

/* ---- verify */

/* The server's value; whether it waits for a restart; whether its file says something else, if the
 * file may be read. */
#define PROVE_SQL(file_error)                                                                 \
  "SELECT v.raw, CASE WHEN s.source = 'session' THEN v.raw ELSE current_setting(s.name) END," \
  " s.pending_restart, " file_error ", s.source"                                              \
  " FROM pg_settings s, LATERAL (SELECT CASE WHEN s.source = 'session' THEN s.reset_val"      \
  "  ELSE s.setting END AS raw) v WHERE s.name = $1::text"
enum { PROVE_COLUMNS = 5 };
static const char superuser_sql[] =
    PROVE_SQL("(SELECT f.error FROM pg_file_settings f WHERE lower(f.name) = lower(s.name)"
              " AND f.sourcefile LIKE '%postgresql.auto.conf' ORDER BY f.seqno DESC LIMIT 1)");
static const char other_sql[] = PROVE_SQL("NULL::text");

/* Whether it will still change: the server reads its files a moment after the signal. */
static bool is_as_wanted(const struct step *step, const char *raw) {
  const char *value = identity(step, SET_IDENTITY_VALUE);
  return strcmp(raw, identity(step, SET_IDENTITY_RAW)) != 0 || (value && strcmp(raw, value) == 0);
}

/* False: look again. */
static bool judge(struct step *step, const struct pg_rows *rows, bool patient) {
  struct outcome *outcome = step->act->outcome;
  const char *name = identity(step, SET_IDENTITY_NAME), *was = identity(step, SET_IDENTITY_SHOWN);
  const char *shown = pg_cell(rows, 0, 1), *error = pg_cell(rows, 0, 3);
  if (is_as_wanted(step, pg_cell(rows, 0, 0))) {
    outcome_set(outcome, 0, OBJECT_DONE, "%s now, %s before", shown, was);
    outcome_proof(outcome, "%s is %s now, %s before", name, shown, was);
  } else if (postgres_is_true(pg_cell(rows, 0, 2))) {
    outcome_set(outcome, 0, OBJECT_DONE, "written; still %s until the server is restarted", shown);
    outcome_proof(outcome, "%s waits for a restart, %s until then", name, shown);
  } else if (patient) {
    return false;
  } else if (error) {
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "written, but rejected: %s", error);
  } else {
    outcome_set(outcome, 0, OBJECT_DONE,
                "written and reloaded; the value is %s, as before (from %s)", shown,
                pg_cell(rows, 0, 4));
  }
  return true;
}

bool postgres_set_verify(struct step *step) {
  const int64_t until_ms = clock_now_ms() + PATIENCE_MS;
  struct postgres_conn *conn = postgres_conn_open(step);
  const char *const values[] = {identity(step, SET_IDENTITY_NAME)}, *sql = superuser_sql;
  while (conn) {
    const struct pg_rows *rows = postgres_read(conn, PROVE_COLUMNS, sql, 1, values);
    if (!rows && sql == superuser_sql && strcmp(postgres_sqlstate(conn), POSTGRES_DENIED) == 0)
      rows = postgres_read(conn, PROVE_COLUMNS, sql = other_sql, 1, values);
    if (!rows)
      return false;
    if (rows->rows != 1 || !pg_cell(rows, 0, 0))
      return step_fail(step, ERR_PROTOCOL, "the server no longer shows the setting");
    if (judge(step, rows, clock_now_ms() < until_ms))
      return true;
    if (!step_sleep(step, LOOK_AGAIN_MS))
      return false;
  }
  return false;
}
