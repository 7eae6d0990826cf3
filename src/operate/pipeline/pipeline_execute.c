/* From the confirmation to the outcome: intent on disk, execute, verify, outcome on disk. */
#include "core/map.h"
#include "core/mem.h"
#include "operate/pipeline/pipeline_run.h"
#include "operate/plan_at.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the agreement */

/* The first object of b that is also in a; NULL: none. */
static const char *objects_meet(const struct plan *a, const struct plan *b) {
  const char *label = NULL;
  struct map keys = {0};
  for (size_t i = 0; i < a->object_count; i++)
    map_add(&keys, a->objects[i].key, i);
  for (size_t i = 0; !label && i < b->object_count; i++)
    if (map_find(&keys, b->objects[i].key))
      label = b->objects[i].label;
  map_fini(&keys);
  return label;
}

/* The same action must not run twice on the same object at once. */
bool run_meets_another(const struct run *run, const struct plan *plan, struct err *err) {
  const struct operations *operations = run->pipeline->operations;
  for (size_t i = 0; i < operations->count; i++) {
    const struct operation *other = operations->items[i];
    if (other == &run->operation || !is_begun(other) || other->action != run->operation.action ||
        (other->target_index != run->operation.target_index &&
         !action_takes_targets(other->action)))
      continue;
    const char *label = objects_meet(other->plan, plan);
    if (label) {
      err_set(err, ERR_INVALID, "the same action is already in progress for %s", label);
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
    return err_set(err, ERR_INVALID, "there is no plan to confirm");
  if (run->dry)
    return err_set(err, ERR_INVALID, "this plan is for viewing only");
  if (!lock_allows(run->pipeline->options.lock, run->target, now_ms, err))
    return false;
  if (run->pipeline->paused)
    return err_set(err, ERR_INVALID, "the screen is paused: resume it, then try again");
  if (!run->adopted && plan_is_old(operation->plan, now_ms))
    return err_set(err, ERR_INVALID, "the plan is older than %d s; make a new one",
                   PLAN_LIFETIME_MS / 1000);
  if (!plan_agreed(operation->plan, typed))
    return err_set(err, ERR_INVALID, "\"%.80s\" does not match; type %s", typed,
                   plan_phrase(operation->plan, phrase));
  const struct target_state *state =
      &run->pipeline->options.model->targets[operation->target_index];
  return plan_is_at(operation->plan, state->sample, err) &&
         !run_meets_another(run, operation->plan, err);
}

/* ---- the outcome */

/* The action that `:undo` undoes next. An undo is not undone again. */
static void undo_keep(struct run *run) {
  const struct outcome *outcome = &run->operation.outcome;
  if (!outcome->undo && !(run->undoing && strcmp(outcome_word(outcome), "done") == 0))
    return;
  free(run->pipeline->undo);
  run->pipeline->undo = outcome->undo ? mem_dup(outcome->undo) : NULL;
}

static void collect_again(const struct run *run) {
  const struct pipeline_options *options = &run->pipeline->options;
  const struct operation *operation = &run->operation;
  options->collect(options->arg, operation->target_index);
  for (size_t i = 0; !operation->table && i < options->model->target_count; i++)
    for (size_t key = 0; key < operation->key_count; key++)
      if (i != operation->target_index &&
          options->model->targets[i].target->kind == run->target->kind &&
          strcmp(options->model->targets[i].target->name, operation->keys[key]) == 0)
        options->collect(options->arg, i);
}

static void on_outcome_written(void *arg, const struct err *err) {
  struct run *run = arg;
  run->recording = false;
  if (run->ending) {
    if (err) /* the screen is gone */
      fprintf(stderr, "stacktop: %s: %s\n", run->operation.plan->title, err->text);
    run_remove(run);
    return;
  }
  undo_keep(run);
  run_tell(run, err);
  if (err)
    run->operation.unrecorded = *err;
  run_phase(run, OPERATION_ENDED);
  collect_again(run);
}

/* Objects that were not reached: skipped if something stopped the step, unknown if the step was
 * dropped or reported no result. */
static void pending_settle(struct run *run) {
  const char *why = run->operation.err.text;
  const bool stopped = *why || run->operation.cancelling;
  if (run->dropped || !stopped)
    outcome_set_all(&run->operation.outcome, OBJECT_PENDING, OBJECT_UNKNOWN, "%s",
                    *why ? why : "no result was reported");
  else
    outcome_set_all(&run->operation.outcome, OBJECT_PENDING, OBJECT_SKIPPED, "not attempted%s%s",
                    *why ? ": " : "", why);
}

/* A request that was accepted but not verified is always unknown, never done. */
static void run_conclude(struct run *run) {
  struct operation *operation = &run->operation;
  struct outcome *outcome = &operation->outcome;
  const char *why = operation->err.text;
  pending_settle(run);
  outcome_set_all(outcome, OBJECT_SENT, OBJECT_UNKNOWN,
                  "accepted by the server, but not verified%s%s", *why ? ": " : "", why);
  run_phase(run, OPERATION_OUTCOME);
  run->recording = true;
  run_record(run, AUDIT_OUTCOME, on_outcome_written);
}

/* ---- execute and verify */

static void on_verified(struct run *run, struct sample *found, const struct err *err) {
  sample_free(found);
  if (err && !*run->operation.err.text)
    run->operation.err = *err;
  run_conclude(run);
}

/* What was started is verified even if the rest was stopped. */
static bool is_to_verify(const struct run *run, bool stopped) {
  const struct outcome *outcome = &run->operation.outcome;
  if (!run->action->verify)
    return false;
  size_t begun = outcome_count(outcome, OBJECT_SENT);
  if (!stopped)
    begun += outcome_count(outcome, OBJECT_DONE) + outcome_count(outcome, OBJECT_UNKNOWN);
  return begun > 0;
}

static void on_executed(struct run *run, struct sample *found, const struct err *err) {
  struct operation *operation = &run->operation;
  sample_free(found);
  if (err)
    operation->err = *err;
  pending_settle(run);
  if (!is_to_verify(run, err != NULL)) {
    run_conclude(run);
    return;
  }
  operation->cancelling = false;
  run_phase(run, OPERATION_VERIFY);
  run_step(run, run->action->verify, on_verified);
}

static void outcome_begin(struct run *run) {
  run->operation.began = true;
  run->operation.execute_ms = run->operation.verify_ms = -1; /* no such step yet */
  outcome_init(&run->operation.outcome, run->operation.plan->object_count);
}

/* The intent is on disk but the action was not started: record that, too. */
static void run_skip(struct run *run, const char *why) {
  outcome_begin(run);
  err_set(&run->operation.err, ERR_NONE, "%s", why);
  outcome_set_all(&run->operation.outcome, OBJECT_PENDING, OBJECT_SKIPPED, "%s", why);
  run_conclude(run);
}

/* Writing the intent may have taken long (a hung disk): a plan that expired meanwhile is not
 * executed. A plan of `stacktop plan` was checked when it was confirmed. */
static bool is_still_agreed(const struct run *run, struct err *err) {
  int64_t now_ms = pipeline_now();
  if (now_ms - run->agreed_ms > PLAN_LIFETIME_MS ||
      (!run->adopted && plan_is_old(run->operation.plan, now_ms)))
    return err_set(err, ERR_TIMEOUT,
                   "writing the audit log took too long; the action was not started");
  return lock_allows(run->pipeline->options.lock, run->target, now_ms, err);
}

static void on_intent_written(void *arg, const struct err *err) {
  struct run *run = arg;
  struct err late = {0};
  run->recording = false;
  if (err && run->ending) {
    run_remove(run);
  } else if (err) { /* no record, no action */
    run_tell_refused(run, err);
    run_fail(run, err);
  } else if (run->ending) {
    run_skip(run, "stacktop exited before it started");
  } else if (run->operation.cancelling) {
    run_skip(run, "cancelled before it started");
  } else if (!is_still_agreed(run, &late)) {
    run_skip(run, late.text);
  } else {
    outcome_begin(run);
    run_phase(run, OPERATION_EXECUTE);
    run_step(run, run->action->execute, on_executed);
  }
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
  struct operation *operation = &run->operation;
  if (operation->cancelling)
    return;
  const bool reads =
      operation->phase == OPERATION_SURVEY && run->action->spec.danger == DANGER_NONE;
  if (operation->phase == OPERATION_INTENT) {
    operation->cancelling = true;
  } else if ((is_begun(operation) || reads) && run->step && run->step->cancel) {
    operation->cancelling = true;
    run->step->cancel(&run->call);
  } else if (is_begun(operation)) {
    pipeline_warn(run->pipeline, run->target->name,
                  "it cannot be cancelled; it takes only a moment");
  }
  pipeline_changed(run->pipeline);
}

/* ---- the end of the program */

void run_abandon(struct run *run) {
  struct operation *operation = &run->operation;
  const bool stepping = run->step != NULL;
  run_drop_step(run);
  if (!stepping || !is_begun(operation))
    return; /* nothing was started, or its line is being written */
  run->dropped = true;
  err_set(&operation->err, ERR_CLOSED, "stacktop exited while it was in progress");
  run_conclude(run);
}
