/* Ends the idle sessions of a group: the fix of an exhausted pool. A group is what sessions have in
 * common, and its name a rule; the survey makes it a list of sessions, and only these are ended. */
#include "actions/postgres/sessions/postgres_sessions.h"

#include "actions/found.h"
#include "actions/shown.h"
#include "clients/postgres/postgres_groups.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { EFFECT_MS = 15000 };

/* Whether its sessions wait for their clients. */
static bool is_idle(const struct postgres_group *group) {
  return strcmp(group->state, POSTGRES_STATE_ACTIVE) != 0;
}

static bool group_of(const struct action_request *request, size_t index,
                     struct postgres_group *group, struct err *why) {
  const char *key = request->keys[index];
  if (!postgres_group_read(key, group))
    return err_set(why, ERR_INVALID,
                   "\"%.60s\" is not a group: use application=NAME, user=NAME, client=ADDRESS or "
                   "database=NAME",
                   key);
  return is_idle(group) ||
         err_set(why, ERR_UNSUPPORTED,
                 "active: postgres.cancel or postgres.terminate end such sessions");
}

static bool may_terminate(const struct action_request *request, struct err *why) {
  struct postgres_group group;
  for (size_t i = 0; i < request->key_count; i++)
    if (!group_of(request, i, &group, why))
      return false;
  return request->key_count > 0 || err_set(why, ERR_INVALID, "no group is selected");
}

/* The survey finds its sessions: the model has no table of a page that is not open. */
static const char *group_named(const char *word) {
  struct postgres_group group;
  return postgres_group_read(word, &group) ? word : NULL;
}

/* ---- survey */

/* Bytes as digits: for decode(). */
static const char *hex(struct step *step, const char *bytes) {
  const size_t length = strlen(bytes);
  char *out = arena_alloc(&step->arena, 2 * length + 1);
  for (size_t i = 0; out && i < length; i++)
    snprintf(out + 2 * i, 3, "%02x", (unsigned char)bytes[i]);
  return !out ? "00" : length ? out : "";
}

/* SQL for the sessions of the group. */
static const char *wanted_of(struct step *step, const struct postgres_group *group) {
  // clang-format off
  return arena_printf(&step->arena,
    "state %s AND EXISTS (SELECT FROM " POSTGRES_GROUPS_VALUES("seen")
    " WHERE textsend(" POSTGRES_GROUPS_KEY("g.kind", "g.value") ") = decode('%s', 'hex'))",
    !*group->state || strcmp(group->state, POSTGRES_STATE_IDLE) == 0 ? "= 'idle'"
    : strcmp(group->state, POSTGRES_STATE_ABORTED) == 0 ? "= 'idle in transaction (aborted)'"
                                                        : "= 'idle in transaction'",
    hex(step, group->key));
  // clang-format on
}

static bool survey(struct step *step) {
  const struct action_request *request = step->call->request;
  const char *wanted = "false";
  for (size_t i = 0; i < request->key_count; i++) {
    struct postgres_group group;
    if (!group_of(request, i, &group, &step->err))
      return false;
    wanted = arena_printf(&step->arena, "%s OR (%s)", wanted, wanted_of(step, &group));
  }
  wanted = arena_printf(&step->arena,
                        "(%s) AND state_change <= clock_timestamp() - interval '1 ms' * %" PRId64,
                        wanted, request->params[0].number);
  return postgres_sessions_survey_where(step, "state_change", wanted);
}

/* ---- plan */

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  struct err why = {0};
  const char *first = request->keys[0], *age = request->texts[0];
  if (!postgres_sessions_plan_all(request, plan, &why))
    return err_set(err, why.kind, "%.160s: %.200s", first, why.text);
  const char *groups = plan_printf(plan, "%zu groups", request->key_count);
  plan->title =
      plan_printf(plan, "Terminate %s of %s: %s, idle for %s or longer",
                  postgres_counted(plan, (int64_t)plan->object_count, "session", "sessions"),
                  plan->target, request->key_count == 1 ? plan_copy(plan, first) : groups, age);
  plan_say(plan, PLAN_WARNING,
           "a pool that needs them connects again at once: limit the pool, or the role "
           "(ALTER ROLE ... CONNECTION LIMIT)");
  return true;
}

static bool execute(struct step *step) {
  return postgres_sessions_execute(step);
}

static bool verify(struct step *step) {
  return postgres_sessions_verify(step);
}

STEP(survey, POSTGRES_STEP_MS)
STEP_CANCELLABLE(execute, EFFECT_MS)
STEP(verify, EFFECT_MS)

/* A connection of a pool that has just been given back is idle, too. */
static const struct option params[] = {{.name = "age",
                                        .type = OPTION_DURATION,
                                        .required = true,
                                        .min = 0,
                                        .max = 30LL * 86400000,
                                        .fallback = "10s",
                                        .help = "minimum time idle"}};

const struct action action_postgres_terminate_group = {
    .spec = {.id = "postgres.terminate-group",
             .kind = "postgres",
             .table = POSTGRES_GROUPS_TABLE,
             .key = 'D',
             .title = "disconnect idle sessions of this group",
             .past = "terminated",
             .what =
                 "ends the sessions of an application, user, client or database that have been "
                 "idle for at least an age; in a row of \"idle in txn\", those that are idle in "
                 "a transaction",
             .runs = "pg_terminate_backend(pid)",
             .danger = DANGER_DESTRUCTIVE,
             .many = true,
             ACTION_PARAMS(params)},
    .applies = may_terminate,
    .row_named = group_named,
    STEPS,
};
