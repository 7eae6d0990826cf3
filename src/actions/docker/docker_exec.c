/* Runs one command in a container and keeps its output. The engine gives each command an id of its
 * own, so what became of it is asked by that, also after its output broke off. */
#include "clients/docker/docker_exec.h"

#include "actions/docker/docker_containers.h"
#include "clients/docker/docker_frames.h"
#include "core/text/format.h"
#include "core/text/words.h"
#include "io/clock.h"

#include <stdlib.h>

enum {
  SURVEY_MS = 15000,
  ENDED_MS = 5000, /* its output has ended: it has, too, or is about to */
  TIMEOUT_LEAST_MS = 1000,
  TIMEOUT_MOST_MS = 3600000,
};

static bool command_check(const char *text, struct err *err) {
  size_t count = 0;
  char **argv = words_split(text, &count, err);
  const bool named = argv && count > 0 && *argv[0];
  char *body = named ? docker_exec_body(argv, err) : NULL;
  const bool good = body;
  free(body);
  free(argv);
  return good || named || !argv ? good : err_set(err, ERR_INVALID, "no program is named");
}

enum { PARAM_COMMAND, PARAM_TIMEOUT };
static const struct option params[] = {
    [PARAM_COMMAND] = {.name = "command",
                       .type = OPTION_TEXT,
                       .required = true,
                       .check = command_check,
                       .help = "the program and its arguments; quotes and \\ work as in a shell, "
                               "but nothing is expanded and no shell sees it",
                       .example = "cat /etc/hosts"},
    [PARAM_TIMEOUT] = {.name = "timeout",
                       .type = OPTION_DURATION,
                       .min = TIMEOUT_LEAST_MS,
                       .max = TIMEOUT_MOST_MS,
                       .fallback = "30s",
                       .help = "how long its end is waited for; the engine cannot end it"},
};

static const struct docker_verb verb = {.name = "exec", .from = " running "};

/* By what was read last: the survey looks again. */
static bool applies(const struct action_request *request, struct err *why) {
  return request->key_count == 1 || err_set(why, ERR_INVALID, "select one container");
}

/* ---- the plan */

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const char *const identities[] = {DOCKER_IDENTITIES};
  const char *command = request->params[PARAM_COMMAND].text;
  if (!docker_containers_objects(plan, &verb, identities, sizeof identities / sizeof *identities,
                                 request->found, err))
    return false;
  plan->title = plan_printf(plan, "Run a command in %s", plan->objects[0].label);
  plan->unit = "container";
  plan_say(plan, PLAN_EFFECT, "docker exec %.*s %s", DOCKER_ID_SHOWN, plan->objects[0].key,
           command);
  plan_say(plan, PLAN_BLAST, "stacktop does not know what the command does");
  plan_say(plan, PLAN_BLAST,
           "it runs as the container's user, beside its processes and within its limits");
  plan_say(plan, PLAN_PRECONDITION,
           "it is the container with that id, it runs, and it was not started or stopped since");
  plan_say(plan, PLAN_WARNING,
           "after %s without an end the outcome is unknown: the engine cannot end a command, so it "
           "may still run",
           request->texts[PARAM_TIMEOUT]);
  plan_say(plan, PLAN_WARNING, "the command and its output are recorded in the audit log");
  plan_say(plan, PLAN_LOSS, "what the command changes or removes");
  return true;
}

/* ---- execute */

struct output_of {
  struct docker_frames frames;
  struct excerpt streams[DOCKER_OUTPUTS];
};

static void take(void *arg, const char *bytes, size_t len) {
  struct output_of *output = arg;
  struct docker_piece piece;
  while (docker_frames_take(&output->frames, &bytes, &len, &piece))
    excerpt_add(&output->streams[piece.output], piece.bytes, piece.len);
}

static bool timeout_of(struct step *step, int64_t *ms) {
  const char *text = plan_param(step->call->plan, params[PARAM_TIMEOUT].name);
  return duration_parse_within(text ? text : params[PARAM_TIMEOUT].fallback, TIMEOUT_LEAST_MS,
                               TIMEOUT_MOST_MS, ms, &step->err);
}

/* Makes the command known to the engine: nothing runs yet. NULL with step->err, and *status. */
static const char *create(struct step *step, const char *container, int *status) {
  const char *command = plan_param(step->call->plan, params[PARAM_COMMAND].name);
  char path[DOCKER_PATH_MAX];
  const char *id = NULL;
  struct docker_reply reply = {0};
  size_t count;
  char **argv = words_split(command ? command : "", &count, &step->err);
  char *body = argv && count > 0 ? docker_exec_body(argv, &step->err) : NULL;
  const struct docker_query query = {
      .method = "POST", .path = path, .json = body, .timeout_ms = DOCKER_ANSWER_MS};
  if (argv && count == 0)
    step_fail(step, ERR_INVALID, "no program is named");
  else if (body && docker_path(path, "/containers/", container, "/exec") &&
           !docker_step_ask(step, &query, docker_exec_id_read, &id, &reply))
    id = NULL;
  *status = reply.status;
  free(body);
  free(argv);
  return id;
}

/* How it is, by its own id. While its output has ended it is about to end too. */
static bool look(struct step *step, const char *exec_id, bool ended, struct docker_exec *exec) {
  const int64_t until_ms = clock_now_ms() + ENDED_MS;
  char path[DOCKER_PATH_MAX];
  const struct docker_query query = {.path = path, .timeout_ms = ENDED_MS};
  struct docker_reply reply;
  if (!docker_path(path, "/exec/", exec_id, "/json"))
    return step_fail(step, ERR_PROTOCOL, "the engine gave the command an id that is none");
  do {
    if (!docker_step_ask(step, &query, docker_exec_read, exec, &reply))
      return false;
  } while (exec->running && ended && clock_now_ms() < until_ms &&
           step_sleep(step, DOCKER_LOOK_AGAIN_MS));
  return true;
}

static const char *still_runs(struct step *step, const struct docker_exec *exec) {
  return exec->pid > 0 ? arena_printf(&step->arena,
                                      "it still runs in the container, as process %lld of the "
                                      "engine's host",
                                      (long long)exec->pid)
                       : "it still runs in the container";
}

/* What an exit code means where no program was run. */
static const char *code_words(int64_t code) {
  return code == 127   ? " (no such program)"
         : code == 126 ? " (it could not be run)"
         : code == 137 ? " (SIGKILL)"
                       : "";
}

static void say_ended(struct step *step, const struct docker_exec *exec, const char *took) {
  struct outcome *outcome = step->call->outcome;
  const long long code = (long long)exec->exit_code;
  if (code == 0)
    outcome_set(outcome, 0, OBJECT_DONE, "ended with exit code 0 after %s", took);
  else if (code < 0)
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "it ended, but the engine does not say how");
  else
    outcome_set(outcome, 0, OBJECT_UNKNOWN,
                "ended with exit code %lld%s after %s; it may have had an effect", code,
                code_words(code), took);
}

/* Its output has ended, or is not waited for any longer (why). */
static void settle(struct step *step, const char *exec_id, const char *why, int64_t began_ms) {
  struct outcome *outcome = step->call->outcome;
  struct docker_exec exec = {0};
  char took[FORMAT_MAX];
  format_duration(took, sizeof took, (double)(clock_now_ms() - began_ms) / 1000);
  if (!look(step, exec_id, !why, &exec))
    outcome_set(outcome, 0, OBJECT_UNKNOWN,
                "%s%swhat became of it is not known: %.200s; it may "
                "still run in the container",
                why ? why : "", why ? "; " : "", step->err.text);
  else if (exec.running)
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "%s after %s; %s", why ? why : "its output ended", took,
                still_runs(step, &exec));
  else
    say_ended(step, &exec, took);
}

static void run(struct step *step, const char *exec_id, int64_t timeout_ms) {
  struct outcome *outcome = step->call->outcome;
  char path[DOCKER_PATH_MAX];
  const struct docker_query query = {.method = "POST",
                                     .path = path,
                                     .json = docker_exec_start_body,
                                     .timeout_ms = timeout_ms + ENDED_MS}; /* ours is first */
  const int64_t began_ms = clock_now_ms();
  struct output_of output = {0};
  struct docker_reply reply = {.unsent = true};
  for (size_t i = 0; i < DOCKER_OUTPUTS; i++)
    excerpt_init(&output.streams[i], OUTPUT_HEAD_MAX, OUTPUT_TAIL_MAX);
  const bool good =
      docker_path(path, "/exec/", exec_id, "/start")
          ? docker_step_stream(step, &query, began_ms + timeout_ms, take, &output, &reply)
          : step_fail(step, ERR_PROTOCOL, "the engine gave the command an id that is none");
  outcome_output(outcome, OUTPUT_STDOUT, &output.streams[DOCKER_STDOUT], NULL);
  outcome_output(outcome, OUTPUT_STDERR, &output.streams[DOCKER_STDERR], NULL);
  for (size_t i = 0; i < DOCKER_OUTPUTS; i++)
    excerpt_fini(&output.streams[i]);
  if (good)
    settle(step, exec_id, NULL, began_ms);
  else if (reply.late)
    settle(step, exec_id, step->cancelled ? "cancelled" : "no end", began_ms);
  else if (reply.unsent)
    outcome_set(outcome, 0, OBJECT_SKIPPED, "nothing was run: %.200s", step->err.text);
  else if (reply.status >= 300)
    outcome_set(outcome, 0, OBJECT_REFUSED, "%.200s", step->err.text);
  else
    settle(step, exec_id, arena_printf(&step->arena, "%.200s", step->err.text), began_ms);
}

static bool execute(struct step *step) {
  const char *container = action_identity(step->call->plan, 0, "id");
  struct docker_detail now;
  int64_t timeout_ms;
  int status;
  bool fits;
  if (!timeout_of(step, &timeout_ms) || !docker_containers_check(step, &verb, 0, &now, &fits))
    return false;
  if (!fits)
    return true;
  const char *exec_id = create(step, container, &status);
  if (!exec_id) {
    outcome_set(step->call->outcome, 0, status > 0 ? OBJECT_REFUSED : OBJECT_SKIPPED,
                "nothing was run: %.200s", step->err.text);
    return !step->dropped;
  }
  run(step, exec_id, timeout_ms);
  outcome_proof(step->call->outcome, "%s", step->call->outcome->objects[0].words);
  return !step->dropped;
}

STEP(docker_containers_survey, SURVEY_MS)
STEP(execute, 0) /* it has a timeout of its own, and a person can cancel it */

const struct action action_docker_exec = {
    .spec = {.id = "docker.exec",
             .kind = "docker",
             .table = DOCKER_CONTAINERS_TABLE,
             .title = "run a command",
             .past = "ran",
             .what = "runs one command in the selected container and keeps its output",
             .runs = "docker exec ID COMMAND",
             .danger = DANGER_DESTRUCTIVE,
             ACTION_PARAMS(params)},
    .applies = applies,
    .survey = &docker_containers_survey_step,
    .plan = make_plan,
    .execute = &execute_step,
};
