#include "actions/postgres/postgres_each.h"

#include <stdlib.h>

static struct postgres_conn *conn_open(struct step *step, const struct postgres_each *each) {
  return each->database ? postgres_conn_open_in(step, each->database) : postgres_conn_open(step);
}

/* ---- survey */

bool postgres_each_survey(struct step *step, const struct postgres_each *each) {
  const struct table_spec *const tables[] = {each->table};
  struct postgres_conn *conn = postgres_survey(conn_open(step, each), tables, 1);
  const struct pg_rows *rows =
      postgres_read_names(conn, each->table->column_count, each->sql, 0, postgres_no_values);
  if (!rows)
    return false;
  for (size_t i = 0; i < rows->rows && i < POSTGRES_EACH_MAX; i++)
    if (!postgres_row_named(conn, NULL, rows, i, 0))
      break;
  if (step->found->tables[0].row_count == 0)
    return step_fail(step, ERR_INVALID, "%s", each->empty);
  postgres_found_cut(step->found, rows, POSTGRES_EACH_MAX);
  return true;
}

/* ---- plan */

bool postgres_each_plan(const struct action_request *request, struct plan *plan,
                        const struct postgres_each *each, struct err *err) {
  size_t count;
  const struct row **rows = postgres_picked(request, plan, &count, err);
  const struct table *table = rows ? &request->found->tables[0] : NULL;
  bool good = rows != NULL;
  if (good)
    postgres_plan_begin(request, plan, &each->plan);
  for (size_t i = 0; good && i < count; i++) {
    const char *problem = postgres_found_text(table, rows[i], "problem");
    const struct plan_object *object =
        *problem ? NULL : postgres_plan_add(request, plan, &each->plan, rows[i], err);
    if (*problem)
      good = err_set(err, ERR_INVALID, "%.100s: %.150s", rows[i]->key, problem);
    else if ((good = object != NULL))
      plan_say(plan, PLAN_EFFECT, "%s", each->command(plan, object));
  }
  if (good) {
    plan->title = count == 1 ? plan_printf(plan, "%s the %s %s", each->title, each->one,
                                           plan->objects[0].label)
                             : plan_printf(plan, "%s %zu %s", each->title, count, each->many);
    plan->unit = count == 1 ? each->one : each->many;
    each->say(request, plan, rows, count);
  }
  free(rows);
  return good;
}

/* ---- execute, verify */

/* Settles one object. False: the connection is lost. */
static bool act(struct postgres_conn *conn, const struct postgres_each *each, size_t object) {
  struct step *step = postgres_step(conn);
  struct outcome *outcome = step->call->outcome;
  const struct pg_rows *rows =
      postgres_read_identified(conn, 1, each->check, object, each->checked);
  if (rows && rows->rows != 1)
    outcome_set(outcome, object, OBJECT_GONE, "not %s: it no longer exists, or was replaced",
                each->done);
  else if (rows && pg_cell(rows, 0, 0))
    outcome_set(outcome, object, OBJECT_REFUSED, "not %s: %s", each->done, pg_cell(rows, 0, 0));
  if (!rows || rows->rows != 1 || pg_cell(rows, 0, 0))
    goto end;
  rows = each->effect
             ? postgres_change_identified(conn, each->effect, object, each->checked)
             : postgres_change(conn, postgres_identity(step, object, "statement"), 0, NULL);
  if (rows && each->effect && rows->rows == 0)
    outcome_set(outcome, object, OBJECT_GONE, "not %s: it has changed just now", each->done);
  else if (rows)
    outcome_set(outcome, object, OBJECT_SENT, "%s", each->done);
  if (each->undo && outcome->objects[object].result == OBJECT_SENT)
    each->undo(step, object);
end:
  if (!rows && postgres_is_up(conn))
    outcome_set(outcome, object, OBJECT_REFUSED, "%s", step->err.text);
  return postgres_is_up(conn);
}

bool postgres_each_execute(struct step *step, const struct postgres_each *each) {
  struct postgres_conn *conn = conn_open(step, each);
  if (!conn)
    return false;
  for (size_t i = 0; i < step->call->plan->object_count; i++) {
    step_yield(step);
    if (step_should_stop(step)) {
      outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_SKIPPED,
                      "cancelled before its turn");
      break;
    }
    if (!act(conn, each, i))
      return false;
  }
  return true;
}

bool postgres_each_verify(struct step *step, const struct postgres_each *each) {
  struct outcome *outcome = step->call->outcome;
  struct postgres_conn *conn = conn_open(step, each);
  const char *proved = each->proved ? each->proved : "no longer listed";
  size_t done = 0;
  for (size_t i = 0; i < step->call->plan->object_count; i++) {
    if (outcome->objects[i].result != OBJECT_SENT)
      continue;
    const struct pg_rows *rows = postgres_read_identified(conn, 1, each->prove, i, each->checked);
    if (!rows)
      return false;
    const bool gone = rows->rows == 1 && postgres_is_true(pg_cell(rows, 0, 0));
    done += gone;
    outcome_set(outcome, i, gone ? OBJECT_DONE : OBJECT_UNKNOWN,
                gone ? "%s, %s" : "accepted as %s, but it is not: %s", each->done, proved);
  }
  if (done > 0)
    outcome_proof(outcome, "%zu of %zu %s %s", done, step->call->plan->object_count, each->many,
                  proved);
  return true;
}
