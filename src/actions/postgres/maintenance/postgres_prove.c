/* The verification of what postgres_work.c has run, read on a connection of its own. Statistics
 * arrive late, so it polls until they do. */
#include "actions/postgres/maintenance/postgres_work.h"

#include "core/text/format.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOOK_AGAIN_MS = 200, PATIENCE_MS = 10000 };

void postgres_figures_bytes(char out[POSTGRES_FIGURES_MAX], int64_t before, int64_t now) {
  char old[FORMAT_MAX] = "?", new[FORMAT_MAX];
  if (before >= 0)
    format_bytes(old, sizeof old, (double)before);
  snprintf(out, POSTGRES_FIGURES_MAX, "%s before, %s now", old,
           format_bytes(new, sizeof new, (double)now));
}

/* Totals over those that are done. */
struct totals {
  int64_t before, now;
};

/* The result of an object, once it is known; false: read again. */
static bool judge(struct step *step, size_t object, const struct postgres_work *spec,
                  const struct pg_rows *rows, struct totals *totals) {
  struct outcome *outcome = step->call->outcome;
  const char *before = postgres_identity(step, object, POSTGRES_WORK_BEFORE);
  if (rows->rows == 0) {
    outcome_set(outcome, object, spec->missing, "%s", spec->missing_words);
    return true;
  }
  const char *wrong = pg_cell(rows, 0, PROOF_WRONG), *now_text = pg_cell(rows, 0, PROOF_NOW);
  const char *says = pg_cell(rows, 0, PROOF_SAYS), *behind = pg_cell(rows, 0, PROOF_BEHIND);
  const int64_t now = now_text ? strtoll(now_text, NULL, 10) : 0;
  char figures[POSTGRES_FIGURES_MAX];
  if (!postgres_is_true(pg_cell(rows, 0, PROOF_SEEN)))
    return false;
  if (wrong) {
    outcome_set(outcome, object, OBJECT_UNKNOWN, "no error, but %s", wrong);
    return true;
  }
  spec->figures(figures, before ? strtoll(before, NULL, 10) : -1, now);
  outcome_set(outcome, object, OBJECT_DONE, "%s%s%s", says ? says : "", figures,
              behind ? behind : "");
  totals->before += before ? strtoll(before, NULL, 10) : now;
  totals->now += now;
  return true;
}

/* Sets the object's result; false when the connection is lost. */
static bool prove(struct step *step, struct postgres_conn *conn, size_t object,
                  const struct postgres_work *spec, struct totals *totals) {
  const int64_t until_ms = clock_now_ms() + PATIENCE_MS;
  do {
    const struct pg_rows *rows = postgres_read_identified(
        conn, PROOF_COLUMN_COUNT, spec->prove, object,
        POSTGRES_NAMES(POSTGRES_WORK_OID, POSTGRES_WORK_NAME, POSTGRES_WORK_STAMP));
    if (!rows)
      return false;
    if (judge(step, object, spec, rows, totals))
      return true;
  } while (clock_now_ms() < until_ms && step_sleep(step, LOOK_AGAIN_MS));
  if (step->dropped)
    return false;
  outcome_set(step->call->outcome, object, OBJECT_UNKNOWN,
              "no error, but the server's statistics do not show it after %d s",
              PATIENCE_MS / 1000);
  return true;
}

bool postgres_prove_run(struct step *step, const struct postgres_work *spec) {
  struct outcome *outcome = step->call->outcome;
  struct totals totals = {0};
  char figures[POSTGRES_FIGURES_MAX];
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
  const size_t done = outcome_count(outcome, OBJECT_DONE);
  spec->figures(figures, totals.before, totals.now);
  if (outcome->count == 1 && done == 1)
    outcome_proof(outcome, "%s", outcome->objects[0].words);
  else if (done > 0)
    outcome_proof(outcome, "%zu of %zu %s%s", done, outcome->count, spec->together, figures);
  return good;
}
