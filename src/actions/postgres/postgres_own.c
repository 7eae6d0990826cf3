/* Actions of the configuration that run a statement, in a transaction of its own. */
#include "actions/own.h"
#include "actions/postgres/postgres_conn.h"
#include "core/text/format.h"
#include "core/text/text.h"
#include "io/clock.h"

#include <stdio.h>
#include <string.h>

enum {
  WAIT_MS = 200, /* how soon a person's cancel is noticed */
  CELL_WIDTH_MAX = 60,
  CELL_BYTES_MAX = 4000,
};

static bool survey(struct step *step) {
  return postgres_survey(postgres_conn_open(step), NULL, 0) != NULL;
}

/* A row, such as a session, belongs to one run of the server. */
static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct own *own = own_of(plan->action);
  postgres_identity_bind(request, plan, own->def->table ? POSTGRES_OF_RUN : POSTGRES_OF_DATA);
  if (!own_plan(request, plan, err))
    return false;
  plan_say(plan, PLAN_BLAST, "%s",
           own->def->writes
               ? "in a transaction that is committed if it succeeds"
               : "in a read-only transaction; functions that act outside of it, such as "
                 "pg_terminate_backend, still act");
  return true;
}

/* ---- its rows as a table */

/* One line of text; "NULL" for SQL's NULL. */
static const char *cell_text(char out[CELL_BYTES_MAX], const char *cell) {
  text_sanitize(out, CELL_BYTES_MAX, cell ? cell : "NULL", strlen(cell ? cell : "NULL"), false);
  return out;
}

static int column_width(const struct pg_rows *rows, size_t column) {
  char clean[CELL_BYTES_MAX];
  int most = text_width(cell_text(clean, rows->names[column]));
  for (size_t i = 0; i < rows->rows; i++) {
    const int width = text_width(cell_text(clean, pg_cell(rows, i, column)));
    most = width > most ? width : most;
  }
  return most < CELL_WIDTH_MAX ? most : CELL_WIDTH_MAX;
}

static void put(struct excerpt *excerpt, const char *text) {
  excerpt_add(excerpt, text, strlen(text));
}

static void put_cell(struct excerpt *excerpt, const char *cell, int width, bool last) {
  char clean[CELL_BYTES_MAX];
  put(excerpt, cell_text(clean, cell));
  for (int i = text_width(clean); !last && i < width + 2; i++)
    put(excerpt, " ");
  put(excerpt, last ? "\n" : "");
}

static void put_rows(struct step *step, const struct pg_rows *rows, const struct mask *mask) {
  struct excerpt excerpt;
  int *widths = arena_alloc(&step->arena, (rows->columns + 1) * sizeof *widths);
  if (!rows->names || !widths || rows->columns == 0)
    return;
  excerpt_init(&excerpt, OUTPUT_HEAD_MAX, OUTPUT_TAIL_MAX);
  for (size_t i = 0; i < rows->columns; i++) {
    widths[i] = column_width(rows, i);
    put_cell(&excerpt, rows->names[i], widths[i], i + 1 == rows->columns);
  }
  for (size_t row = 0; row < rows->rows; row++)
    for (size_t i = 0; i < rows->columns; i++)
      put_cell(&excerpt, pg_cell(rows, row, i), widths[i], i + 1 == rows->columns);
  outcome_output(step->call->outcome, OUTPUT_STDOUT, &excerpt, mask);
  excerpt_fini(&excerpt);
}

/* ---- execute */

/* Without an answer the transaction is rolled back by the server. */
static bool set_refused(struct postgres_conn *conn) {
  struct step *step = postgres_step(conn);
  const bool cancelled =
      step->cancelled || strcmp(postgres_sqlstate(conn), POSTGRES_CANCELLED) == 0;
  if (step->dropped)
    return false;
  outcome_set(step->call->outcome, 0, cancelled ? OBJECT_SKIPPED : OBJECT_REFUSED,
              "rolled back: %s", step->err.text);
  return true;
}

/* A statement that a person can cancel, through a second session. */
static const struct pg_rows *run(struct postgres_conn *conn, const struct own *own,
                                 const struct own_filled *filled) {
  struct step *step = postgres_step(conn);
  const size_t count = own->def->value_count;
  const char *pid = arena_printf(&step->arena, "%d", postgres_pid(conn));
  struct postgres_conn *other = NULL;
  postgres_begin(conn, own->def->sql, count, count > 0 ? filled->values : postgres_no_values);
  while (!postgres_wait(conn, WAIT_MS)) {
    if (!step->cancelled)
      continue;
    if (!other)
      other = postgres_conn_begin(step, conn);
    if (!other || !postgres_is_answered(other))
      continue;
    postgres_take(other);
    if (postgres_is_up(other))
      postgres_begin(other, "SELECT pg_cancel_backend($1::int)", 1, &pid);
  }
  return postgres_take(conn);
}

static bool begin(struct postgres_conn *conn, const struct own *own) {
  struct step *step = postgres_step(conn);
  const char *limit =
      arena_printf(&step->arena, "SET statement_timeout = %lld", (long long)own->def->timeout_ms);
  return postgres_ask(conn, limit, 0, NULL) && postgres_ask(conn, "RESET search_path", 0, NULL) &&
         postgres_ask(conn, own->def->writes ? "BEGIN READ WRITE" : "BEGIN READ ONLY", 0, NULL);
}

static bool execute(struct step *step) {
  const struct own *own = own_of(step->call->plan->action);
  struct outcome *outcome = step->call->outcome;
  struct own_filled filled;
  struct own_row row;
  char took[FORMAT_MAX];
  if (!own_check(step, &filled, &row))
    return step->err.kind == ERR_NONE; /* the object has its result */
  outcome->output_private = own->def->output_private;
  struct postgres_conn *conn = postgres_conn_open(step);
  if (!conn)
    return false;
  const int64_t began_ms = clock_now_ms();
  if (!begin(conn, own))
    return set_refused(conn);
  const struct pg_rows *rows = run(conn, own, &filled);
  if (!rows)
    return set_refused(conn);
  const struct mask mask = own_mask(step, own, NULL);
  put_rows(step, rows, &mask);
  const char *tag = arena_printf(&step->arena, "%s", rows->tag);
  if (!postgres_change(conn, "COMMIT", 0, NULL))
    return postgres_is_up(conn) ? set_refused(conn) : false;
  outcome_set(outcome, 0, own->action.verify ? OBJECT_SENT : OBJECT_DONE, "%s in %s", tag,
              format_duration(took, sizeof took, (double)(clock_now_ms() - began_ms) / 1000));
  return true;
}

static void survey_start(struct step_call *call) {
  step_start(call, survey);
}

static void execute_start(struct step_call *call) {
  step_start(call, execute);
}

void own_postgres_steps(struct own *own) {
  own_program_steps(own); /* verify is a program */
  own->action.plan = make_plan;
  own->survey =
      (struct step_kind){.timeout_ms = POSTGRES_STEP_MS, .start = survey_start, .drop = step_drop};
  own->execute.start = execute_start;
  own->action.survey = &own->survey;
}
