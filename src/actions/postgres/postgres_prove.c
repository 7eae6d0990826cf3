/* The proof of what postgres_work.c has run, read on a connection of its own. Statistics come late,
 * so it looks until they are there. */
#include "actions/postgres/postgres_work.h"

#include "io/clock.h"

enum { LOOK_AGAIN_MS = 200, PATIENCE_MS = 10000 };

/* Sets the object's result; false when the connection is lost. */
static bool prove(struct step *step, struct postgres_conn *conn, size_t object,
                  const struct postgres_work *spec, struct postgres_totals *totals) {
  const char **identities = step->act->plan->objects[object].identities;
  const char *const values[] = {identities[WORK_IDENTITY_OID], identities[WORK_IDENTITY_NAME],
                                identities[WORK_IDENTITY_STAMP]};
  const int64_t until_ms = clock_now_ms() + PATIENCE_MS;
  do {
    const struct pg_rows *rows = postgres_ask(conn, spec->prove, 3, values);
    if (!rows)
      return false;
    if (spec->judge(step->act, object, rows, totals))
      return true;
  } while (clock_now_ms() < until_ms && step_sleep(step, LOOK_AGAIN_MS));
  if (step->dropped)
    return false;
  outcome_set(step->act->outcome, object, OBJECT_UNKNOWN,
              "no error, but the server's statistics do not show it after %d s",
              PATIENCE_MS / 1000);
  return true;
}

bool postgres_prove_run(struct step *step, const struct postgres_work *spec) {
  struct outcome *outcome = step->act->outcome;
  struct postgres_totals totals = {0};
  struct postgres_conn *conn = postgres_conn_open(step);
  bool good = conn != NULL;
  for (size_t i = 0; good && i < outcome->count; i++) {
    if (outcome->objects[i].result != OBJECT_SENT)
      continue;
    good = prove(step, conn, i, spec, &totals);
    step_report(step);
  }
  if (!good)
    outcome_set_all(outcome, OBJECT_SENT, OBJECT_UNKNOWN, "it ran, but %s",
                    step->dropped ? "no proof was seen" : step->err.text);
  if (outcome->count == 1 && outcome->objects[0].result == OBJECT_DONE)
    outcome_proof(outcome, "%s", outcome->objects[0].words);
  else if (outcome_count(outcome, OBJECT_DONE) > 0 && spec->conclude)
    spec->conclude(outcome, &totals);
  return good;
}
