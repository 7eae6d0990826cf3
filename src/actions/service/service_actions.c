/* The actions on services: start, stop, restart and scale by what runs them, and the restart of
 * all. */
#include "actions/service/service_actions.h"

#include "model/config/config.h"

#include <assert.h>
#include <string.h>

/* SURVEY_MS: of all services; each look has a limit of its own. */
enum { SURVEY_MS = 60000, REPLICAS_MAX = 10000 };

static const struct option scale_params[] = {
    {.name = "replicas",
     .type = OPTION_INT,
     .required = true,
     .min = 0,
     .max = REPLICAS_MAX,
     .help = "number of replicas that are to run"},
};

static const char lost[] = "requests in progress, and what the service holds in memory";

enum { VERB_RESTART, VERB_START, VERB_STOP, VERB_RESTART_ALL, VERB_SCALE };
static const struct service_action verbs[] = {
    [VERB_RESTART] = {.id = "service.restart",
                      .verb = SERVICE_RESTART,
                      .title = "Restart",
                      .up = true,
                      .loss = lost},
    [VERB_START] = {.id = "service.start",
                    .verb = SERVICE_START,
                    .title = "Start",
                    .up = true,
                    .undo = "service.stop"},
    [VERB_STOP] = {.id = "service.stop",
                   .verb = SERVICE_STOP,
                   .title = "Stop",
                   .undo = "service.start",
                   .loss = lost},
    [VERB_RESTART_ALL] = {.id = "service.restart-all",
                          .verb = SERVICE_RESTART,
                          .title = "Restart",
                          .up = true,
                          .all = true,
                          .loss = "requests in progress, and what the services hold in memory"},
    [VERB_SCALE] = {.id = "service.scale",
                    .verb = SERVICE_SCALE,
                    .title = "Scale",
                    .up = true,
                    .undo = "service.scale"},
};

const struct service_action *service_action_of(const struct action_spec *spec) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(verbs[i].id, spec->id) == 0)
      return &verbs[i];
  assert(!"an action without a verb");
  return NULL;
}

/* One of several that can is enough: the plan says why others are not included. */
static bool may_any(const struct action_request *request, enum service_verb verb, struct err *why) {
  const struct target *target = request->target;
  struct err other;
  if (request->key_count == 0)
    return service_driver_for(target, verb, why);
  for (size_t i = 0; i < request->key_count; i++) {
    const struct target *each = target_beside(target, request->keys[i]);
    if (each && service_driver_for(each, verb, i == 0 ? why : &other))
      return true;
  }
  return false;
}

#define MAY(name, verb)                                                           \
  static bool may_##name(const struct action_request *request, struct err *why) { \
    return may_any(request, verb, why);                                           \
  }
MAY(restart, SERVICE_RESTART)
MAY(start, SERVICE_START)
MAY(stop, SERVICE_STOP)
MAY(scale, SERVICE_SCALE)

/* Whether any of them can be restarted. */
static bool may_restart_all(const struct action_request *request, struct err *why) {
  const struct config *config = request->target->config;
  struct err other;
  if (service_driver_for(request->target, SERVICE_RESTART, why))
    return true;
  for (size_t i = 0; config && i < config->all_count; i++)
    if (config->all[i]->kind == request->target->kind &&
        service_driver_for(config->all[i], SERVICE_RESTART, &other))
      return true;
  return false;
}

#define SURVEY(name, verb)                       \
  static bool survey_##name(struct step *step) { \
    return service_survey(step, &verbs[verb]);   \
  }                                              \
  STEP(survey_##name, SURVEY_MS)
SURVEY(restart, VERB_RESTART)
SURVEY(start, VERB_START)
SURVEY(stop, VERB_STOP)
SURVEY(scale, VERB_SCALE)
SURVEY(restart_all, VERB_RESTART_ALL)
STEP(service_execute, 0) /* each change has a limit of its own */
STEP_CANCELLABLE(service_verify, SERVICE_READY_MAX_MS + 2 * SERVICE_LOOK_MS)

#define SERVICE_ACTION(name, ...)                                                        \
  const struct action action_service_##name = {.spec = {.kind = "service", __VA_ARGS__}, \
                                               .applies = may_##name,                    \
                                               .survey = &survey_##name##_step,          \
                                               .plan = service_plan,                     \
                                               .execute = &service_execute_step,         \
                                               .verify = &service_verify_step}

SERVICE_ACTION(
    restart, .id = "service.restart", .key = 'R', .title = "restart", .past = "restarted",
    .what = "restarts the service by what runs it, and waits until it answers as it should",
    .runs = "docker restart, kubectl rollout restart, systemctl restart, or the programs of "
            "the configuration",
    .danger = DANGER_DESTRUCTIVE, .many = true);
SERVICE_ACTION(
    start, .id = "service.start", .key = 'B', .title = "start", .past = "started",
    .what = "starts the service by what runs it, and waits until it answers as it should",
    .runs = "docker start, systemctl start, or the program of the configuration",
    .danger = DANGER_REVERSIBLE, .many = true);
SERVICE_ACTION(stop, .id = "service.stop", .key = 'S', .title = "stop", .past = "stopped",
               .what = "stops the service by what runs it, and waits until it no longer answers",
               .runs = "docker stop, systemctl stop, or the program of the configuration",
               .danger = DANGER_DESTRUCTIVE, .many = true);
SERVICE_ACTION(restart_all, .id = "service.restart-all", .key = 'A', .title = "restart all",
               .past = "restarted",
               .what =
                   "restarts all services in the order of the configuration, each after the one "
                   "before it answers as it should; the first that fails ends it",
               .runs = "what service.restart runs, for each of them", .danger = DANGER_DESTRUCTIVE);
SERVICE_ACTION(
    scale, .id = "service.scale", .key = 'C', .title = "scale", .past = "scaled",
    .what = "sets how many replicas of the service run, and waits until it answers as it should",
    .runs = "kubectl scale KIND/NAME --replicas=N; compose and systemd have no such thing",
    .danger = DANGER_REVERSIBLE, ACTION_PARAMS(scale_params));
