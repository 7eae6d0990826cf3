/* Gives the keys of a pattern a time to live: SCAN and PEXPIRE, portion by portion, paced. Those
 * that would live shorter keep what they have: the server compares since 7.0 (LT), before it PTTL
 * is asked a moment before. */
#include "actions/redis/redis_change.h"
#include "actions/redis/redis_pattern.h"
#include "core/format.h"
#include "core/mem.h"
#include "core/quantity.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  LT_VERSION = 70000,
  TTL_LEAST_MS = 1000,
  VERIFY_MS = REDIS_KEYS_VERIFY_MS + 30000,
  PARAM_TTL = REDIS_KEYS_MORE,
};
static const int64_t ttl_most_ms = INT64_C(3650) * 24 * 3600 * 1000;

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err);
static void execute_start(struct act *act);
static void verify_start(struct act *act);

static const struct option params[] = {
    REDIS_KEYS_PARAM_PATTERN,
    REDIS_KEYS_PARAM_DB,
    {.name = "ttl",
     .type = OPTION_DURATION,
     .required = true,
     .min = TTL_LEAST_MS,
     .max = INT64_C(3650) * 24 * 3600 * 1000,
     .help = "from now on; a key that would live shorter keeps its own",
     .example = "1h"},
};
static const struct act_step execute = {
    .start = execute_start, .cancel = redis_sweep_cancel, .drop = redis_work_drop};
static const struct act_step verify = {.timeout_ms = VERIFY_MS,
                                       .start = verify_start,
                                       .cancel = redis_sweep_cancel,
                                       .drop = redis_work_drop};

const struct action action_redis_expire_keys = {
    .spec = {.id = "redis.expire-keys",
             .kind = "redis",
             .context = REDIS_KEYSPACE_TABLE,
             .key = 'E',
             .title = "expire keys",
             .what = "gives all keys of a database that match a pattern a time to live; they are "
                     "gone after it",
             .runs = "SCAN MATCH pattern, PEXPIRE key ms LT",
             .danger = DANGER_DESTRUCTIVE,
             .params = params,
             .param_count = sizeof params / sizeof *params},
    .applies = redis_takes_writes,
    .preset = redis_keys_preset,
    .survey = &redis_keys_survey,
    .plan = make_plan,
    .execute = &execute,
    .verify = &verify,
};

/* ---- the plan */

static void say_effect(const struct action_request *request, struct plan *plan, int64_t ttl_ms) {
  const struct sample *found = request->found;
  bool compares = redis_fact(found, "version", LT_VERSION) >= LT_VERSION;
  char script[400];
  if (compares)
    snprintf(script, sizeof script, "s/.*/PEXPIRE & %" PRId64 " LT/", ttl_ms);
  else /* the key's own time to live is looked at in the same command */
    snprintf(script, sizeof script,
             "s/.*/EVAL \"local ttl = redis.call([[PTTL]], KEYS[1]) if ttl == -1 or ttl > "
             "tonumber(ARGV[1]) then return redis.call([[PEXPIRE]], KEYS[1], ARGV[1]) end return "
             "0\" 1 & %" PRId64 "/",
             ttl_ms);
  redis_keys_say_command(request, plan, script);
  plan_say(plan, PLAN_EFFECT,
           "with SCAN COUNT %d to %d, at most %d keys a second, slower when the answers slow down",
           REDIS_PACE_LEAST, REDIS_PACE_MOST, REDIS_PACE_UNLINK);
  if (!compares)
    plan_say(plan, PLAN_WARNING,
             "%s cannot compare by itself: PTTL is asked just before, and a time to live that is "
             "set in between is replaced",
             redis_fact_words(found, "server"));
}

/* Of those looked at: how many keep what they have. */
static void say_shorter(struct plan *plan, const struct sample *found, int64_t ttl_ms) {
  const struct table *table = sample_table_view(found, "sample");
  int column = table_column(table->spec, "ttl");
  size_t shorter = 0, known = 0;
  for (size_t i = 0; i < table->row_count; i++) {
    struct value ttl = table->rows[i].cells[column];
    known += ttl.type == VALUE_INT;
    shorter += ttl.type == VALUE_INT && ttl.integer >= 0 && ttl.integer <= ttl_ms;
  }
  if (known > 0)
    plan_say(plan, PLAN_BLAST,
             "%zu of %zu looked at would live no longer anyway, and stay as they are", shorter,
             known);
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  char shown[400], ttl[FORMAT_MAX], count[REDIS_COUNTED_MAX];
  int64_t ttl_ms = request->params[PARAM_TTL].number;
  if (!redis_keys_plan(request, plan, err))
    return false;
  const char *pattern = redis_keys_pattern(plan);
  redis_repr(shown, sizeof shown, pattern, strlen(pattern));
  format_duration(ttl, sizeof ttl, (double)ttl_ms / 1000);
  plan->title =
      plan_printf(plan, "Let %s like %s of %s expire in %s", redis_keys_counted(count, plan->count),
                  shown, request->target->name, ttl);
  say_effect(request, plan, ttl_ms);
  say_shorter(plan, request->found, ttl_ms);
  plan_say(plan, PLAN_WARNING,
           "a key that matches and is written while it runs may expire as well");
  redis_plan_spread(plan, request->found, "will expire them");
  plan_say(plan, PLAN_LOSS,
           "after %s the keys and their values are gone; until then PERSIST would "
           "keep a key, but what it had before is not known any more",
           ttl);
  return true;
}

/* From the plan's parameter, which was checked. */
static int64_t ttl_of(const struct plan *plan) {
  struct err ignored;
  const char *text = plan_param(plan, "ttl");
  int64_t ttl_ms = 0;
  if (!text || !duration_parse(text, &ttl_ms, &ignored) || ttl_ms < TTL_LEAST_MS ||
      ttl_ms > ttl_most_ms)
    return -1;
  return ttl_ms;
}

/* ---- execute */

struct expiry {
  struct redis_change change;
  int64_t ttl_ms;
  char ttl[24];
  bool compares;
  /* Before 7.0: the portion's names, until their PTTL is known. */
  char **names;
  size_t *lengths;
  size_t count, answered;
};

static void forget_names(struct expiry *expiry) {
  for (size_t i = 0; i < expiry->count; i++)
    free(expiry->names[i]);
  free(expiry->names);
  free(expiry->lengths);
  expiry->names = NULL;
  expiry->lengths = NULL;
  expiry->count = expiry->answered = 0;
}

static void expiry_fini(void *self) {
  forget_names(self);
}

static void expire(struct expiry *expiry, const char *name, size_t length) {
  const char *words[] = {"PEXPIRE", name, expiry->ttl, "LT"};
  const size_t lengths[] = {7, length, strlen(expiry->ttl), 2};
  redis_change_do(&expiry->change, expiry->compares ? 4 : 3, words, lengths);
}

static void on_ttl(void *self, const struct redisReply *reply, const struct err *err) {
  struct expiry *expiry = self;
  size_t at = expiry->answered++;
  int64_t ttl = reply && reply->type == REDIS_REPLY_INTEGER ? reply->integer : -2;
  if (ttl == -1 || ttl > expiry->ttl_ms)
    expire(expiry, expiry->names[at], expiry->lengths[at]);
  redis_change_answered(&expiry->change, err);
}

static void ask_ttls(struct expiry *expiry, const struct redisReply *names) {
  forget_names(expiry);
  expiry->names = mem_new(names->elements * sizeof *expiry->names);
  expiry->lengths = mem_new(names->elements * sizeof *expiry->lengths);
  for (size_t i = 0; i < names->elements; i++) {
    const redisReply *name = names->element[i];
    expiry->names[i] = mem_new(name->len + 1);
    memcpy(expiry->names[i], name->str, name->len);
    expiry->lengths[i] = name->len;
    expiry->count++;
    redis_change_ask(&expiry->change, on_ttl, 2, (const char *const[]){"PTTL", name->str},
                     (const size_t[]){4, name->len});
  }
}

static void expire_names(void *self, const struct redisReply *names) {
  struct expiry *expiry = self;
  if (!expiry->compares) {
    ask_ttls(expiry, names);
    return;
  }
  for (size_t i = 0; i < names->elements; i++)
    expire(expiry, names->element[i]->str, names->element[i]->len);
}

static void execute_ready(void *self) {
  struct expiry *expiry = self;
  const struct redis_work *work = &expiry->change.sweep.work;
  struct err odd;
  expiry->ttl_ms = ttl_of(work->act->plan);
  if (expiry->ttl_ms < 0) {
    err_set(&odd, ERR_INVALID, "the plan has no time to live");
    redis_work_fail(expiry, &odd);
    return;
  }
  snprintf(expiry->ttl, sizeof expiry->ttl, "%" PRId64, expiry->ttl_ms);
  int version = redis_told_version(work->info);
  expiry->compares = version == 0 || version >= LT_VERSION;
  expiry->change.did = "set to expire";
  expiry->change.send = expire_names;
  redis_change_start(&expiry->change, REDIS_PACE_UNLINK);
}

static void execute_start(struct act *act) {
  static const struct redis_work_kind kind = {.size = sizeof(struct expiry),
                                              .phase = REDIS_EXECUTE,
                                              .writes = true,
                                              .db = redis_db_of_plan,
                                              .ready = execute_ready,
                                              .fini = expiry_fini,
                                              .dropped = redis_change_dropped};
  redis_work_start(act, &kind);
}

/* ---- verify: each key's PTTL again */

struct look {
  struct redis_check check;
  int64_t ttl_ms;
  size_t waiting;
};

static void on_looked(void *self, const struct redisReply *reply, const struct err *err) {
  struct look *look = self;
  if (err) {
    redis_work_fail(look, err);
    return;
  }
  int64_t ttl = reply->type == REDIS_REPLY_INTEGER ? reply->integer : -2;
  if (ttl == -1 || ttl > look->ttl_ms)
    look->check.left++;
  if (--look->waiting == 0)
    redis_sweep_next(&look->check.sweep);
}

static bool look_at_names(void *self, const struct redisReply *names) {
  struct look *look = self;
  for (size_t i = 0; i < names->elements && i < REDIS_LINK_ASKED_MAX; i++) {
    look->waiting++;
    redis_link_ask(look->check.sweep.work.link, on_looked, 2,
                   (const char *const[]){"PTTL", names->element[i]->str},
                   (const size_t[]){4, names->element[i]->len});
  }
  return look->waiting == 0;
}

static void verify_ready(void *self) {
  struct look *look = self;
  look->ttl_ms = ttl_of(look->check.sweep.work.act->plan);
  look->check.matched = "would live longer";
  look->check.sweep.keys = look_at_names;
  redis_check_start(&look->check);
}

static void verify_start(struct act *act) {
  static const struct redis_work_kind kind = {.size = sizeof(struct look),
                                              .phase = REDIS_VERIFY,
                                              .db = redis_db_of_plan,
                                              .ready = verify_ready};
  redis_work_start(act, &kind);
}
