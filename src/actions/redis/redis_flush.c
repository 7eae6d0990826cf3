#include "actions/redis/redis_flush.h"

#include "core/count.h"
#include "core/format.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 100, SURVEY_MS = 10000, DATABASES_MAX = 1 << 16 };

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

/* ---- the survey */

/* The number of a line "db12:..."; -1 for any other. */
static int database_of(const char *line) {
  if (strncmp(line, "db", 2) != 0 || line[2] < '0' || line[2] > '9')
    return -1;
  char *end;
  long number = strtol(line + 2, &end, 10);
  return *end == ':' && number < DATABASES_MAX ? (int)number : -1;
}

static void add_databases(struct sample *found, const char *info, int only) {
  struct table *table = sample_table(found, databases.id);
  for (const char *line = info; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    int db = database_of(line);
    int64_t keys, expires;
    char key[16];
    if (db < 0 || (only >= 0 && db != only))
      continue;
    redis_told_keys(info, db, &keys, &expires);
    snprintf(key, sizeof key, "%d", db);
    struct row *row = sample_row(found, table, key, NULL);
    if (!row)
      return;
    row->cells[DATABASE_NAME] = value_int(db);
    row->cells[DATABASE_KEYS] = value_int(keys);
    row->cells[DATABASE_EXPIRES] = value_int(expires);
  }
}

static int survey_db(const struct act *act) {
  const struct option_value *db = &act->request->params[0];
  return db->set ? (int)db->number : redis_url_database(act->target);
}

static void survey_ready(void *self) {
  static const struct table_spec *const specs[] = {&databases};
  struct redis_work *work = self;
  struct sample *found = redis_found_new(work, specs, 1);
  int64_t saved_s = 0, unsaved = -1;
  add_databases(found, work->info, work->kind->db ? survey_db(work->act) : -1);
  redis_told_count(work->info, "rdb_last_save_time", &saved_s);
  redis_told_count(work->info, "rdb_changes_since_last_save", &unsaved);
  redis_fact_int(found, "saved_ms", count_times(saved_s, 1000));
  redis_fact_int(found, "unsaved", unsaved);
  redis_fact_int(found, "aof", redis_told_is(work->info, "aof_enabled", "1"));
  redis_work_end(work, found, NULL);
}

static void survey_one(struct act *act) {
  static const struct redis_work_kind kind = {.size = sizeof(struct redis_work),
                                              .phase = REDIS_SURVEY,
                                              .writes = true,
                                              .db = survey_db,
                                              .ready = survey_ready};
  redis_work_start(act, &kind);
}

static void survey_all(struct act *act) {
  static const struct redis_work_kind kind = {.size = sizeof(struct redis_work),
                                              .phase = REDIS_SURVEY,
                                              .writes = true,
                                              .ready = survey_ready};
  redis_work_start(act, &kind);
}

const struct act_step redis_flush_one_survey = {
    .timeout_ms = SURVEY_MS, .start = survey_one, .drop = redis_work_drop};
const struct act_step redis_flush_all_survey = {
    .timeout_ms = SURVEY_MS, .start = survey_all, .drop = redis_work_drop};

/* ---- the plan */

static void say_saved(const struct action_request *request, struct plan *plan) {
  const struct sample *found = request->found;
  int64_t saved_ms = redis_fact(found, "saved_ms", 0), unsaved = redis_fact(found, "unsaved", -1);
  char ago[FORMAT_MAX], changes[FORMAT_MAX];
  format_count(changes, sizeof changes, unsaved);
  if (saved_ms > 0 && saved_ms <= request->now_ms)
    plan_say(plan, PLAN_BLAST,
             "the last snapshot (or the start, when there was none since) is %s old%s%s",
             format_duration(ago, sizeof ago, (double)(request->now_ms - saved_ms) / 1000),
             unsaved > 0 ? "; changes since: " : "", unsaved > 0 ? changes : "");
  plan_say(plan, PLAN_WARNING,
           "where snapshots are configured the next one is of an empty database, and FLUSHALL "
           "writes it at once");
  if (redis_fact(found, "aof", 0))
    plan_say(plan, PLAN_WARNING, "the append-only file gets the flush as well");
}

static int64_t add_victims(struct plan *plan, const struct sample *found) {
  const struct table *table = sample_table_view(found, databases.id);
  const char *run_id = plan_copy(plan, redis_fact_words(found, "run_id"));
  int64_t keys = 0;
  for (size_t i = 0; i < table->row_count; i++) {
    const struct row *row = &table->rows[i];
    char text[FORMAT_MAX];
    struct plan_victim *victim = plan_victim(plan, row->key, plan_printf(plan, "db %s", row->key));
    if (!victim)
      return -1;
    for (size_t c = 0; c < 2; c++)
      victim->cells[c] =
          plan_copy(plan, format_count(text, sizeof text, row->cells[DATABASE_KEYS + c].integer));
    victim->pins[0] = run_id;
    victim->pins[1] = plan_copy(plan, row->key);
    keys = count_add(keys, row->cells[DATABASE_KEYS].integer);
  }
  return keys;
}

bool redis_flush_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"KEYS", true}, {"WITH A TTL", true}};
  static const char *const pins[] = {"run_id", "db"};
  char text[REDIS_COUNTED_MAX];
  const struct sample *found = request->found;
  plan->columns = columns;
  plan->column_count = sizeof columns / sizeof *columns;
  plan->pins = pins;
  plan->pin_count = sizeof pins / sizeof *pins;
  int64_t keys = add_victims(plan, found);
  if (keys < 0)
    return err_set(err, ERR_LIMIT, "more than %d databases", PLAN_VICTIMS_MAX);
  if (keys == 0)
    return err_set(err, ERR_INVALID, "there is no key in it");
  plan->count = keys;
  redis_plan_server(plan, request, true);
  plan_say(plan, PLAN_BLAST, "%s, and what is written until then: gone at once",
           redis_keys_counted(text, keys));
  redis_plan_spread(plan, found, "will flush");
  say_saved(request, plan);
  plan_say(plan, PLAN_LOSS, "all keys and values: only a copy of the data elsewhere has them");
  return true;
}

/* ---- execute */

static void on_flushed(void *self, const struct redisReply *reply, const struct err *err) {
  struct redis_work *work = self;
  (void)reply;
  if (err) {
    redis_work_fail(work, err);
    return;
  }
  outcome_set_all(work->act->outcome, VICTIM_PENDING, VICTIM_SENT, "flushed");
  redis_work_end(work, NULL, NULL);
}

void redis_flush_do(void *self, const char *command) {
  struct redis_work *work = self;
  int version = redis_told_version(work->info);
  const char *const words[] = {command, "ASYNC"};
  bool async = version == 0 || version >= REDIS_ASYNC_VERSION;
  redis_link_do(work->link, on_flushed, async ? 2 : 1, words, NULL);
}

/* ---- verify: no key, and what was unlinked is freed */

static void ask_info(void *self);

static void say_databases(struct redis_work *work, const char *info) {
  const struct plan *plan = work->act->plan;
  struct outcome *outcome = work->act->outcome;
  char text[REDIS_COUNTED_MAX];
  for (size_t i = 0; i < plan->victim_count && i < outcome->count; i++) {
    int64_t keys, expires;
    redis_told_keys(info, (int)strtol(plan->victims[i].key, NULL, 10), &keys, &expires);
    if (outcome->victims[i].result != VICTIM_SENT)
      continue;
    if (keys == 0)
      outcome_set(outcome, i, VICTIM_DONE, "no key in it");
    else
      outcome_set(outcome, i, VICTIM_DONE, "flushed; %s came since",
                  redis_keys_counted(text, keys));
  }
}

static void on_info(void *self, const struct redisReply *reply, const struct err *err) {
  struct redis_work *work = self;
  int64_t pending = 0, used = 0;
  char bytes[FORMAT_MAX];
  if (err) {
    redis_work_fail(work, err);
    return;
  }
  char *info = redis_info_copy(reply);
  redis_told_count(info, "lazyfree_pending_objects", &pending);
  redis_told_count(info, "used_memory", &used);
  bool late = clock_now_ms() > work->started_ms + REDIS_FLUSH_MS - 2000;
  if (pending == 0 || late) {
    say_databases(work, info);
    format_bytes(bytes, sizeof bytes, (double)used);
    if (pending == 0)
      outcome_proof(work->act->outcome, "%s; nothing waits to be freed, used memory is %s",
                    work->act->outcome->victims[0].words, bytes);
    else
      outcome_proof(work->act->outcome, "%s; %lld objects are still being freed",
                    work->act->outcome->victims[0].words, (long long)pending);
  }
  free(info);
  if (pending == 0 || late)
    redis_work_end(work, NULL, NULL);
  else
    redis_link_wait(work->link, LOOK_AGAIN_MS, ask_info);
}

static void ask_info(void *self) {
  struct redis_work *work = self;
  redis_link_ask(work->link, on_info, 1, (const char *const[]){"INFO"}, NULL);
}

static void verify_ready(void *self) {
  struct redis_work *work = self;
  if (outcome_count(work->act->outcome, VICTIM_SENT) == 0)
    redis_work_end(work, NULL, NULL);
  else
    ask_info(work);
}

static void verify_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct redis_work), .phase = REDIS_VERIFY, .ready = verify_ready};
  redis_work_start(act, &kind);
}

const struct act_step redis_flush_verify = {
    .timeout_ms = REDIS_FLUSH_MS, .start = verify_start, .drop = redis_work_drop};
