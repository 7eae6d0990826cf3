/* The actions on containers: start, stop, restart, kill, pause and resume, over one implementation.
 */
#include "actions/docker/docker_containers.h"

#include <string.h>

enum { SURVEY_MS = 15000, VERIFY_MS = DOCKER_HEALTHY_MS + 10000 };

static const char kind[] = "docker.";

const struct docker_verb *docker_verb_of(const char *action) {
  return docker_verb_named(action + strlen(kind));
}

STEP(docker_containers_survey, SURVEY_MS)
STEP(docker_containers_execute, 0) /* each container has a limit of its own */
STEP_CANCELLABLE(docker_containers_verify, VERIFY_MS)

#define CONTAINER_ACTION(name, ...)                                                            \
  const struct action action_docker_##name = {                                                 \
      .spec = {.kind = "docker", .table = DOCKER_CONTAINERS_TABLE, .many = true, __VA_ARGS__}, \
      .applies = name##_applies,                                                               \
      .survey = &docker_containers_survey_step,                                                \
      .plan = docker_containers_plan,                                                          \
      .execute = &docker_containers_execute_step,                                              \
      .verify = &docker_containers_verify_step}

#define APPLIES(name)                                                                 \
  static bool name##_applies(const struct action_request *request, struct err *why) { \
    return turns_apply(&docker_turns, request, "docker." #name, why);                 \
  }
APPLIES(restart)
APPLIES(start)
APPLIES(stop)
APPLIES(kill)
APPLIES(pause)
APPLIES(unpause)

CONTAINER_ACTION(restart, .id = "docker.restart", .key = 'R', .title = "restart",
                 .past = "restarted",
                 .what = "stops the selected containers in order and starts them again; requests "
                         "in progress fail",
                 .runs = "docker restart --time 10 ID", .danger = DANGER_DESTRUCTIVE);
CONTAINER_ACTION(start, .id = "docker.start", .key = 'B', .title = "start", .past = "started",
                 .what = "starts the selected containers, which have ended or never ran",
                 .runs = "docker start ID", .danger = DANGER_REVERSIBLE);
CONTAINER_ACTION(stop, .id = "docker.stop", .key = 'S', .title = "stop", .past = "stopped",
                 .what = "ends the selected containers in order; they stay stopped",
                 .runs = "docker stop --time 10 ID", .danger = DANGER_DESTRUCTIVE);
CONTAINER_ACTION(kill, .id = "docker.kill", .title = "kill", .past = "killed",
                 .what = "ends the selected containers at once, without giving them time",
                 .runs = "docker kill ID", .danger = DANGER_DESTRUCTIVE);
CONTAINER_ACTION(pause, .id = "docker.pause", .title = "pause", .past = "paused",
                 .what = "freezes the processes of the selected containers",
                 .runs = "docker pause ID", .danger = DANGER_REVERSIBLE);
CONTAINER_ACTION(unpause, .id = "docker.unpause", .title = "resume", .past = "resumed",
                 .what = "lets the processes of paused containers continue",
                 .runs = "docker unpause ID", .danger = DANGER_REVERSIBLE);
