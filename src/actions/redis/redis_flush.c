/* Drops all keys: FLUSHDB of one database, FLUSHALL of all. The action with a parameter is the one
 * for a database. */
#include "actions/redis/redis_found.h"
#include "core/count.h"
#include "core/format.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- the survey: the databases, and what the last save has */

enum database_column { DATABASE_NAME, DATABASE_KEYS, DATABASE_EXPIRES, DATABASE_COLUMN_COUNT };

static const struct column_spec database_columns[DATABASE_COLUMN_COUNT] = {
    [DATABASE_NAME] = {.id = "db", .title = "DB", .help = "its number"},
    [DATABASE_KEYS] = {.id = "keys", .title = "KEYS", .unit = UNIT_COUNT, .help = "INFO keyspace"},
    [DATABASE_EXPIRES] = {.id = "expires",
                          .title = "WITH A TTL",
                          .unit = UNIT_COUNT,
                          .help = "INFO keyspace"},
};
static const struct table_spec databases = {.id = "databases",
                                            .title = "Databases",
                                            .columns = database_columns,
                                            .column_count = DATABASE_COLUMN_COUNT};

static void add_databases(struct sample *found, const struct redis_info *info) {
  struct table *table = sample_table(found, databases.id);
  for (size_t i = 0; i < info->count; i++) {
    const int db = redis_database_of_key(info->lines[i].key);
    int64_t keys, expires;
    char key[16];
    snprintf(key, sizeof key, "%d", db);
    struct row *row = db >= 0 && db < DATABASES_MAX ? sample_row(found, table, key, NULL) : NULL;
    if (!row)
      continue;
    redis_keys_of_database(info, db, &keys, &expires);
    row->cells[DATABASE_NAME] = value_int(db);
    row->cells[DATABASE_KEYS] = value_int(keys);
    row->cells[DATABASE_EXPIRES] = value_int(expires);
  }
}

static bool survey(struct step *step) {
  static const struct table_spec *const specs[] = {&databases};
  static const char *const keys[] = {"rdb_last_save_time", "rdb_changes_since_last_save",
                                     "aof_enabled", NULL};
  struct redis_conn *conn = redis_conn_open(step, REDIS_WRITES, -1);
  if (!conn)
    return false;
  step->found = redis_found_new(conn, specs, 1);
  redis_found_keep(step->found, conn, keys);
  add_databases(step->found, &conn->info);
  return true;
}

/* ---- the plan */

static void say_saved(const struct action_request *request, struct plan *plan) {
  const struct sample *found = request->found;
  int64_t saved_ms = count_times(found_int(found, "rdb_last_save_time", 0), 1000);
  int64_t unsaved = found_int(found, "rdb_changes_since_last_save", -1);
  char ago[FORMAT_MAX], changes[FORMAT_MAX];
  format_count(changes, sizeof changes, unsaved);
  if (saved_ms > 0 && saved_ms <= request->now_ms)
    plan_say(plan, PLAN_BLAST, "the last snapshot (or the start, without one since) is %s old%s%s",
             format_duration(ago, sizeof ago, (double)(request->now_ms - saved_ms) / 1000),
             unsaved > 0 ? "; changes since: " : "", unsaved > 0 ? changes : "");
  plan_say(plan, PLAN_WARNING,
           "where snapshots are configured, the next one is of an empty database, and FLUSHALL "
           "writes it at once");
  if (found_int(found, "aof_enabled", 0))
    plan_say(plan, PLAN_WARNING, "the append-only file gets the flush as well");
}

/* All databases, or the only one; how many keys they hold, -1: too many databases. */
static int64_t add_databases_to(struct plan *plan, const struct sample *found, int only) {
  const struct table *table = sample_table_view(found, databases.id);
  int64_t keys = 0;
  for (size_t i = 0; i < table->row_count; i++) {
    const struct row *row = &table->rows[i];
    char text[FORMAT_MAX];
    if (only >= 0 && row->cells[DATABASE_NAME].integer != only)
      continue;
    struct plan_object *object = plan_object(plan, row->key, plan_printf(plan, "db %s", row->key));
    if (!object)
      return -1;
    for (size_t c = 0; c < 2; c++)
      object->cells[c] =
          plan_copy(plan, format_count(text, sizeof text, row->cells[DATABASE_KEYS + c].integer));
    object->identities[0] = plan_copy(plan, found_text(found, "run_id"));
    object->identities[1] = plan_copy(plan, row->key);
    keys = count_add(keys, row->cells[DATABASE_KEYS].integer);
  }
  return keys;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"KEYS", true}, {"WITH A TTL", true}};
  static const char *const identities[] = {"run_id", "db"};
  const struct sample *found = request->found;
  const char *async = found_int(found, "version", ASYNC_VERSION) >= ASYNC_VERSION ? " ASYNC" : "";
  char counted[REDIS_COUNTED_MAX], cli[REDIS_CLI_MAX];
  int db = -1;
  if (is_of_database(plan))
    db = request->params[0].set ? (int)request->params[0].number
                                : redis_url_database(request->target);
  ACTION_OBJECTS(plan, columns, identities);
  const int64_t keys = add_databases_to(plan, found, db);
  if (keys < 0)
    return err_set(err, ERR_LIMIT, "more than %d databases", PLAN_OBJECTS_MAX);
  if (keys == 0)
    return err_set(err, ERR_INVALID, "nothing to flush: no key is there");
  redis_cli(cli, request->target, db);
  if (db >= 0) {
    plan->title = plan_printf(plan, "Flush database %d of %s", db, request->target->name);
    plan->unit = "database";
    plan->count = 1;
    plan->name = plan_printf(plan, "db%d", db);
    plan_say(plan, PLAN_EFFECT, "%s FLUSHDB%s", cli, async);
  } else {
    plan->title = plan_printf(plan, "Flush all databases of %s", request->target->name);
    plan->unit = keys == 1 ? "key" : "keys";
    plan->count = keys;
    plan->whole = true;
    plan_say(plan, PLAN_EFFECT, "%s FLUSHALL%s", cli, async);
    plan_say(plan, PLAN_WARNING,
             "sessions, queues and locks are dropped with the caches; redis.delete-keys takes a "
             "pattern");
  }
  redis_plan_server(plan, request, true);
  plan_say(plan, PLAN_BLAST, "drops %s, and keys written until then, at once",
           redis_keys_counted(counted, keys));
  redis_plan_spread(plan, found, "will flush");
  say_saved(request, plan);
  plan_say(plan, PLAN_LOSS, "all keys and values: only a backup or another copy has them");
  return true;
}

/* ---- execute */

static bool execute(struct step *step) {
  const bool one = is_of_database(step->act->plan);
  struct redis_conn *conn = redis_conn_open(step, REDIS_WRITES, one ? redis_planned_db(step) : -1);
  const int version = conn ? redis_info_version(&conn->info) : 0;
  const char *const words[] = {one ? "FLUSHDB" : "FLUSHALL", "ASYNC"};
  const bool async = version == 0 || version >= ASYNC_VERSION;
  if (!conn || !redis_change_words(conn, async ? 2 : 1, words, NULL))
    return false;
  outcome_set_all(step->act->outcome, OBJECT_PENDING, OBJECT_SENT, "flushed");
  return true;
}

/* ---- verify: no key is left, and what was unlinked is freed */

static void settle(struct step *step, const struct redis_info *info) {
  const struct plan *plan = step->act->plan;
  struct outcome *outcome = step->act->outcome;
  char text[REDIS_COUNTED_MAX];
  for (size_t i = 0; i < plan->object_count && i < outcome->count; i++) {
    int64_t keys, expires;
    redis_keys_of_database(info, (int)strtol(plan->objects[i].key, NULL, 10), &keys, &expires);
    if (outcome->objects[i].result != OBJECT_SENT)
      continue;
    if (keys == 0)
      outcome_set(outcome, i, OBJECT_DONE, "no key in it");
    else
      outcome_set(outcome, i, OBJECT_DONE, "flushed; %s written since",
                  redis_keys_counted(text, keys));
  }
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->act->outcome;
  const int64_t until_ms = clock_now_ms() + FREED_MS;
  const struct redis_info *info;
  int64_t pending, used = 0;
  char bytes[FORMAT_MAX];
  if (outcome_count(outcome, OBJECT_SENT) == 0)
    return true;
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  if (!conn)
    return false;
  while (true) {
    pending = 0;
    if (!(info = redis_ask_info(conn)))
      return false;
    redis_info_count(info, "lazyfree_pending_objects", &pending);
    if (pending == 0 || clock_now_ms() > until_ms)
      break;
    step_sleep(step, LOOK_AGAIN_MS);
  }
  settle(step, info);
  redis_info_count(info, "used_memory", &used);
  if (pending == 0)
    outcome_proof(outcome, "%s; all memory is freed, used memory is %s", outcome->objects[0].words,
                  format_bytes(bytes, sizeof bytes, (double)used));
  else
    outcome_proof(outcome, "%s; %lld objects are still being freed", outcome->objects[0].words,
                  (long long)pending);
  return true;
}

STEP(survey, STEP_MS)
STEP(execute, 2 * CONN_ANSWER_MS)
STEP(verify, VERIFY_MS)

/* ---- the actions */

static bool preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == 0 && redis_row_database(row, out, size);
}

static const struct option params[] = {
    {.name = "db",
     .type = OPTION_INT,
     .min = 0,
     .max = 1 << 20,
     .help = "number of the database; default: the one in the target's url",
     .example = "1"},
};

const struct action action_redis_flush_db = {
    .spec = {.id = "redis.flush-db",
             .kind = "redis",
             .context = REDIS_KEYSPACE_TABLE,
             .title = "flush a database",
             .past = "flushed",
             .what = "drops all keys of one database, and of its replicas",
             .runs = "FLUSHDB ASYNC",
             .danger = DANGER_DESTRUCTIVE,
             .params = params,
             .param_count = sizeof params / sizeof *params},
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
