/* Sets how much memory a server may use, and what goes when it is full. What it will evict is said
 * before; the configuration file gets it, too, where there is one. */
#include "actions/redis/redis_found.h"
#include "actions/redis/redis_memory.h"
#include "core/count.h"
#include "core/format.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 10000 };

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err);
static void survey_start(struct act *act);

static const char *const policies[] = {
    "allkeys-lru",     "allkeys-lfu",  "allkeys-random", "volatile-lru", "volatile-lfu",
    "volatile-random", "volatile-ttl", "noeviction",     NULL,
};
static const struct option params[REDIS_SETTING_COUNT] = {
    [REDIS_SETTING_MEMORY] =
        {.name = "maxmemory",
         .type = OPTION_TEXT,
         .check = redis_size_check,
         .help = "the limit, as redis.conf has it: 2gb, 512mb, 2147483648; 0: none",
         .example = "2gb"},
    [REDIS_SETTING_POLICY] = {.name = "policy",
                              .type = OPTION_CHOICE,
                              .choices = policies,
                              .help = "maxmemory-policy: which keys go when the limit is reached",
                              .example = "allkeys-lru"},
};
static const struct act_step survey = {
    .timeout_ms = STEP_MS, .start = survey_start, .drop = redis_work_drop};

const struct action action_redis_set_memory = {
    .spec = {.id = "redis.set-memory",
             .kind = "redis",
             .key = 'M',
             .title = "set the memory limit",
             .what = "sets maxmemory, or what is evicted when it is reached, or both, and writes "
                     "them into the server's configuration file",
             .runs = "CONFIG SET maxmemory, CONFIG SET maxmemory-policy, CONFIG REWRITE",
             .danger = DANGER_REVERSIBLE,
             .params = params,
             .param_count = REDIS_SETTING_COUNT},
    .applies = redis_has_keys,
    .survey = &survey,
    .plan = make_plan,
    .execute = &redis_memory_execute,
    .verify = &redis_memory_verify,
};

/* ---- the survey */

struct reading {
  struct redis_work work;
  char values[REDIS_SETTING_COUNT][64];
  int answered;
};

static void reading_finish(struct reading *reading) {
  static const char *const keys[] = {"used_memory", "mem_not_counted_for_evict", "evicted_keys",
                                     "total_system_memory"};
  const char *info = reading->work.info;
  struct sample *found = redis_found_new(&reading->work, NULL, 0);
  for (int i = 0; i < REDIS_SETTING_COUNT; i++)
    redis_fact_text(found, redis_setting_names[i], reading->values[i]);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    int64_t number;
    if (redis_told_count(info, keys[i], &number))
      redis_fact_int(found, keys[i], number);
  }
  int64_t all = 0, expires = 0;
  for (int db = 0; db < 1024; db++) {
    int64_t of_db, with;
    redis_told_keys(info, db, &of_db, &with);
    all = count_add(all, of_db);
    expires = count_add(expires, with);
  }
  redis_fact_int(found, "keys", all);
  redis_fact_int(found, "expires", expires);
  redis_work_end(reading, found, NULL);
}

static void on_read(void *self, const struct redisReply *reply, const struct err *err) {
  struct reading *reading = self;
  struct err why;
  const char *value = reply ? redis_setting_of(reply) : NULL;
  if (err && redis_is_refusal(err))
    err_set(&why, ERR_UNSUPPORTED,
            "CONFIG is not allowed here, so that the setting can neither be read nor changed: "
            "%.120s",
            err->text);
  else if (err)
    why = *err;
  else if (!value)
    err_set(&why, ERR_UNSUPPORTED, "the server has no setting %s",
            redis_setting_names[reading->answered]);
  if (!value) {
    redis_work_fail(reading, &why);
    return;
  }
  snprintf(reading->values[reading->answered], sizeof *reading->values, "%s", value);
  if (++reading->answered == REDIS_SETTING_COUNT)
    reading_finish(reading);
}

static void survey_ready(void *self) {
  redis_settings_ask(self, on_read);
}

static void survey_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct reading), .phase = REDIS_SURVEY, .ready = survey_ready};
  redis_work_start(act, &kind);
}

/* ---- the plan */

struct wish {
  int64_t old_limit, new_limit; /* 0: none */
  const char *old_policy, *new_policy;
};

static void wish_read(struct wish *wish, const struct action_request *request) {
  struct err ignored;
  const struct option_value *limit = &request->params[REDIS_SETTING_MEMORY];
  const struct option_value *policy = &request->params[REDIS_SETTING_POLICY];
  wish->old_limit = strtoll(redis_fact_words(request->found, "maxmemory"), NULL, 10);
  wish->old_policy = redis_fact_words(request->found, "maxmemory-policy");
  wish->new_limit = wish->old_limit;
  if (limit->set && !redis_size_parse(limit->text, &wish->new_limit, &ignored))
    wish->new_limit = wish->old_limit; /* it was checked */
  wish->new_policy = policy->set ? policy->text : wish->old_policy;
}

static const char *limit_words(char out[FORMAT_MAX], int64_t bytes) {
  if (bytes == 0)
    snprintf(out, FORMAT_MAX, "no limit");
  else
    format_bytes(out, FORMAT_MAX, (double)bytes);
  return out;
}

static void add_victim(struct plan *plan, enum redis_setting setting, const char *old,
                       const char *new, const char *old_shown, const char *new_shown) {
  struct plan_victim *victim =
      plan_victim(plan, redis_setting_names[setting], redis_setting_names[setting]);
  victim->cells[0] = plan_copy(plan, old_shown);
  victim->cells[1] = plan_copy(plan, new_shown);
  victim->pins[1] = plan_copy(plan, old);
  victim->pins[2] = plan_copy(plan, new);
}

static void add_victims(const struct action_request *request, struct plan *plan,
                        const struct wish *wish) {
  char old[FORMAT_MAX], new[FORMAT_MAX];
  bool lowers = wish->new_limit != 0 && (wish->old_limit == 0 || wish->new_limit < wish->old_limit);
  /* a limit that grows comes first, one that shrinks last: in between there is no lack of memory
   * that neither the old nor the new settings would have */
  for (int i = 0; i < REDIS_SETTING_COUNT; i++) {
    enum redis_setting setting = lowers == (i == 0) ? REDIS_SETTING_POLICY : REDIS_SETTING_MEMORY;
    if (setting == REDIS_SETTING_MEMORY && wish->old_limit != wish->new_limit)
      add_victim(plan, setting, plan_printf(plan, "%" PRId64, wish->old_limit),
                 plan_printf(plan, "%" PRId64, wish->new_limit), limit_words(old, wish->old_limit),
                 limit_words(new, wish->new_limit));
    if (setting == REDIS_SETTING_POLICY && strcmp(wish->old_policy, wish->new_policy) != 0)
      add_victim(plan, setting, wish->old_policy, wish->new_policy, wish->old_policy,
                 wish->new_policy);
  }
  for (size_t i = 0; i < plan->victim_count; i++) {
    const struct sample *found = request->found;
    plan->victims[i].pins[0] = plan_copy(plan, redis_fact_words(found, "run_id"));
    plan->victims[i].pins[3] = plan_printf(plan, "%" PRId64, redis_fact(found, "evicted_keys", 0));
    plan->victims[i].pins[4] = *redis_fact_words(found, "config_file") ? "yes" : "no";
  }
}

/* Keys that go at once, in proportion to their memory; 0 when none do. */
static int64_t count_evicted(const struct sample *found, const struct wish *wish, int64_t above) {
  bool is_volatile = strncmp(wish->new_policy, "volatile-", 9) == 0;
  int64_t used = redis_fact(found, "used_memory", 0), keys = redis_fact(found, "keys", 0);
  int64_t expires = redis_fact(found, "expires", 0);
  if (above <= 0 || used <= 0 || strcmp(wish->new_policy, "noeviction") == 0)
    return 0;
  double count = (double)keys * (double)above / (double)used;
  int64_t most = is_volatile ? expires : keys;
  return count < (double)most ? (int64_t)count : most;
}

/* What is above the limit goes at once, by the policy; or nothing can, and writes fail. */
static void say_evicted(struct plan *plan, const struct sample *found, const struct wish *wish) {
  char over[FORMAT_MAX], used[REDIS_COUNTED_MAX], limit[FORMAT_MAX];
  int64_t counted = count_less(redis_fact(found, "used_memory", 0),
                               redis_fact(found, "mem_not_counted_for_evict", 0));
  int64_t expires = redis_fact(found, "expires", 0);
  int64_t above = wish->new_limit > 0 ? counted - wish->new_limit : 0;
  int64_t evicted = count_evicted(found, wish, above);
  bool is_volatile = strncmp(wish->new_policy, "volatile-", 9) == 0;
  format_bytes(over, sizeof over, (double)above);
  plan_say(plan, PLAN_BLAST, "%s count towards the limit, of %s",
           format_bytes(used, sizeof used, (double)counted), limit_words(limit, wish->new_limit));
  if (above > 0 && strcmp(wish->new_policy, "noeviction") == 0)
    plan_say(plan, PLAN_WARNING,
             "%s above the limit and noeviction: every write will fail with OOM at once", over);
  else if (above > 0 && is_volatile && expires == 0)
    plan_say(
        plan, PLAN_WARNING,
        "%s above the limit, and %s evicts nothing, for no key has a time to live: every write "
        "will fail with OOM at once",
        over, wish->new_policy);
  else if (above > 0)
    plan_say(plan, PLAN_LOSS, "%s of data, about %s, evicted at once by %s", over,
             redis_keys_counted(used, evicted), wish->new_policy);
  else if (is_volatile && expires == 0 && wish->new_limit > 0)
    plan_say(plan, PLAN_WARNING,
             "no key has a time to live: %s will evict nothing, and writes fail with OOM when the "
             "limit is reached",
             wish->new_policy);
  int64_t host = redis_fact(found, "total_system_memory", 0);
  if (host > 0 && (wish->new_limit == 0 || wish->new_limit > host))
    plan_say(plan, PLAN_WARNING,
             "the machine has %s: without a lower limit the kernel may end the server",
             format_bytes(used, sizeof used, (double)host));
  plan->unit = evicted > 1 ? "keys, as estimated" : "server";
  plan->count = evicted > 1 ? evicted : 1;
  plan->whole = evicted > 1; /* evicting is agreed to as deleting is */
}

static void say_effect(const struct action_request *request, struct plan *plan) {
  const char *file = redis_fact_words(request->found, "config_file");
  char cli[REDIS_CLI_MAX];
  redis_cli(cli, request->target, -1);
  for (size_t i = 0; i < plan->victim_count; i++)
    plan_say(plan, PLAN_EFFECT, "%s CONFIG SET %s %s", cli, plan->victims[i].key,
             plan->victims[i].pins[2]);
  if (*file) {
    plan_say(plan, PLAN_EFFECT, "%s CONFIG REWRITE", cli);
    plan_say(plan, PLAN_WARNING,
             "CONFIG REWRITE writes all that was set at run time into %s, not only this", file);
  } else {
    plan_say(plan, PLAN_WARNING, "lost at the next restart: the server has no configuration file");
  }
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"NOW", true}, {"THEN", true}};
  static const char *const pins[] = {"run_id", "old", "new", "evicted", "file"};
  const struct sample *found = request->found;
  struct wish wish;
  char undo[800];
  if (!request->params[REDIS_SETTING_MEMORY].set && !request->params[REDIS_SETTING_POLICY].set)
    return err_set(err, ERR_INVALID, "give it maxmemory, or policy, or both");
  wish_read(&wish, request);
  plan->columns = columns;
  plan->column_count = sizeof columns / sizeof *columns;
  plan->pins = pins;
  plan->pin_count = sizeof pins / sizeof *pins;
  add_victims(request, plan, &wish);
  if (plan->victim_count == 0)
    return err_set(err, ERR_INVALID, "it is so already: maxmemory %" PRId64 ", policy %.40s",
                   wish.old_limit, wish.old_policy);
  plan->title = plan_printf(plan, "Set the memory limit of %s", request->target->name);
  redis_plan_server(plan, request, false);
  plan_say(plan, PLAN_PRECONDITION, "the settings still have the values of now");
  say_evicted(plan, found, &wish);
  if (strcmp(redis_fact_words(found, "role"), "replica") == 0)
    plan_say(plan, PLAN_WARNING,
             "a replica ignores its limit as long as replica-ignore-maxmemory is yes");
  say_effect(request, plan);
  plan_say(plan, PLAN_UNDO, "stacktop plan %s", redis_memory_undo(undo, sizeof undo, plan, NULL));
  return true;
}
