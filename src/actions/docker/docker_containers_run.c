/* The effect on each container, and what becomes of it. */
#include "actions/docker/docker_containers.h"
#include "core/format.h"
#include "core/quote.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  EFFECT_MS = 60000, /* for the engine's answer, which comes when the container has ended */
  RUNS_MS = 1000,    /* without a health check: it has to run for so long */
  DOWN_MS = 15000,   /* the engine has answered: it is down, or about to be */
  LOOK_AGAIN_MS = 100,
  LOOK_BYTES_MAX = 64 << 10, /* texts of one look */
  RUN_MAX = 48,
};

static const struct docker_verb *verb_of(const struct step *step) {
  return docker_verb_of(step->call->plan->action->id);
}

/* Whether it has processes, or is about to have some again. */
static bool is_up(const char *state) {
  return strcmp(state, "running") == 0 || strcmp(state, "paused") == 0 ||
         strcmp(state, "restarting") == 0;
}

/* ---- what became of it */

struct wait {
  struct step *step;
  const struct docker_verb *verb;
  size_t object;
  int64_t began_ms;
  int64_t ran_ms; /* since when the same run of it has been seen, on the steady clock; 0: not yet */
  char run[RUN_MAX]; /* which one that is; "": not yet */
};

/* What is said of a container that was started and is not up. */
static void say_ended(struct wait *wait, const struct docker_detail *detail) {
  outcome_set_partly(wait->step->call->outcome, wait->object, NULL,
                     "started, but it is %.20s again: exit code %lld%s%.200s", detail->status,
                     (long long)detail->exit_code, detail->oom_killed ? " (OOM-killed) " : " ",
                     detail->error);
}

/* It runs: whether it stays so. Times are our own, because the engine's clock may be another. */
static bool is_up_for_good(struct wait *wait, const struct docker_detail *detail) {
  struct outcome *outcome = wait->step->call->outcome;
  char took[FORMAT_MAX];
  const int64_t now_ms = clock_now_ms();
  if (!wait->verb->new_run) {
    outcome_set(outcome, wait->object, OBJECT_DONE, "running");
  } else if (detail->restarts > 0 ||
             (wait->ran_ms && strncmp(wait->run, detail->started, RUN_MAX - 1) != 0)) {
    outcome_set_partly(outcome, wait->object, NULL, "started, but it ended, and was started again");
  } else if (strcmp(detail->health, "unhealthy") == 0) {
    outcome_set_partly(outcome, wait->object, NULL, "started, but its health check fails: %.200s",
                       detail->checked);
  } else if (strcmp(detail->health, "healthy") == 0) {
    format_duration(took, sizeof took, (double)(now_ms - wait->began_ms) / 1000);
    outcome_set(outcome, wait->object, OBJECT_DONE, "healthy after %s", took);
  } else if (!*detail->health && wait->ran_ms && now_ms - wait->ran_ms >= RUNS_MS) {
    outcome_set(outcome, wait->object, OBJECT_DONE, "running");
  } else {
    wait->ran_ms = wait->ran_ms ? wait->ran_ms : now_ms;
    snprintf(wait->run, sizeof wait->run, "%s", detail->started);
    return false;
  }
  return true;
}

/* Whether the container is what it is to be, or that is not to be expected any more: the outcome
 * then says so. */
static bool is_settled(struct wait *wait, const struct docker_detail *detail) {
  struct outcome *outcome = wait->step->call->outcome;
  switch (wait->verb->wanted) {
  case DOCKER_DOWN:
    if (is_up(detail->status))
      return false;
    outcome_set(outcome, wait->object, OBJECT_DONE, "%.20s, exit code %lld", detail->status,
                (long long)detail->exit_code);
    return true;
  case DOCKER_PAUSED:
    if (strcmp(detail->status, "paused") != 0)
      return false;
    outcome_set(outcome, wait->object, OBJECT_DONE, "paused");
    return true;
  case DOCKER_UP:
    if (strcmp(detail->status, "running") == 0)
      return is_up_for_good(wait, detail);
    say_ended(wait, detail);
    return true;
  }
  return true;
}

/* The change was made, and what is wanted has not come: "still running, health check starting". */
static void say_as_it_is(const struct wait *wait, const struct docker_detail *detail,
                         const char *when) {
  outcome_set_partly(wait->step->call->outcome, wait->object, NULL, "still %.20s%s%.20s %s",
                     detail->status, *detail->health ? ", health check " : "", detail->health,
                     when);
}

static bool is_late(const struct wait *wait, const struct docker_detail *detail) {
  const int64_t most_ms = wait->verb->wanted == DOCKER_UP ? DOCKER_HEALTHY_MS : DOWN_MS;
  char when[32];
  if (clock_now_ms() - wait->began_ms < most_ms)
    return false;
  snprintf(when, sizeof when, "after %d s", (int)(most_ms / 1000));
  say_as_it_is(wait, detail, when);
  return true;
}

/* One look at the container; *settled: the outcome says what has become of it. False with step->err
 * when that cannot be known. `stops`: the last look, because a person does not wait for it. */
static bool look(struct wait *wait, const char *id, bool stops, bool *settled) {
  struct docker_detail detail;
  struct arena arena; /* hundreds of looks would fill the step's */
  bool gone;
  arena_init(&arena, LOOK_BYTES_MAX);
  const bool seen = docker_step_inspect(wait->step, &arena, id, &detail, &gone);
  *settled = seen ? is_settled(wait, &detail) || is_late(wait, &detail) : gone;
  if (gone) /* docker run --rm */
    outcome_set(wait->step->call->outcome, wait->object,
                wait->verb->wanted == DOCKER_DOWN ? OBJECT_DONE : OBJECT_PARTLY,
                "removed when it had ended");
  else if (seen && !*settled && stops) {
    say_as_it_is(wait, &detail, "when it was cancelled");
    *settled = true;
  }
  arena_fini(&arena);
  return seen || gone;
}

/* Waits until the container is what it is to be. False with step->err when that cannot be known. */
static bool wait_settled(struct step *step, size_t object) {
  struct wait wait = {
      .step = step, .verb = verb_of(step), .object = object, .began_ms = clock_now_ms()};
  const char *id = action_identity(step->call->plan, object, "id");
  struct progress *progress = step->call->progress;
  bool settled = false;
  snprintf(progress->step, sizeof progress->step, "waiting for %.80s",
           step->call->plan->objects[object].label);
  step_report(step);
  for (;;) {
    if (!look(&wait, id, step->cancelled, &settled))
      return false;
    if (settled)
      return true;
    if (!step_sleep(step, LOOK_AGAIN_MS) && step->dropped)
      return step_fail(step, ERR_TIMEOUT, "given up while waiting for it");
  }
}

/* ---- execute */

/* The engine counts a restart when the run before it ends; a start by a person begins at 0. So the
 * count has grown, or is the same where the plan was made between the end and the restart. */
static bool restarted_by_engine(const struct plan *plan, size_t object,
                                const struct docker_detail *detail) {
  const int64_t before = strtoll(action_identity(plan, object, "restarts"), NULL, 10);
  const bool between = strcmp(action_identity(plan, object, "state"), "restarting") == 0;
  return detail->restarts > before || (between && before > 0 && detail->restarts == before);
}

/* Whether it is in the state, and the run, that was planned for; otherwise the outcome says what
 * has become of it. */
static bool is_as_planned(struct step *step, size_t object, const struct docker_detail *detail) {
  const struct plan *plan = step->call->plan;
  const char *state = action_identity(plan, object, "state");
  const bool same_run = strcmp(detail->started, action_identity(plan, object, "run")) == 0;
  const bool by_engine = restarted_by_engine(plan, object, detail);
  if (!same_run && !by_engine)
    outcome_set(step->call->outcome, object, OBJECT_REFUSED,
                "it was started since the plan was made");
  else if (is_up(detail->status) != is_up(state) ||
           !docker_state_fits(verb_of(step), detail->status))
    outcome_set(step->call->outcome, object, OBJECT_REFUSED,
                "it is %.20s now, and was %.20s when the plan was made", detail->status, state);
  else
    return true;
  return false;
}

/* The engine refused. If it failed in the middle, the container is not as it was before. */
static bool say_refused(struct step *step, size_t object, int status,
                        const struct docker_detail *before) {
  struct outcome *outcome = step->call->outcome;
  const struct err refusal = step->err;
  struct docker_detail now;
  bool gone = false;
  if (status < 500) {
    outcome_set(outcome, object, OBJECT_REFUSED, "%s", refusal.text);
    return true;
  }
  if (!docker_step_inspect(step, &step->arena, action_identity(step->call->plan, object, "id"),
                           &now, &gone))
    outcome_set(outcome, object, OBJECT_UNKNOWN, "%s; and then: %s", refusal.text, step->err.text);
  else if (strcmp(now.status, before->status) != 0 || strcmp(now.started, before->started) != 0)
    outcome_set_partly(outcome, object, NULL, "it is %.20s now: %s", now.status, refusal.text);
  else
    outcome_set(outcome, object, OBJECT_REFUSED, "%s", refusal.text);
  return true;
}

/* What is removed is down, and nothing else. */
static void say_removed(struct step *step, size_t object) {
  outcome_set(step->call->outcome, object,
              verb_of(step)->wanted == DOCKER_DOWN ? OBJECT_GONE : OBJECT_REFUSED,
              "the container was removed");
}

/* False with step->err where nothing of it was sent, and nothing is to be sent for the others. */
static bool act_on(struct step *step, size_t object) {
  struct outcome *outcome = step->call->outcome;
  const char *id = action_identity(step->call->plan, object, "id");
  struct docker_detail before;
  int status;
  bool gone, unsent;
  if (!docker_step_inspect(step, &step->arena, id, &before, &gone)) {
    if (gone)
      say_removed(step, object);
    return gone;
  }
  if (!is_as_planned(step, object, &before))
    return true;
  if (docker_step_change(step, id, verb_of(step)->path, EFFECT_MS, &status, &unsent))
    outcome_set(outcome, object, OBJECT_SENT, "the engine did it");
  else if (status == 404)
    say_removed(step, object);
  else if (status > 0)
    return say_refused(step, object, status, &before);
  else if (unsent)
    return false;
  else
    outcome_set(outcome, object, OBJECT_UNKNOWN, "sent, but no answer: %s", step->err.text);
  return true;
}

static bool is_as_wanted(const struct outcome *outcome, size_t object) {
  const enum object_result result = outcome->objects[object].result;
  return result == OBJECT_SENT || result == OBJECT_DONE || result == OBJECT_GONE;
}

bool docker_containers_execute(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < outcome->count; i++) {
    if (step->cancelled) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "cancelled before its turn");
      return step_fail(step, ERR_NONE, "cancelled");
    }
    if (!act_on(step, i))
      return false;
    if (i + 1 < outcome->count && outcome->objects[i].result == OBJECT_SENT &&
        !wait_settled(step, i))
      return false;
    if (!step->cancelled && !is_as_wanted(outcome, i)) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "not attempted: %s failed",
                      step->call->plan->objects[i].label);
      return true;
    }
    step_progress(step, (int64_t)i + 1, (int64_t)outcome->count, "containers");
    step_yield(step);
  }
  return true;
}

/* ---- verify */

static void say_proof(const struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const struct plan *plan = step->call->plan;
  const struct docker_verb *verb = verb_of(step);
  char word[PLAN_NAME_MAX * 4];
  size_t good = 0;
  for (size_t i = 0; i < outcome->count; i++)
    good += is_as_wanted(outcome, i);
  if (outcome->count > 1)
    outcome_proof(outcome, "%zu of %zu containers as wanted", good, outcome->count);
  else
    outcome_proof(outcome, "%s", outcome->objects[0].words);
  /* By its id: another container may have its name by then. */
  if (verb->undo && outcome->count == 1 && outcome->objects[0].result == OBJECT_DONE)
    outcome_undo(outcome, "%s %s %s", verb->undo, quote_word(word, sizeof word, plan->target),
                 plan->objects[0].key);
}

bool docker_containers_verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result == OBJECT_SENT && !wait_settled(step, i))
      return false;
  say_proof(step);
  return true;
}
