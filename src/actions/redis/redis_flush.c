/* Drops all keys: FLUSHDB for one database, FLUSHALL for all. Only the action for one database has
 * a parameter. */
#include "actions/redis/redis_found.h"
#include "core/count.h"
#include "io/clock.h"

#include <stdio.h>

enum {
  ASYNC_VERSION = 40000,
  STEP_MS = 10000,
  VERIFY_MS = 15000,
  FREED_MS = 13000,
  LOOK_AGAIN_MS = 100,
  DATABASES_MAX = 1 << 16,
};

static bool is_of_database(const struct plan *plan) {
  return plan->action->param_count > 0;
}

/* ---- the survey: the databases, and what the last save contains */

enum database_column { DATABASE_NAME, DATABASE_KEYS, DATABASE_EXPIRES, DATABASE_COLUMN_COUNT };

static const struct column_spec database_columns[DATABASE_COLUMN_COUNT] = {
    [DATABASE_NAME] = {.id = "db", .title = "DB"},
    [DATABASE_KEYS] = {.id = "keys", .title = "KEYS", .unit = UNIT_COUNT},
    [DATABASE_EXPIRES] = {.id = "expires", .title = "WITH A TTL", .unit = UNIT_COUNT},
};
static const struct table_spec databases = FOUND_TABLE("databases", "Databases", database_columns);

static bool survey(struct step *step) {
  struct redis_conn *conn = redis_survey(step, REDIS_WRITES, -1, &databases);
  const struct redis_info *info = conn ? &conn->info : NULL;
  for (size_t i = 0; info && i < info->count; i++) {
    const int db = redis_database_of_key(info->lines[i].key);
    int64_t keys, expires;
    char key[16];
    snprintf(key, sizeof key, "%d", db);
    struct row *row = db >= 0 && db < DATABASES_MAX
                          ? sample_row(step->found, &step->found->tables[0], key, NULL)
                          : NULL;
    if (!row)
      continue;
    redis_keys_of_database(info, db, &keys, &expires);
    row->cells[DATABASE_NAME] = value_int(db);
    row->cells[DATABASE_KEYS] = value_int(keys);
    row->cells[DATABASE_EXPIRES] = value_int(expires);
  }
  return conn != NULL;
}

/* ---- the plan */

static void say_saved(const struct action_request *request, struct plan *plan) {
  const struct sample *found = request->found;
  const int64_t saved_ms = count_times(found_int(found, "rdb_last_save_time", 0), 1000);
  const int64_t unsaved = found_int(found, "rdb_changes_since_last_save", -1);
  if (saved_ms > 0 && saved_ms <= request->now_ms)
    plan_say(plan, PLAN_BLAST, "the last snapshot (or the start, without one since) is %s old%s%s",
             shown_duration(&plan->arena, request->now_ms - saved_ms),
             unsaved > 0 ? "; changes since: " : "",
             unsaved > 0 ? shown_count(&plan->arena, unsaved) : "");
  plan_say(plan, PLAN_WARNING,
           "where snapshots are configured, the next one is of an empty database, and FLUSHALL "
           "writes it at once");
  if (found_int(found, "aof_enabled", 0))
    plan_say(plan, PLAN_WARNING, "the append-only file gets the flush as well");
}

/* All databases, or the only one; their number of keys, -1: too many databases. */
static int64_t add_databases_to(struct plan *plan, const struct sample *found, int only) {
  const struct table *table = &found->tables[0];
  int64_t keys = 0;
  for (size_t i = 0; i < table->row_count; i++) {
    const struct row *row = &table->rows[i];
    const int64_t held = row->cells[DATABASE_KEYS].integer;
    if (only >= 0 && row->cells[DATABASE_NAME].integer != only)
      continue;
    struct plan_object *object =
        redis_plan_object(plan, found, row->key, plan_printf(plan, "db %s", row->key));
    if (!object)
      return -1;
    ACTION_CELLS(plan, shown_count(&plan->arena, held),
                 shown_count(&plan->arena, row->cells[DATABASE_EXPIRES].integer));
    action_bind(plan, "db", object->key);
    keys = count_add(keys, held);
  }
  return keys;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"KEYS", true}, {"WITH A TTL", true}};
  static const char *const identities[] = {"run_id", "db"};
  const struct sample *found = request->found;
  const char *async = found_int(found, "version", ASYNC_VERSION) >= ASYNC_VERSION ? " ASYNC" : "";
  const int db = is_of_database(plan) ? redis_param_database(request, 0) : -1;
  ACTION_OBJECTS(plan, columns, identities);
  const int64_t keys = add_databases_to(plan, found, db);
  if (keys < 0)
    return err_set(err, ERR_LIMIT, "more than %d databases", PLAN_OBJECTS_MAX);
  if (keys == 0)
    return err_set(err, ERR_INVALID, "nothing to flush: no key is there");
  redis_plan_command(plan, request, db,
                     plan_printf(plan, "%s%s", db >= 0 ? "FLUSHDB" : "FLUSHALL", async));
  if (db >= 0) {
    plan->title = plan_printf(plan, "Flush database %d of %s", db, request->target->name);
    plan->unit = "database";
    plan->count = 1;
    plan->name = plan_printf(plan, "db%d", db);
  } else {
    plan->title = plan_printf(plan, "Flush all databases of %s", request->target->name);
    plan->unit = keys == 1 ? "key" : "keys";
    plan->count = keys;
    plan->whole = true;
    plan_say(plan, PLAN_WARNING,
             "sessions, queues and locks are dropped with the caches; redis.delete-keys takes a "
             "pattern");
  }
  redis_plan_server(plan, request, true);
  plan_say(plan, PLAN_BLAST, "drops %s, and keys written until then, at once",
           shown_counted(&plan->arena, keys, "key", "keys"));
  redis_plan_spread(plan, found, "will flush");
  say_saved(request, plan);
  plan_say(plan, PLAN_LOSS, "all keys and values: only a backup or another copy has them");
  return true;
}

/* ---- execute */

static bool execute(struct step *step) {
  const bool one = is_of_database(step->call->plan);
  struct redis_conn *conn = redis_conn_open(step, REDIS_WRITES, one ? redis_planned_db(step) : -1);
  const int version = conn ? redis_info_version(&conn->info) : 0;
  const char *const words[] = {one ? "FLUSHDB" : "FLUSHALL", "ASYNC"};
  const bool async = version == 0 || version >= ASYNC_VERSION;
  return redis_change_words(conn, async ? 2 : 1, words, NULL) && step_sent(step, "flushed");
}

/* ---- verify: no key is left, and unlinked ones are freed */

static void settle(struct step *step, const struct redis_info *info) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < plan->object_count && i < outcome->count; i++) {
    int64_t keys, expires;
    redis_keys_of_database(info, (int)action_identity_number(plan, i, "db", -1), &keys, &expires);
    if (outcome->objects[i].result != OBJECT_SENT)
      continue;
    if (keys == 0)
      outcome_set(outcome, i, OBJECT_DONE, "no key in it");
    else
      outcome_set(outcome, i, OBJECT_DONE, "flushed; %s written since",
                  shown_counted(&step->arena, keys, "key", "keys"));
  }
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const int64_t until_ms = clock_now_ms() + FREED_MS;
  const struct redis_info *info;
  int64_t pending, used = 0;
  if (outcome_count(outcome, OBJECT_SENT) == 0)
    return true;
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  while ((info = redis_ask_info(conn))) {
    pending = 0;
    redis_info_count(info, "lazyfree_pending_objects", &pending);
    if (pending == 0 || clock_now_ms() > until_ms)
      break;
    step_sleep(step, LOOK_AGAIN_MS);
  }
  if (!info)
    return false;
  settle(step, info);
  redis_info_count(info, "used_memory", &used);
  if (pending == 0)
    outcome_proof(outcome, "%s; all memory is freed, used memory is %s", outcome->objects[0].words,
                  shown_bytes(&step->arena, used));
  else
    outcome_proof(outcome, "%s; %lld objects are still being freed", outcome->objects[0].words,
                  (long long)pending);
  return true;
}

STEPS_OF(STEP_MS, 2 * CONN_ANSWER_MS, VERIFY_MS)

/* ---- the actions */

static bool preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == 0 && redis_row_database(row, out, size);
}

static const struct option params[] = {REDIS_PARAM_DB};

const struct action action_redis_flush_db = {
    .spec = {.id = "redis.flush-db",
             .kind = "redis",
             .context = REDIS_KEYSPACE_TABLE,
             .title = "flush a database",
             .past = "flushed",
             .what = "drops all keys of one database, and of its replicas",
             .runs = "FLUSHDB ASYNC",
             .danger = DANGER_DESTRUCTIVE,
             ACTION_PARAMS(params)},
    .applies = redis_takes_writes,
    .preset = preset,
    STEPS,
};

const struct action action_redis_flush_all = {
    .spec = {.id = "redis.flush-all",
             .kind = "redis",
             .title = "flush everything",
             .past = "flushed",
             .what = "drops all keys of all databases, and of the replicas: sessions and queues as "
                     "well as caches",
             .runs = "FLUSHALL ASYNC",
             .danger = DANGER_DESTRUCTIVE},
    .applies = redis_takes_writes,
    STEPS,
};
