/* Closes the connections of clients. A client's id is never given again as long as the server runs,
 * and CLIENT KILL matches it, and its address, in the command itself. */
#include "actions/redis/redis_clients.h"
#include "actions/redis/redis_found.h"
#include "core/format.h"
#include "core/quote.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 15000, GONE_MS = 5000, LOOK_AGAIN_MS = 100 };
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

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err);
static void survey_start(struct act *act);
static void execute_start(struct act *act);
static void execute_cancel(struct act *act);
static void verify_start(struct act *act);

static const struct act_step survey = {
    .timeout_ms = STEP_MS, .start = survey_start, .drop = redis_work_drop};
static const struct act_step execute = {
    .start = execute_start, .cancel = execute_cancel, .drop = redis_work_drop};
static const struct act_step verify = {
    .timeout_ms = STEP_MS, .start = verify_start, .drop = redis_work_drop};

const struct action action_redis_kill_client = {
    .spec = {.id = "redis.kill-client",
             .kind = "redis",
             .title = "kill clients",
             .what = "closes the connections of the clients that are picked; what they had asked "
                     "for and not been answered is lost to them, and most connect again",
             .runs = "CLIENT KILL ID id ADDR address SKIPME yes",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    .survey = &survey,
    .plan = make_plan,
    .execute = &execute,
    .verify = &verify,
};

static const struct column_spec client_columns[CLIENT_COLUMN_COUNT] = {
    [CLIENT_ID] = {.id = "id", .title = "CLIENT", .help = "its id, never given twice"},
    [CLIENT_ADDRESS] = {.id = "addr", .title = "ADDRESS", .help = "where it comes from"},
    [CLIENT_NAME] = {.id = "name", .title = "NAME", .help = "CLIENT SETNAME"},
    [CLIENT_USER] = {.id = "user", .title = "USER", .priority = 3, .help = "its ACL user"},
    [CLIENT_KIND] = {.id = "kind",
                     .title = "KIND",
                     .help = "replica, master, pubsub, monitor, blocked; else a plain client"},
    [CLIENT_AGE] = {.id = "age",
                    .title = "AGE",
                    .unit = UNIT_SECONDS,
                    .priority = 1,
                    .help = "since it connected"},
    [CLIENT_IDLE] = {.id = "idle",
                     .title = "IDLE",
                     .unit = UNIT_SECONDS,
                     .help = "since its last command"},
    [CLIENT_DB] = {.id = "db", .title = "DB", .priority = 2, .help = "its database"},
    [CLIENT_COMMAND] = {.id = "cmd", .title = "COMMAND", .help = "its last command"},
    [CLIENT_MEMORY] = {.id = "memory",
                       .title = "MEMORY",
                       .unit = UNIT_BYTES,
                       .help = "tot-mem, before 6.2 omem: what it takes of the server"},
};
static const struct table_spec clients_table = {.id = "clients",
                                                .title = "Clients",
                                                .columns = client_columns,
                                                .column_count = CLIENT_COLUMN_COUNT};

/* ---- the survey */

struct listing {
  struct redis_work work;
  int64_t own;
  struct sample *found;
};

/* Connections of stacktop are nobody's trouble: our own, the collector's, a colleague's. */
static void add_client(void *arg, const char *line, const char *end) {
  struct listing *listing = arg;
  struct sample *found = listing->found;
  struct table *table = sample_table(found, clients_table.id);
  char id[REDIS_CLIENT_TEXT_MAX], text[REDIS_CLIENT_TEXT_MAX];
  if (!redis_client_text(line, end, "id", id) || strtoll(id, NULL, 10) == listing->own)
    return;
  if (redis_client_text(line, end, "name", text) && strcmp(text, "stacktop") == 0)
    return;
  struct row *row = sample_row(found, table, id, NULL);
  if (!row)
    return;
  static const struct {
    enum client_column column;
    const char *name;
  } texts[] = {{CLIENT_ADDRESS, "addr"},
               {CLIENT_NAME, "name"},
               {CLIENT_USER, "user"},
               {CLIENT_COMMAND, "cmd"}};
  row->cells[CLIENT_ID] = value_text(sample_printf(found, "client %s", id));
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (redis_client_text(line, end, texts[i].name, text) && *text)
      row->cells[texts[i].column] = value_text(sample_copy(found, text));
  redis_client_text(line, end, "flags", text);
  row->cells[CLIENT_KIND] = value_text(redis_client_kind(text));
  row->cells[CLIENT_AGE] = redis_client_number(line, end, "age");
  row->cells[CLIENT_IDLE] = redis_client_number(line, end, "idle");
  row->cells[CLIENT_DB] = redis_client_number(line, end, "db");
  row->cells[CLIENT_MEMORY] = redis_client_number(line, end, "tot-mem");
  if (row->cells[CLIENT_MEMORY].type == VALUE_NONE)
    row->cells[CLIENT_MEMORY] = redis_client_number(line, end, "omem");
}

/* What takes most memory first, then the oldest. */
static int compare_clients(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  int order = value_compare(y->cells[CLIENT_MEMORY], x->cells[CLIENT_MEMORY]);
  return order ? order : value_compare(y->cells[CLIENT_AGE], x->cells[CLIENT_AGE]);
}

static void on_list(void *self, const struct redisReply *reply, const struct err *err) {
  static const struct table_spec *const specs[] = {&clients_table};
  struct listing *listing = self;
  struct err none;
  if (err) {
    redis_work_fail(listing, err);
    return;
  }
  struct sample *found = redis_found_new(&listing->work, specs, 1);
  listing->found = found;
  redis_clients_each(reply, add_client, listing);
  struct table *table = sample_table(found, clients_table.id);
  if (table->row_count == 0) {
    sample_free(found);
    err_set(&none, ERR_INVALID, "there is no client but stacktop");
    redis_work_fail(listing, &none);
    return;
  }
  qsort(table->rows, table->row_count, sizeof *table->rows, compare_clients);
  redis_work_end(listing, found, NULL);
}

/* Before 5.0 it cannot be asked; our name still tells. */
static void on_own_id(void *self, const struct redisReply *reply, const struct err *err) {
  struct listing *listing = self;
  listing->own = reply && reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;
  if (err && !redis_link_stands(listing->work.link)) {
    redis_work_fail(listing, err);
    return;
  }
  redis_link_ask(listing->work.link, on_list, 2, (const char *const[]){"CLIENT", "LIST"}, NULL);
}

static void survey_ready(void *self) {
  struct redis_work *work = self;
  redis_link_ask(work->link, on_own_id, 2, (const char *const[]){"CLIENT", "ID"}, NULL);
}

static void survey_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct listing), .phase = REDIS_SURVEY, .ready = survey_ready};
  redis_work_start(act, &kind);
}

/* ---- the plan */

static const char *cell_text(struct plan *plan, struct value value, enum unit unit) {
  char text[REDIS_CLIENT_TEXT_MAX];
  return value.type == VALUE_NONE
             ? NULL
             : plan_copy(plan, format_value(text, sizeof text, value, unit, false));
}

static bool add_victim(const struct action_request *request, struct plan *plan,
                       const struct row *row) {
  static const enum client_column shown[] = {CLIENT_ADDRESS, CLIENT_NAME, CLIENT_KIND,
                                             CLIENT_AGE,     CLIENT_IDLE, CLIENT_COMMAND,
                                             CLIENT_MEMORY};
  const struct value *cells = row->cells;
  char cli[REDIS_CLI_MAX], word[4 * REDIS_CLIENT_TEXT_MAX + 3];
  const char *address = cells[CLIENT_ADDRESS].type == VALUE_TEXT ? cells[CLIENT_ADDRESS].text : "";
  const char *run_id = redis_fact_words(request->found, "run_id");
  struct plan_victim *victim =
      plan_victim(plan, plan_printf(plan, "%s/%s", run_id, row->key), cells[CLIENT_ID].text);
  if (!victim)
    return false;
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
    victim->cells[i] = cell_text(plan, cells[shown[i]], client_columns[shown[i]].unit);
  victim->pins[0] = plan_copy(plan, run_id);
  victim->pins[1] = plan_copy(plan, row->key);
  victim->pins[2] = plan_copy(plan, address);
  redis_cli(cli, request->target, -1);
  plan_say(plan, PLAN_EFFECT, "%s CLIENT KILL ID %s ADDR %s SKIPME yes", cli, row->key,
           quote_word(word, sizeof word, address));
  if (strcmp(cells[CLIENT_KIND].text, "replica") == 0)
    plan_say(plan, PLAN_WARNING,
             "client %s is a replica: it connects again, and may need a full copy", row->key);
  else if (strcmp(cells[CLIENT_KIND].text, "master") == 0)
    plan_say(plan, PLAN_WARNING, "client %s is our master: the link is made anew", row->key);
  else if (strcmp(cells[CLIENT_KIND].text, "pubsub") == 0)
    plan_say(plan, PLAN_WARNING,
             "client %s is subscribed: messages until it is back are lost to it", row->key);
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"ADDRESS", false}, {"NAME", false},    {"KIND", false}, {"AGE", true},
      {"IDLE", true},     {"COMMAND", false}, {"MEMORY", true}};
  static const char *const pins[] = {"run_id", "id", "addr"};
  const struct table *table = sample_table_view(request->found, clients_table.id);
  if (request->chosen_count == 0)
    return err_set(err, ERR_INVALID, "no client is picked");
  plan->columns = columns;
  plan->column_count = sizeof columns / sizeof *columns;
  plan->pins = pins;
  plan->pin_count = sizeof pins / sizeof *pins;
  for (size_t i = 0; i < request->chosen_count; i++) {
    const struct row *row = table_find(table, request->chosen[i]);
    if (!row)
      return err_set(err, ERR_INVALID, "client %.60s is not there any more", request->chosen[i]);
    if (!add_victim(request, plan, row))
      return err_set(err, ERR_LIMIT, "more than %d clients", PLAN_VICTIMS_MAX);
  }
  plan->title = plan_printf(plan, "Kill %zu client%s of %s", plan->victim_count,
                            plan->victim_count == 1 ? "" : "s", request->target->name);
  plan->unit = plan->victim_count == 1 ? "client" : "clients";
  redis_plan_server(plan, request, false);
  plan_say(plan, PLAN_PRECONDITION, "id and address still are the client's, in the command itself");
  plan_say(plan, PLAN_BLAST, "most clients connect again at once, and go on as before");
  plan_say(plan, PLAN_LOSS,
           "what a client has asked for and not been answered: it may have happened");
  return true;
}

/* ---- execute: one after the other */

struct killing {
  struct redis_work work;
  size_t at;
  bool cancelled;
};

static void kill_next(struct killing *killing);

static void tell_progress(struct killing *killing) {
  struct act *act = killing->work.act;
  if (!act->progress->started_ms)
    act->progress->started_ms = killing->work.started_ms;
  act->progress->done = (int64_t)killing->at;
  act->progress->total = (int64_t)act->plan->victim_count;
  act->progress->unit = "clients";
  act->changed(act);
}

static void on_killed(void *self, const struct redisReply *reply, const struct err *err) {
  struct killing *killing = self;
  struct outcome *outcome = killing->work.act->outcome;
  if (err && !redis_link_stands(killing->work.link)) {
    for (size_t i = killing->at + 1; i < outcome->count; i++)
      outcome_set(outcome, i, VICTIM_SKIPPED, "not come to: %s", err->text);
    redis_work_fail(killing, err);
    return;
  }
  if (err)
    outcome_set(outcome, killing->at, VICTIM_REFUSED, "%s", err->text);
  else if (reply->type == REDIS_REPLY_INTEGER && reply->integer > 0)
    outcome_set(outcome, killing->at, VICTIM_SENT, "killed");
  else
    outcome_set(outcome, killing->at, VICTIM_GONE, "no such client any more");
  killing->at++;
  tell_progress(killing);
  kill_next(killing);
}

static void kill_next(struct killing *killing) {
  const struct plan *plan = killing->work.act->plan;
  struct err cancelled;
  err_set(&cancelled, ERR_NONE, "cancelled");
  if (killing->at == plan->victim_count || killing->cancelled) {
    outcome_set_all(killing->work.act->outcome, VICTIM_PENDING, VICTIM_SKIPPED, "cancelled before");
    redis_work_end(killing, NULL, killing->at < plan->victim_count ? &cancelled : NULL);
    return;
  }
  const char *id = redis_victim_pin(plan, killing->at, "id");
  const char *address = redis_victim_pin(plan, killing->at, "addr");
  redis_link_do(killing->work.link, on_killed, 8,
                (const char *const[]){"CLIENT", "KILL", "ID", id, "ADDR", address, "SKIPME", "yes"},
                NULL);
}

static void execute_cancel(struct act *act) {
  struct killing *killing = act->self;
  if (killing)
    killing->cancelled = true;
}

static void execute_ready(void *self) {
  kill_next(self);
}

static void execute_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct killing), .phase = REDIS_EXECUTE, .ready = execute_ready};
  redis_work_start(act, &kind);
}

/* ---- verify: they are not in the list any more */

static void ask_list(void *self);

/* A client that is in the list still: its victim waits. */
static void see_client(void *arg, const char *line, const char *end) {
  struct redis_work *work = arg;
  const struct plan *plan = work->act->plan;
  struct outcome *outcome = work->act->outcome;
  char id[REDIS_CLIENT_TEXT_MAX];
  redis_client_text(line, end, "id", id);
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->victims[i].result == VICTIM_SENT &&
        strcmp(redis_victim_pin(plan, i, "id"), id) == 0)
      outcome->victims[i].result = VICTIM_PENDING;
}

static void on_look(void *self, const struct redisReply *reply, const struct err *err) {
  struct redis_work *work = self;
  struct outcome *outcome = work->act->outcome;
  char took[FORMAT_MAX];
  if (err) {
    redis_work_fail(work, err);
    return;
  }
  redis_clients_each(reply, see_client, work);
  format_duration(took, sizeof took, (double)(clock_now_ms() - work->started_ms) / 1000);
  outcome_set_all(outcome, VICTIM_SENT, VICTIM_DONE, "gone from CLIENT LIST after %s", took);
  outcome_set_all(outcome, VICTIM_PENDING, VICTIM_SENT, "killed");
  size_t left = outcome_count(outcome, VICTIM_SENT);
  if (left > 0 && clock_now_ms() < work->started_ms + GONE_MS) {
    redis_link_wait(work->link, LOOK_AGAIN_MS, ask_list);
    return;
  }
  outcome_set_all(outcome, VICTIM_SENT, VICTIM_UNKNOWN,
                  "the server said it was killed, but it still is in CLIENT LIST");
  outcome_proof(outcome, "CLIENT LIST: %zu of %zu are gone",
                outcome_count(outcome, VICTIM_DONE) + outcome_count(outcome, VICTIM_GONE),
                outcome->count);
  redis_work_end(work, NULL, NULL);
}

static void ask_list(void *self) {
  struct redis_work *work = self;
  redis_link_ask(work->link, on_look, 2, (const char *const[]){"CLIENT", "LIST"}, NULL);
}

static void verify_ready(void *self) {
  struct redis_work *work = self;
  if (outcome_count(work->act->outcome, VICTIM_SENT) == 0)
    redis_work_end(work, NULL, NULL);
  else
    ask_list(work);
}

static void verify_start(struct act *act) {
  static const struct redis_work_kind kind = {
      .size = sizeof(struct redis_work), .phase = REDIS_VERIFY, .ready = verify_ready};
  redis_work_start(act, &kind);
}
