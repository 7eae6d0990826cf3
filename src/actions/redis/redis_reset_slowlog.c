/* Empties the slow log. */
#include "actions/redis/redis_found.h"
#include "core/count.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <math.h>

enum { STEP_MS = 10000, COMMAND_MAX = 300, WORDS_MAX = 4 };

/* ---- the survey: how many entries, and the newest of them */

enum entry_column { ENTRY_ID, ENTRY_TIME, ENTRY_TOOK, ENTRY_COMMAND, ENTRY_COLUMN_COUNT };

static const struct column_spec entry_columns[ENTRY_COLUMN_COUNT] = {
    [ENTRY_ID] = {.id = "id", .title = "ID"},
    [ENTRY_TIME] = {.id = "time", .title = "TIME", .unit = UNIT_TIME},
    [ENTRY_TOOK] = {.id = "took", .title = "TOOK", .unit = UNIT_SECONDS}, /* without waiting */
    [ENTRY_COMMAND] = {.id = "command", .title = "COMMAND"},
};
static const struct table_spec entries = FOUND_TABLE("entries", "Slow log", entry_columns);

static const char *command_text(char out[COMMAND_MAX], const struct redisReply *arguments) {
  struct redis_word words[WORDS_MAX];
  size_t count = 0;
  for (; count < arguments->elements && count < WORDS_MAX; count++) {
    const redisReply *argument = arguments->element[count];
    bool text = argument->type == REDIS_REPLY_STRING;
    words[count] = (struct redis_word){text ? argument->str : "", text ? argument->len : 0};
  }
  return redis_command_shown(out, COMMAND_MAX, words, count);
}

/* An entry is id, time, microseconds, arguments, and since 4.0 client and name. */
static bool is_entry(const struct redisReply *entry) {
  return redis_reply_count(entry) >= 4 && entry->element[0]->type == REDIS_REPLY_INTEGER &&
         entry->element[1]->type == REDIS_REPLY_INTEGER &&
         entry->element[2]->type == REDIS_REPLY_INTEGER &&
         entry->element[3]->type == REDIS_REPLY_ARRAY;
}

static void add_entry(struct sample *found, const struct redisReply *entry) {
  char text[COMMAND_MAX];
  const int64_t id = entry->element[0]->integer, seconds = entry->element[1]->integer;
  struct row *row = sample_row(found, &found->tables[0], shown_number(&found->arena, id), NULL);
  if (!row)
    return;
  row->cells[ENTRY_ID] = value_int(id);
  row->cells[ENTRY_TIME] = value_int(seconds > 0 ? count_times(seconds, 1000) : 0);
  row->cells[ENTRY_TOOK] = value_real(fmax((double)entry->element[2]->integer, 0) / 1e6);
  row->cells[ENTRY_COMMAND] = value_text(sample_copy(found, command_text(text, entry->element[3])));
}

static bool survey(struct step *step) {
  struct redis_conn *conn = redis_survey(step, REDIS_ANY, -1, &entries);
  const struct redisReply *reply = redis_ask(conn, "SLOWLOG", "LEN");
  if (!reply)
    return false;
  found_set_int(step->found, "length", redis_reply_int(reply, 0));
  if (!(reply = redis_ask(conn, "SLOWLOG", "GET", "5")))
    return false;
  for (size_t i = 0; i < redis_reply_count(reply); i++)
    if (is_entry(reply->element[i]))
      add_entry(step->found, reply->element[i]);
  return true;
}

/* ---- the plan */

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"ENTRIES", true}};
  static const char *const identities[] = {"run_id", "newest"};
  const struct sample *found = request->found;
  const struct table *table = &found->tables[0];
  const int64_t length = found_int(found, "length", 0);
  if (length == 0 || table->row_count == 0)
    return err_set(err, ERR_INVALID, "the slow log is empty");
  ACTION_OBJECTS(plan, columns, identities);
  redis_plan_object(plan, found, found_text(found, "run_id"), "the slow log");
  ACTION_CELLS(plan, shown_count(&plan->arena, length));
  action_bind(plan, "newest", plan_copy(plan, table->rows[0].key));
  plan->title = plan_printf(plan, "Reset the slow log of %s", request->target->name);
  plan->count = length;
  plan->whole = true;
  plan->unit = length == 1 ? "entry" : "entries";
  redis_plan_server(plan, request, false);
  redis_plan_command(plan, request, -1, "SLOWLOG RESET");
  for (size_t i = 0; i < table->row_count; i++) {
    const struct value *cells = table->rows[i].cells;
    const int64_t ago_ms = count_less(request->now_ms, cells[ENTRY_TIME].integer);
    plan_say(plan, PLAN_BLAST, "%s ago, took %s: %s", shown_duration(&plan->arena, ago_ms),
             shown_value(&plan->arena, cells[ENTRY_TOOK], UNIT_SECONDS), cells[ENTRY_COMMAND].text);
  }
  plan_say(plan, PLAN_LOSS, "the entries, and those that come until then");
  return true;
}

/* ---- execute and verify */

static bool execute(struct step *step) {
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  return redis_change(conn, "SLOWLOG", "RESET") && step_sent(step, "reset");
}

/* The oldest remaining entry is newer than the newest of the plan. */
static bool verify(struct step *step) {
  const int64_t planned = action_identity_number(step->call->plan, 0, "newest", 0);
  int64_t oldest = INT64_MAX;
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  const struct redisReply *left = redis_ask(conn, "SLOWLOG", "GET", "128");
  if (!left)
    return false;
  const size_t count = redis_reply_count(left);
  for (size_t i = 0; i < count; i++)
    if (is_entry(left->element[i]) && left->element[i]->element[0]->integer < oldest)
      oldest = left->element[i]->element[0]->integer;
  if (oldest <= planned)
    return step_prove(step, OBJECT_UNKNOWN, "entry %" PRId64 " is still there", oldest);
  if (count == 0)
    return step_prove(step, OBJECT_DONE, "SLOWLOG LEN is 0");
  return step_prove(step, OBJECT_DONE, "empty except for %s",
                    shown_counted(&step->arena, (int64_t)count, "new entry", "new entries"));
}

STEPS_OF(STEP_MS, STEP_MS, STEP_MS)

const struct action action_redis_reset_slowlog = {
    .spec = {.id = "redis.reset-slowlog",
             .kind = "redis",
             .title = "reset the slow log",
             .past = "reset",
             .what = "drops the entries of the slow log, so that new entries stand out",
             .runs = "SLOWLOG RESET",
             .danger = DANGER_DESTRUCTIVE},
    .applies = redis_has_keys,
    STEPS,
};
