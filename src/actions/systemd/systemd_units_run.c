/* The effect on each unit, and what becomes of it. */
#include "actions/systemd/systemd_units.h"
#include "clients/systemd/systemd_cause.h"
#include "core/text/quote.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  STAYS_MS = 1000, /* a unit that was started has to stay active for so long */
  LOOK_AGAIN_MS = 100,
  LOOK_BYTES_MAX = 256 << 10, /* texts of one look */
};

static const struct systemd_verb *verb_of(const struct step *step) {
  return systemd_verb_of(step->call->plan->action->id);
}

/* ---- is it what was planned for */

/* Whether it is in the state, and the run, that was planned for; otherwise the outcome says what
 * has become of it. */
static bool is_as_planned(struct step *step, size_t object, const struct systemd_unit *unit) {
  const struct plan *plan = step->call->plan;
  const struct systemd_planned planned = {
      .id = action_identity(plan, object, "id"),
      .run = action_identity(plan, object, "run"),
      .state = action_identity(plan, object, "state"),
      .pid = action_identity_number(plan, object, "pid", -1),
      .restarts = action_identity_number(plan, object, "restarts", INT64_MAX)};
  char words[SYSTEMD_WORDS_MAX];
  bool gone;
  if (systemd_is_as_planned(verb_of(step), &planned, unit, words, &gone))
    return true;
  outcome_set(step->call->outcome, object, gone ? OBJECT_GONE : OBJECT_REFUSED, "%s", words);
  return false;
}

/* ---- what became of it */

static const char *took_text(char out[FORMAT_MAX], int64_t began_ms) {
  return format_duration(out, FORMAT_MAX, (double)(clock_now_ms() - began_ms) / 1000);
}

/* The job has ended, and not well: what it left. */
static void say_failed(struct step *step, size_t object, const struct systemd_job *job,
                       const struct systemd_unit *before, const struct systemd_unit *after) {
  struct outcome *outcome = step->call->outcome;
  char state[SYSTEMD_CAUSE_MAX];
  const bool same = strcmp(before->invocation, after->invocation) == 0 &&
                    strcmp(before->active, after->active) == 0;
  systemd_state_text(state, after);
  if (same)
    outcome_set(outcome, object, OBJECT_REFUSED, "nothing was changed: the job ended as %.20s",
                job->result);
  else if (strcmp(job->result, "dependency") == 0)
    outcome_set_partly(outcome, object, NULL, "a unit that it requires did not start: %s", state);
  else if (strcmp(job->result, "canceled") == 0)
    outcome_set_partly(outcome, object, NULL, "another job took its place: %s", state);
  else if (strcmp(job->result, "timeout") == 0)
    outcome_set_partly(outcome, object, NULL, "took longer than allowed: %s", state);
  else
    outcome_set_partly(outcome, object, NULL, "%s: %s",
                       verb_of(step)->wanted == SYSTEMD_UP ? "did not start" : "failed", state);
}

/* A service that runs once and ends has done its work when it is inactive again. */
static bool ran_once(const struct systemd_unit *unit) {
  return strcmp(unit->type, "oneshot") == 0 && strcmp(unit->active, "inactive") == 0 &&
         strcmp(unit->result, "success") == 0;
}

/* The job is done: whether the unit is what it is to be. */
static void say_done(struct step *step, size_t object, const struct systemd_unit *after,
                     int64_t began_ms) {
  struct outcome *outcome = step->call->outcome;
  char took[FORMAT_MAX], state[SYSTEMD_CAUSE_MAX];
  took_text(took, began_ms);
  switch (verb_of(step)->wanted) {
  case SYSTEMD_UP:
    if (ran_once(after))
      outcome_set(outcome, object, OBJECT_SENT, "ran to its end in %s", took);
    else if (strcmp(after->active, "active") == 0)
      outcome_set(outcome, object, OBJECT_SENT, "active after %s", took);
    else
      outcome_set_partly(outcome, object, NULL, "started, but %s",
                         systemd_state_text(state, after));
    return;
  case SYSTEMD_DOWN:
    if (systemd_is_up(after->active))
      outcome_set_partly(outcome, object, NULL, "stopped, but it is %.20s (%.30s) again",
                         after->active, after->sub);
    else
      outcome_set(outcome, object, OBJECT_SENT, "%.20s after %s", after->active, took);
    return;
  case SYSTEMD_SAME:
    if (strcmp(after->active, "active") == 0)
      outcome_set(outcome, object, OBJECT_SENT, "reloaded in %s", took);
    else
      outcome_set_partly(outcome, object, NULL, "reloaded, but %s",
                         systemd_state_text(state, after));
    return;
  case SYSTEMD_RESET:
    if (strcmp(after->active, "failed") == 0)
      outcome_set_partly(outcome, object, NULL, "reset, but it has failed again");
    else
      outcome_set(outcome, object, OBJECT_SENT, "%.20s", after->active);
  }
}

/* A person does not wait for the job, its time has passed, or the bus is gone. */
static void say_unfinished(struct step *step, size_t object, const char *id) {
  struct systemd_unit now;
  const char *why = step->cancelled ? "when it was cancelled" : "and its job has not ended";
  if (systemd_step_unit(step, &step->arena, id, &now))
    outcome_set_partly(step->call->outcome, object, NULL, "the job continues: %.20s (%.30s) %s",
                       now.active, now.sub, why);
  else
    outcome_set(step->call->outcome, object, OBJECT_UNKNOWN, "sent, but its end was not seen: %s",
                step->err.text);
}

/* ---- whether it stays so */

/* One look at a unit that was started as `run`; *settled: the outcome says what has become of it.
 * False with step->err when that cannot be known. */
static bool look(struct step *step, size_t object, const char *run, int64_t since_ms,
                 bool *settled) {
  struct outcome *outcome = step->call->outcome;
  struct systemd_unit unit;
  struct arena arena; /* looks would fill the step's */
  char state[SYSTEMD_CAUSE_MAX];
  arena_init(&arena, LOOK_BYTES_MAX);
  const bool seen =
      systemd_step_unit(step, &arena, action_identity(step->call->plan, object, "id"), &unit);
  *settled = true;
  if (seen && strcmp(unit.invocation, run) != 0)
    outcome_set_partly(outcome, object, NULL, "started, but it ended, and was started again");
  else if (seen && systemd_ended_well(&unit))
    outcome_set(outcome, object, OBJECT_SENT, "%s, and ended with success",
                outcome->objects[object].words);
  else if (seen && strcmp(unit.active, "active") != 0 && strcmp(unit.active, "reloading") != 0)
    outcome_set_partly(outcome, object, NULL, "started, but it ended again: %s",
                       systemd_state_text(state, &unit));
  else
    *settled = !seen || clock_now_ms() - since_ms >= STAYS_MS || step->cancelled;
  arena_fini(&arena);
  return seen;
}

/* The same run of it has to stay active for a while. */
static bool wait_settled(struct step *step, size_t object, const char *run) {
  const int64_t since_ms = clock_now_ms();
  bool settled = false;
  for (;;) {
    if (!look(step, object, run, since_ms, &settled)) {
      outcome_set(step->call->outcome, object, OBJECT_UNKNOWN,
                  "started, but whether it stays so is not known: %s", step->err.text);
      return false;
    }
    if (settled)
      return true;
    if (!step_sleep(step, LOOK_AGAIN_MS) && step->dropped)
      return step_fail(step, ERR_TIMEOUT, "given up while waiting for it");
  }
}

/* ---- execute */

static void show_waiting(struct step *step, size_t object) {
  struct progress *progress = step->call->progress;
  snprintf(progress->step, sizeof progress->step, "waiting for %.80s",
           step->call->plan->objects[object].label);
  step_report(step);
}

/* False with step->err where nothing is to be sent for the others either. */
static bool act_on(struct step *step, size_t object) {
  const struct systemd_verb *verb = verb_of(step);
  struct outcome *outcome = step->call->outcome;
  const char *id = action_identity(step->call->plan, object, "id");
  struct systemd_unit before, after;
  struct systemd_job job;
  if (!systemd_step_unit(step, &step->arena, id, &before))
    return false;
  if (!is_as_planned(step, object, &before))
    return true;
  show_waiting(step, object);
  const int64_t began_ms = clock_now_ms();
  const bool has_job = verb->wanted != SYSTEMD_RESET;
  if (!systemd_step_change(step, has_job ? SYSTEMD_JOB : SYSTEMD_JOB_NONE, verb->method, id,
                           began_ms + systemd_job_ms(&before), &job)) {
    if (!job.refused)
      return false;
    outcome_set(outcome, object, OBJECT_REFUSED, "%s%s", step->err.text,
                step->err.kind == ERR_DENIED ? " (by polkit, or the policy of the bus)" : "");
    return true;
  }
  outcome_set(outcome, object, OBJECT_UNKNOWN, "sent, but its end was not seen");
  if (has_job && !job.ended) {
    say_unfinished(step, object, id);
    return true;
  }
  if (!systemd_step_unit(step, &step->arena, id, &after))
    outcome_set(outcome, object, OBJECT_UNKNOWN, "the job ended as %.20s; and then: %s",
                has_job ? job.result : "done", step->err.text);
  else if (has_job && strcmp(job.result, "done") != 0)
    say_failed(step, object, &job, &before, &after);
  else {
    say_done(step, object, &after, began_ms);
    if (outcome->objects[object].result == OBJECT_SENT && strcmp(after.active, "active") == 0)
      return wait_settled(step, object, after.invocation);
  }
  return true;
}

/* ---- verify */

/* The last look at a unit that was as wanted. */
static bool prove(struct step *step, size_t object) {
  struct outcome *outcome = step->call->outcome;
  const char *words = outcome->objects[object].words;
  char state[SYSTEMD_CAUSE_MAX];
  struct systemd_unit unit;
  if (!systemd_step_unit(step, &step->arena, action_identity(step->call->plan, object, "id"),
                         &unit))
    return false;
  const bool up = systemd_is_up(unit.active);
  const enum systemd_wanted wanted = verb_of(step)->wanted;
  if (wanted == SYSTEMD_RESET ? strcmp(unit.active, "failed") != 0
                              : up == (wanted != SYSTEMD_DOWN) || systemd_ended_well(&unit))
    outcome_set(outcome, object, OBJECT_DONE, "%s", words);
  else
    outcome_set_partly(outcome, object, NULL, "%s, but then: %s", words,
                       systemd_state_text(state, &unit));
  return true;
}

/* ---- their turns */

static bool fits(const char *action, const char *state) {
  return systemd_state_fits(systemd_verb_of(action), state);
}

const struct turns systemd_turns = {.noun = "unit",
                                    .nouns = "units",
                                    .table = SYSTEMD_UNITS_TABLE,
                                    .state = SYSTEMD_UNIT_STATE,
                                    .fits = fits,
                                    .act = act_on,
                                    .prove = prove};

bool systemd_units_execute(struct step *step) {
  return turns_execute(&systemd_turns, step);
}

bool systemd_units_verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const struct plan *plan = step->call->plan;
  const struct systemd_verb *verb = verb_of(step);
  char target[PLAN_NAME_MAX * 4], unit[SYSTEMD_NAME_MAX * 4 + 3];
  if (!turns_verify(&systemd_turns, step))
    return false;
  if (verb->undo && outcome->count == 1 && outcome->objects[0].result == OBJECT_DONE)
    outcome_undo(outcome, "%s %s %s", verb->undo, quote_word(target, sizeof target, plan->target),
                 quote_word(unit, sizeof unit, plan->objects[0].key));
  return true;
}
