/* The effect on each object of each service, and what becomes of it. */
#include "actions/service/service_actions.h"
#include "actions/shown.h"
#include "actions/turns.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "model/config/config.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 200 };

/* One object's turn. */
struct turn {
  struct step *step;
  const struct service_action *action;
  size_t object;
  const struct target *target;
  const struct service_driver *driver;
  struct service_change change;
};

static const char *identity(const struct turn *turn, const char *name) {
  return action_identity(turn->step->call->plan, turn->object, name);
}

static const char *service_of(const struct plan *plan, size_t object) {
  return action_identity(plan, object, SERVICE_IDENTITY_SERVICE);
}

static void say(const struct turn *turn, enum object_result result, const char *words) {
  struct outcome *outcome = turn->step->call->outcome;
  if (result == OBJECT_PARTLY)
    outcome_set_partly(outcome, turn->object, NULL, "%s", words);
  else
    outcome_set(outcome, turn->object, result, "%s", words);
}

/* Who is to be asked now; false where the configuration is no longer that of the plan: the outcome
 * says so. */
static bool turn_begin(struct turn *turn, struct step *step, size_t object) {
  const char *name = service_of(step->call->plan, object);
  struct err why = {0};
  *turn = (struct turn){.step = step,
                        .action = service_action_of(step->call->plan->action),
                        .object = object,
                        .target = target_beside(step->call->target, name)};
  turn->change =
      (struct service_change){.verb = turn->action->verb,
                              .name = step->call->plan->objects[object].label,
                              .timeout_ms = SERVICE_CHANGE_MS,
                              .identity = {.place = identity(turn, SERVICE_IDENTITY_PLACE),
                                           .id = identity(turn, SERVICE_IDENTITY_ID),
                                           .run = identity(turn, SERVICE_IDENTITY_RUN),
                                           .state = identity(turn, SERVICE_IDENTITY_STATE),
                                           .restarts = identity(turn, SERVICE_IDENTITY_RESTARTS)}};
  if (turn->action->verb == SERVICE_SCALE)
    turn->change.replicas =
        action_identity_number(step->call->plan, object, SERVICE_IDENTITY_WANTED, 0);
  if (turn->target)
    turn->driver = service_driver_for(turn->target, turn->action->verb, &why);
  if (!turn->target)
    say(turn, OBJECT_REFUSED, "the configuration no longer has this service");
  else if (turn->target->disabled || turn->target->read_only)
    say(turn, OBJECT_REFUSED, "the configuration now makes it read-only");
  else if (!turn->driver ||
           strcmp(turn->driver->name, identity(turn, SERVICE_IDENTITY_RUNTIME)) != 0 ||
           strcmp(target_text(turn->target, "address"), identity(turn, SERVICE_IDENTITY_ADDRESS)) !=
               0)
    say(turn, OBJECT_REFUSED,
        "the configuration now names other commands, another runtime or another address");
  else
    return true;
  return false;
}

/* ---- what became of it */

/* Down is what refuses connections; a service that is only sick is not down. */
static bool is_settled(const struct service_action *action, const struct service_verdict *verdict) {
  return action->up ? verdict->available && verdict->severity == SEVERITY_OK
                    : strcmp(verdict->state, "refused") == 0;
}

static const char *words_so_far(const struct turn *turn) {
  const char *words = turn->step->call->outcome->objects[turn->object].words;
  return words && *words ? words : "changed";
}

static void report_waiting(const struct turn *turn, const char *for_what) {
  struct progress *progress = turn->step->call->progress;
  snprintf(progress->step, sizeof progress->step, "waiting for %.70s", for_what);
  step_report(turn->step);
}

/* Until its runtime has it as it is to be; the outcome says what has become of it, or stays SENT.
 * False with step->err when the step is dropped. */
static bool follow(const struct turn *turn) {
  struct service_conn *conn = service_step_open(turn->step, turn->driver, turn->target);
  struct service_answered answer = {.result = OBJECT_PENDING};
  char words[SERVICE_WORDS_MAX + 32];
  if (!conn)
    return false;
  const int64_t began_ms = clock_now_ms();
  report_waiting(turn, turn->change.name);
  while (answer.result == OBJECT_PENDING) {
    if (!service_step_follow(conn, &turn->change, &answer))
      return false;
    if (answer.result != OBJECT_PENDING)
      break;
    if (turn->step->cancelled) {
      snprintf(words, sizeof words, "%s; its %s was not awaited", answer.words,
               turn->action->up ? "health" : "end");
      say(turn, OBJECT_PARTLY, words);
      service_step_close(conn);
      return true;
    }
    /* a runtime may never say that it is stuck: pods that fit on no node */
    if (turn->action->verb == SERVICE_SCALE &&
        clock_now_ms() - began_ms >= target_number(turn->target, "ready")) {
      say(turn, OBJECT_PARTLY, answer.words);
      break;
    }
    if (!step_sleep(turn->step, LOOK_AGAIN_MS) && turn->step->dropped)
      return step_fail(turn->step, ERR_TIMEOUT, "given up while waiting for it");
  }
  service_step_close(conn);
  if (answer.result == OBJECT_PENDING)
    return true; /* said above */
  if (answer.result != OBJECT_DONE)
    say(turn, answer.result, answer.words);
  else if (*answer.words)
    say(turn, OBJECT_SENT, answer.words);
  return true;
}

static void say_settled(const struct turn *turn, const char *took) {
  const bool scaled = turn->action->verb == SERVICE_SCALE;
  char words[SERVICE_WORDS_MAX];
  snprintf(words, sizeof words, "%.500s, ", words_so_far(turn));
  outcome_set(turn->step->call->outcome, turn->object, OBJECT_DONE, "%s%s after %s",
              scaled ? words : "", turn->action->up ? "healthy" : "down", took);
}

static void say_unawaited(const struct turn *turn, const struct service_verdict *verdict) {
  outcome_set_partly(turn->step->call->outcome, turn->object, NULL,
                     "%s; %s was not awaited: it was %s", words_so_far(turn),
                     turn->action->up ? "the health of the service" : "the end of the service",
                     *verdict->reason ? verdict->reason : verdict->state);
}

/* Until the service itself is as it is to be. False with step->err when that cannot be known. */
static bool wait_for_service(const struct turn *turn, int64_t began_ms) {
  struct step *step = turn->step;
  struct outcome *outcome = step->call->outcome;
  struct service_verdict verdict;
  char took[FORMAT_MAX];
  report_waiting(turn, turn->target->name);
  for (;;) {
    if (!service_step_look(step, turn->target, SERVICE_LOOK_MS, &verdict))
      return false;
    format_duration(took, sizeof took, (double)(clock_now_ms() - began_ms) / 1000);
    if (is_settled(turn->action, &verdict)) {
      say_settled(turn, took);
      return true;
    }
    if (clock_now_ms() - began_ms >= target_number(turn->target, "ready")) {
      outcome_set_partly(outcome, turn->object, NULL, "%s, but after %s the service is %s",
                         words_so_far(turn), took,
                         *verdict.reason ? verdict.reason : verdict.state);
      return true;
    }
    if (!step_sleep(step, LOOK_AGAIN_MS)) {
      if (step->dropped)
        return step_fail(step, ERR_TIMEOUT, "given up while waiting for the service");
      say_unawaited(turn, &verdict);
      return true;
    }
  }
}

/* whole: it is the last object of its service, so that the service has to answer now. */
static bool settle(struct step *step, size_t object, bool whole) {
  struct turn turn;
  const int64_t began_ms = clock_now_ms();
  char took[FORMAT_MAX];
  struct outcome *outcome = step->call->outcome;
  if (!turn_begin(&turn, step, object))
    return true;
  if (!follow(&turn))
    return false;
  if (outcome->objects[object].result != OBJECT_SENT)
    return true;
  if (turn.action->verb == SERVICE_SCALE && turn.change.replicas == 0) {
    /* who answers at its address may be another */
    format_duration(took, sizeof took, (double)(clock_now_ms() - began_ms) / 1000);
    outcome_set(outcome, object, OBJECT_DONE, "%s after %s", words_so_far(&turn), took);
    return true;
  }
  if (whole)
    return wait_for_service(&turn, began_ms);
  outcome_set(outcome, object, OBJECT_DONE, "%s", words_so_far(&turn));
  return true;
}

/* ---- execute */

static bool is_last_of_service(const struct plan *plan, size_t object) {
  return object + 1 == plan->object_count ||
         strcmp(service_of(plan, object), service_of(plan, object + 1)) != 0;
}

/* False with step->err when the step is dropped, or no runtime could be opened. */
static bool act_on(struct step *step, size_t object) {
  struct turn turn;
  struct service_answered answer;
  if (!turn_begin(&turn, step, object))
    return true;
  struct service_conn *conn = service_step_open(step, turn.driver, turn.target);
  if (!conn || !service_step_change(conn, &turn.change, &answer))
    return false;
  service_step_close(conn);
  say(&turn, answer.result, answer.words);
  return true;
}

static void skip_rest(struct step *step, const char *why, const char *whom) {
  outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_SKIPPED, "%s%s%s", why, whom,
                  *whom ? " failed" : "");
}

/* What was given up in the middle: it may have had an effect, and the others were not reached. */
static bool given_up(struct step *step, size_t object) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = object + 1; i < outcome->count; i++)
    outcome_set(outcome, i, OBJECT_SKIPPED, "not attempted");
  return false;
}

bool service_execute(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const struct plan *plan = step->call->plan;
  for (size_t i = 0; i < outcome->count; i++) {
    if (step->cancelled) {
      skip_rest(step, "cancelled before its turn", "");
      return step_fail(step, ERR_NONE, "cancelled");
    }
    snprintf(step->call->progress->step, sizeof step->call->progress->step, "%.90s",
             plan->objects[i].label);
    step_progress(step, (int64_t)i, (int64_t)outcome->count, "objects");
    if (!act_on(step, i))
      return given_up(step, i);
    if (i + 1 < outcome->count && outcome->objects[i].result == OBJECT_SENT &&
        !settle(step, i, is_last_of_service(plan, i)))
      return given_up(step, i);
    if (!turns_is_good(outcome, i)) {
      if (!step->cancelled)
        skip_rest(step, "not attempted: ", plan->objects[i].label);
      else
        skip_rest(step, "cancelled before its turn", "");
      return step_fail(step, ERR_INVALID, "%s", outcome->objects[i].words);
    }
    step_yield(step);
  }
  return true;
}

/* ---- verify: the service itself */

static void say_proof(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const struct service_action *action = service_action_of(step->call->plan->action);
  size_t good = 0;
  for (size_t i = 0; i < outcome->count; i++)
    good += turns_is_good(outcome, i);
  if (action->all || service_plan_count(step->call->plan) > 1)
    outcome_proof(outcome,
                  action->up ? "%zu of %zu are up, each service healthy in its turn"
                             : "%zu of %zu are down, in reverse order",
                  good, outcome->count);
  else
    outcome_proof(outcome, "%s", outcome->objects[outcome->count - 1].words);
  if (action->undo && good == outcome->count)
    outcome_undo(outcome, "%s", service_undo(&step->arena, step->call->plan, action));
}

bool service_verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  if (outcome_count(outcome, OBJECT_SENT) == 0)
    return true;
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result == OBJECT_SENT &&
        !settle(step, i, is_last_of_service(step->call->plan, i)))
      return false;
  const struct service_action *action = service_action_of(step->call->plan->action);
  if (turns_is_good(outcome, outcome->count - 1))
    say_proof(step);
  else if (action->verb == SERVICE_SCALE && outcome->objects[0].result == OBJECT_PARTLY)
    outcome_undo(outcome, "%s", service_undo(&step->arena, step->call->plan, action));
  return true;
}
