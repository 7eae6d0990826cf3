/* Closes the connections of clients. A client's id is never reused while the server runs, and
 * CLIENT KILL matches it, and its address, in the command itself. */
#include "actions/redis/redis_found.h"
#include "clients/redis/redis_clients.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 15000, GONE_MS = 5000, LOOK_AGAIN_MS = 100 };

/* ---- the survey */

enum client_column {
  CLIENT_ID,
  CLIENT_ADDRESS,
  CLIENT_NAME,
  CLIENT_USER,
  CLIENT_KIND,
  CLIENT_AGE,
  CLIENT_IDLE,
  CLIENT_DB,
  CLIENT_COMMAND,
  CLIENT_MEMORY,
  CLIENT_COLUMN_COUNT
};

static const struct column_spec client_columns[CLIENT_COLUMN_COUNT] = {
    [CLIENT_ID] = {.id = "id", .title = "CLIENT"},
    [CLIENT_ADDRESS] = {.id = "addr", .title = "ADDRESS"},
    [CLIENT_NAME] = {.id = "name", .title = "NAME"},
    [CLIENT_USER] = {.id = "user", .title = "USER", .priority = 3},
    [CLIENT_KIND] = {.id = "kind", .title = "KIND"},
    [CLIENT_AGE] = {.id = "age", .title = "AGE", .unit = UNIT_SECONDS, .priority = 1},
    [CLIENT_IDLE] = {.id = "idle", .title = "IDLE", .unit = UNIT_SECONDS},
    [CLIENT_DB] = {.id = "db", .title = "DB", .priority = 2},
    [CLIENT_COMMAND] = {.id = "cmd", .title = "COMMAND"},
    [CLIENT_MEMORY] = {.id = "memory", .title = "MEMORY", .unit = UNIT_BYTES},
};
static const struct table_spec clients_table =
    FOUND_TABLE(REDIS_CLIENTS_TABLE, "Clients", client_columns);

struct listing {
  struct sample *found;
  int64_t own; /* our own id; -1: not known */
};

/* Connections of stacktop are skipped: our own, the collector's, a colleague's. */
static void add_client(void *arg, const char *line, const char *end) {
  static const struct {
    enum client_column column;
    const char *name;
  } texts[] = {{CLIENT_ADDRESS, "addr"},
               {CLIENT_NAME, "name"},
               {CLIENT_USER, "user"},
               {CLIENT_COMMAND, "cmd"}},
    numbers[] = {{CLIENT_AGE, "age"},
                 {CLIENT_IDLE, "idle"},
                 {CLIENT_DB, "db"},
                 {CLIENT_MEMORY, "omem"}, /* before 6.2 */
                 {CLIENT_MEMORY, "tot-mem"}};
  const struct listing *listing = arg;
  struct sample *found = listing->found;
  char id[REDIS_CLIENT_TEXT_MAX], text[REDIS_CLIENT_TEXT_MAX];
  if (!redis_client_text(line, end, "id", id) || strtoll(id, NULL, 10) == listing->own)
    return;
  if (redis_client_text(line, end, "name", text) && strcmp(text, "stacktop") == 0)
    return;
  struct row *row = sample_row(found, &found->tables[0], id, NULL);
  if (!row)
    return;
  row->cells[CLIENT_ID] = value_text(sample_printf(found, "client %s", id));
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (redis_client_text(line, end, texts[i].name, text) && *text)
      row->cells[texts[i].column] = value_text(sample_copy(found, text));
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct value number = redis_client_number(line, end, numbers[i].name);
    if (number.type != VALUE_NONE || row->cells[numbers[i].column].type == VALUE_NONE)
      row->cells[numbers[i].column] = number;
  }
  redis_client_text(line, end, "flags", text);
  row->cells[CLIENT_KIND] = value_text(redis_client_kind(text));
}

/* The largest memory first, then the oldest. */
static int compare_clients(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  int order = value_compare(y->cells[CLIENT_MEMORY], x->cells[CLIENT_MEMORY]);
  return order ? order : value_compare(y->cells[CLIENT_AGE], x->cells[CLIENT_AGE]);
}

static bool survey(struct step *step) {
  struct redis_conn *conn = redis_survey(step, REDIS_ANY, -1, &clients_table);
  /* an error before 5.0; our own connection is still skipped by its name */
  struct listing listing = {step->found, redis_reply_int(redis_ask(conn, "CLIENT", "ID"), -1)};
  const struct redisReply *list = redis_ask(conn, "CLIENT", "LIST");
  if (!list)
    return false;
  redis_clients_each(list, add_client, &listing);
  struct table *table = &step->found->tables[0];
  if (table->row_count == 0)
    return step_fail(step, ERR_INVALID, "no clients other than stacktop are connected");
  qsort(table->rows, table->row_count, sizeof *table->rows, compare_clients);
  return true;
}

/* ---- the plan */

static void say_kind(struct plan *plan, const char *id, const char *kind) {
  static const struct {
    const char *kind, *warning;
  } kinds[] = {{"replica", "a replica: it reconnects, and may need a full copy"},
               {"master", "this server's primary: replication reconnects"},
               {"pubsub", "subscribed: it misses messages until it has reconnected"}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kind, kinds[i].kind) == 0)
      plan_say(plan, PLAN_WARNING, "client %s is %s", id, kinds[i].warning);
}

static bool add_object(const struct action_request *request, struct plan *plan,
                       const struct row *row) {
  static const enum client_column shown[] = {CLIENT_ADDRESS, CLIENT_NAME, CLIENT_KIND,
                                             CLIENT_AGE,     CLIENT_IDLE, CLIENT_COMMAND,
                                             CLIENT_MEMORY};
  const struct value *cells = row->cells;
  const char *address = cells[CLIENT_ADDRESS].type == VALUE_TEXT ? cells[CLIENT_ADDRESS].text : "";
  const char *key = plan_printf(plan, "%s/%s", found_text(request->found, "run_id"), row->key);
  struct plan_object *object = redis_plan_object(plan, request->found, key, cells[CLIENT_ID].text);
  if (!object)
    return false;
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
    if (cells[shown[i]].type != VALUE_NONE)
      object->cells[i] = shown_value(&plan->arena, cells[shown[i]], client_columns[shown[i]].unit);
  action_bind(plan, "id", plan_copy(plan, row->key));
  action_bind(plan, "addr", plan_copy(plan, address));
  redis_plan_command(plan, request, -1,
                     plan_printf(plan, "CLIENT KILL ID %s ADDR %s SKIPME yes", row->key,
                                 shown_word(&plan->arena, address)));
  say_kind(plan, row->key, cells[CLIENT_KIND].text);
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"ADDRESS", false}, {"NAME", false},    {"KIND", false}, {"AGE", true},
      {"IDLE", true},     {"COMMAND", false}, {"MEMORY", true}};
  static const char *const identities[] = {"run_id", "id", "addr"};
  if (request->chosen_count == 0)
    return err_set(err, ERR_INVALID, "no client is selected");
  ACTION_OBJECTS(plan, columns, identities);
  for (size_t i = 0; i < request->chosen_count; i++) {
    const struct row *row = table_find(&request->found->tables[0], request->chosen[i]);
    if (!row)
      return err_set(err, ERR_INVALID, "client %.60s no longer exists", request->chosen[i]);
    if (!add_object(request, plan, row))
      return err_set(err, ERR_LIMIT, "more than %d clients", PLAN_OBJECTS_MAX);
  }
  plan->unit = plan->object_count == 1 ? "client" : "clients";
  plan->title =
      plan_printf(plan, "Kill %zu %s of %s", plan->object_count, plan->unit, request->target->name);
  redis_plan_server(plan, request, false);
  plan_say(plan, PLAN_PRECONDITION, "id and address are still the client's (part of the command)");
  plan_say(plan, PLAN_BLAST, "most clients reconnect at once");
  plan_say(plan, PLAN_LOSS,
           "answers to commands that a client has already sent: they may have run");
  return true;
}

/* ---- execute: one after the other */

static bool execute(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  if (!conn)
    return false;
  for (size_t i = 0; i < plan->object_count; i++) {
    if (step->cancelled) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "cancelled before its turn");
      return step_fail(step, ERR_NONE, "cancelled");
    }
    const struct redisReply *reply =
        redis_change(conn, "CLIENT", "KILL", "ID", action_identity(plan, i, "id"), "ADDR",
                     action_identity(plan, i, "addr"), "SKIPME", "yes");
    if (!reply && (step->dropped || conn->conn.lost.kind != ERR_NONE)) {
      for (size_t rest = i + 1; rest < outcome->count; rest++)
        outcome_set(outcome, rest, OBJECT_SKIPPED, "not attempted: %s", step->err.text);
      return false;
    }
    if (!reply)
      outcome_set(outcome, i, OBJECT_REFUSED, "%s", step->err.text);
    else if (redis_reply_int(reply, 0) > 0)
      outcome_set(outcome, i, OBJECT_SENT, "killed");
    else
      outcome_set(outcome, i, OBJECT_GONE, "already disconnected");
    step_progress(step, (int64_t)i + 1, (int64_t)plan->object_count, "clients");
    step_yield(step);
  }
  return true;
}

/* ---- verify: they are no longer in the list */

/* A killed client that is still in the list becomes pending. */
static void see_client(void *arg, const char *line, const char *end) {
  const struct step_call *call = arg;
  struct outcome *outcome = call->outcome;
  char id[REDIS_CLIENT_TEXT_MAX];
  redis_client_text(line, end, "id", id);
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result == OBJECT_SENT &&
        strcmp(action_identity(call->plan, i, "id"), id) == 0)
      outcome->objects[i].result = OBJECT_PENDING;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const int64_t started_ms = clock_now_ms();
  if (outcome_count(outcome, OBJECT_SENT) == 0)
    return true;
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  while (conn && outcome_count(outcome, OBJECT_SENT) > 0) {
    const struct redisReply *list = redis_ask(conn, "CLIENT", "LIST");
    if (!list)
      return false;
    const int64_t took_ms = clock_now_ms() - started_ms;
    redis_clients_each(list, see_client, step->call);
    outcome_set_all(outcome, OBJECT_SENT, OBJECT_DONE, "gone from CLIENT LIST after %s",
                    shown_duration(&step->arena, took_ms));
    if (took_ms >= GONE_MS)
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_UNKNOWN,
                      "the server killed it, but it is still in CLIENT LIST");
    outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SENT, "killed");
    if (outcome_count(outcome, OBJECT_SENT) > 0)
      step_sleep(step, LOOK_AGAIN_MS);
  }
  if (!conn)
    return false;
  outcome_proof(outcome, "CLIENT LIST: %zu of %zu are gone",
                outcome_count(outcome, OBJECT_DONE) + outcome_count(outcome, OBJECT_GONE),
                outcome->count);
  return true;
}

STEPS_OF(STEP_MS, 0, STEP_MS)

const struct action action_redis_kill_client = {
    .spec = {.id = "redis.kill-client",
             .kind = "redis",
             .title = "kill clients",
             .past = "killed",
             .what = "closes the connections of the selected clients; they lose the answers to "
                     "commands already sent, and most reconnect",
             .runs = "CLIENT KILL ID id ADDR address SKIPME yes",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY,
             .picks = REDIS_CLIENTS_TABLE},
    STEPS,
};
