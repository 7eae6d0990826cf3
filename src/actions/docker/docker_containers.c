/* The actions on containers: start, stop, restart, kill, pause and resume, over one implementation.
 */
#include "actions/docker/docker_containers.h"
#include "core/format.h"
#include "io/clock.h"

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

static const char *engine_state(const struct action_request *request, size_t index) {
  const struct table *table = action_table(request, DOCKER_CONTAINERS_TABLE);
  const struct row *row = table ? action_row(request, index) : NULL;
  const int column = row ? table_column(table->spec, DOCKER_CONTAINER_ENGINE_STATE) : -1;
  return column >= 0 && row->cells[column].type == VALUE_TEXT ? row->cells[column].text : NULL;
}

/* By what was read last, which may be older than what was done last: the words say how old. */
static bool applies(const struct action_request *request, const char *action, struct err *why) {
  const struct sample *sample = request->model->targets[request->target_index].sample;
  char age[FORMAT_MAX];
  format_duration(age, sizeof age, sample ? (double)(clock_now_ms() - sample->taken_ms) / 1000 : 0);
  for (size_t i = 0; i < request->key_count; i++) {
    const char *state = engine_state(request, i);
    if (state && !docker_state_fits(docker_verb_of(action), state))
      return err_set(why, ERR_UNSUPPORTED, "it was %.20s %s ago", state, age);
  }
  return request->key_count > 0 || err_set(why, ERR_INVALID, "no container is selected");
}

#define APPLIES(name)                                                                 \
  static bool name##_applies(const struct action_request *request, struct err *why) { \
    return applies(request, "docker." #name, why);                                    \
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
