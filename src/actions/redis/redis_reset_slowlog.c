/* Empties the slow log. */
#include "actions/redis/redis_found.h"
#include "core/count.h"
#include "core/format.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEP_MS = 10000, SHOWN = 5, COMMAND_MAX = 300, WORDS_MAX = 4 };

/* ---- the survey: how many entries, and the newest of them */

enum entry_column { ENTRY_ID, ENTRY_TIME, ENTRY_TOOK, ENTRY_COMMAND, ENTRY_COLUMN_COUNT };

static const struct column_spec entry_columns[ENTRY_COLUMN_COUNT] = {
    [ENTRY_ID] = {.id = "id", .title = "ID", .help = "grows with each entry"},
    [ENTRY_TIME] = {.id = "time", .title = "TIME", .unit = UNIT_TIME, .help = "when it ran"},
    [ENTRY_TOOK] = {.id = "took",
                    .title = "TOOK",
                    .unit = UNIT_SECONDS,
                    .help = "how long, without waiting"},
    [ENTRY_COMMAND] = {.id = "command",
                       .title = "COMMAND",
                       .help = "its name and its key; not the arguments, which may be secrets"},
};
static const struct table_spec entries_table = {.id = "entries",
                                                .title = "Slow log",
                                                .columns = entry_columns,
                                                .column_count = ENTRY_COLUMN_COUNT};

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

/* In milliseconds; 0 where it is no time. */
static int64_t known_time(long long seconds) {
  return seconds > 0 ? count_times(seconds, 1000) : 0;
}

/* An entry is id, time, microseconds, arguments, and since 4.0 client and name. */
static bool is_entry(const struct redisReply *entry) {
  return entry->type == REDIS_REPLY_ARRAY && entry->elements >= 4 &&
         entry->element[0]->type == REDIS_REPLY_INTEGER &&
         entry->element[1]->type == REDIS_REPLY_INTEGER &&
         entry->element[2]->type == REDIS_REPLY_INTEGER &&
         entry->element[3]->type == REDIS_REPLY_ARRAY;
}

static void add_entry(struct sample *found, struct table *table, const struct redisReply *entry) {
  char key[24], text[COMMAND_MAX];
  snprintf(key, sizeof key, "%lld", entry->element[0]->integer);
  struct row *row = sample_row(found, table, key, NULL);
  if (!row)
    return;
  row->cells[ENTRY_ID] = value_int(entry->element[0]->integer);
  row->cells[ENTRY_TIME] = value_int(known_time(entry->element[1]->integer));
  row->cells[ENTRY_TOOK] = value_real(fmax((double)entry->element[2]->integer, 0) / 1e6);
  row->cells[ENTRY_COMMAND] = value_text(sample_copy(found, command_text(text, entry->element[3])));
}

static bool survey(struct step *step) {
  static const struct table_spec *const specs[] = {&entries_table};
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  const struct redisReply *reply = conn ? redis_ask(conn, "SLOWLOG", "LEN") : NULL;
  if (!reply)
    return false;
  int64_t length = redis_reply_int(reply, 0);
  if (!(reply = redis_ask(conn, "SLOWLOG", "GET", "5")))
    return false;
  step->found = redis_found_new(conn, specs, 1);
  found_set_int(step->found, "length", length);
  for (size_t i = 0; i < redis_reply_count(reply) && i < SHOWN; i++)
    if (is_entry(reply->element[i]))
      add_entry(step->found, sample_table(step->found, entries_table.id), reply->element[i]);
  return true;
}

/* ---- the plan */

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"ENTRIES", true}};
  static const char *const identities[] = {"run_id", "newest"};
  const struct sample *found = request->found;
  const struct table *table = sample_table_view(found, entries_table.id);
  int64_t length = found_int(found, "length", 0);
  char cli[REDIS_CLI_MAX], count[FORMAT_MAX];
  if (length == 0 || table->row_count == 0)
    return err_set(err, ERR_INVALID, "the slow log is empty");
  ACTION_OBJECTS(plan, columns, identities);
  struct plan_object *object = plan_object(plan, found_text(found, "run_id"), "the slow log");
  object->cells[0] = plan_copy(plan, format_count(count, sizeof count, length));
  object->identities[0] = object->key;
  object->identities[1] = plan_copy(plan, table->rows[0].key);
  plan->title = plan_printf(plan, "Reset the slow log of %s", request->target->name);
  plan->count = length;
  plan->whole = true;
  plan->unit = length == 1 ? "entry" : "entries";
  redis_plan_server(plan, request, false);
  plan_say(plan, PLAN_EFFECT, "%s SLOWLOG RESET", redis_cli(cli, request->target, -1));
  for (size_t i = 0; i < table->row_count; i++) {
    const struct value *cells = table->rows[i].cells;
    char took[FORMAT_MAX], ago[FORMAT_MAX];
    double age = (double)count_less(request->now_ms, cells[ENTRY_TIME].integer) / 1000;
    format_value(took, sizeof took, cells[ENTRY_TOOK], UNIT_SECONDS, false);
    plan_say(plan, PLAN_BLAST, "%s ago, took %s: %s", format_duration(ago, sizeof ago, age), took,
             cells[ENTRY_COMMAND].text);
  }
  plan_say(plan, PLAN_LOSS, "the entries, and those that come until then");
  return true;
}

/* ---- execute and verify */

static bool execute(struct step *step) {
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  if (!conn || !redis_change(conn, "SLOWLOG", "RESET"))
    return false;
  outcome_set_all(step->act->outcome, OBJECT_PENDING, OBJECT_SENT, "reset");
  return true;
}

/* The oldest that is left is newer than the newest that was planned for. */
static bool verify(struct step *step) {
  struct outcome *outcome = step->act->outcome;
  int64_t planned = strtoll(action_identity(step->act->plan, 0, "newest"), NULL, 10),
          oldest = INT64_MAX;
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  const struct redisReply *left = conn ? redis_ask(conn, "SLOWLOG", "GET", "128") : NULL;
  if (!left)
    return false;
  const size_t count = redis_reply_count(left);
  for (size_t i = 0; i < count; i++)
    if (is_entry(left->element[i]) && left->element[i]->element[0]->integer < oldest)
      oldest = left->element[i]->element[0]->integer;
  if (oldest <= planned)
    outcome_set_all(outcome, OBJECT_SENT, OBJECT_UNKNOWN, "entry %" PRId64 " is still there",
                    oldest);
  else if (count > 0)
    outcome_set_all(outcome, OBJECT_SENT, OBJECT_DONE, "empty except for %zu new entr%s", count,
                    count == 1 ? "y" : "ies");
  else
    outcome_set_all(outcome, OBJECT_SENT, OBJECT_DONE, "SLOWLOG LEN is 0");
  outcome_proof(outcome, "%s", outcome->objects[0].words);
  return true;
}

STEP(survey, STEP_MS)
STEP(execute, STEP_MS)
STEP(verify, STEP_MS)

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
