/* Sets or removes the time to live of one key, or deletes it.
 *
 * A key has no identity of its own, and a digest of its value would cost as much as reading it.
 * What is compared are type, time to live and memory, as far as they are known; the command is sent
 * in a transaction that the server drops if the key is changed between the comparison and the
 * command (WATCH). */
#include "actions/redis/redis_found.h"
#include "core/count.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STEP_MS = 10000, TTL_LEAST_MS = 1000, SAME_EXPIRY_MS = 1500, MEMORY_SLACK = 1024 };
#define TTL_MOST_MS (INT64_C(3650) * 24 * 3600 * 1000)

struct name {
  char bytes[REDIS_KEY_NAME_MAX + 1];
  size_t length;
};

/* What is known of the key now. */
struct state {
  const char *type;       /* "none": there is no such key */
  int64_t ttl_ms, memory; /* ttl_ms -1: it does not expire; memory -1: not known */
};

/* What the three actions differ in. */
struct kind {
  const char *verb, *command;
  bool sets; /* a time to live */
};
static const struct kind expire = {"Set the time to live of", "PEXPIRE", true};
static const struct kind persist = {"Remove the time to live of", "PERSIST", false};
static const struct kind delete = {"Delete", "UNLINK", false};

/* ---- asking */

static bool name_read(struct step *step, const char *key, struct name *name) {
  return redis_unrepr(key, name->bytes, REDIS_KEY_NAME_MAX, &name->length) ||
         step_fail(step, ERR_INVALID,
                   "\"%.60s\" is not the name of a key as redis-cli prints it, of at most %d bytes",
                   key, REDIS_KEY_NAME_MAX);
}

/* "WORD [WORD] key [WORD WORD]" */
static const struct redisReply *key_ask(struct redis_conn *conn, const struct name *name,
                                        bool changes, const char *first, const char *second,
                                        const char *after, const char *last) {
  const char *const words[] = {first, second, name->bytes, after, last};
  const char *argv[5];
  size_t lengths[5];
  int argc = 0;
  for (size_t i = 0; i < 5; i++) {
    if (!words[i])
      continue;
    argv[argc] = words[i];
    lengths[argc++] = i == 2 ? name->length : strlen(words[i]);
  }
  return changes ? redis_change_words(conn, argc, argv, lengths)
                 : redis_ask_words(conn, argc, argv, lengths);
}

/* False with step->err. */
static bool state_ask(struct step *step, struct redis_conn *conn, const struct name *name,
                      struct state *state) {
  const struct redisReply *reply = key_ask(conn, name, false, "TYPE", NULL, NULL, NULL);
  if (!reply)
    return false;
  *state = (struct state){.ttl_ms = -1, .memory = -1};
  state->type =
      arena_printf(&step->arena, "%.40s",
                   reply->type == REDIS_REPLY_STATUS ? reply->str : redis_reply_text(reply));
  if (strcmp(state->type, "none") == 0)
    return true;
  reply = key_ask(conn, name, false, "PTTL", NULL, NULL, NULL);
  if (!reply)
    return false;
  state->ttl_ms = redis_reply_int(reply, -1);
  if (state->ttl_ms == -2)
    state->type = "none"; /* it expired meanwhile */
  reply = key_ask(conn, name, false, "MEMORY", "USAGE", "SAMPLES", "5");
  if (!reply && (step->dropped || conn->conn.lost.kind != ERR_NONE))
    return false;
  state->memory = redis_reply_int(reply, -1); /* it may not be allowed */
  return true;
}

/* ---- the survey */

static bool survey(struct step *step) {
  const struct action_request *request = step->call->request;
  const int db = redis_url_database(step->call->target);
  struct name name;
  struct state state;
  if (request->key_count != 1)
    return step_fail(step, ERR_INVALID, "select one key");
  if (!name_read(step, request->keys[0], &name))
    return false;
  struct redis_conn *conn = redis_survey(step, REDIS_WRITES, db, NULL);
  if (!conn || !state_ask(step, conn, &name, &state))
    return false;
  if (strcmp(state.type, "none") == 0)
    return step_fail(step, ERR_INVALID, "database %d has no key %.120s now", db, request->keys[0]);
  found_set_text(step->found, "type", state.type);
  found_set_int(step->found, "ttl_ms", state.ttl_ms);
  found_set_int(step->found, "memory", state.memory);
  found_set_int(step->found, "db", db);
  return true;
}

/* ---- the plan */

static const char *ttl_text(struct plan *plan, int64_t ms) {
  return ms < 0 ? "none" : shown_duration(&plan->arena, ms);
}

/* As redis-cli reads it. */
static const char *key_word(struct plan *plan, const char *key) {
  const bool bare = !strpbrk(key, " '\\\"");
  return shown_word(&plan->arena, bare ? key : plan_printf(plan, "\"%s\"", key));
}

static void say_undo(const struct action_request *request, struct plan *plan,
                     const struct kind *kind, int64_t before_ms) {
  const char *key = shown_word(&plan->arena, request->keys[0]);
  const char *target = shown_word(&plan->arena, request->target->name);
  if (kind == &delete)
    plan_say(plan, PLAN_LOSS, "the key and its value");
  else if (before_ms < 0)
    plan_say(plan, PLAN_UNDO, "until it expires: stacktop plan redis.persist-key %s %s", target,
             key);
  else
    plan_say(plan, PLAN_UNDO, "stacktop plan redis.expire-key %s %s ttl=%" PRId64 "ms", target, key,
             before_ms);
  if (kind == &expire)
    plan_say(plan, PLAN_LOSS, "the key and its value, when it expires");
}

static bool plan_of(const struct action_request *request, struct plan *plan, struct err *err,
                    const struct kind *kind) {
  static const struct plan_column columns[] = {
      {"TYPE", false}, {"TTL", true}, {"THEN", true}, {"MEMORY", true}};
  static const char *const identities[] = {"run_id",  "db",     "key", "type",
                                           "expires", "memory", "ttl"};
  const struct sample *found = request->found;
  const int64_t before_ms = found_int(found, "ttl_ms", -1), memory = found_int(found, "memory", -1);
  const int64_t ttl_ms = kind->sets ? request->params[0].number : -1;
  const int db = (int)found_int(found, "db", 0);
  const char *key = request->keys[0];
  char label[REDIS_SHOWN_KEY_MAX];
  if (kind == &persist && before_ms < 0)
    return err_set(err, ERR_INVALID, "the key has no time to live");
  snprintf(label, sizeof label, strlen(key) < sizeof label ? "%s" : "%.100s...", key);
  ACTION_OBJECTS(plan, columns, identities);
  if (!redis_plan_object(plan, found, key, label))
    return err_set(err, ERR_LIMIT, "the plan is too large");
  ACTION_CELLS(plan, plan_copy(plan, found_text(found, "type")), ttl_text(plan, before_ms),
               kind == &delete ? "deleted" : ttl_text(plan, ttl_ms),
               memory < 0 ? NULL : shown_bytes(&plan->arena, memory));
  action_bind_number(plan, "db", db);
  action_bind(plan, "key", plan_copy(plan, key));
  action_bind(plan, "type", plan_copy(plan, found_text(found, "type")));
  action_bind_number(plan, "expires", before_ms < 0 ? -1 : count_add(request->now_ms, before_ms));
  action_bind_number(plan, "memory", memory);
  action_bind_number(plan, "ttl", ttl_ms);
  plan->title =
      plan_printf(plan, "%s %s in database %d of %s", kind->verb, label, db, request->target->name);
  redis_plan_server(plan, request, true);
  plan_say(plan, PLAN_PRECONDITION,
           "type, time to live and (about) memory are still these; its value is not compared");
  if (kind->sets)
    redis_plan_command(
        plan, request, db,
        plan_printf(plan, "%s %s %" PRId64, kind->command, key_word(plan, key), ttl_ms));
  else
    redis_plan_command(plan, request, db,
                       plan_printf(plan, "%s %s", kind->command, key_word(plan, key)));
  redis_plan_spread(plan, found, kind == &delete ? "delete it" : "change it");
  say_undo(request, plan, kind, before_ms);
  return true;
}

/* ---- execute: compared and changed in one transaction */

static bool is_same(const struct plan *plan, const struct state *state) {
  const int64_t expires = action_identity_number(plan, 0, "expires", -1);
  const int64_t memory = action_identity_number(plan, 0, "memory", -1);
  const int64_t now = state->ttl_ms < 0 ? -1 : count_add(clock_wall_ms(), state->ttl_ms);
  const int64_t slack = memory / 10 + MEMORY_SLACK;
  if (strcmp(action_identity(plan, 0, "type"), state->type) != 0)
    return false;
  if ((expires < 0) != (now < 0) ||
      (now >= 0 && (now - expires > SAME_EXPIRY_MS || expires - now > SAME_EXPIRY_MS)))
    return false;
  return memory < 0 || state->memory < 0 ||
         (state->memory - memory <= slack && memory - state->memory <= slack);
}

static bool gone(struct step *step, const char *words) {
  outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_GONE, "%s", words);
  return true;
}

static bool execute_of(struct step *step, const struct kind *kind) {
  const struct plan *plan = step->call->plan;
  struct name name;
  struct state state;
  if (!name_read(step, action_identity(plan, 0, "key"), &name))
    return false;
  struct redis_conn *conn = redis_conn_open(step, REDIS_WRITES, redis_planned_db(step));
  if (!conn || !key_ask(conn, &name, false, "WATCH", NULL, NULL, NULL) ||
      !state_ask(step, conn, &name, &state))
    return false;
  if (strcmp(state.type, "none") == 0)
    return gone(step, "it no longer exists");
  if (!is_same(plan, &state))
    return step_fail(step, ERR_INVALID, "the key has changed since the plan: plan again");
  if (!redis_ask(conn, "MULTI") ||
      !key_ask(conn, &name, false, kind->command, NULL,
               kind->sets ? action_identity(plan, 0, "ttl") : NULL, NULL))
    return false;
  const struct redisReply *reply = redis_change(conn, "EXEC");
  if (!reply)
    return false;
  if (reply->type == REDIS_REPLY_NIL)
    return step_fail(step, ERR_INVALID, "the key was changed at this moment: plan again");
  if (redis_reply_count(reply) != 1 || redis_reply_int(reply->element[0], 0) != 1)
    return gone(step, "it no longer exists, or has no time to live now");
  return step_sent(step, "changed");
}

/* ---- verify */

static bool verify_of(struct step *step, const struct kind *kind) {
  const struct plan *plan = step->call->plan;
  const int64_t wanted = action_identity_number(plan, 0, "ttl", -1);
  struct name name;
  struct state state;
  if (outcome_count(step->call->outcome, OBJECT_SENT) == 0)
    return true;
  if (!name_read(step, action_identity(plan, 0, "key"), &name))
    return false;
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, redis_planned_db(step));
  if (!conn || !state_ask(step, conn, &name, &state))
    return false;
  const bool exists = strcmp(state.type, "none") != 0;
  if (kind == &delete)
    return step_prove(step, OBJECT_DONE, exists ? "deleted; created again since" : "deleted");
  if (!exists)
    return step_prove(step, OBJECT_DONE, "changed; it no longer exists");
  if (!kind->sets && state.ttl_ms < 0)
    return step_prove(step, OBJECT_DONE, "it no longer expires");
  if (kind->sets && state.ttl_ms >= 0 && state.ttl_ms <= wanted)
    return step_prove(step, OBJECT_DONE, "it expires in %s",
                      shown_duration(&step->arena, state.ttl_ms));
  return step_prove(step, OBJECT_UNKNOWN,
                    "it was changed, but its time to live is another now: "
                    "somebody set it since");
}

/* ---- the actions */

/* The server says whether it exists. */
static const char *key_named(const char *word) {
  char bytes[REDIS_KEY_NAME_MAX];
  size_t length;
  return redis_unrepr(word, bytes, sizeof bytes, &length) ? word : NULL;
}

static const struct option params[] = {{.name = "ttl",
                                        .type = OPTION_DURATION,
                                        .required = true,
                                        .min = TTL_LEAST_MS,
                                        .max = TTL_MOST_MS,
                                        .help = "from now on",
                                        .example = "1h"}};

#define KIND(kind)                                                                 \
  static bool kind##_plan(const struct action_request *request, struct plan *plan, \
                          struct err *err) {                                       \
    return plan_of(request, plan, err, &(kind));                                   \
  }                                                                                \
  static bool kind##_execute(struct step *step) {                                  \
    return execute_of(step, &(kind));                                              \
  }                                                                                \
  static bool kind##_verify(struct step *step) {                                   \
    return verify_of(step, &(kind));                                               \
  }                                                                                \
  STEP(kind##_execute, STEP_MS)                                                    \
  STEP(kind##_verify, STEP_MS)

STEP(survey, STEP_MS)
KIND(expire)
KIND(persist)
KIND(delete)

#define KEY_STEPS(kind)                                                          \
  .applies = redis_takes_writes, .row_named = key_named, .survey = &survey_step, \
  .plan = kind##_plan, .execute = &kind##_execute_step, .verify = &kind##_verify_step

const struct action action_redis_expire_key = {
    .spec = {.id = "redis.expire-key",
             .kind = "redis",
             .table = REDIS_KEYS_TABLE,
             .title = "set the time to live",
             .past = "let",
             .what = "gives the key a time to live, after which the server drops it; one that it "
                     "has is replaced",
             .runs = "WATCH key, MULTI, PEXPIRE key ms, EXEC",
             .danger = DANGER_DESTRUCTIVE,
             ACTION_PARAMS(params)},
    KEY_STEPS(expire),
};

const struct action action_redis_persist_key = {
    .spec = {.id = "redis.persist-key",
             .kind = "redis",
             .table = REDIS_KEYS_TABLE,
             .title = "remove the time to live",
             .past = "kept",
             .what = "removes the time to live of the key: the server no longer drops it",
             .runs = "WATCH key, MULTI, PERSIST key, EXEC",
             .danger = DANGER_REVERSIBLE},
    KEY_STEPS(persist),
};

const struct action action_redis_delete_key = {
    .spec = {.id = "redis.delete-key",
             .kind = "redis",
             .table = REDIS_KEYS_TABLE,
             .title = "delete the key",
             .past = "deleted",
             .what = "deletes one key and its value",
             .runs = "WATCH key, MULTI, UNLINK key, EXEC",
             .danger = DANGER_DESTRUCTIVE},
    KEY_STEPS(delete),
};
