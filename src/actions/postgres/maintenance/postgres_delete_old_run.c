/* Executes and verifies postgres.delete-old, batch by batch. */
#include "actions/postgres/maintenance/postgres_delete_old.h"

#include "actions/postgres/postgres_plan.h"
#include "core/text/format.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAUSE_MAX_MS = 1000, PAUSE_MIN_MS = 5 };

static const char *identity(const struct step *step, const char *name) {
  return action_identity(step->call->plan, 0, name);
}

/* ---- execute */

static const char check_sql[] =
    "SELECT 1 FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = $2::text AND NOT a.attisdropped"
    " WHERE t.oid = $1::oid AND t.relkind = 'r' AND $3::text = " POSTGRES_DELETE_STATEMENT;

static void show(struct step *step, int64_t deleted, int64_t batches) {
  struct progress *progress = step->call->progress;
  progress->done = deleted;
  outcome_note(step->call->outcome, 0, deleted, step->call->plan->count, "rows");
  snprintf(progress->step, sizeof progress->step, "%lld transactions", (long long)batches);
  step_report(step);
}

/* Until a batch finds no row. */
static bool delete_all(struct step *step, struct postgres_conn *conn) {
  struct outcome *outcome = step->call->outcome;
  const char *const values[] = {identity(step, POSTGRES_DELETE_CUTOFF),
                                identity(step, POSTGRES_DELETE_BATCH)};
  char text[2 * FORMAT_MAX];
  int64_t deleted = 0;
  for (int64_t batches = 1; !step_should_stop(step); batches++) {
    const int64_t asked_ms = clock_now_ms();
    const struct pg_rows *rows = postgres_change(conn, identity(step, "statement"), 2, values);
    if (!rows && !postgres_is_up(conn)) {
      outcome_set(outcome, 0, OBJECT_UNKNOWN, "one more batch may have been deleted: %s",
                  step->err.text);
      return false;
    }
    if (!rows)
      return postgres_refused(conn);
    const char *cell = rows->rows == 1 ? pg_cell(rows, 0, 0) : NULL;
    const int64_t count = cell ? strtoll(cell, NULL, 10) : 0;
    if (count == 0) {
      outcome_set(outcome, 0, OBJECT_SENT, "%s deleted",
                  format_counted(text, sizeof text, deleted, "row", "rows"));
      return true;
    }
    deleted += count;
    show(step, deleted, batches);
    const int64_t took_ms = clock_now_ms() - asked_ms;
    step_sleep(step, took_ms < PAUSE_MIN_MS   ? PAUSE_MIN_MS
                     : took_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS
                                              : took_ms);
  }
  outcome_set(outcome, 0, OBJECT_SKIPPED,
              step->dropped ? "stopped between two batches" : "stopped");
  return !step->dropped;
}

bool postgres_delete_old_execute(struct step *step) {
  struct progress *progress = step->call->progress;
  progress->total = step->call->plan->count;
  progress->unit = "rows";
  progress->started_ms = clock_now_ms();
  struct postgres_conn *conn = postgres_conn_open(step);
  const struct pg_rows *rows = postgres_read_identified(
      conn, 1, check_sql, 0, POSTGRES_NAMES("oid", POSTGRES_DELETE_COLUMN, "statement"));
  if (rows && rows->rows != 1) {
    outcome_set(step->call->outcome, 0, OBJECT_GONE,
                "not deleted: the table or its column was dropped or replaced");
    return true;
  }
  /* triggers must find the objects that they name */
  if (!rows || !postgres_ask(conn, "RESET search_path", 0, NULL))
    return false;
  return delete_all(step, conn);
}

/* ---- verify */

static const char look_sql[] =
    "SELECT format('SELECT EXISTS (SELECT FROM ONLY %I.%I WHERE %I < $1::timestamptz)',"
    " n.nspname, t.relname, a.attname) FROM pg_class t JOIN pg_namespace n"
    " ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid"
    " AND a.attname = $2::text AND NOT a.attisdropped WHERE t.oid = $1::oid";

bool postgres_delete_old_verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const char *words = outcome->objects[0].words, *cutoff = identity(step, POSTGRES_DELETE_CUTOFF);
  struct postgres_conn *conn = postgres_conn_open(step);
  const struct pg_rows *rows =
      postgres_read_identified(conn, 1, look_sql, 0, POSTGRES_NAMES("oid", POSTGRES_DELETE_COLUMN));
  if (!rows)
    return false;
  if (rows->rows != 1)
    return step_fail(step, ERR_INVALID, "the table no longer exists");
  const char *left_sql = arena_printf(&step->arena, "%s", pg_cell(rows, 0, 0));
  if (!postgres_ask(conn, "SET statement_timeout = '10s'", 0, NULL))
    return false;
  rows = postgres_read(conn, 1, POSTGRES_VALUES(left_sql, cutoff));
  if (!rows && (step->err.kind != ERR_TIMEOUT || !postgres_is_up(conn)))
    return false;
  if (rows && rows->rows == 1 && postgres_is_true(pg_cell(rows, 0, 0))) {
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "%s, but there are rows before %s again", words,
                cutoff);
    return true;
  }
  outcome_set(outcome, 0, OBJECT_DONE,
              rows ? "%s, none before %s is left" : "%s; the last batch found none before %s",
              words, cutoff);
  outcome_proof(outcome, "%s", outcome->objects[0].words);
  return true;
}
