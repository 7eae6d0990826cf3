/* The actions on services: start, stop and restart by the programs of the configuration.
 *
 * What proves them is the service itself: it has to answer as its collector demands, or to answer
 * no longer. The exit code of a program alone proves nothing. */
#include "actions/found.h"
#include "actions/service/service_step.h"
#include "actions/shown.h"
#include "clients/service/service_runtime.h"
#include "core/format.h"
#include "io/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  LOOK_MS = 5000,         /* for one look at the service */
  STATUS_MS = 10000,      /* for the program `status` */
  RUN_MS = 120000,        /* for one program that changes something */
  SURVEY_MS = 20000,      /* one look and one `status` */
  READY_MAX_MS = 3600000, /* the option `ready` allows no more */
  LOOK_AGAIN_MS = 200,
};

struct verb {
  const char *action; /* the action's id */
  enum service_verb verb;
  const char *title; /* of the plan */
  bool up;           /* what the service is to be afterwards */
  const char *undo;  /* the action that undoes it; NULL: none */
  const char *loss;  /* NULL: nothing is lost */
};

static const struct verb verbs[] = {
    {"service.restart", SERVICE_RESTART, "Restart", true, NULL,
     "requests in progress, and what the service holds in memory"},
    {"service.start", SERVICE_START, "Start", true, "service.stop", NULL},
    {"service.stop", SERVICE_STOP, "Stop", false, "service.start",
     "requests in progress, and what the service holds in memory"},
};

static const struct verb *verb_of(const struct action_spec *spec) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(verbs[i].action, spec->id) == 0)
      return &verbs[i];
  assert(!"an action without a verb");
  return NULL;
}

/* The programs that do it, in their order; NULL-terminated. */
enum { PROGRAMS_MAX = 2 };
static void programs_of(const struct service_commands *commands, enum service_verb verb,
                        char **programs[PROGRAMS_MAX + 1]) {
  memset(programs, 0, (PROGRAMS_MAX + 1) * sizeof *programs);
  if (commands->verbs[verb]) {
    programs[0] = commands->verbs[verb];
  } else { /* a restart by stop and start */
    programs[0] = commands->verbs[SERVICE_STOP];
    programs[1] = commands->verbs[SERVICE_START];
  }
}

static const char *command_text(struct arena *arena, char *const *argv) {
  const char *text = "";
  for (size_t i = 0; argv[i]; i++)
    text = arena_printf(arena, "%s%s%s", text, i > 0 ? " " : "", shown_word(arena, argv[i]));
  return text;
}

/* All of them in one text: the identity of what is run. */
static const char *commands_text(struct arena *arena, char **const programs[]) {
  const char *text = "";
  for (size_t i = 0; programs[i]; i++)
    text =
        arena_printf(arena, "%s%s%s", text, i > 0 ? " && " : "", command_text(arena, programs[i]));
  return text;
}

static bool applies(const struct target *target, enum service_verb verb, struct err *why) {
  struct service_commands commands;
  const char *name = service_verb_name(verb);
  service_commands_init(&commands, target);
  const bool can = service_commands_can(&commands, verb);
  service_commands_fini(&commands);
  return can || err_set(why, ERR_UNSUPPORTED,
                        "the configuration does not say how: add runtime: {%s: \"PROGRAM ARGS\"} "
                        "to the service",
                        name);
}

static bool may_start(const struct action_request *request, struct err *why) {
  return applies(request->target, SERVICE_START, why);
}

static bool may_stop(const struct action_request *request, struct err *why) {
  return applies(request->target, SERVICE_STOP, why);
}

static bool may_restart(const struct action_request *request, struct err *why) {
  return applies(request->target, SERVICE_RESTART, why);
}

/* ---- survey: how the service is now */

static bool survey(struct step *step) {
  struct service_commands commands;
  struct service_verdict verdict;
  struct service_run run;
  if (!service_step_look(step, LOOK_MS, &verdict))
    return false;
  step->found = found_new(NULL, 0);
  found_set_text(step->found, "state", verdict.state);
  found_set_text(step->found, "reason", verdict.reason);
  service_commands_init(&commands, step->call->target);
  if (commands.status && service_step_run(step, false, commands.status, STATUS_MS, &run)) {
    found_set_int(step->found, "exit_code", run.exit_code);
    found_set_text(step->found, "line", run.line);
  }
  service_commands_fini(&commands);
  return !step->dropped;
}

/* ---- the plan */

static void say_status(struct plan *plan, const struct sample *found) {
  const int64_t code = found_int(found, "exit_code", -1);
  const char *line = found_text(found, "line");
  if (code == 0)
    plan_say(plan, PLAN_BLAST, "its status command says that it runs%s%s", *line ? ": " : "", line);
  else if (code > 0)
    plan_say(plan, PLAN_BLAST, "its status command says that it does not run%s%s",
             *line ? ": " : "", line);
}

enum cell { CELL_ADDRESS, CELL_NOW };

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      [CELL_ADDRESS] = {"ADDRESS", false}, [CELL_NOW] = {"NOW", false}};
  static const char *const identities[] = {"address", "commands"};
  const struct verb *verb = verb_of(plan->action);
  const struct target *target = request->target;
  struct service_commands commands;
  char **programs[PROGRAMS_MAX + 1];
  const char *reason = found_text(request->found, "reason");
  ACTION_OBJECTS(plan, columns, identities);
  struct plan_object *object = plan_object(plan, target->name, target->name);
  if (!object)
    return err_set(err, ERR_LIMIT, "the plan is too large");
  service_commands_init(&commands, target);
  programs_of(&commands, verb->verb, programs);
  for (size_t i = 0; programs[i]; i++)
    plan_say(plan, PLAN_EFFECT, "%s", command_text(&plan->arena, programs[i]));
  action_bind(plan, "address", plan_copy(plan, target_text(target, "address")));
  action_bind(plan, "commands", commands_text(&plan->arena, programs));
  service_commands_fini(&commands);
  object->cells[CELL_ADDRESS] = plan_copy(plan, target_text(target, "address"));
  object->cells[CELL_NOW] = plan_copy(plan, *reason ? reason : found_text(request->found, "state"));
  plan->title = plan_printf(plan, "%s %s", verb->title, target->name);
  plan->unit = "service";
  say_status(plan, request->found);
  plan_say(plan, PLAN_BLAST,
           verb->up ? "done when the service answers as it should"
                    : "done when the service no longer answers");
  plan_say(plan, PLAN_PRECONDITION,
           "the configuration still names these commands and this address");
  if (verb->loss)
    plan_say(plan, PLAN_LOSS, "%s", verb->loss);
  if (verb->undo)
    plan_say(plan, PLAN_UNDO, "stacktop plan %s %s", verb->undo,
             shown_word(&plan->arena, target->name));
  return true;
}

/* ---- execute */

/* Whether the address and the commands are those that were shown. */
static bool is_same(struct step *step, char **const programs[]) {
  const struct plan *plan = step->call->plan;
  return strcmp(commands_text(&step->arena, programs), action_identity(plan, 0, "commands")) == 0 &&
         strcmp(target_text(step->call->target, "address"), action_identity(plan, 0, "address")) ==
             0;
}

/* earlier: the program before it, which has done its part; NULL: it is the first. */
static bool run_one(struct step *step, char *const *program, const char *earlier) {
  struct outcome *outcome = step->call->outcome;
  struct service_run run;
  char took[FORMAT_MAX];
  if (!service_step_run(step, true, program, RUN_MS, &run)) {
    if (step->err.kind == ERR_TIMEOUT && !step->dropped)
      outcome_set(outcome, 0, OBJECT_UNKNOWN, "%s", step->err.text);
    else if (earlier && !step->dropped)
      outcome_set_partly(outcome, 0, NULL, "%.80s did its part, but then: %s", earlier,
                         step->err.text);
    return false;
  }
  if (run.exit_code == 0) {
    outcome_set(outcome, 0, OBJECT_SENT, "%.80s ended with 0 after %s", program[0],
                format_duration(took, sizeof took, (double)run.took_us / 1e6));
    return true;
  }
  if (earlier && run.exit_code > 0)
    outcome_set_partly(outcome, 0, NULL, "%.80s did its part, but %.80s ended with %d%s%s", earlier,
                       program[0], run.exit_code, *run.line ? ": " : "", run.line);
  else if (run.exit_code < 0)
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "%.80s was ended by a signal", program[0]);
  else
    outcome_set(outcome, 0, OBJECT_REFUSED, "%.80s ended with %d%s%s", program[0], run.exit_code,
                *run.line ? ": " : "", run.line);
  return step_fail(step, ERR_INVALID, "%s", outcome->objects[0].words);
}

static bool execute(struct step *step) {
  struct service_commands commands;
  char **programs[PROGRAMS_MAX + 1];
  bool good = true;
  service_commands_init(&commands, step->call->target);
  programs_of(&commands, verb_of(step->call->plan->action)->verb, programs);
  if (!programs[0] || !is_same(step, programs))
    good = step_fail(step, ERR_INVALID,
                     "the configuration now names other commands or another address");
  for (size_t i = 0; good && programs[i]; i++)
    good = run_one(step, programs[i], i > 0 ? programs[i - 1][0] : NULL);
  service_commands_fini(&commands);
  return good;
}

/* ---- verify: the service itself */

/* Down is what refuses connections; a service that is only sick is not down. */
static bool is_settled(const struct verb *verb, const struct service_verdict *verdict) {
  return verb->up ? verdict->available && verdict->severity == SEVERITY_OK
                  : strcmp(verdict->state, "refused") == 0;
}

static bool verify(struct step *step) {
  const struct verb *verb = verb_of(step->call->plan->action);
  struct outcome *outcome = step->call->outcome;
  struct service_verdict verdict;
  const int64_t began_ms = clock_now_ms();
  char took[FORMAT_MAX];
  if (outcome_count(outcome, OBJECT_SENT) == 0)
    return true;
  for (;;) {
    if (!service_step_look(step, LOOK_MS, &verdict))
      return false;
    format_duration(took, sizeof took, (double)(clock_now_ms() - began_ms) / 1000);
    if (is_settled(verb, &verdict))
      break;
    if (clock_now_ms() - began_ms >= target_number(step->call->target, "ready")) {
      outcome_set_partly(outcome, 0, NULL,
                         "the command ended with 0, but after %s the service is %s", took,
                         *verdict.reason ? verdict.reason : verdict.state);
      return true;
    }
    if (!step_sleep(step, LOOK_AGAIN_MS))
      return step_fail(step, ERR_TIMEOUT, "cancelled while waiting for the service");
  }
  outcome_set(outcome, 0, OBJECT_DONE, "%s after %s", verb->up ? "healthy" : "down", took);
  outcome_proof(outcome, "%s", outcome->objects[0].words);
  if (verb->undo)
    outcome_undo(outcome, "%s %s", verb->undo, shown_word(&step->arena, step->call->plan->target));
  return true;
}

STEP(survey, SURVEY_MS)
STEP_CANCELLABLE(execute, 2 * RUN_MS + 10000)
STEP_CANCELLABLE(verify, READY_MAX_MS + 2 * LOOK_MS)

#define SERVICE_ACTION(name, ...)               \
  const struct action action_service_##name = { \
      .spec = {.kind = "service", __VA_ARGS__}, .applies = may_##name, STEPS}

SERVICE_ACTION(restart, .id = "service.restart", .key = 'R', .title = "restart",
               .past = "restarted",
               .what = "restarts the service by the command of its configuration, and waits until "
                       "it answers as it should",
               .runs = "the command runtime.restart, or runtime.stop and runtime.start",
               .danger = DANGER_DESTRUCTIVE);
SERVICE_ACTION(start, .id = "service.start", .key = 'B', .title = "start", .past = "started",
               .what = "starts the service by the command of its configuration, and waits until it "
                       "answers as it should",
               .runs = "the command runtime.start", .danger = DANGER_REVERSIBLE);
SERVICE_ACTION(stop, .id = "service.stop", .key = 'S', .title = "stop", .past = "stopped",
               .what = "stops the service by the command of its configuration, and waits until it "
                       "no longer answers",
               .runs = "the command runtime.stop", .danger = DANGER_DESTRUCTIVE);
