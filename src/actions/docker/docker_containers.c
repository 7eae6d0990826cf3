/* The actions on containers: start, stop, restart, kill, pause and resume, over one implementation.
 *
 * A container is addressed by its id, which is never given again, and is left alone when another
 * run of it has begun since the plan was made. Of several containers each has to come up before the
 * next one's turn; the first that does not ends it. */
#include "actions/docker/docker_conn.h"
#include "actions/found.h"
#include "clients/docker/docker.h"
#include "clients/docker/docker_contract.h"
#include "core/format.h"
#include "core/quote.h"
#include "io/clock.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
  SURVEY_MS = 15000,
  STOP_S = 10,         /* the engine's own grace between SIGTERM and SIGKILL */
  EFFECT_MS = 60000,   /* for the engine's answer, which comes when the container has ended */
  STARTED_MS = 1000,   /* without a health check: it has to run for so long */
  HEALTHY_MS = 120000, /* with one: the most that is waited for it */
  LOOK_AGAIN_MS = 100,
  ID_SHOWN = 12,
  RUN_MAX = 48,
};

enum wanted { WANTED_UP, WANTED_DOWN, WANTED_PAUSED };

struct verb {
  const char *action;       /* the action's id */
  const char *title;        /* of the plan */
  const char *command;      /* of the docker command line */
  const char *path;         /* after the container's id */
  const char *from;         /* states in which it makes sense, each between blanks; NULL: any */
  enum wanted wanted;       /* what the container is to be afterwards */
  bool new_run;             /* it begins another run */
  const char *undo;         /* the action that undoes it; NULL: none */
  const char *blast, *loss; /* NULL: nothing to say */
};

static const struct verb verbs[] = {
    {.action = "docker.restart",
     .title = "Restart",
     .command = "restart --time 10",
     .path = "/restart?t=10",
     .wanted = WANTED_UP,
     .new_run = true,
     .blast = "SIGTERM, SIGKILL after 10s, then a new run of the same container",
     .loss = "what its processes hold in memory, and requests under way"},
    {.action = "docker.start",
     .title = "Start",
     .command = "start",
     .path = "/start",
     .from = " created exited dead ",
     .wanted = WANTED_UP,
     .new_run = true,
     .undo = "docker.stop",
     .blast = "a new run of the same container"},
    {.action = "docker.stop",
     .title = "Stop",
     .command = "stop --time 10",
     .path = "/stop?t=10",
     .from = " running paused restarting ",
     .wanted = WANTED_DOWN,
     .undo = "docker.start",
     .blast = "SIGTERM, SIGKILL after 10s",
     .loss = "what its processes hold in memory, and requests under way"},
    {.action = "docker.kill",
     .title = "Kill",
     .command = "kill",
     .path = "/kill",
     .from = " running paused restarting ",
     .wanted = WANTED_DOWN,
     .undo = "docker.start",
     .blast = "SIGKILL at once: its processes cannot end in order",
     .loss = "what its processes hold in memory or have not flushed to disk"},
    {.action = "docker.pause",
     .title = "Pause",
     .command = "pause",
     .path = "/pause",
     .from = " running ",
     .wanted = WANTED_PAUSED,
     .undo = "docker.unpause",
     .blast = "its processes are frozen: clients wait for answers and time out"},
    {.action = "docker.unpause",
     .title = "Resume",
     .command = "unpause",
     .path = "/unpause",
     .from = " paused ",
     .wanted = WANTED_UP,
     .undo = "docker.pause",
     .blast = "its processes continue where they were frozen"},
};

static const struct verb *verb_of(const struct action_spec *spec) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(verbs[i].action, spec->id) == 0)
      return &verbs[i];
  assert(!"an action without a verb");
  return NULL;
}

static bool state_fits(const struct verb *verb, const char *state) {
  char word[32];
  snprintf(word, sizeof word, " %.20s ", state);
  return !verb->from || strstr(verb->from, word);
}

/* ---- survey: what the engine says of each container now */

enum container_column {
  CONTAINER_NAME,
  CONTAINER_STATE,
  CONTAINER_IMAGE,
  CONTAINER_POLICY,
  CONTAINER_PROJECT,
  CONTAINER_RUN,
  CONTAINER_COLUMN_COUNT
};
static const struct column_spec container_columns[CONTAINER_COLUMN_COUNT] = {
    [CONTAINER_NAME] = {.id = DOCKER_CONTAINER_NAME, .title = "CONTAINER", .help = "its name"},
    [CONTAINER_STATE] = {.id = DOCKER_CONTAINER_STATE, .title = "STATE", .help = "its state"},
    [CONTAINER_IMAGE] = {.id = "image", .title = "IMAGE", .help = "its image"},
    [CONTAINER_POLICY] = {.id = DOCKER_CONTAINER_POLICY, .title = "POLICY", .help = "restarts"},
    [CONTAINER_PROJECT] = {.id = DOCKER_CONTAINER_PROJECT, .title = "PROJECT", .help = "compose"},
    [CONTAINER_RUN] = {.id = "run", .title = "RUN", .help = "when its present run began"},
};
static const struct table_spec containers_table = {.id = DOCKER_CONTAINERS_TABLE,
                                                   .title = "Containers",
                                                   .columns = container_columns,
                                                   .column_count = CONTAINER_COLUMN_COUNT};

static const char *run_text(char out[RUN_MAX], const struct docker_detail *detail) {
  snprintf(out, RUN_MAX, "%.6f", detail->started_s);
  return out;
}

static bool add_container(struct step *step, const char *id) {
  struct docker_detail detail;
  bool gone;
  char run[RUN_MAX];
  if (!docker_step_inspect(step, id, &detail, &gone))
    return gone && step_fail(step, ERR_INVALID, "the container no longer exists");
  struct row *row = sample_row(step->found, &step->found->tables[0], id, NULL);
  if (!row)
    return step_fail(step, ERR_LIMIT, "too many containers");
  const char *const texts[CONTAINER_COLUMN_COUNT] = {
      [CONTAINER_NAME] = detail.name,       [CONTAINER_STATE] = detail.status,
      [CONTAINER_IMAGE] = detail.image,     [CONTAINER_POLICY] = detail.policy,
      [CONTAINER_PROJECT] = detail.project, [CONTAINER_RUN] = run_text(run, &detail)};
  for (size_t i = 0; i < CONTAINER_COLUMN_COUNT; i++)
    row->cells[i] = value_text(sample_copy(step->found, texts[i]));
  return true;
}

static bool survey(struct step *step) {
  static const struct table_spec *const specs[] = {&containers_table};
  const struct action_request *request = step->call->request;
  step->found = found_new(specs, 1);
  for (size_t i = 0; i < request->key_count; i++)
    if (!add_container(step, request->keys[i]))
      return false;
  return true;
}

/* ---- the plan */

static void say_policy(struct plan *plan, const struct verb *verb, const struct value *cells) {
  const char *name = cells[CONTAINER_NAME].text, *policy = cells[CONTAINER_POLICY].text;
  if (verb->wanted == WANTED_DOWN && strcmp(policy, "always") == 0)
    plan_say(plan, PLAN_WARNING,
             "%s has the restart policy always: a restart of the engine starts it again", name);
  if (verb->wanted == WANTED_DOWN && *cells[CONTAINER_PROJECT].text)
    plan_say(plan, PLAN_WARNING,
             "%s belongs to the compose project %s: docker compose up starts it", name,
             cells[CONTAINER_PROJECT].text);
}

static bool add_object(struct plan *plan, const struct verb *verb, const struct row *row,
                       struct err *err) {
  const struct value *cells = row->cells;
  struct plan_object *object;
  if (!state_fits(verb, cells[CONTAINER_STATE].text))
    return err_set(err, ERR_INVALID, "%.60s is %s", cells[CONTAINER_NAME].text,
                   cells[CONTAINER_STATE].text);
  if (!(object = plan_object(plan, row->key, cells[CONTAINER_NAME].text)))
    return err_set(err, ERR_LIMIT, "more than %d containers", PLAN_OBJECTS_MAX);
  object->cells[0] = plan_copy(plan, cells[CONTAINER_STATE].text);
  object->cells[1] = plan_copy(plan, cells[CONTAINER_IMAGE].text);
  object->cells[2] = plan_copy(plan, cells[CONTAINER_POLICY].text);
  object->identities[0] = plan_copy(plan, row->key);
  object->identities[1] = plan_copy(plan, cells[CONTAINER_RUN].text);
  plan_say(plan, PLAN_EFFECT, "docker %s %.*s", verb->command, ID_SHOWN, row->key);
  say_policy(plan, verb, cells);
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"STATE", false}, {"IMAGE", false}, {"RESTART POLICY", false}};
  static const char *const identities[] = {"id", "run"};
  const struct verb *verb = verb_of(plan->action);
  const struct table *table = &request->found->tables[0];
  ACTION_OBJECTS(plan, columns, identities);
  for (size_t i = 0; i < table->row_count; i++)
    if (!add_object(plan, verb, &table->rows[i], err))
      return false;
  if (plan->object_count == 0)
    return err_set(err, ERR_INVALID, "no container is selected");
  plan->unit = plan->object_count == 1 ? "container" : "containers";
  plan->title = plan->object_count == 1
                    ? plan_printf(plan, "%s %s", verb->title, plan->objects[0].label)
                    : plan_printf(plan, "%s %zu containers of %s", verb->title, plan->object_count,
                                  request->target->name);
  plan_say(plan, PLAN_BLAST, "%s", verb->blast);
  plan_say(plan, PLAN_PRECONDITION,
           "it is the container with that id, and no new run of it has begun");
  if (plan->object_count > 1)
    plan_say(plan, PLAN_BLAST, "one after the other; the first that fails ends it");
  if (verb->loss)
    plan_say(plan, PLAN_LOSS, "%s", verb->loss);
  if (verb->undo)
    plan_say(plan, PLAN_UNDO, "%s", verb->undo);
  return true;
}

/* ---- what became of it */

/* Whether the container is what it is to be; false also where that is not to be expected any more:
 * the outcome then says so. */
static bool is_settled(struct step *step, size_t object, const struct verb *verb,
                       const struct docker_detail *detail, int64_t began_ms) {
  struct outcome *outcome = step->call->outcome;
  char took[FORMAT_MAX];
  const int64_t waited_ms = clock_now_ms() - began_ms;
  const double ran_s = (double)clock_wall_ms() / 1000 - detail->started_s;
  const bool runs = strcmp(detail->status, "running") == 0;
  format_duration(took, sizeof took, (double)waited_ms / 1000);
  if (verb->wanted == WANTED_DOWN) {
    if (runs || strcmp(detail->status, "paused") == 0)
      return false;
    outcome_set(outcome, object, OBJECT_DONE, "%s, exit code %lld", detail->status,
                (long long)detail->exit_code);
  } else if (verb->wanted == WANTED_PAUSED) {
    if (strcmp(detail->status, "paused") != 0)
      return false;
    outcome_set(outcome, object, OBJECT_DONE, "paused");
  } else if (!runs) {
    outcome_set_partly(outcome, object, NULL, "started, but it is %s again: exit code %lld%s",
                       detail->status, (long long)detail->exit_code,
                       detail->oom_killed ? " (OOM-killed)" : "");
  } else if (strcmp(detail->health, "healthy") == 0) {
    outcome_set(outcome, object, OBJECT_DONE, "healthy after %s", took);
  } else if (strcmp(detail->health, "unhealthy") == 0) {
    outcome_set_partly(outcome, object, NULL, "started, but its health check fails: %.200s",
                       detail->checked);
  } else if (!*detail->health && ran_s * 1000 >= STARTED_MS) {
    outcome_set(outcome, object, OBJECT_DONE, "running");
  } else {
    return false;
  }
  return true;
}

/* Waits until the container is what it is to be. False with step->err when that cannot be known. */
static bool wait_settled(struct step *step, size_t object) {
  const struct verb *verb = verb_of(step->call->plan->action);
  struct outcome *outcome = step->call->outcome;
  const char *id = action_identity(step->call->plan, object, "id");
  const int64_t began_ms = clock_now_ms();
  struct docker_detail detail;
  bool gone;
  for (;;) {
    if (!docker_step_inspect(step, id, &detail, &gone)) {
      if (!gone)
        return false;
      outcome_set(outcome, object, verb->wanted == WANTED_DOWN ? OBJECT_DONE : OBJECT_PARTLY,
                  "removed when it had ended"); /* docker run --rm */
      return true;
    }
    if (is_settled(step, object, verb, &detail, began_ms))
      return true;
    if (clock_now_ms() - began_ms >= HEALTHY_MS) {
      outcome_set_partly(outcome, object, NULL, "still %s%s%s after %d s", detail.status,
                         *detail.health ? ", health check " : "", detail.health, HEALTHY_MS / 1000);
      return true;
    }
    if (!step_sleep(step, LOOK_AGAIN_MS))
      return step_fail(step, ERR_TIMEOUT, "cancelled while waiting for it");
  }
}

/* ---- execute */

/* Whether it is still the run that was planned for; otherwise the outcome says what it is. */
static bool is_same(struct step *step, size_t object, bool *same) {
  struct docker_detail detail;
  bool gone;
  char run[RUN_MAX];
  *same = false;
  if (!docker_step_inspect(step, action_identity(step->call->plan, object, "id"), &detail, &gone)) {
    if (gone)
      outcome_set(step->call->outcome, object, OBJECT_GONE, "the container was removed");
    return gone;
  }
  *same = strcmp(run_text(run, &detail), action_identity(step->call->plan, object, "run")) == 0;
  if (!*same)
    outcome_set(step->call->outcome, object, OBJECT_SKIPPED,
                "a new run of it has begun since the plan was made");
  return true;
}

static bool act_on(struct step *step, size_t object) {
  const struct verb *verb = verb_of(step->call->plan->action);
  char path[DOCKER_PATH_MAX];
  struct docker_reply reply;
  bool same;
  if (!is_same(step, object, &same))
    return false;
  if (!same)
    return true;
  if (!docker_path(path, "/containers/", action_identity(step->call->plan, object, "id"),
                   verb->path))
    return step_fail(step, ERR_INVALID, "not the id of a container");
  if (docker_step_ask(step, true, "POST", path, EFFECT_MS, &reply))
    outcome_set(step->call->outcome, object, OBJECT_SENT, "the engine did it");
  else if (reply.status == 404)
    outcome_set(step->call->outcome, object, OBJECT_GONE, "the container was removed");
  else if (reply.status > 0)
    outcome_set(step->call->outcome, object, OBJECT_REFUSED, "%s", step->err.text);
  else
    return false;
  return true;
}

static bool succeeded(const struct outcome *outcome, size_t object) {
  const enum object_result result = outcome->objects[object].result;
  return result == OBJECT_SENT || result == OBJECT_DONE || result == OBJECT_GONE;
}

static bool execute(struct step *step) {
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
    if (!succeeded(outcome, i)) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "not attempted: %s failed",
                      step->call->plan->objects[i].label);
      return true;
    }
    step_progress(step, (int64_t)i + 1, (int64_t)outcome->count, "containers");
    step_yield(step);
  }
  return true;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result == OBJECT_SENT && !wait_settled(step, i))
      return false;
  if (outcome->count == 1)
    outcome_proof(outcome, "%s", outcome->objects[0].words);
  else
    outcome_proof(outcome, "%zu of %zu containers as wanted",
                  outcome_count(outcome, OBJECT_DONE) + outcome_count(outcome, OBJECT_GONE),
                  outcome->count);
  const struct verb *verb = verb_of(step->call->plan->action);
  char word[PLAN_NAME_MAX * 4];
  if (verb->undo && outcome->count == 1 && outcome->objects[0].result == OBJECT_DONE)
    outcome_undo(outcome, "%s %s %s", verb->undo, step->call->plan->target,
                 quote_word(word, sizeof word, step->call->plan->objects[0].label));
  return true;
}

STEP(survey, SURVEY_MS)
STEP(execute, 0)
STEP(verify, HEALTHY_MS + 10000)

/* A row may be named on a command line by its container's name or the beginning of its id; the
 * model has both. */
#define CONTAINER_ACTION(name, ...)                                                            \
  const struct action action_docker_##name = {                                                 \
      .spec = {.kind = "docker", .table = DOCKER_CONTAINERS_TABLE, .many = true, __VA_ARGS__}, \
      .applies = name##_applies,                                                               \
      STEPS}

static bool applies(const struct action_request *request, const char *action, struct err *why) {
  for (size_t i = 0; i < request->key_count; i++) {
    const struct row *row = action_row(request, i);
    const struct value state =
        row ? action_cell(request, row, DOCKER_CONTAINER_ENGINE_STATE) : value_none(NULL);
    for (size_t verb = 0; verb < sizeof verbs / sizeof *verbs; verb++)
      if (strcmp(verbs[verb].action, action) == 0 && state.type == VALUE_TEXT &&
          !state_fits(&verbs[verb], state.text))
        return err_set(why, ERR_UNSUPPORTED, "it is %s", state.text);
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
                         "under way fail",
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
