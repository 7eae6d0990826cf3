/* The proof of what postgres_work.c has run, read again on a link of its own: statistics come late,
 * so that it looks until it is there. */
#include "actions/postgres/postgres_work.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>

enum { LOOK_AGAIN_MS = 200, PATIENCE_MS = 10000 };

struct prove {
  struct act *act;
  const struct postgres_work *spec;
  struct postgres_link *link;
  size_t victim;
  int64_t since_ms; /* of the looking for this one */
  struct postgres_totals totals;
};

static void end(struct prove *prove, const struct err *err) {
  struct act *act = prove->act;
  struct outcome *outcome = act->outcome;
  struct err copy = err ? *err : (struct err){0};
  if (err)
    outcome_set_all(outcome, VICTIM_SENT, VICTIM_UNKNOWN, "it ran, but was not looked at again: %s",
                    err->text);
  if (outcome->count == 1 && outcome->victims[0].result == VICTIM_DONE)
    outcome_proof(outcome, "%s", outcome->victims[0].words);
  else if (outcome_count(outcome, VICTIM_DONE) > 0 && prove->spec->conclude)
    prove->spec->conclude(outcome, &prove->totals);
  postgres_link_close(prove->link);
  act->self = NULL;
  free(prove);
  act->end(act, NULL, err ? &copy : NULL);
}

static void on_seen(void *self, const struct pg_rows *rows, const struct err *err);

static void look(void *self) {
  struct prove *prove = self;
  const char **pins = prove->act->plan->victims[prove->victim].pins;
  const char *const values[] = {pins[WORK_PIN_OID], pins[WORK_PIN_NAME], pins[WORK_PIN_STAMP]};
  postgres_link_ask(prove->link, prove->spec->prove, 3, values, on_seen);
}

static void next(struct prove *prove) {
  const struct outcome *outcome = prove->act->outcome;
  while (prove->victim < outcome->count && outcome->victims[prove->victim].result != VICTIM_SENT)
    prove->victim++;
  prove->since_ms = clock_now_ms();
  if (prove->victim < outcome->count)
    look(prove);
  else
    end(prove, NULL);
}

static void on_seen(void *self, const struct pg_rows *rows, const struct err *err) {
  struct prove *prove = self;
  struct act *act = prove->act;
  if (err) {
    end(prove, err);
    return;
  }
  if (!prove->spec->judge(act, prove->victim, rows, &prove->totals)) {
    if (clock_now_ms() - prove->since_ms < PATIENCE_MS) {
      postgres_link_wait(prove->link, LOOK_AGAIN_MS, look);
      return;
    }
    outcome_set(act->outcome, prove->victim, VICTIM_UNKNOWN,
                "it ran without an error, but the server's statistics do not show it after %d s",
                PATIENCE_MS / 1000);
  }
  act->changed(act);
  next(prove);
}

static void on_ready(void *self, const struct pg_rows *rows, const struct err *err) {
  (void)rows;
  if (err)
    end(self, err);
  else
    next(self);
}

void postgres_prove_start(struct act *act, const struct postgres_work *spec) {
  struct prove *prove = mem_new(sizeof *prove);
  prove->act = act;
  prove->spec = spec;
  act->self = prove;
  prove->link = postgres_link_open(act, on_ready, prove);
}

void postgres_prove_drop(struct act *act) {
  struct prove *prove = act->self;
  outcome_set_all(act->outcome, VICTIM_SENT, VICTIM_UNKNOWN, "it ran, but no proof was seen");
  postgres_link_close(prove->link);
  act->self = NULL;
  free(prove);
}
