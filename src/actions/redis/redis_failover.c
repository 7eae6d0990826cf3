/* Makes a replica the master while both are up: a Sentinel chooses and switches (SENTINEL
 * FAILOVER), in a cluster the replica itself takes over (CLUSTER FAILOVER).
 *
 * The two differ in what may be lost. A Sentinel promotes the replica at once, and what the old
 * master accepted meanwhile is gone. In a cluster the master first pauses its clients until the
 * replica has everything. */
#include "actions/redis/redis_failover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SURVEY_MS = 30000, EXECUTE_MS = 15000, VERIFY_MS = 90000, NODE_ANSWER_MS = 2000 };

static const struct column_spec columns[FAILOVER_COLUMN_COUNT] = {
    [FAILOVER_NODE] = {.id = "node", .title = "NODE"},
    [FAILOVER_FROM] = {.id = "from", .title = "MASTER"},
    [FAILOVER_TO] = {.id = "to", .title = "NEW MASTER", .none = "none"},
    [FAILOVER_LAG] = {.id = "lag", .title = "LAG", .unit = UNIT_BYTES},
    [FAILOVER_REPLICAS] = {.id = "replicas", .title = "REPLICAS", .priority = 1},
    [FAILOVER_QUORUM] = {.id = "quorum", .title = "QUORUM", .priority = 3},
    [FAILOVER_PROBLEM] = {.id = "problem", .title = "PROBLEM", .priority = 2},
    [FAILOVER_FROM_ID] = {.id = "from_id", .title = "MASTER ID", .flags = COLUMN_DETAIL},
    [FAILOVER_TO_ID] = {.id = "to_id", .title = "NEW MASTER ID", .flags = COLUMN_DETAIL},
    [FAILOVER_EPOCH] = {.id = "epoch", .title = "EPOCH", .flags = COLUMN_DETAIL},
};
static const struct table_spec candidates = FOUND_TABLE("failover", "Failovers", columns);

/* What the plan says of each replica. */
enum { LINE_OF, LINE_TEXT, LINE_COLUMN_COUNT };
static const struct column_spec line_columns[LINE_COLUMN_COUNT] = {
    [LINE_OF] = {.id = "of", .title = "OF"}, [LINE_TEXT] = {.id = "line", .title = "REPLICA"}};
static const struct table_spec lines = FOUND_TABLE("replicas", "Replicas", line_columns);

/* ---- places */

void failover_place(char place[FAILOVER_PLACE_MAX], const char *host, const char *port) {
  snprintf(place, FAILOVER_PLACE_MAX, strchr(host, ':') ? "[%.250s]:%.8s" : "%.250s:%.8s", host,
           port);
}

/* Also "::1:7000", as CLUSTER NODES has it. */
static int place_split(const char *place, char host[HOST_MAX]) {
  const char *colon = strrchr(place, ':');
  const bool brackets = *place == '[' && colon && colon > place && colon[-1] == ']';
  const size_t length = colon ? (size_t)(colon - place) : 0;
  snprintf(host, HOST_MAX, "%.*s", (int)(brackets ? length - 2 : length), place + brackets);
  return colon ? (int)strtol(colon + 1, NULL, 10) : 0;
}

struct redis_conn *failover_connect(struct step *step, const char *place) {
  char host[HOST_MAX];
  const int port = place_split(place, host);
  if (port <= 0 || port > 65535) {
    step_fail(step, ERR_INVALID, "\"%.80s\" is not the address of a node", place);
    return NULL;
  }
  struct redis_conn *conn = redis_conn_connect_to(step, host, port);
  conn->conn.answer_ms = NODE_ANSWER_MS;
  return redis_ask_info(conn) ? conn : NULL;
}

int64_t failover_lag(const struct redis_info *master, const char *place, int64_t *offset) {
  int64_t end = -1;
  *offset = -1;
  redis_info_count(master, "master_repl_offset", &end);
  for (size_t i = 0; end >= 0 && i < master->count; i++) {
    const char *value = master->lines[i].value, *ip = redis_info_word(value, "ip");
    char host[HOST_MAX], port[12], here[FAILOVER_PLACE_MAX];
    int64_t number;
    if (redis_info_index(master->lines[i].key, "slave") < 0 || !ip ||
        !redis_info_field(value, "port", &number))
      continue;
    snprintf(host, sizeof host, "%.*s", (int)strcspn(ip, ","), ip);
    snprintf(port, sizeof port, "%" PRId64, number);
    failover_place(here, host, port);
    if (strcmp(here, place) == 0 && redis_info_field(value, "offset", offset) && *offset >= 0)
      return end > *offset ? end - *offset : 0;
  }
  return -1;
}

/* ---- the survey */

static struct value text(struct step *step, const char *words) {
  return words && *words ? value_text(sample_copy(step->found, words)) : value_none(NULL);
}

void failover_add(struct step *step, const struct failover *failover) {
  const struct failover_replica *to = failover->to;
  struct row *row = sample_row(step->found, &step->found->tables[0], failover->key, NULL);
  if (!row)
    return;
  row->cells[FAILOVER_NODE] = text(step, failover->node);
  row->cells[FAILOVER_FROM] = text(step, failover->from);
  row->cells[FAILOVER_FROM_ID] = text(step, failover->from_id);
  row->cells[FAILOVER_EPOCH] = value_int(failover->epoch);
  row->cells[FAILOVER_REPLICAS] = text(step, failover->replicas);
  row->cells[FAILOVER_QUORUM] = text(step, failover->quorum);
  row->cells[FAILOVER_PROBLEM] = text(step, failover->problem);
  if (!to)
    return;
  row->cells[FAILOVER_TO] = text(step, to->place);
  row->cells[FAILOVER_TO_ID] = text(step, to->id);
  if (to->lag >= 0)
    row->cells[FAILOVER_LAG] = value_int(to->lag);
}

void failover_tell(struct step *step, const char *key, const struct failover_replica *replica) {
  struct arena *arena = &step->arena;
  struct table *table = &step->found->tables[1];
  const char *line =
      replica->lag < 0
          ? arena_printf(arena, "replica %s: lag not known", replica->place)
          : arena_printf(arena, "replica %s: %s behind, offset %" PRId64, replica->place,
                         shown_bytes(arena, replica->lag), replica->offset);
  if (replica->priority >= 0)
    line = arena_printf(arena, "%s, priority %" PRId64, line, replica->priority);
  if (replica->seen_s >= 0)
    line = arena_printf(arena, "%s, answered %s ago", line,
                        shown_duration(arena, (int64_t)(replica->seen_s * 1e3)));
  if (replica->bad)
    line = arena_printf(arena, "%s; cannot take over: %s", line, replica->bad);
  struct row *row =
      sample_row(step->found, table, arena_printf(arena, "%s %s", key, replica->place), NULL);
  if (!row)
    return;
  row->cells[LINE_OF] = text(step, key);
  row->cells[LINE_TEXT] = text(step, line);
}

static bool denied(struct step *step) {
  const struct err was = step->err;
  if (was.kind == ERR_DENIED && strncmp(was.text, "NOPERM", 6) == 0)
    step_fail(step, ERR_DENIED,
              "%.160s: its ACL user needs +info +sentinel of a Sentinel, +info +cluster of a node",
              was.text);
  return false;
}

static bool survey(struct step *step) {
  static const struct table_spec *const tables[] = {&candidates, &lines};
  struct redis_conn *conn = redis_conn_connect(step, 0);
  const struct redis_info *info = redis_ask_info(conn);
  if (!info)
    return denied(step);
  const bool sentinel = redis_info_is(info, "redis_mode", "sentinel") ||
                        redis_info_is(info, "server_mode", "sentinel");
  if (!sentinel && !redis_info_is(info, "cluster_enabled", "1"))
    return step_fail(step, ERR_UNSUPPORTED,
                     "neither a Sentinel nor a node of a cluster: run this on the Sentinel that "
                     "watches the server");
  step->found = found_new(tables, 2);
  step->found->address = sample_copy(step->found, line_address(conn->conn.line));
  found_set_text(step->found, "mode", sentinel ? "sentinel" : "cluster");
  found_set_text(step->found, "run_id", redis_info_text(info, "run_id"));
  return (sentinel ? sentinel_survey(step, conn) : cluster_survey(step, conn)) || denied(step);
}

/* ---- the plan */

static const char *cell(const struct row *row, enum failover_column column) {
  return row->cells[column].type == VALUE_TEXT ? row->cells[column].text : "";
}

static void say_sentinel(const struct action_request *request, struct plan *plan,
                         const struct row *row) {
  const char *from = cell(row, FAILOVER_FROM), *to = cell(row, FAILOVER_TO);
  plan_say(plan, PLAN_PRECONDITION,
           "the master is still %s (run_id %s, epoch %" PRId64 "), %s can still take over, the "
           "quorum is there, and no failover runs",
           from, cell(row, FAILOVER_FROM_ID), row->cells[FAILOVER_EPOCH].integer, to);
  plan_say(plan, PLAN_EFFECT, "%s SENTINEL FAILOVER %s",
           redis_cli(&plan->arena, request->target, -1), shown_word(&plan->arena, row->key));
  plan_say(plan, PLAN_BLAST, "the Sentinel chooses by priority, then offset, then run_id: %s", to);
  plan_say(plan, PLAN_BLAST, "%s becomes its replica, and so do the others: each may copy all data",
           from);
  plan_say(plan, PLAN_BLAST,
           "clients lose their connections to both; those that ask a Sentinel find the new master, "
           "those that know %s only can read there, and writes fail with READONLY",
           from);
  plan_say(plan, PLAN_WARNING, "the Sentinel does not wait for the replica to catch up");
  plan_say(plan, PLAN_LOSS, "writes that %s accepts and %s has not received by then%s%s", from, to,
           row->cells[FAILOVER_LAG].type == VALUE_INT ? ": now " : "; how many is not known",
           row->cells[FAILOVER_LAG].type == VALUE_INT
               ? shown_bytes(&plan->arena, row->cells[FAILOVER_LAG].integer)
               : "");
  plan_say(plan, PLAN_UNDO, "once %s has copied the data: stacktop plan redis.failover %s %s", from,
           shown_word(&plan->arena, request->target->name), shown_word(&plan->arena, row->key));
}

static void say_cluster(const struct action_request *request, struct plan *plan,
                        const struct row *row) {
  char host[HOST_MAX];
  const char *from = cell(row, FAILOVER_FROM), *to = cell(row, FAILOVER_TO);
  const int port = place_split(to, host);
  plan_say(plan, PLAN_PRECONDITION, "%s is still node %s, a replica of %s, and its link is up", to,
           cell(row, FAILOVER_TO_ID), cell(row, FAILOVER_FROM_ID));
  plan_say(plan, PLAN_EFFECT, "%s CLUSTER FAILOVER",
           redis_cli_at(&plan->arena, request->target, host, port));
  plan_say(plan, PLAN_BLAST,
           "%s pauses its clients until %s has received everything, for 5 s at most; no write that "
           "it has confirmed is lost",
           from, to);
  plan_say(plan, PLAN_BLAST,
           "then %s serves the slots and %s is its replica: clients get MOVED, and blocked ones an "
           "error",
           to, from);
  plan_say(plan, PLAN_WARNING, "a client that does not know clusters gets MOVED as an error");
  plan_say(plan, PLAN_UNDO, "stacktop plan redis.failover %s %s",
           shown_word(&plan->arena, request->target->name), cell(row, FAILOVER_FROM_ID));
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column shown[] = {
      {"MASTER", false}, {"NEW MASTER", false}, {"LAG", true}, {"REPLICAS", false}};
  static const char *const identities[] = {"mode",    "run_id", "name",  "from",
                                           "from_id", "to",     "to_id", "epoch"};
  const struct sample *found = request->found;
  const struct row *row =
      request->chosen_count == 1 ? table_find(&found->tables[0], request->chosen[0]) : NULL;
  const char *login = redis_cli_login(&plan->arena, request->target);
  if (!row)
    return err_set(err, ERR_INVALID, "pick one master or replica");
  if (*cell(row, FAILOVER_PROBLEM))
    return err_set(err, ERR_INVALID, "%.300s", cell(row, FAILOVER_PROBLEM));
  const bool sentinel = strcmp(found_text(found, "mode"), "sentinel") == 0;
  const struct value lag = row->cells[FAILOVER_LAG];
  const char *node = sentinel ? cell(row, FAILOVER_NODE) : cell(row, FAILOVER_TO);
  ACTION_OBJECTS(plan, shown, identities);
  if (!plan_object(plan,
                   plan_printf(plan, "%s/%" PRId64, cell(row, FAILOVER_FROM_ID),
                               row->cells[FAILOVER_EPOCH].integer),
                   node))
    return err_set(err, ERR_LIMIT, "the plan is too large");
  ACTION_CELLS(plan, plan_copy(plan, cell(row, FAILOVER_FROM)),
               plan_copy(plan, cell(row, FAILOVER_TO)),
               lag.type == VALUE_INT ? shown_bytes(&plan->arena, lag.integer) : NULL,
               plan_copy(plan, cell(row, FAILOVER_REPLICAS)));
  action_bind(plan, "mode", plan_copy(plan, found_text(found, "mode")));
  action_bind(plan, "run_id", plan_copy(plan, found_text(found, "run_id")));
  action_bind(plan, "name", plan_copy(plan, row->key));
  action_bind(plan, "from", plan_copy(plan, cell(row, FAILOVER_FROM)));
  action_bind(plan, "from_id", plan_copy(plan, cell(row, FAILOVER_FROM_ID)));
  action_bind(plan, "to", plan_copy(plan, cell(row, FAILOVER_TO)));
  action_bind(plan, "to_id", plan_copy(plan, cell(row, FAILOVER_TO_ID)));
  action_bind_number(plan, "epoch", row->cells[FAILOVER_EPOCH].integer);
  plan->title = plan_printf(plan, "Fail over %s of %s to %s", cell(row, FAILOVER_FROM),
                            request->target->name, cell(row, FAILOVER_TO));
  plan->unit = "master";
  if (sentinel)
    plan->server = NULL;
  if (!plan->address && found->address && *found->address)
    plan->address = plan_copy(plan, found->address);
  (sentinel ? say_sentinel : say_cluster)(request, plan, row);
  if (login)
    plan_say(plan, PLAN_EFFECT, "with %s in REDISCLI_AUTH, from which redis-cli takes it", login);
  plan_say(plan, PLAN_BLAST, "quorum: %s", cell(row, FAILOVER_QUORUM));
  for (size_t i = 0; i < found->tables[1].row_count; i++) {
    const struct value *cells = found->tables[1].rows[i].cells;
    if (cells[LINE_OF].type == VALUE_TEXT && strcmp(cells[LINE_OF].text, row->key) == 0)
      plan_say(plan, PLAN_BLAST, "%s", cells[LINE_TEXT].text);
  }
  return true;
}

/* ---- execute and verify */

const char *failover_planned(const struct step *step, const char *name) {
  return action_identity(step->call->plan, 0, name);
}

static bool is_sentinel(const struct step *step) {
  return strcmp(failover_planned(step, "mode"), "sentinel") == 0;
}

/* The Sentinel of the plan. */
static struct redis_conn *sentinel_open(struct step *step) {
  struct redis_conn *conn = redis_conn_connect(step, 0);
  const struct redis_info *info = redis_ask_info(conn);
  const char *run_id = info ? redis_info_text(info, "run_id") : NULL;
  return info && conn_is_planned(&conn->conn, "run_id", run_id ? run_id : "") ? conn : NULL;
}

static bool execute(struct step *step) {
  if (!is_sentinel(step))
    return cluster_execute(step);
  struct redis_conn *conn = sentinel_open(step);
  return conn && sentinel_execute(step, conn);
}

static bool verify(struct step *step) {
  if (outcome_count(step->call->outcome, OBJECT_SENT) == 0)
    return true;
  if (!is_sentinel(step))
    return cluster_verify(step);
  struct redis_conn *conn = sentinel_open(step);
  return conn && sentinel_verify(step, conn);
}

/* ---- the action */

/* By what was read last: the survey asks again. */
static bool applies(const struct action_request *request, struct err *why) {
  const char *mode = action_collected(request, REDIS_SUMMARY_TABLE, REDIS_SUMMARY_ID_MODE);
  return !mode || strcmp(mode, "standalone") != 0 ||
         err_set(why, ERR_UNSUPPORTED, "neither a Sentinel nor a node of a cluster");
}

/* Of a Sentinel's rows the primary to which they belong; of a cluster the node. */
static bool preset(const struct row *row, size_t param, char *out, size_t size) {
  const size_t length = row->parent ? strlen(row->parent) : 0;
  const bool member =
      length > 0 && strncmp(row->key, row->parent, length) == 0 && row->key[length] == ' ';
  (void)param;
  return snprintf(out, size, "%s", member ? row->parent : row->key) < (int)size;
}

STEPS_OF(SURVEY_MS, EXECUTE_MS, VERIFY_MS)

const struct action action_redis_failover = {
    .spec = {.id = "redis.failover",
             .kind = "redis",
             .context = REDIS_NODES_TABLE,
             .title = "fail over to a replica",
             .past = "failed over",
             .what = "makes a replica the master: by the Sentinel that watches it, or in a cluster "
                     "by the replica itself",
             .runs = "SENTINEL FAILOVER name, or CLUSTER FAILOVER on the replica",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_ONE},
    .applies = applies,
    .preset = preset,
    STEPS,
};
