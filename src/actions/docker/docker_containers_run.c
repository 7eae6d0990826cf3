/* The effect on each container, and what becomes of it. */
#include "actions/docker/docker_containers.h"
#include "core/text/quote.h"
#include "io/clock.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_BYTES_MAX = 64 << 10 }; /* texts of one look */

static const struct docker_verb *verb_of(const struct step *step) {
  return docker_verb_of(step->call->plan->action->id);
}

/* ---- what became of it */

struct wait {
  struct step *step;
  size_t object;
  struct docker_wait of;
};

static void say_settled(struct wait *wait, enum object_result result, const char *words,
                        const char *more) {
  struct outcome *outcome = wait->step->call->outcome;
  if (result == OBJECT_PARTLY)
    outcome_set_partly(outcome, wait->object, NULL, "%s%s", words, more);
  else
    outcome_set(outcome, wait->object, result, "%s%s", words, more);
}

/* One look at the container; *settled: the outcome says what has become of it. False with step->err
 * when that cannot be known. `stops`: the last look, because a person does not wait for it. */
static bool look(struct wait *wait, const char *id, bool stops, bool *settled) {
  struct docker_detail detail;
  struct arena arena; /* hundreds of looks would fill the step's */
  char words[DOCKER_WORDS_MAX];
  enum object_result result = OBJECT_PENDING;
  bool gone;
  arena_init(&arena, LOOK_BYTES_MAX);
  const bool seen = docker_step_inspect(wait->step, &arena, id, &detail, &gone);
  if (gone)
    result = docker_settled_gone(&wait->of, words);
  else if (seen)
    result = docker_settled(&wait->of, &detail, clock_now_ms(), words);
  arena_fini(&arena);
  *settled = result != OBJECT_PENDING || (seen && stops);
  if (*settled)
    say_settled(wait, result == OBJECT_PENDING ? OBJECT_PARTLY : result, words,
                result != OBJECT_PENDING             ? ""
                : wait->of.verb->wanted == DOCKER_UP ? "; its health was not awaited"
                                                     : "; its end was not awaited");
  return seen || gone;
}

/* Waits until the container is what it is to be. False with step->err when that cannot be known. */
static bool wait_settled(struct step *step, size_t object) {
  struct wait wait = {
      .step = step, .object = object, .of = {.verb = verb_of(step), .began_ms = clock_now_ms()}};
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
    if (!step_sleep(step, DOCKER_LOOK_AGAIN_MS) && step->dropped)
      return step_fail(step, ERR_TIMEOUT, "given up while waiting for it");
  }
}

/* ---- execute */

/* What is removed is down, and nothing else. */
static void say_removed(struct step *step, const struct docker_verb *verb, size_t object) {
  outcome_set(step->call->outcome, object,
              verb->wanted == DOCKER_DOWN ? OBJECT_GONE : OBJECT_REFUSED,
              "the container was removed");
}

bool docker_containers_check(struct step *step, const struct docker_verb *verb, size_t object,
                             struct docker_detail *now, bool *fits) {
  const struct plan *plan = step->call->plan;
  const struct docker_planned planned = {.run = action_identity(plan, object, "run"),
                                         .state = action_identity(plan, object, "state"),
                                         .restarts = action_identity(plan, object, "restarts")};
  char words[DOCKER_WORDS_MAX];
  bool gone;
  *fits = false;
  if (!docker_step_inspect(step, &step->arena, action_identity(plan, object, "id"), now, &gone)) {
    if (gone)
      say_removed(step, verb, object);
    return gone;
  }
  *fits = docker_is_as_planned(verb, &planned, now, words);
  if (!*fits)
    outcome_set(step->call->outcome, object, OBJECT_REFUSED, "%s", words);
  return true;
}

/* What was to be down, and is so already, as the engine says: Podman says it between two runs. */
static bool goes_on(struct step *step, size_t object, struct docker_detail *now) {
  const char *id = action_identity(step->call->plan, object, "id");
  bool gone;
  return verb_of(step)->wanted == DOCKER_DOWN &&
         docker_step_inspect(step, &step->arena, id, now, &gone) &&
         docker_state_fits(verb_of(step), now->status);
}

/* The engine refused. If it failed in the middle, the container is not as it was before. */
static bool say_refused(struct step *step, size_t object, int status,
                        const struct docker_detail *before) {
  struct outcome *outcome = step->call->outcome;
  const struct err refusal = step->err;
  struct docker_detail now;
  bool gone = false;
  if (status == 304 && goes_on(step, object, &now)) {
    outcome_set(outcome, object, OBJECT_REFUSED,
                "nothing was done: the engine met it between two runs, and it is %.20s now",
                now.status);
    return true;
  }
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

/* False with step->err where nothing of it was sent, and nothing is to be sent for the others. */
static bool act_on(struct step *step, size_t object) {
  struct outcome *outcome = step->call->outcome;
  const char *id = action_identity(step->call->plan, object, "id");
  struct docker_detail before;
  int status;
  bool fits, unsent;
  if (!docker_containers_check(step, verb_of(step), object, &before, &fits))
    return false;
  if (!fits)
    return true;
  if (docker_step_change(step, id, verb_of(step)->path, DOCKER_EFFECT_MS, &status, &unsent))
    outcome_set(outcome, object, OBJECT_SENT, "the engine did it");
  else if (status == 404)
    say_removed(step, verb_of(step), object);
  else if (status > 0)
    return say_refused(step, object, status, &before);
  else if (unsent)
    return false;
  else
    outcome_set(outcome, object, OBJECT_UNKNOWN, "sent, but no answer: %s", step->err.text);
  return true;
}

/* ---- their turns */

static bool fits(const char *action, const char *state) {
  return docker_state_fits(docker_verb_of(action), state);
}

const struct turns docker_turns = {.noun = "container",
                                   .nouns = "containers",
                                   .table = DOCKER_CONTAINERS_TABLE,
                                   .state = DOCKER_CONTAINER_ENGINE_STATE,
                                   .fits = fits,
                                   .act = act_on,
                                   .settle = wait_settled,
                                   .prove = wait_settled};

bool docker_containers_execute(struct step *step) {
  return turns_execute(&docker_turns, step);
}

bool docker_containers_verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const struct plan *plan = step->call->plan;
  const struct docker_verb *verb = verb_of(step);
  char word[PLAN_NAME_MAX * 4];
  if (!turns_verify(&docker_turns, step))
    return false;
  /* By its id: another container may have its name by then. */
  if (verb->undo && outcome->count == 1 && outcome->objects[0].result == OBJECT_DONE)
    outcome_undo(outcome, "docker.%s %s %s", verb->undo,
                 quote_word(word, sizeof word, plan->target), plan->objects[0].key);
  return true;
}
