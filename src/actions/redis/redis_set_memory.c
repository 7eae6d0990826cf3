/* Sets how much memory a server may use, and what it evicts at that limit. The plan says what will
 * be evicted; the configuration file is rewritten where there is one. */
#include "actions/redis/redis_found.h"
#include "core/count.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  STEP_MS = 10000,
  VERIFY_MS = 20000,
  EVICTING_MS = 8000,
  LOOK_AGAIN_MS = 200,
};

enum setting { SETTING_MEMORY, SETTING_POLICY, SETTING_COUNT };
static const char *const names[SETTING_COUNT] = {"maxmemory", "maxmemory-policy"};
static const char *const policies[] = {
    "allkeys-lru",     "allkeys-lfu",  "allkeys-random", "volatile-lru", "volatile-lfu",
    "volatile-random", "volatile-ttl", "noeviction",     NULL,
};
static const struct option params[SETTING_COUNT] = {
    [SETTING_MEMORY] = {.name = "maxmemory",
                        .type = OPTION_TEXT,
                        .check = redis_size_check,
                        .help = "the limit, as in redis.conf: 2gb, 512mb, 2147483648; 0: none",
                        .example = "2gb"},
    [SETTING_POLICY] = {.name = "policy",
                        .type = OPTION_CHOICE,
                        .choices = policies,
                        .help = "maxmemory-policy: which keys are evicted at the limit",
                        .example = "allkeys-lru"},
};

struct settings {
  char values[SETTING_COUNT][64];
};

static bool read_settings(struct step *step, struct redis_conn *conn, struct settings *settings) {
  for (int i = 0; i < SETTING_COUNT; i++) {
    const struct redisReply *reply = redis_ask(conn, "CONFIG", "GET", names[i]);
    if (!reply && conn->conn.lost.kind == ERR_NONE && !step->dropped) {
      struct err why = step->err;
      return step_fail(step, ERR_UNSUPPORTED,
                       "CONFIG is not allowed here, so the setting can be neither read nor "
                       "changed: %.120s",
                       why.text);
    }
    if (!reply)
      return false;
    if (redis_reply_count(reply) != 2)
      return step_fail(step, ERR_UNSUPPORTED, "the server has no setting %s", names[i]);
    snprintf(settings->values[i], sizeof *settings->values, "%s",
             redis_reply_text(reply->element[1]));
  }
  return true;
}

/* ---- the survey */

static bool survey(struct step *step) {
  struct settings settings;
  struct redis_memory memory;
  int64_t all, expires;
  struct redis_conn *conn = redis_survey(step, REDIS_ANY, -1, NULL);
  if (!conn || !read_settings(step, conn, &settings))
    return false;
  redis_memory_read(&conn->info, &memory);
  redis_keys_count(&conn->info, &all, &expires);
  found_set_int(step->found, "counted", memory.counted);
  found_set_int(step->found, "keys", all);
  found_set_int(step->found, "expires", expires);
  for (int i = 0; i < SETTING_COUNT; i++)
    found_set_text(step->found, names[i], settings.values[i]);
  return true;
}

/* ---- the plan */

struct wish {
  int64_t old_limit, new_limit; /* 0: none */
  const char *old_policy, *new_policy;
};

static void wish_read(struct wish *wish, const struct action_request *request) {
  struct err ignored;
  const struct option_value *limit = &request->params[SETTING_MEMORY];
  const struct option_value *policy = &request->params[SETTING_POLICY];
  wish->old_limit = strtoll(found_text(request->found, names[SETTING_MEMORY]), NULL, 10);
  wish->old_policy = found_text(request->found, names[SETTING_POLICY]);
  wish->new_limit = wish->old_limit;
  if (limit->set && !redis_size_parse(limit->text, &wish->new_limit, &ignored))
    wish->new_limit = wish->old_limit; /* it was checked */
  wish->new_policy = policy->set ? policy->text : wish->old_policy;
}

static const char *limit_text(struct arena *arena, int64_t bytes) {
  return bytes == 0 ? "no limit" : shown_bytes(arena, bytes);
}

/* The value of a setting as people read it. */
static const char *setting_text(struct plan *plan, enum setting setting, const char *value) {
  return setting == SETTING_MEMORY ? limit_text(&plan->arena, strtoll(value, NULL, 10))
                                   : plan_copy(plan, value);
}

static void add_object(const struct action_request *request, struct plan *plan,
                       enum setting setting, const char *old, const char *new) {
  const struct sample *found = request->found;
  redis_plan_object(plan, found, names[setting], names[setting]);
  ACTION_CELLS(plan, setting_text(plan, setting, old), setting_text(plan, setting, new));
  action_bind(plan, "old", plan_copy(plan, old));
  action_bind(plan, "new", plan_copy(plan, new));
  action_bind_number(plan, "evicted", found_int(found, "evicted_keys", 0));
  action_bind(plan, "file", *found_text(found, "config_file") ? "yes" : "no");
}

static void add_objects(const struct action_request *request, struct plan *plan,
                        const struct wish *wish) {
  bool lowers = wish->new_limit != 0 && (wish->old_limit == 0 || wish->new_limit < wish->old_limit);
  /* a limit that grows goes first, one that shrinks last: in between the server never has less
   * memory than with the old or the new settings */
  for (int i = 0; i < SETTING_COUNT; i++) {
    enum setting setting = lowers == (i == 0) ? SETTING_POLICY : SETTING_MEMORY;
    if (setting == SETTING_MEMORY && wish->old_limit != wish->new_limit)
      add_object(request, plan, setting, shown_number(&plan->arena, wish->old_limit),
                 shown_number(&plan->arena, wish->new_limit));
    if (setting == SETTING_POLICY && strcmp(wish->old_policy, wish->new_policy) != 0)
      add_object(request, plan, setting, wish->old_policy, wish->new_policy);
  }
}

/* Keys that are evicted at once, in proportion to their memory; 0 when none are. */
static int64_t count_evicted(const struct sample *found, const struct wish *wish, int64_t above) {
  bool is_volatile = strncmp(wish->new_policy, "volatile-", 9) == 0;
  int64_t used = found_int(found, "used_memory", 0), keys = found_int(found, "keys", 0);
  if (above <= 0 || used <= 0 || strcmp(wish->new_policy, "noeviction") == 0)
    return 0;
  double count = (double)keys * (double)above / (double)used;
  int64_t most = is_volatile ? found_int(found, "expires", 0) : keys;
  return count < (double)most ? (int64_t)count : most;
}

/* Memory above the limit is evicted at once, by the policy; or nothing can be evicted, and writes
 * fail. */
static void say_evicted(struct plan *plan, const struct sample *found, const struct wish *wish) {
  struct arena *arena = &plan->arena;
  int64_t counted = count_less(found_int(found, "counted", 0), 0);
  int64_t expires = found_int(found, "expires", 0);
  int64_t host = found_int(found, "total_system_memory", 0);
  int64_t above = wish->new_limit > 0 ? counted - wish->new_limit : 0;
  int64_t evicted = count_evicted(found, wish, above);
  bool is_volatile = strncmp(wish->new_policy, "volatile-", 9) == 0;
  const char *over = shown_bytes(arena, above);
  plan_say(plan, PLAN_BLAST, "in use now: %s, new limit: %s", shown_bytes(arena, counted),
           limit_text(arena, wish->new_limit));
  if (above > 0 && strcmp(wish->new_policy, "noeviction") == 0)
    plan_say(plan, PLAN_WARNING,
             "%s above the limit and noeviction: every write will fail with OOM at once", over);
  else if (above > 0 && is_volatile && expires == 0)
    plan_say(plan, PLAN_WARNING,
             "%s above the limit, and %s evicts nothing because no key has a time to live: every "
             "write will fail with OOM at once",
             over, wish->new_policy);
  else if (above > 0)
    plan_say(plan, PLAN_LOSS, "%s of data, about %s, evicted at once by %s", over,
             shown_counted(arena, evicted, "key", "keys"), wish->new_policy);
  else if (is_volatile && expires == 0 && wish->new_limit > 0)
    plan_say(plan, PLAN_WARNING,
             "no key has a time to live: %s will evict nothing, and writes fail with OOM when the "
             "limit is reached",
             wish->new_policy);
  if (host > 0 && (wish->new_limit == 0 || wish->new_limit > host))
    plan_say(plan, PLAN_WARNING,
             "the machine has %s: without a lower limit the kernel may end the server",
             shown_bytes(arena, host));
  plan->unit = evicted > 1 ? "keys, as estimated" : "server";
  plan->count = evicted > 1 ? evicted : 1;
  plan->whole = evicted > 1; /* eviction is confirmed like a deletion */
}

static void say_commands(const struct action_request *request, struct plan *plan) {
  const char *file = found_text(request->found, "config_file");
  for (size_t i = 0; i < plan->object_count; i++)
    redis_plan_command(plan, request, -1,
                       plan_printf(plan, "CONFIG SET %s %s", plan->objects[i].key,
                                   action_identity(plan, i, "new")));
  if (*file) {
    redis_plan_command(plan, request, -1, "CONFIG REWRITE");
    plan_say(plan, PLAN_WARNING,
             "CONFIG REWRITE writes all settings changed at run time into %s, not only this", file);
  } else {
    plan_say(plan, PLAN_WARNING, "lost at the next restart: the server has no configuration file");
  }
}

/* The command that restores the old values, "redis.set-memory cache maxmemory=0": of the settings
 * that were changed, where there is an outcome. */
static const char *undo_text(struct arena *arena, const struct plan *plan,
                             const struct outcome *outcome) {
  const char *text = arena_printf(arena, "redis.set-memory %s", shown_word(arena, plan->target));
  for (size_t i = 0; i < plan->object_count; i++) {
    const bool policy = strcmp(plan->objects[i].key, names[SETTING_POLICY]) == 0;
    if (!outcome || outcome->objects[i].result == OBJECT_SENT)
      text = arena_printf(arena, "%s %s=%s", text, params[policy].name,
                          action_identity(plan, i, "old"));
  }
  return text;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"NOW", true}, {"THEN", true}};
  static const char *const identities[] = {"run_id", "old", "new", "evicted", "file"};
  const struct sample *found = request->found;
  struct wish wish;
  if (!request->params[SETTING_MEMORY].set && !request->params[SETTING_POLICY].set)
    return err_set(err, ERR_INVALID, "set maxmemory, policy, or both");
  wish_read(&wish, request);
  ACTION_OBJECTS(plan, columns, identities);
  add_objects(request, plan, &wish);
  if (plan->object_count == 0)
    return err_set(err, ERR_INVALID, "nothing to change: maxmemory is %" PRId64 ", policy %.40s",
                   wish.old_limit, wish.old_policy);
  plan->title = plan_printf(plan, "Set the memory limit of %s", request->target->name);
  redis_plan_server(plan, request, false);
  plan_say(plan, PLAN_PRECONDITION, "the settings still have their current values");
  say_evicted(plan, found, &wish);
  if (strcmp(found_text(found, "role"), "replica") == 0)
    plan_say(plan, PLAN_WARNING,
             "a replica ignores its limit as long as replica-ignore-maxmemory is yes");
  say_commands(request, plan);
  plan_say(plan, PLAN_UNDO, "stacktop plan %s", undo_text(&plan->arena, plan, NULL));
  return true;
}

/* ---- execute: only if all settings still have their old values, in the plan's order */

/* Whether the setting of the object has the value of that identity. */
static bool has_value(const struct settings *settings, const struct plan *plan, size_t object,
                      const char *identity) {
  for (int i = 0; i < SETTING_COUNT; i++)
    if (strcmp(plan->objects[object].key, names[i]) == 0)
      return strcmp(settings->values[i], action_identity(plan, object, identity)) == 0;
  return false;
}

static bool set_all(struct step *step, struct redis_conn *conn) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < plan->object_count; i++) {
    if (!redis_change(conn, "CONFIG", "SET", plan->objects[i].key,
                      action_identity(plan, i, "new"))) {
      for (size_t rest = i + 1; rest < outcome->count; rest++)
        outcome_set(outcome, rest, OBJECT_SKIPPED, "not attempted: the one before it failed");
      return false;
    }
    outcome_set(outcome, i, OBJECT_SENT,
                "set; lost at the next restart: the server has no configuration file");
  }
  return true;
}

static void rewrite_file(struct step *step, struct redis_conn *conn) {
  const char *words = "set, and written into the configuration file", *why = "";
  if (!redis_change(conn, "CONFIG", "REWRITE")) {
    words = conn->conn.unanswered > 0
                ? "set; whether the configuration file was written is not known: "
                : "set, but lost at the next restart: the configuration file was not written: ";
    why = step->err.text;
  }
  outcome_set_all(step->call->outcome, OBJECT_SENT, OBJECT_SENT, "%s%s", words, why);
}

static bool execute(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  struct settings now;
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  if (!conn || !read_settings(step, conn, &now))
    return false;
  for (size_t i = 0; i < plan->object_count; i++)
    if (!has_value(&now, plan, i, "old"))
      return step_fail(step, ERR_INVALID, "%s is no longer %s, as it was in the plan: plan again",
                       plan->objects[i].key, action_identity(plan, i, "old"));
  const bool all = set_all(step, conn);
  if (outcome_count(outcome, OBJECT_SENT) > 0)
    outcome_undo(outcome, "%s", undo_text(&step->arena, plan, outcome));
  if (all && strcmp(action_identity(plan, 0, "file"), "yes") == 0)
    rewrite_file(step, conn);
  return all;
}

/* ---- verify: the current values, and the evictions */

static bool verify(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  const int64_t until_ms = clock_now_ms() + EVICTING_MS;
  const struct redis_info *info;
  struct settings now;
  struct redis_memory memory;
  int64_t evicted = 0;
  if (outcome_count(outcome, OBJECT_SENT) == 0)
    return true;
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  if (!conn || !read_settings(step, conn, &now))
    return false;
  const int64_t limit = strtoll(now.values[SETTING_MEMORY], NULL, 10);
  const bool evicts = limit > 0 && strcmp(now.values[SETTING_POLICY], "noeviction") != 0;
  while ((info = redis_ask_info(conn))) {
    redis_memory_read(info, &memory);
    if (!evicts || memory.counted <= limit || clock_now_ms() > until_ms)
      break;
    step_sleep(step, LOOK_AGAIN_MS);
  }
  if (!info)
    return false;
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result == OBJECT_SENT && has_value(&now, plan, i, "new"))
      outcome_set(outcome, i, OBJECT_DONE, "%s", outcome->objects[i].words);
    else if (outcome->objects[i].result == OBJECT_SENT)
      outcome_set(outcome, i, OBJECT_UNKNOWN,
                  "it was set, but has another value now: somebody changed it since");
  redis_info_count(info, "evicted_keys", &evicted);
  evicted = count_less(evicted, action_identity_number(plan, 0, "evicted", 0));
  outcome_proof(outcome,
                "read again: maxmemory %s, policy %s; %s count towards it, %s evicted since the "
                "plan",
                now.values[SETTING_MEMORY], now.values[SETTING_POLICY],
                shown_bytes(&step->arena, count_less(memory.counted, 0)),
                shown_counted(&step->arena, evicted, "key", "keys"));
  return true;
}

STEPS_OF(STEP_MS, 4 * CONN_ANSWER_MS, VERIFY_MS)

const struct action action_redis_set_memory = {
    .spec = {.id = "redis.set-memory",
             .kind = "redis",
             .key = 'M',
             .title = "set the memory limit",
             .past = "set",
             .what = "sets maxmemory, or what is evicted when it is reached, or both, and writes "
                     "them into the server's configuration file",
             .runs = "CONFIG SET maxmemory, CONFIG SET maxmemory-policy, CONFIG REWRITE",
             .danger = DANGER_REVERSIBLE,
             ACTION_PARAMS(params)},
    .applies = redis_has_keys,
    STEPS,
};
