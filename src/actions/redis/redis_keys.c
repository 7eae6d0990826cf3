/* Deletes the keys of a pattern, or gives them a time to live: portion by portion, paced. The
 * pattern is the object, with the server's run_id and the database: a matching key that is written
 * meanwhile is changed, too.
 *
 * Keys that would expire sooner keep their time to live: since 7.0 the server compares (PEXPIRE
 * LT), before that PTTL is read right before. */
#include "actions/redis/redis_keys.h"
#include "actions/redis/redis_pattern.h"
#include "clients/redis/redis_refusal.h"
#include "core/arena.h"
#include "core/count.h"
#include "core/quantity.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEYS_A_COMMAND = 250, TTL_LEAST_MS = 1000, NAMES_BYTES_MAX = 32 << 20 };
#define TTL_MOST_MS (INT64_C(3650) * 24 * 3600 * 1000)

/* A walk that changes the keys (execute) or reads them again (verify). */
struct walk {
  struct step *step;
  struct redis_conn *conn;
  struct redis_scan scan;
  const struct kind *kind;
  const char *command; /* DEL, UNLINK or PEXPIRE */
  bool compares;       /* PEXPIRE has LT */
  int64_t ttl_ms;
  char ttl[24];
  int64_t count;      /* keys that were changed, or still have to be */
  struct err refusal; /* the first of the server's errors */
};

struct kind {
  const char *did;  /* "deleted": of keys, in words */
  const char *left; /* "match": the keys that verify counts */
  /* Both send commands for the names of a portion, and wait for all replies; false: the connection
   * is lost. */
  bool (*change)(struct walk *walk, const struct redisReply *names);
  bool (*look)(struct walk *walk, const struct redisReply *names);
};

/* A cluster may have moved a slot since SCAN returned its keys: those belong to another node now.
 */
static bool is_elsewhere(const struct err *err) {
  return redis_refusal_moved(err);
}

/* Reports how much is done, whatever ends it. The plan's count is a total only where the survey has
 * scanned the whole database. */
static void on_changed(void *arg, const struct redisReply *reply, const struct err *err) {
  struct walk *walk = arg;
  const struct plan *plan = walk->step->call->plan;
  const int64_t changed = redis_reply_int(reply, 0);
  walk->count = count_add(walk->count, changed > 0 ? changed : 0);
  outcome_note(walk->step->call->outcome, 0, walk->count,
               strcmp(plan->unit, "keys") == 0 ? plan->count : 0, "keys");
  if (err && !is_elsewhere(err) && walk->refusal.kind == ERR_NONE)
    walk->refusal = *err;
}

/* ---- delete */

static bool delete_names(struct walk *walk, const struct redisReply *names) {
  /* keys of different slots are refused in one command */
  const bool cluster = redis_info_is(&walk->conn->info, "cluster_enabled", "1");
  const size_t most = cluster ? 1 : KEYS_A_COMMAND;
  const char *words[1 + KEYS_A_COMMAND] = {walk->command};
  size_t lengths[1 + KEYS_A_COMMAND] = {strlen(walk->command)}, count = 0;
  for (size_t i = 0; i < names->elements; i++) {
    words[++count] = names->element[i]->str;
    lengths[count] = names->element[i]->len;
    if (count == most || i + 1 == names->elements) {
      redis_queue(walk->conn, true, (int)count + 1, words, lengths);
      count = 0;
    }
  }
  return redis_take_all(walk->conn, on_changed, walk);
}

static bool count_names(struct walk *walk, const struct redisReply *names) {
  walk->count += (int64_t)names->elements;
  return true;
}

/* ---- expire */

static bool is_longer(const struct walk *walk, int64_t ttl) {
  return ttl == -1 || ttl > walk->ttl_ms;
}

static void queue_ttls(struct walk *walk, const struct redisReply *names) {
  for (size_t i = 0; i < names->elements; i++)
    redis_queue(walk->conn, false, 2, (const char *const[]){"PTTL", names->element[i]->str},
                (const size_t[]){4, names->element[i]->len});
}

static void queue_expiry(struct walk *walk, const char *name, size_t length) {
  const char *words[] = {walk->command, name, walk->ttl, "LT"};
  const size_t lengths[] = {strlen(walk->command), length, strlen(walk->ttl), 2};
  redis_queue(walk->conn, true, walk->compares ? 4 : 3, words, lengths);
}

struct names {
  size_t count, answered;
  struct name {
    char *bytes;
    size_t length;
    int64_t ttl;
  } * items;
};

static void on_ttl(void *arg, const struct redisReply *reply, const struct err *err) {
  struct names *names = arg;
  (void)err; /* PEXPIRE is refused as well, and says why */
  names->items[names->answered++].ttl = redis_reply_int(reply, -2);
}

/* Before 7.0. The reply with the names is freed when PTTL is answered. */
static bool expire_longer(struct walk *walk, const struct redisReply *reply, struct arena *arena) {
  struct names names = {.count = reply->elements};
  names.items = arena_alloc(arena, names.count * sizeof *names.items);
  for (size_t i = 0; i < names.count && names.items; i++) {
    names.items[i].length = reply->element[i]->len;
    names.items[i].bytes = arena_alloc(arena, names.items[i].length + 1);
    if (names.items[i].bytes)
      memcpy(names.items[i].bytes, reply->element[i]->str, names.items[i].length);
  }
  if (arena->exhausted)
    return step_fail(walk->step, ERR_LIMIT, "the names of one portion have more than %d MiB",
                     NAMES_BYTES_MAX >> 20);
  queue_ttls(walk, reply);
  if (!redis_take_all(walk->conn, on_ttl, &names))
    return false;
  for (size_t i = 0; i < names.count; i++)
    if (is_longer(walk, names.items[i].ttl))
      queue_expiry(walk, names.items[i].bytes, names.items[i].length);
  return redis_take_all(walk->conn, on_changed, walk);
}

static bool expire_names(struct walk *walk, const struct redisReply *names) {
  struct arena arena;
  if (walk->compares) {
    for (size_t i = 0; i < names->elements; i++)
      queue_expiry(walk, names->element[i]->str, names->element[i]->len);
    return redis_take_all(walk->conn, on_changed, walk);
  }
  arena_init(&arena, NAMES_BYTES_MAX);
  const bool good = expire_longer(walk, names, &arena);
  arena_fini(&arena);
  return good;
}

static void on_looked(void *arg, const struct redisReply *reply, const struct err *err) {
  struct walk *walk = arg;
  walk->count += is_longer(walk, redis_reply_int(reply, -2));
  if (err && walk->refusal.kind == ERR_NONE)
    walk->refusal = *err;
}

static bool look_at_names(struct walk *walk, const struct redisReply *names) {
  queue_ttls(walk, names);
  return redis_take_all(walk->conn, on_looked, walk);
}

/* ---- the walk */

static const struct kind deletion = {"deleted", "match", delete_names, count_names};
static const struct kind expiry = {"set to expire", "would live longer", expire_names,
                                   look_at_names};

static bool is_expiry(const struct plan *plan) {
  return plan->action->param_count > REDIS_KEYS_TTL;
}

/* From the plan's parameter, which was checked. */
static bool read_ttl(struct walk *walk) {
  struct err ignored;
  const char *text = plan_param(walk->step->call->plan, "ttl");
  if (!text || !duration_parse(text, &walk->ttl_ms, &ignored) || walk->ttl_ms < TTL_LEAST_MS ||
      walk->ttl_ms > TTL_MOST_MS)
    return step_fail(walk->step, ERR_INVALID, "the plan has no time to live");
  snprintf(walk->ttl, sizeof walk->ttl, "%" PRId64, walk->ttl_ms);
  return true;
}

static bool open_walk(struct walk *walk, struct step *step, enum redis_need need) {
  const struct plan *plan = step->call->plan;
  const bool expires = is_expiry(plan);
  *walk = (struct walk){.step = step, .kind = expires ? &expiry : &deletion};
  if (expires && !read_ttl(walk))
    return false;
  walk->conn = redis_conn_open(step, need, redis_planned_db(step));
  if (!walk->conn)
    return false;
  const int version = redis_info_version(&walk->conn->info); /* 0: not known */
  const bool unlinks = version == 0 || version >= REDIS_UNLINK_VERSION;
  walk->compares = version == 0 || version >= REDIS_PEXPIRE_LT_VERSION;
  walk->command = expires ? "PEXPIRE" : unlinks ? "UNLINK" : "DEL";
  redis_scan_init(&walk->scan, step, walk->conn, action_identity(plan, 0, "pattern"),
                  need == REDIS_ANY      ? 0
                  : !expires && !unlinks ? REDIS_PACE_DEL
                                         : REDIS_PACE_UNLINK);
  return true;
}

static bool is_refused(struct walk *walk) {
  if (walk->refusal.kind == ERR_NONE)
    return false;
  walk->step->err = walk->refusal;
  return true;
}

/* ---- execute */

/* What failed, in words; empty when no key was changed. */
static bool settle_partly(const struct walk *walk, size_t portion) {
  struct outcome *outcome = walk->step->call->outcome;
  const char *did = walk->kind->did, *why = walk->step->err.text;
  if (walk->conn->conn.unanswered > 0)
    outcome_set_all(outcome, OBJECT_PENDING, OBJECT_UNKNOWN, "%s; no answer for up to %zu more: %s",
                    did, portion, why);
  else if (walk->count > 0)
    outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "%s; the rest is unchanged: %s", did,
                    why);
  return false;
}

static bool settle_cancelled(const struct walk *walk) {
  outcome_set_all(walk->step->call->outcome, OBJECT_PENDING, OBJECT_SKIPPED,
                  walk->count > 0 ? "%s, then cancelled; the rest is unchanged"
                                  : "cancelled before any key was %s",
                  walk->kind->did);
  return step_fail(walk->step, ERR_NONE, "cancelled");
}

static bool execute(struct step *step) {
  const int64_t started_ms = clock_now_ms();
  const struct redisReply *names;
  struct walk walk;
  if (!open_walk(&walk, step, REDIS_WRITES))
    return false;
  while ((names = redis_scan_next(&walk.scan))) {
    const size_t portion = names->elements;
    const int64_t asked_us = clock_now_us();
    if (portion > 0) {
      if (!walk.kind->change(&walk, names) || is_refused(&walk))
        return settle_partly(&walk, portion);
      redis_pace_answered(&walk.scan.change, (int64_t)portion, clock_now_us() - asked_us,
                          clock_now_us());
    }
    redis_scan_report(&walk.scan, walk.count, step->call->plan->count);
  }
  if (walk.scan.end == REDIS_SCAN_CANCELLED)
    return settle_cancelled(&walk);
  if (walk.scan.end == REDIS_SCAN_FAILED)
    return settle_partly(&walk, 0);
  outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_SENT, "%s %s (took %s)",
                  shown_counted(&step->arena, walk.count, "key", "keys"), walk.kind->did,
                  shown_duration(&step->arena, clock_now_ms() - started_ms));
  return true;
}

/* ---- verify: the keys that still have to be changed */

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const struct redisReply *names;
  struct walk walk;
  if (outcome_count(outcome, OBJECT_SENT) == 0)
    return true;
  if (!open_walk(&walk, step, REDIS_ANY))
    return false;
  walk.scan.until_ms = clock_now_ms() + REDIS_KEYS_VERIFY_MS;
  while ((names = redis_scan_next(&walk.scan)))
    if (names->elements > 0 && (!walk.kind->look(&walk, names) || is_refused(&walk)))
      return false;
  if (walk.scan.end == REDIS_SCAN_FAILED)
    return false;
  const char *before = outcome->objects[0].words, *which = walk.kind->left;
  const char *left =
      walk.count > 0 ? shown_counted(&step->arena, walk.count, "key", "keys") : "no keys";
  if (walk.scan.end != REDIS_SCAN_DONE)
    return step_prove(step, OBJECT_DONE,
                      "%s; scanned again, %.0f%% of the database in time: %s that %s", before,
                      walk.scan.fraction > 0 ? 100 * walk.scan.fraction : 0, left, which);
  return step_prove(step, OBJECT_DONE, "%s; scanned again: %s that %s%s", before, left, which,
                    walk.count > 0 ? ", written since" : "");
}

STEP_CANCELLABLE(redis_keys_survey, REDIS_KEYS_SURVEY_MS + REDIS_KEYS_MARGIN_MS)
STEP(execute, 0)
STEP_CANCELLABLE(verify, REDIS_KEYS_VERIFY_MS + REDIS_KEYS_MARGIN_MS)

/* ---- the actions */

static bool preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == REDIS_KEYS_DB && redis_row_database(row, out, size);
}

/* All columns for the second action, for the first those before the time to live. */
static const struct option params[] = {
    [REDIS_KEYS_PATTERN] = {.name = "pattern",
                            .type = OPTION_TEXT,
                            .required = true,
                            .check = redis_pattern_check,
                            .help = "which keys, as in SCAN MATCH: * any bytes, ? one, [abc] one "
                                    "of them, \\* itself",
                            .example = "cache:*"},
    [REDIS_KEYS_DB] = REDIS_PARAM_DB,
    [REDIS_KEYS_TTL] = {.name = "ttl",
                        .type = OPTION_DURATION,
                        .required = true,
                        .min = TTL_LEAST_MS,
                        .max = TTL_MOST_MS,
                        .help = "from now on; a key that would expire sooner keeps its own",
                        .example = "1h"},
};

#define KEYS_STEPS                                                                    \
  .applies = redis_takes_writes, .preset = preset, .survey = &redis_keys_survey_step, \
  .plan = redis_keys_plan, .execute = &execute_step, .verify = &verify_step

const struct action action_redis_delete_keys = {
    .spec = {.id = "redis.delete-keys",
             .kind = "redis",
             .context = REDIS_KEYSPACE_TABLE,
             .key = 'D',
             .title = "delete keys",
             .past = "deleted",
             .what = "deletes all keys of a database that match a pattern, a few at a time so that "
                     "other clients do not wait",
             .runs = "SCAN MATCH pattern, UNLINK key ...",
             .danger = DANGER_DESTRUCTIVE,
             .params = params,
             .param_count = REDIS_KEYS_TTL},
    KEYS_STEPS,
};

const struct action action_redis_expire_keys = {
    .spec = {.id = "redis.expire-keys",
             .kind = "redis",
             .context = REDIS_KEYSPACE_TABLE,
             .key = 'E',
             .title = "expire keys",
             .past = "let",
             .what = "gives all keys of a database that match a pattern a time to live, after "
                     "which the server drops them",
             .runs = "SCAN MATCH pattern, PEXPIRE key ms LT",
             .danger = DANGER_DESTRUCTIVE,
             ACTION_PARAMS(params)},
    KEYS_STEPS,
};
