#include "actions/turns.h"

#include "core/text/format.h"
#include "io/clock.h"

static const char *state_of(const struct turns *turns, const struct action_request *request,
                            size_t index) {
  const struct table *table = action_table(request, turns->table);
  const struct row *row = table ? action_row(request, index) : NULL;
  const int column = row ? table_column(table->spec, turns->state) : -1;
  return column >= 0 && row->cells[column].type == VALUE_TEXT ? row->cells[column].text : NULL;
}

bool turns_apply(const struct turns *turns, const struct action_request *request,
                 const char *action, struct err *why) {
  const struct sample *sample = request->model->targets[request->target_index].sample;
  char age[FORMAT_MAX];
  format_duration(age, sizeof age, sample ? (double)(clock_now_ms() - sample->taken_ms) / 1000 : 0);
  for (size_t i = 0; i < request->key_count; i++) {
    const char *state = state_of(turns, request, i);
    if (state && !turns->fits(action, state))
      return err_set(why, ERR_UNSUPPORTED, "it was %.20s %s ago", state, age);
  }
  return request->key_count > 0 || err_set(why, ERR_INVALID, "no %s is selected", turns->noun);
}

void turns_plan(const struct turns *turns, struct plan *plan, const char *title,
                const char *target) {
  const bool one = plan->object_count == 1;
  plan->unit = one ? turns->noun : turns->nouns;
  plan->title =
      one ? plan_printf(plan, "%s %s", title, plan->objects[0].label)
          : plan_printf(plan, "%s %zu %s of %s", title, plan->object_count, turns->nouns, target);
  if (!one)
    plan_say(plan, PLAN_BLAST, "one after the other; the first that fails ends it");
}

bool turns_is_good(const struct outcome *outcome, size_t object) {
  const enum object_result result = outcome->objects[object].result;
  return result == OBJECT_SENT || result == OBJECT_DONE || result == OBJECT_GONE;
}

bool turns_execute(const struct turns *turns, struct step *step) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < outcome->count; i++) {
    if (step->cancelled) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "cancelled before its turn");
      return step_fail(step, ERR_NONE, "cancelled");
    }
    if (!turns->act(step, i))
      return false;
    if (turns->settle && i + 1 < outcome->count && outcome->objects[i].result == OBJECT_SENT &&
        !turns->settle(step, i))
      return false;
    if (!step->cancelled && !turns_is_good(outcome, i)) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "not attempted: %s failed",
                      step->call->plan->objects[i].label);
      return true;
    }
    step_progress(step, (int64_t)i + 1, (int64_t)outcome->count, turns->nouns);
    step_yield(step);
  }
  return true;
}

void turns_proof(const struct step *step, const char *nouns) {
  struct outcome *outcome = step->call->outcome;
  size_t good = 0;
  for (size_t i = 0; i < outcome->count; i++)
    good += turns_is_good(outcome, i);
  if (outcome->count > 1)
    outcome_proof(outcome, "%zu of %zu %s %s", good, outcome->count, nouns,
                  step->call->plan->action->past);
  else
    outcome_proof(outcome, "%s", outcome->objects[0].words);
}

bool turns_verify(const struct turns *turns, struct step *step) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result == OBJECT_SENT && !turns->prove(step, i))
      return false;
  turns_proof(step, turns->nouns);
  return true;
}
