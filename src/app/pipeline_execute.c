/* From the agreement to the outcome: intent on disk, execute, verify, outcome on disk. */
#include "app/pipeline_run.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- the agreement */

static bool is_under_way(const struct operation *operation) {
  return operation->phase >= OPERATION_INTENT && operation->phase < OPERATION_ENDED;
}

static bool victims_meet(const struct plan *a, const struct plan *b) {
  for (size_t i = 0; i < a->victim_count; i++)
    for (size_t j = 0; j < b->victim_count; j++)
      if (strcmp(a->victims[i].key, b->victims[j].key) == 0)
        return true;
  return false;
}

/* The same action on the same victim twice at once helps nobody. */
static bool is_done_already(const struct run *run, struct err *err) {
  const struct operations *operations = run->pipeline->operations;
  for (size_t i = 0; i < operations->count; i++) {
    const struct operation *other = operations->items[i];
    if (other != &run->operation && is_under_way(other) && other->slot == run->operation.slot &&
        other->action == run->operation.action && victims_meet(other->plan, run->operation.plan)) {
      err_set(err, ERR_INVALID, "the same is under way already: %s", other->plan->title);
      return true;
    }
  }
  return false;
}

static bool may_agree(struct run *run, const char *typed, struct err *err) {
  const struct operation *operation = &run->operation;
  int64_t now_ms = pipeline_now();
  char phrase[PLAN_PHRASE_MAX];
  if (operation->phase != OPERATION_PLAN)
    return err_set(err, ERR_INVALID, "there is no plan to agree to");
  if (run->dry)
    return err_set(err, ERR_INVALID, "this plan is only to be looked at");
  if (!lock_allows(run->pipeline->options.lock, run->target, now_ms, err))
    return false;
  if (run->pipeline->paused)
    return err_set(err, ERR_INVALID, "the screen is held: z goes on");
  if (!run->adopted && plan_is_old(operation->plan, now_ms))
    return err_set(err, ERR_INVALID, "the plan is older than %d s: make it again",
                   PLAN_LIFETIME_MS / 1000);
  if (!plan_agreed(operation->plan, typed))
    return err_set(err, ERR_INVALID, "\"%.80s\" is not what was asked for: type %s", typed,
                   plan_phrase(operation->plan, phrase));
  return !is_done_already(run, err);
}

/* ---- the outcome */

static void on_outcome_written(void *arg, const struct err *err) {
  struct run *run = arg;
  run->recording = run->intent_owed = false;
  if (err)
    run->operation.err = *err;
  if (run->ending) {
    run_remove(run);
    return;
  }
  if (run->operation.outcome.undo) {
    free(run->pipeline->undo);
    run->pipeline->undo = mem_dup(run->operation.outcome.undo);
  }
  run_tell(run);
  run_phase(run, OPERATION_ENDED);
  run->pipeline->options.collect(run->pipeline->options.arg, run->operation.slot);
}

static void run_conclude(struct run *run) {
  struct operation *operation = &run->operation;
  outcome_set_all(&operation->outcome, VICTIM_PENDING, VICTIM_SKIPPED, "not come to%s%s",
                  operation->err.kind ? ": " : "", operation->err.text);
  outcome_set_all(&operation->outcome, VICTIM_SENT, VICTIM_UNKNOWN,
                  "asked for and acknowledged; no proof was seen");
  operation->verify_ms = run->executed_ms ? pipeline_now() - run->executed_ms : 0;
  run_phase(run, OPERATION_OUTCOME);
  run->recording = true;
  run_record(run, AUDIT_OUTCOME, on_outcome_written);
}

/* ---- execute and verify */

static void on_verified(struct run *run, struct sample *found, const struct err *err) {
  sample_free(found);
  if (err && run->operation.err.kind == ERR_NONE)
    run->operation.err = *err;
  run_conclude(run);
}

static void on_executed(struct run *run, struct sample *found, const struct err *err) {
  struct operation *operation = &run->operation;
  sample_free(found);
  run->executed_ms = pipeline_now();
  operation->execute_ms = run->executed_ms - operation->phase_ms;
  if (err)
    operation->err = *err;
  bool to_prove = outcome_count(&operation->outcome, VICTIM_SENT) > 0;
  if (!to_prove || !run->action->verify) {
    run_conclude(run);
    return;
  }
  run_phase(run, OPERATION_VERIFY);
  run_step(run, run->action->verify, on_verified);
}

static void on_intent_written(void *arg, const struct err *err) {
  struct run *run = arg;
  run->recording = false;
  if (run->ending) { /* left meanwhile: nothing was begun, and that is written, too */
    run->intent_owed = !err;
    if (err) {
      run_remove(run);
      return;
    }
    run->operation.began = true;
    outcome_init(&run->operation.outcome, run->operation.plan->victim_count);
    outcome_set_all(&run->operation.outcome, VICTIM_PENDING, VICTIM_SKIPPED,
                    "stacktop was left before it began");
    run->recording = true;
    run_record(run, AUDIT_OUTCOME, on_outcome_written);
    return;
  }
  if (err) {
    run_fail(run, err);
    return;
  }
  run->intent_owed = true;
  run->operation.began = true;
  outcome_init(&run->operation.outcome, run->operation.plan->victim_count);
  run_phase(run, OPERATION_EXECUTE);
  run_step(run, run->action->execute, on_executed);
}

bool run_agree(struct run *run, const char *typed, struct err *err) {
  if (!may_agree(run, typed, err))
    return false;
  struct operation *operation = &run->operation;
  operation->err = (struct err){0};
  run->phrase = mem_dup(typed);
  run->agreed_ms = pipeline_now();
  audit_id(operation->audit_id, run->agreed_ms, run->pipeline->self.pid, operation->id);
  lock_touch(run->pipeline->options.lock, run->agreed_ms);
  run_phase(run, OPERATION_INTENT);
  run->recording = true;
  run_record(run, AUDIT_INTENT, on_intent_written);
  return true;
}

void run_cancel(struct run *run) {
  if (run->operation.phase != OPERATION_EXECUTE || !run->step || run->operation.cancelling)
    return;
  if (run->step->cancel) {
    run->operation.cancelling = true;
    run->step->cancel(&run->act);
  }
  pipeline_changed(run->pipeline);
}

/* ---- the end of the program */

void run_abandon(struct run *run) {
  struct operation *operation = &run->operation;
  run_drop_step(run);
  if (operation->phase != OPERATION_EXECUTE && operation->phase != OPERATION_VERIFY)
    return; /* nothing begun, or its line is being written */
  err_set(&operation->err, ERR_CLOSED, "stacktop was left while it was under way");
  run_conclude(run);
}
