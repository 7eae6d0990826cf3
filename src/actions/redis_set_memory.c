/* Sets how much memory a server may use, and what goes when it is full. What it will evict is said
 * before; the configuration file gets it, too, where there is one. */
#include "actions/redis_found.h"
#include "core/format.h"
#include "core/quote.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 10000, VERIFY_MS = 20000, EVICTING_MS = 8000, LOOK_AGAIN_MS = 200 };
enum setting { SETTING_MEMORY, SETTING_POLICY, SETTING_COUNT };

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err);
static void survey_start(struct act *act);
static void execute_start(struct act *act);
static void verify_start(struct act *act);

static const char *const policies[] = {
    "allkeys-lru",     "allkeys-lfu",  "allkeys-random", "volatile-lru", "volatile-lfu",
    "volatile-random", "volatile-ttl", "noeviction",     NULL,
};
static const struct option params[SETTING_COUNT] = {
    [SETTING_MEMORY] = {.name = "maxmemory",
                        .type = OPTION_TEXT,
                        .check = redis_size_check,
                        .help = "the limit, as redis.conf has it: 2gb, 512mb, 2147483648; 0: none",
                        .example = "2gb"},
    [SETTING_POLICY] = {.name = "policy",
                        .type = OPTION_CHOICE,
                        .choices = policies,
                        .help = "maxmemory-policy: which keys go when the limit is reached",
                        .example = "allkeys-lru"},
};
static const char *const setting_names[SETTING_COUNT] = {"maxmemory", "maxmemory-policy"};

static const struct act_step survey = {
    .timeout_ms = STEP_MS, .start = survey_start, .drop = redis_work_drop};
static const struct act_step execute = {.start = execute_start, .drop = redis_work_drop};
static const struct act_step verify = {
    .timeout_ms = VERIFY_MS, .start = verify_start, .drop = redis_work_drop};

const struct action action_redis_set_memory = {
    .spec = {.id = "redis.set-memory",
             .kind = "redis",
             .key = 'M',
             .title = "set the memory limit",
             .what = "Sets maxmemory, or what is evicted when it is reached, or both, and writes "
                     "them into the server's configuration file.",
             .runs = "CONFIG SET maxmemory, CONFIG SET maxmemory-policy, CONFIG REWRITE",
             .danger = DANGER_REVERSIBLE,
             .params = params,
             .param_count = SETTING_COUNT},
    .applies = redis_has_keys,
    .survey = &survey,
    .plan = make_plan,
    .execute = &execute,
    .verify = &verify,
};

/* The value of a reply to CONFIG GET; NULL when there is none of that name. */
static const char *setting_of(const struct redisReply *reply) {
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
      reply->element[1]->type != REDIS_REPLY_STRING)
    return NULL;
  return reply->element[1]->str;
}

/* ---- the survey */

struct reading {
  struct redis_work work;
  char values[SETTING_COUNT][64];
  int answered;
};

static void reading_finish(struct reading *reading) {
  static const char *const keys[] = {"used_memory", "mem_not_counted_for_evict", "evicted_keys",
                                     "total_system_memory"};
  const char *info = reading->work.info;
  struct sample *found = redis_found_new(&reading->work, NULL, 0);
  for (int i = 0; i < SETTING_COUNT; i++)
    redis_fact_text(found, setting_names[i], reading->values[i]);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    int64_t number;
    if (redis_told_int(info, keys[i], &number))
      redis_fact_int(found, keys[i], number);
  }
  int64_t all = 0, expires = 0;
  for (int db = 0; db < 1024; db++) {
    int64_t of_db, with;
    redis_told_keys(info, db, &of_db, &with);
    all += of_db;
    expires += with;
  }
  redis_fact_int(found, "keys", all);
  redis_fact_int(found, "expires", expires);
  redis_work_end(reading, found, NULL);
}

static void on_read(void *self, const struct redisReply *reply, const struct err *err) {
  struct reading *reading = self;
  struct err why;
  const char *value = reply ? setting_of(reply) : NULL;
  if (err && redis_is_refusal(err))
    err_set(&why, ERR_UNSUPPORTED,
            "CONFIG is not allowed here, so that the setting can neither be read nor changed: "
            "%.120s",
            err->text);
  else if (err)
    why = *err;
  else if (!value)
    err_set(&why, ERR_UNSUPPORTED, "the server has no setting %s",
            setting_names[reading->answered]);
  if (!value) {
    redis_work_fail(reading, &why);
    return;
  }
  snprintf(reading->values[reading->answered], sizeof *reading->values, "%s", value);
  if (++reading->answered == SETTING_COUNT)
    reading_finish(reading);
}

static void ask_settings(struct redis_work *work, redis_link_cb done) {
  for (int i = 0; i < SETTING_COUNT; i++)
    redis_link_ask(work->link, done, 3, (const char *const[]){"CONFIG", "GET", setting_names[i]},
                   NULL);
}

static void survey_ready(void *self) {
  ask_settings(self, on_read);
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
  const struct option_value *limit = &request->params[SETTING_MEMORY];
  const struct option_value *policy = &request->params[SETTING_POLICY];
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

static void add_victim(struct plan *plan, enum setting setting, const char *old, const char *new,
                       const char *old_shown, const char *new_shown) {
  struct plan_victim *victim = plan_victim(plan, setting_names[setting], setting_names[setting]);
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
  for (int i = 0; i < SETTING_COUNT; i++) {
    enum setting setting = lowers == (i == 0) ? SETTING_POLICY : SETTING_MEMORY;
    if (setting == SETTING_MEMORY && wish->old_limit != wish->new_limit)
      add_victim(plan, setting, plan_printf(plan, "%" PRId64, wish->old_limit),
                 plan_printf(plan, "%" PRId64, wish->new_limit), limit_words(old, wish->old_limit),
                 limit_words(new, wish->new_limit));
    if (setting == SETTING_POLICY && strcmp(wish->old_policy, wish->new_policy) != 0)
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
  int64_t counted =
      redis_fact(found, "used_memory", 0) - redis_fact(found, "mem_not_counted_for_evict", 0);
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
  plan->count = evicted > 1 ? evicted : 1; /* evicting is agreed to as deleting is */
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

/* What sets the old values again: of those that were set, where there is an outcome. */
static const char *undo_words(char *out, size_t size, const struct plan *plan,
                              const struct outcome *outcome) {
  char target[512];
  size_t used = (size_t)snprintf(out, size, "redis.set-memory %s",
                                 quote_word(target, sizeof target, plan->target));
  for (size_t i = 0; i < plan->victim_count && used < size; i++) {
    bool policy = strcmp(plan->victims[i].key, setting_names[SETTING_POLICY]) == 0;
    if (outcome && outcome->victims[i].result != VICTIM_SENT)
      continue;
    used += (size_t)snprintf(out + used, size - used, " %s=%s", policy ? "policy" : "maxmemory",
                             plan->victims[i].pins[1]);
  }
  return out;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"NOW", true}, {"THEN", true}};
  static const char *const pins[] = {"run_id", "old", "new", "evicted", "file"};
  const struct sample *found = request->found;
  struct wish wish;
  char undo[800];
  if (!request->params[SETTING_MEMORY].set && !request->params[SETTING_POLICY].set)
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
  redis_plan_server(plan, found, false);
  plan_say(plan, PLAN_PRECONDITION, "the settings still have the values of now");
  say_evicted(plan, found, &wish);
  if (strcmp(redis_fact_words(found, "role"), "replica") == 0)
    plan_say(plan, PLAN_WARNING,
             "a replica ignores its limit as long as replica-ignore-maxmemory is yes");
  say_effect(request, plan);
  plan_say(plan, PLAN_UNDO, "stacktop plan %s", undo_words(undo, sizeof undo, plan, NULL));
  return true;
}

/* ---- execute */

/* The pin of a victim by its name; the plan has them all. */
static const char *pin(const struct plan *plan, size_t victim, const char *name) {
  for (size_t i = 0; i < plan->pin_count; i++)
    if (strcmp(plan->pins[i], name) == 0 && plan->victims[victim].pins[i])
      return plan->victims[victim].pins[i];
  return "";
}

struct setting_work {
  struct redis_work work;
  char values[SETTING_COUNT][64];
  int answered;
  size_t at; /* the victim under way */
};

/* Whether the setting of the victim has that value. */
static bool has_value(const struct setting_work *self, size_t victim, const char *name) {
  const struct plan *plan = self->work.act->plan;
  for (int i = 0; i < SETTING_COUNT; i++)
    if (strcmp(plan->victims[victim].key, setting_names[i]) == 0)
      return strcmp(self->values[i], pin(plan, victim, name)) == 0;
  return false;
}

static void execute_finish(struct setting_work *self, const struct err *err) {
  struct outcome *outcome = self->work.act->outcome;
  char undo[800];
  if (outcome_count(outcome, VICTIM_SENT) > 0)
    outcome_undo(outcome, "%s", undo_words(undo, sizeof undo, self->work.act->plan, outcome));
  if (err)
    redis_work_fail(self, err);
  else
    redis_work_end(self, NULL, NULL);
}

static void on_rewritten(void *arg, const struct redisReply *reply, const struct err *err) {
  struct setting_work *self = arg;
  struct outcome *outcome = self->work.act->outcome;
  (void)reply;
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->victims[i].result == VICTIM_SENT && err)
      outcome_set(outcome, i, VICTIM_SENT,
                  "set, but lost at the next restart: the configuration file was not written: %s",
                  err->text);
    else if (outcome->victims[i].result == VICTIM_SENT)
      outcome_set(outcome, i, VICTIM_SENT, "set, and written into the configuration file");
  execute_finish(self, NULL);
}

static void set_next(struct setting_work *self);

static void on_set(void *arg, const struct redisReply *reply, const struct err *err) {
  struct setting_work *self = arg;
  struct outcome *outcome = self->work.act->outcome;
  (void)reply;
  if (err) {
    for (size_t i = self->at + 1; i < outcome->count; i++)
      outcome_set(outcome, i, VICTIM_SKIPPED, "the one before it failed");
    execute_finish(self, err);
    return;
  }
  outcome_set(outcome, self->at, VICTIM_SENT,
              "set; lost at the next restart: the server has no configuration file");
  self->at++;
  set_next(self);
}

static void set_next(struct setting_work *self) {
  const struct plan *plan = self->work.act->plan;
  if (self->at < plan->victim_count)
    redis_link_do(self->work.link, on_set, 4,
                  (const char *const[]){"CONFIG", "SET", plan->victims[self->at].key,
                                        pin(plan, self->at, "new")},
                  NULL);
  else if (strcmp(pin(plan, 0, "file"), "yes") == 0)
    redis_link_do(self->work.link, on_rewritten, 2, (const char *const[]){"CONFIG", "REWRITE"},
                  NULL);
  else
    execute_finish(self, NULL);
}

/* True once all are there. */
static bool take_value(struct setting_work *self, const struct redisReply *reply) {
  const char *value = setting_of(reply);
  snprintf(self->values[self->answered], sizeof *self->values, "%s", value ? value : "");
  return ++self->answered == SETTING_COUNT;
}

static void on_current(void *arg, const struct redisReply *reply, const struct err *err) {
  struct setting_work *self = arg;
  const struct plan *plan = self->work.act->plan;
  struct err changed;
  if (err) {
    redis_work_fail(self, err);
    return;
  }
  if (!take_value(self, reply))
    return;
  for (size_t i = 0; i < plan->victim_count; i++)
    if (!has_value(self, i, "old")) {
      err_set(&changed, ERR_INVALID, "%s is not %s any more, as it was in the plan: plan again",
              plan->victims[i].key, pin(plan, i, "old"));
      redis_work_fail(self, &changed);
      return;
    }
  set_next(self);
}

static void execute_ready(void *self) {
  ask_settings(self, on_current);
}

static void execute_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct setting_work), .phase = REDIS_EXECUTE, .ready = execute_ready};
  redis_work_start(act, &kind);
}

/* ---- verify: what it says now, and what it evicts */

static void verify_finish(struct setting_work *self, const char *info) {
  const struct plan *plan = self->work.act->plan;
  struct outcome *outcome = self->work.act->outcome;
  int64_t used = 0, uncounted = 0, evicted = 0;
  char text[FORMAT_MAX], count[REDIS_COUNTED_MAX];
  redis_told_int(info, "used_memory", &used);
  redis_told_int(info, "mem_not_counted_for_evict", &uncounted);
  redis_told_int(info, "evicted_keys", &evicted);
  evicted -= strtoll(pin(plan, 0, "evicted"), NULL, 10);
  for (size_t i = 0; i < outcome->count; i++) {
    const char *words = outcome->victims[i].words;
    if (outcome->victims[i].result != VICTIM_SENT)
      continue;
    if (has_value(self, i, "new"))
      outcome_set(outcome, i, VICTIM_DONE, "%s", words);
    else
      outcome_set(outcome, i, VICTIM_UNKNOWN,
                  "it was set, but reads otherwise: somebody else set it since");
  }
  outcome_proof(
      outcome,
      "read again: maxmemory %s, policy %s; %s count towards it, %s evicted since the plan",
      self->values[SETTING_MEMORY], self->values[SETTING_POLICY],
      format_bytes(text, sizeof text, (double)(used - uncounted)),
      redis_keys_counted(count, evicted > 0 ? evicted : 0));
  redis_work_end(self, NULL, NULL);
}

static void ask_info(void *self);

static void on_info(void *arg, const struct redisReply *reply, const struct err *err) {
  struct setting_work *self = arg;
  int64_t used = 0, uncounted = 0;
  if (err) {
    redis_work_fail(self, err);
    return;
  }
  char *info = redis_info_copy(reply);
  redis_told_int(info, "used_memory", &used);
  redis_told_int(info, "mem_not_counted_for_evict", &uncounted);
  int64_t limit = strtoll(self->values[SETTING_MEMORY], NULL, 10);
  bool evicting = limit > 0 && used - uncounted > limit &&
                  strcmp(self->values[SETTING_POLICY], "noeviction") != 0;
  if (!evicting || clock_now_ms() > self->work.started_ms + EVICTING_MS)
    verify_finish(self, info);
  else
    redis_link_wait(self->work.link, LOOK_AGAIN_MS, ask_info);
  free(info);
}

static void ask_info(void *self) {
  struct redis_work *work = self;
  redis_link_ask(work->link, on_info, 1, (const char *const[]){"INFO"}, NULL);
}

static void on_read_again(void *arg, const struct redisReply *reply, const struct err *err) {
  struct setting_work *self = arg;
  if (err)
    redis_work_fail(self, err);
  else if (take_value(self, reply))
    ask_info(self);
}

static void verify_ready(void *self) {
  struct redis_work *work = self;
  if (outcome_count(work->act->outcome, VICTIM_SENT) == 0)
    redis_work_end(work, NULL, NULL);
  else
    ask_settings(work, on_read_again);
}

static void verify_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct setting_work), .phase = REDIS_VERIFY, .ready = verify_ready};
  redis_work_start(act, &kind);
}
