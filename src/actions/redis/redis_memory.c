#include "actions/redis/redis_memory.h"

#include "core/count.h"
#include "core/format.h"
#include "core/quote.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERIFY_MS = 20000, EVICTING_MS = 8000, LOOK_AGAIN_MS = 200 };

const char *const redis_setting_names[REDIS_SETTING_COUNT] = {"maxmemory", "maxmemory-policy"};

const char *redis_setting_of(const struct redisReply *reply) {
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
      reply->element[1]->type != REDIS_REPLY_STRING)
    return NULL;
  return reply->element[1]->str;
}

void redis_settings_ask(struct redis_work *work, redis_link_cb done) {
  for (int i = 0; i < REDIS_SETTING_COUNT; i++)
    redis_link_ask(work->link, done, 3,
                   (const char *const[]){"CONFIG", "GET", redis_setting_names[i]}, NULL);
}

const char *redis_memory_undo(char *out, size_t size, const struct plan *plan,
                              const struct outcome *outcome) {
  char target[512];
  size_t used = (size_t)snprintf(out, size, "redis.set-memory %s",
                                 quote_word(target, sizeof target, plan->target));
  for (size_t i = 0; i < plan->victim_count && used < size; i++) {
    bool policy = strcmp(plan->victims[i].key, redis_setting_names[REDIS_SETTING_POLICY]) == 0;
    if (outcome && outcome->victims[i].result != VICTIM_SENT)
      continue;
    used += (size_t)snprintf(out + used, size - used, " %s=%s", policy ? "policy" : "maxmemory",
                             redis_victim_pin(plan, i, "old"));
  }
  return out;
}

/* ---- execute */

struct setting_work {
  struct redis_work work;
  char values[REDIS_SETTING_COUNT][64];
  int answered;
  size_t at; /* the victim under way */
};

/* Whether the setting of the victim has that value. */
static bool has_value(const struct setting_work *self, size_t victim, const char *name) {
  const struct plan *plan = self->work.act->plan;
  for (int i = 0; i < REDIS_SETTING_COUNT; i++)
    if (strcmp(plan->victims[victim].key, redis_setting_names[i]) == 0)
      return strcmp(self->values[i], redis_victim_pin(plan, victim, name)) == 0;
  return false;
}

static void execute_finish(struct setting_work *self, const struct err *err) {
  struct outcome *outcome = self->work.act->outcome;
  char undo[800];
  if (outcome_count(outcome, VICTIM_SENT) > 0)
    outcome_undo(outcome, "%s",
                 redis_memory_undo(undo, sizeof undo, self->work.act->plan, outcome));
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
                                        redis_victim_pin(plan, self->at, "new")},
                  NULL);
  else if (strcmp(redis_victim_pin(plan, 0, "file"), "yes") == 0)
    redis_link_do(self->work.link, on_rewritten, 2, (const char *const[]){"CONFIG", "REWRITE"},
                  NULL);
  else
    execute_finish(self, NULL);
}

/* True once all are there. */
static bool take_value(struct setting_work *self, const struct redisReply *reply) {
  const char *value = redis_setting_of(reply);
  snprintf(self->values[self->answered], sizeof *self->values, "%s", value ? value : "");
  return ++self->answered == REDIS_SETTING_COUNT;
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
              plan->victims[i].key, redis_victim_pin(plan, i, "old"));
      redis_work_fail(self, &changed);
      return;
    }
  set_next(self);
}

static void execute_ready(void *self) {
  redis_settings_ask(self, on_current);
}

static void execute_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct setting_work), .phase = REDIS_EXECUTE, .ready = execute_ready};
  redis_work_start(act, &kind);
}

const struct act_step redis_memory_execute = {.start = execute_start, .drop = redis_work_drop};

/* ---- verify: what it says now, and what it evicts */

static void verify_finish(struct setting_work *self, const char *info) {
  const struct plan *plan = self->work.act->plan;
  struct outcome *outcome = self->work.act->outcome;
  int64_t used = 0, uncounted = 0, evicted = 0;
  char text[FORMAT_MAX], count[REDIS_COUNTED_MAX];
  redis_told_count(info, "used_memory", &used);
  redis_told_count(info, "mem_not_counted_for_evict", &uncounted);
  redis_told_count(info, "evicted_keys", &evicted);
  int64_t before = strtoll(redis_victim_pin(plan, 0, "evicted"), NULL, 10);
  evicted = count_less(evicted, before > 0 ? before : 0);
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
      self->values[REDIS_SETTING_MEMORY], self->values[REDIS_SETTING_POLICY],
      format_bytes(text, sizeof text, (double)count_less(used, uncounted)),
      redis_keys_counted(count, evicted));
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
  redis_told_count(info, "used_memory", &used);
  redis_told_count(info, "mem_not_counted_for_evict", &uncounted);
  int64_t limit = strtoll(self->values[REDIS_SETTING_MEMORY], NULL, 10);
  bool evicting = limit > 0 && count_less(used, uncounted) > limit &&
                  strcmp(self->values[REDIS_SETTING_POLICY], "noeviction") != 0;
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
    redis_settings_ask(work, on_read_again);
}

static void verify_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct setting_work), .phase = REDIS_VERIFY, .ready = verify_ready};
  redis_work_start(act, &kind);
}

const struct act_step redis_memory_verify = {
    .timeout_ms = VERIFY_MS, .start = verify_start, .drop = redis_work_drop};
