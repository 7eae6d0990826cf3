/* Sets the memory limit of a container while it runs, and its swap with it. The engine keeps the
 * new limit for its next starts too. */
#include "actions/docker/docker_containers.h"
#include "actions/found.h"
#include "actions/shown.h"
#include "clients/docker/docker_limit.h"
#include "core/quantity.h"

#include <inttypes.h>
#include <string.h>

enum { SURVEY_MS = 20000, VERIFY_MS = 10000 };

/* ---- parameters */

static bool limit_parse(const char *text, int64_t *bytes, struct err *err) {
  double quantity;
  if (!quantity_parse(text, &quantity, err))
    return false;
  if (strchr(text, '%') || quantity < DOCKER_MEMORY_LEAST || quantity > DOCKER_MEMORY_MOST)
    return err_set(err, ERR_INVALID,
                   "%.40s is not a memory limit; use a size from 6MB, such as 512MB", text);
  *bytes = (int64_t)quantity;
  return true;
}

static bool limit_check(const char *text, struct err *err) {
  int64_t bytes;
  return limit_parse(text, &bytes, err);
}

enum { PARAM_MEMORY, PARAM_BELOW_USAGE };
static const struct option params[] = {
    [PARAM_MEMORY] = {.name = "memory",
                      .type = OPTION_TEXT,
                      .required = true,
                      .check = limit_check,
                      .help = "the limit: 512MB, 2GB (powers of 1024), or bytes; from 6MB",
                      .example = "512MB"},
    [PARAM_BELOW_USAGE] = {.name = "below-usage",
                           .type = OPTION_BOOL,
                           .fallback = "false",
                           .help = "allow a limit below what the container uses now: processes of "
                                   "it may be OOM-killed"},
};

static const struct docker_verb verb = {.name = "set-memory", .from = " running paused "};

static bool applies(const struct action_request *request, struct err *why) {
  return request->key_count == 1 || err_set(why, ERR_INVALID, "select one container");
}

/* ---- the survey: what the container uses, beside how it is */

static bool read_usage(json_t *json, struct arena *arena, void *out) {
  (void)arena;
  docker_usage_read(json, out);
  return true;
}

static bool survey(struct step *step) {
  const char *id = step->call->request->keys[0];
  char path[DOCKER_PATH_MAX];
  const struct docker_query query = {.path = path, .timeout_ms = DOCKER_ANSWER_MS};
  struct docker_detail detail;
  struct docker_usage usage;
  struct docker_reply reply;
  bool gone;
  if (!docker_containers_survey(step) ||
      !docker_step_inspect(step, &step->arena, id, &detail, &gone))
    return false;
  found_set_int(step->found, "memory", detail.memory_limit);
  found_set_int(step->found, "swap", detail.swap_limit);
  if (!docker_path(path, "/containers/", id, "/stats?stream=false&one-shot=true"))
    return step_fail(step, ERR_INVALID, "not the id of a container");
  if (!docker_step_ask(step, &query, read_usage, &usage, &reply))
    return false;
  found_set_int(step->found, "usage", usage.memory);
  return true;
}

/* ---- the plan */

static const char *limit_text(struct arena *arena, int64_t bytes) {
  return bytes > 0 ? shown_bytes(arena, bytes) : "none";
}

static void say_swap(struct plan *plan, const struct docker_limit *old,
                     const struct docker_limit *new) {
  struct arena *arena = &plan->arena;
  if (new->swap > 0)
    plan_say(plan, PLAN_BLAST, "swap: %s beside the memory, %s",
             shown_bytes(arena, new->swap - new->memory),
             old->swap > 0 ? "as before" : "which is what docker run gives it");
  else
    plan_say(plan, PLAN_BLAST, "swap: its limit stays as it is (%s)",
             old->swap < 0 ? "none" : "not counted");
}

static bool check_usage(struct plan *plan, int64_t usage, int64_t limit, bool allowed,
                        struct err *err) {
  const char *used = usage >= 0 ? shown_bytes(&plan->arena, usage) : NULL;
  if (!used) {
    plan_say(plan, PLAN_WARNING, "the engine does not say how much the container uses");
    return true;
  }
  plan_say(plan, PLAN_BLAST, "it uses %s now, without the page cache", used);
  if (limit >= usage)
    return true;
  if (!allowed)
    return err_set(
        err, ERR_INVALID,
        "it uses %s now, more than %s; below-usage=true allows that, and processes of it "
        "may be OOM-killed",
        used, shown_bytes(&plan->arena, limit));
  plan_say(plan, PLAN_WARNING,
           "the limit is below what it uses: with cgroup v2 the kernel may OOM-kill its processes "
           "at once; with v1 the engine refuses what cannot be freed");
  return true;
}

static void say_undo(struct plan *plan, const struct docker_limit *old) {
  if (old->memory > 0)
    plan_say(plan, PLAN_UNDO, "docker.set-memory memory=%" PRId64, old->memory);
  else
    plan_say(
        plan, PLAN_LOSS,
        "that it has no limit: an engine can change a limit, but only a new container has none");
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const char *const identities[] = {DOCKER_IDENTITIES, "old_memory", "old_swap",
                                           "new_memory", "new_swap"};
  const struct docker_limit old = {.memory = found_int(request->found, "memory", 0),
                                   .swap = found_int(request->found, "swap", -1)};
  struct docker_limit new = {0};
  int64_t memory = 0;
  if (!limit_parse(request->params[PARAM_MEMORY].text, &memory, err) ||
      !docker_containers_objects(plan, &verb, identities, sizeof identities / sizeof *identities,
                                 request->found, err))
    return false;
  if (memory == old.memory)
    return err_set(err, ERR_INVALID, "nothing to change: its limit is %s",
                   shown_bytes(&plan->arena, memory));
  new = docker_limit_next(&old, memory);
  plan->title = plan_printf(plan, "Set the memory limit of %s to %s", plan->objects[0].label,
                            shown_bytes(&plan->arena, memory));
  plan->unit = "container";
  plan_say(plan, PLAN_BLAST, "memory limit: %s, so far %s", shown_bytes(&plan->arena, memory),
           limit_text(&plan->arena, old.memory));
  if (!check_usage(plan, found_int(request->found, "usage", -1), memory,
                   request->params[PARAM_BELOW_USAGE].number != 0, err))
    return false;
  say_swap(plan, &old, &new);
  plan_say(plan, PLAN_EFFECT, "docker update --memory %" PRId64 "%s %.*s", new.memory,
           new.swap > 0 ? plan_printf(plan, " --memory-swap %" PRId64, new.swap) : "",
           DOCKER_ID_SHOWN, plan->objects[0].key);
  plan_say(
      plan, PLAN_PRECONDITION,
      "it is the container with that id, it was not started or stopped since, and its limit is "
      "still %s",
      limit_text(&plan->arena, old.memory));
  plan_say(plan, PLAN_WARNING,
           "a container that is created again, as by docker compose up, has the limit of its "
           "configuration");
  say_undo(plan, &old);
  action_bind_number(plan, "old_memory", old.memory);
  action_bind_number(plan, "old_swap", old.swap);
  action_bind_number(plan, "new_memory", new.memory);
  action_bind_number(plan, "new_swap", new.swap);
  return true;
}

/* ---- execute */

static bool has_limit(const struct step *step, const struct docker_detail *now, const char *memory,
                      const char *swap) {
  const struct plan *plan = step->call->plan;
  return now->memory_limit == action_identity_number(plan, 0, memory, -2) &&
         now->swap_limit == action_identity_number(plan, 0, swap, -2);
}

/* The engine refused; cgroup v1 does where the container's memory cannot be freed. A part of it may
 * have been done: it sets memory and swap one after the other. */
static void say_refused(struct step *step, const char *id) {
  struct outcome *outcome = step->call->outcome;
  const struct err refusal = step->err;
  struct docker_detail now = {0};
  bool gone;
  if (!docker_step_inspect(step, &step->arena, id, &now, &gone))
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "%.200s; and then: %.100s", refusal.text,
                step->err.text);
  else if (has_limit(step, &now, "old_memory", "old_swap"))
    outcome_set(outcome, 0, OBJECT_REFUSED, "%.200s", refusal.text);
  else
    outcome_set_partly(outcome, 0, NULL, "its limit is %s now: %.200s",
                       limit_text(&step->arena, now.memory_limit), refusal.text);
}

static bool send_limit(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  const char *id = action_identity(plan, 0, "id");
  const int64_t swap = action_identity_number(plan, 0, "new_swap", 0);
  const char *more = swap > 0 ? arena_printf(&step->arena, ",\"MemorySwap\":%" PRId64, swap) : "";
  char path[DOCKER_PATH_MAX];
  const struct docker_query query = {
      .method = "POST",
      .path = path,
      .json = arena_printf(&step->arena, "{\"Memory\":%" PRId64 "%s}",
                           action_identity_number(plan, 0, "new_memory", 0), more),
      .timeout_ms = DOCKER_EFFECT_MS};
  struct docker_reply reply;
  if (!docker_path(path, "/containers/", id, "/update"))
    return step_fail(step, ERR_INVALID, "not the id of a container");
  if (docker_step_ask(step, &query, NULL, NULL, &reply))
    outcome_set(outcome, 0, OBJECT_SENT, "the engine did it");
  else if (reply.status > 0)
    say_refused(step, id);
  else if (reply.unsent)
    return false;
  else
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "sent, but no answer: %.200s", step->err.text);
  return true;
}

static bool execute(struct step *step) {
  struct docker_detail now = {0};
  bool fits;
  if (!docker_containers_check(step, &verb, 0, &now, &fits))
    return false;
  if (!fits)
    return true;
  if (!has_limit(step, &now, "old_memory", "old_swap"))
    return step_fail(step, ERR_INVALID,
                     "its limit is %s now, and was another in the plan: plan again",
                     limit_text(&step->arena, now.memory_limit));
  return send_limit(step);
}

/* ---- verify: as the engine has it, and it still runs */

static void say_proof(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  const int64_t old = action_identity_number(plan, 0, "old_memory", 0);
  outcome_proof(outcome, "%s", outcome->objects[0].words);
  if (old > 0 && outcome->objects[0].result == OBJECT_DONE)
    outcome_undo(outcome, "docker.set-memory %s %s memory=%" PRId64,
                 shown_word(&step->arena, plan->target), plan->objects[0].key, old);
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const char *id = action_identity(step->call->plan, 0, "id");
  struct docker_detail now = {0};
  bool gone;
  if (outcome->objects[0].result != OBJECT_SENT)
    return true;
  const bool seen = docker_step_inspect(step, &step->arena, id, &now, &gone);
  if (!seen && !gone)
    return false;
  if (gone)
    outcome_set_partly(outcome, 0, NULL, "set, but the container was removed");
  else if (!has_limit(step, &now, "new_memory", "new_swap"))
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "it was set, but is %s now: somebody changed it since",
                limit_text(&step->arena, now.memory_limit));
  else if (!docker_state_fits(&verb, now.status) || now.oom_killed)
    outcome_set_partly(outcome, 0, NULL, "set to %s, but it is %.20s now%s",
                       limit_text(&step->arena, now.memory_limit), now.status,
                       now.oom_killed ? " (OOM-killed)" : "");
  else
    outcome_set(outcome, 0, OBJECT_DONE, "read again: the limit is %s, and it is %.20s",
                limit_text(&step->arena, now.memory_limit), now.status);
  say_proof(step);
  return true;
}

STEPS_OF(SURVEY_MS, 0, VERIFY_MS)

const struct action action_docker_set_memory = {
    .spec = {.id = "docker.set-memory",
             .kind = "docker",
             .table = DOCKER_CONTAINERS_TABLE,
             .title = "set the memory limit",
             .past = "set",
             .what = "sets how much memory the selected container may use, without a restart",
             .runs = "docker update --memory BYTES --memory-swap BYTES ID",
             .danger = DANGER_DESTRUCTIVE,
             ACTION_PARAMS(params)},
    .applies = applies,
    STEPS,
};
