/* Deletes the keys of a pattern: SCAN and UNLINK, portion by portion, paced. The pattern is the
 * victim, with the server's run_id and the database: a key that matches and comes while it runs
 * goes, too. */
#include "actions/redis/redis_change.h"
#include "actions/redis/redis_pattern.h"
#include "core/format.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

enum { UNLINK_VERSION = 40000, KEYS_A_COMMAND = 250, VERIFY_MS = REDIS_KEYS_VERIFY_MS + 30000 };

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err);
static void execute_start(struct act *act);
static void verify_start(struct act *act);

static const struct option params[] = {
    REDIS_KEYS_PARAM_PATTERN,
    REDIS_KEYS_PARAM_DB,
};
static const struct act_step execute = {
    .start = execute_start, .cancel = redis_sweep_cancel, .drop = redis_work_drop};
static const struct act_step verify = {.timeout_ms = VERIFY_MS,
                                       .start = verify_start,
                                       .cancel = redis_sweep_cancel,
                                       .drop = redis_work_drop};

const struct action action_redis_delete_keys = {
    .spec = {.id = "redis.delete-keys",
             .kind = "redis",
             .context = REDIS_KEYSPACE_TABLE,
             .key = 'D',
             .title = "delete keys",
             .what = "deletes all keys of a database that match a pattern, a few at a time so that "
                     "the others do not wait",
             .runs = "SCAN MATCH pattern, UNLINK key ...",
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

/* 0: not told. */
static const char *command_of(int64_t version) {
  return version > 0 && version < UNLINK_VERSION ? "DEL" : "UNLINK";
}

/* ---- the plan */

static void say_effect(const struct action_request *request, struct plan *plan) {
  const struct sample *found = request->found;
  const char *command = command_of(redis_fact(found, "version", 0));
  char script[32];
  snprintf(script, sizeof script, "s/^/%s /", command);
  redis_keys_say_command(request, plan, script);
  plan_say(plan, PLAN_EFFECT,
           "with SCAN COUNT %d to %d, at most %d keys a second, slower when the answers slow down",
           REDIS_PACE_LEAST, REDIS_PACE_MOST,
           strcmp(command, "DEL") == 0 ? REDIS_PACE_DEL : REDIS_PACE_UNLINK);
  if (strcmp(command, "DEL") == 0)
    plan_say(plan, PLAN_WARNING,
             "%s has no UNLINK: DEL makes the others wait while a large key is "
             "freed",
             redis_fact_words(found, "server"));
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  char shown[400], count[REDIS_COUNTED_MAX];
  if (!redis_keys_plan(request, plan, err))
    return false;
  const char *pattern = redis_keys_pattern(plan);
  redis_repr(shown, sizeof shown, pattern, strlen(pattern));
  plan->title = plan_printf(plan, "Delete %s like %s of %s", redis_keys_counted(count, plan->count),
                            shown, request->target->name);
  say_effect(request, plan);
  plan_say(plan, PLAN_WARNING,
           "a key that matches and is written while it runs is deleted as well");
  redis_plan_spread(plan, request->found, "will delete them");
  plan_say(plan, PLAN_LOSS, "the keys and their values are gone: only a backup has them");
  return true;
}

/* ---- execute */

struct deletion {
  struct redis_change change;
  const char *command;
};

static void unlink_names(void *self, const struct redisReply *names) {
  struct deletion *deletion = self;
  const char *words[1 + KEYS_A_COMMAND] = {deletion->command};
  size_t lengths[1 + KEYS_A_COMMAND] = {strlen(deletion->command)};
  /* keys of different slots are refused in one command */
  size_t most = deletion->change.sweep.cluster ? 1 : KEYS_A_COMMAND;
  int count = 1;
  for (size_t i = 0; i < names->elements; i++) {
    words[count] = names->element[i]->str;
    lengths[count++] = names->element[i]->len;
    if ((size_t)count == 1 + most || i + 1 == names->elements) {
      redis_change_do(&deletion->change, count, words, lengths);
      count = 1;
    }
  }
}

static void execute_ready(void *self) {
  struct deletion *deletion = self;
  deletion->command = command_of(redis_told_version(deletion->change.sweep.work.info));
  deletion->change.did = "deleted";
  deletion->change.send = unlink_names;
  redis_change_start(&deletion->change,
                     strcmp(deletion->command, "DEL") == 0 ? REDIS_PACE_DEL : REDIS_PACE_UNLINK);
}

static void execute_start(struct act *act) {
  static const struct redis_work_kind kind = {.size = sizeof(struct deletion),
                                              .phase = REDIS_EXECUTE,
                                              .writes = true,
                                              .db = redis_db_of_plan,
                                              .ready = execute_ready,
                                              .dropped = redis_change_dropped};
  redis_work_start(act, &kind);
}

/* ---- verify */

static bool count_names(void *self, const struct redisReply *names) {
  struct redis_check *check = self;
  check->left += (int64_t)names->elements;
  return true;
}

static void verify_ready(void *self) {
  struct redis_check *check = self;
  check->matched = "would match";
  check->sweep.keys = count_names;
  redis_check_start(check);
}

static void verify_start(struct act *act) {
  static const struct redis_work_kind kind = {.size = sizeof(struct redis_check),
                                              .phase = REDIS_VERIFY,
                                              .db = redis_db_of_plan,
                                              .ready = verify_ready};
  redis_work_start(act, &kind);
}
