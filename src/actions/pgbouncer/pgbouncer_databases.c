/* The actions on databases of PgBouncer: pause, resume and reconnect, over one implementation. */
#include "actions/pgbouncer/pgbouncer_conn.h"
#include "core/count.h"
#include "io/clock.h"

#include <inttypes.h>
#include <string.h>

enum {
  SURVEY_MS = 20000,
  VERIFY_MS = 20000,
  ANSWER_MS = 15000,
  RECONNECT_MS = 2000, /* for the end of old connections that are not in use */
  LOOK_AGAIN_MS = 100,
};

/* What a verb does is in one place; a fourth one would be a row here and a descriptor below. */
struct verb {
  const char *id, *command, *title;
  const char *undo; /* id; NULL: it cannot be undone */
};
static const struct verb verbs[] = {
    {"pgbouncer.pause", "PAUSE", "Pause", "pgbouncer.resume"},
    {"pgbouncer.resume", "RESUME", "Resume", "pgbouncer.pause"},
    {"pgbouncer.reconnect", "RECONNECT", "Reconnect", NULL},
};
enum { PAUSE, RESUME, RECONNECT };

static const struct verb *verb_of(const char *id) {
  const struct verb *verb = verbs;
  while (strcmp(verb->id, id) != 0)
    verb++;
  return verb;
}

#define IDENTITY_SERVER "server" /* where the database leads to */
#define IDENTITY_STATE "state"
#define IDENTITY_WAIT "wait_ms"

static const char *server_of(struct arena *arena, const struct pgbouncer_database *database) {
  return arena_printf(arena, "%s:%" PRId64 "/%s", database->host, database->port,
                      database->database);
}

static const char *state_of(const struct pgbouncer_database *database) {
  return pgbouncer_state(database->paused > 0, database->disabled > 0);
}

/* ---- survey */

/* Of all pools of the database. */
struct use {
  int64_t clients, waiting, active, open;
  bool sessions; /* one of them is a session pool */
};

static void add(int64_t *sum, int64_t count) {
  *sum = count > 0 ? count_add(*sum, count) : *sum;
}

static bool use_read(struct pgbouncer_conn *conn, const char *database, struct use *use) {
  struct pgbouncer_pools pools;
  *use = (struct use){.clients = 0};
  if (!pgbouncer_ask_pools(conn, &pools))
    return false;
  for (size_t i = 0; i < pools.count; i++) {
    const struct pgbouncer_pool *pool = &pools.items[i];
    if (strcmp(pool->database, database) != 0)
      continue;
    add(&use->clients, pool->clients);
    add(&use->waiting, pool->waiting);
    add(&use->active, pool->active);
    add(&use->open, pgbouncer_open_servers(pool));
    use->sessions = use->sessions || strcmp(pool->mode, "session") == 0;
  }
  return true;
}

/* Several processes may listen on the port, and each connection reaches one of them. */
static bool is_alone(struct step *step, const struct pgbouncer_conn *conn) {
  return pgbouncer_settings(conn)->so_reuseport <= 0 ||
         step_fail(step, ERR_UNSUPPORTED,
                   "so_reuseport is on: several processes may share the port, and a command "
                   "reaches only one of them");
}

static const struct pgbouncer_database *find(struct pgbouncer_conn *conn, const char *name) {
  struct pgbouncer_databases databases;
  return pgbouncer_ask_databases(conn, &databases) ? pgbouncer_database_find(&databases, name)
                                                   : NULL;
}

static bool survey(struct step *step) {
  const char *name = step->call->request->keys[0];
  struct pgbouncer_conn *conn = pgbouncer_conn_open(step);
  struct use use;
  if (!conn || !pgbouncer_may_change(conn) || !is_alone(step, conn))
    return false;
  const struct pgbouncer_database *database = find(conn, name);
  if (!database)
    return step->err.kind != ERR_NONE
               ? false
               : step_fail(step, ERR_INVALID, "PgBouncer has no database %.63s", name);
  if (!use_read(conn, name, &use))
    return false;
  step->found = found_new(NULL, 0);
  found_set_text(step->found, PGBOUNCER_PROCESS, pgbouncer_process(conn));
  found_set_text(step->found, IDENTITY_SERVER, server_of(&step->arena, database));
  found_set_text(step->found, IDENTITY_STATE, state_of(database));
  found_set_int(step->found, "clients", use.clients);
  found_set_int(step->found, "waiting", use.waiting);
  found_set_int(step->found, "active", use.active);
  found_set_int(step->found, "open", use.open);
  found_set_int(step->found, "sessions", use.sessions);
  found_set_int(step->found, "wait_timeout", pgbouncer_settings(conn)->query_wait_timeout_s);
  return true;
}

/* ---- plan */

static void say_pause(const struct action_request *request, struct plan *plan) {
  const struct sample *found = request->found;
  struct arena *arena = &plan->arena;
  const int64_t timeout_s = found_int(found, "wait_timeout", -1);
  const int64_t active = found_int(found, "active", 0);
  plan_say(plan, PLAN_BLAST, "%s: the next query of each waits until the database is resumed",
           shown_counted(arena,
                         count_add(found_int(found, "clients", 0), found_int(found, "waiting", 0)),
                         "client", "clients"));
  if (active > 0)
    plan_say(plan, PLAN_BLAST, "%s in use; waits at most %s for their release",
             shown_counted(arena, active, "server connection is", "server connections are"),
             shown_duration(arena, request->params[0].number));
  if (found_int(found, "sessions", 0) > 0)
    plan_say(plan, PLAN_WARNING,
             "it has a session pool: a client that is being served keeps its server connection, "
             "and is not held back, until it disconnects");
  if (timeout_s > 0)
    plan_say(plan, PLAN_WARNING,
             "query_wait_timeout is %s: clients that wait for longer are disconnected",
             shown_duration(arena, count_times(timeout_s, 1000)));
}

static void say_reconnect(const struct action_request *request, struct plan *plan) {
  const struct sample *found = request->found;
  plan_say(plan, PLAN_BLAST,
           "%s: each is closed once its client releases it, and clients get new ones; no query "
           "is interrupted",
           shown_counted(&plan->arena, found_int(found, "open", 0), "server connection",
                         "server connections"));
  if (found_int(found, "sessions", 0) > 0)
    plan_say(plan, PLAN_WARNING,
             "it has a session pool: a server connection in use is released only when its client "
             "disconnects");
}

/* What PgBouncer would refuse, or what would change nothing. */
static const char *refusal_of(const struct verb *verb, const struct sample *found) {
  const bool paused = pgbouncer_state_is_paused(found_text(found, IDENTITY_STATE));
  if (verb == &verbs[PAUSE] && paused)
    return "it is already paused";
  if (verb == &verbs[RESUME] && !paused)
    return "it is not paused";
  if (verb == &verbs[RECONNECT] && found_int(found, "open", 0) == 0)
    return "it has no server connection";
  return NULL;
}

static void add_object(const struct action_request *request, struct plan *plan, const char *name) {
  static const struct plan_column columns[] = {
      {"STATE", false}, {"CLIENTS", true}, {"WAITING", true}, {"SERVERS", true}};
  static const char *const identities[] = {PGBOUNCER_PROCESS, IDENTITY_SERVER, IDENTITY_STATE,
                                           IDENTITY_WAIT};
  const struct sample *found = request->found;
  struct arena *arena = &plan->arena;
  ACTION_OBJECTS(plan, columns, identities);
  plan_object(plan, name, name);
  ACTION_CELLS(plan, plan_copy(plan, found_text(found, IDENTITY_STATE)),
               shown_count(arena, found_int(found, "clients", 0)),
               shown_count(arena, found_int(found, "waiting", 0)),
               shown_count(arena, found_int(found, "open", 0)));
  for (size_t i = 0; i < sizeof identities / sizeof *identities; i++)
    if (strcmp(identities[i], IDENTITY_WAIT) != 0)
      action_bind(plan, identities[i], plan_copy(plan, found_text(found, identities[i])));
  action_bind_number(plan, IDENTITY_WAIT,
                     plan->action->param_count > 0 ? request->params[0].number : ANSWER_MS);
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct verb *verb = verb_of(plan->action->id);
  const struct sample *found = request->found;
  const char *name = request->keys[0], *refusal = refusal_of(verb, found);
  char command[PGBOUNCER_COMMAND_MAX];
  if (refusal)
    return err_set(err, ERR_INVALID, "%.63s: %s", name, refusal);
  if (!pgbouncer_command(command, verb->command, name, err))
    return false;
  add_object(request, plan, name);
  plan->unit = "database";
  plan->title = plan_printf(plan, "%s database %s of %s", verb->title, name, request->target->name);
  plan_say(plan, PLAN_EFFECT, "%s;", command);
  if (verb == &verbs[PAUSE])
    say_pause(request, plan);
  else if (verb == &verbs[RECONNECT])
    say_reconnect(request, plan);
  else
    plan_say(plan, PLAN_BLAST, "%s continue",
             shown_counted(&plan->arena, found_int(found, "waiting", 0), "waiting client",
                           "waiting clients"));
  plan_say(plan, PLAN_PRECONDITION,
           "the same PgBouncer answers (%s), and the database still is %s and leads to %s: read "
           "on the connection that then sends the command",
           found_text(found, PGBOUNCER_PROCESS), found_text(found, IDENTITY_STATE),
           found_text(found, IDENTITY_SERVER));
  if (verb->undo)
    plan_say(plan, PLAN_UNDO, "%s", verb->undo);
  return true;
}

/* ---- execute */

/* True if the database is as planned; otherwise the outcome, or step->err, says why not. */
static bool is_as_planned(struct step *step, struct pgbouncer_conn *conn) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  const struct pgbouncer_database *database = find(conn, plan->objects[0].key);
  if (!database && step->err.kind != ERR_NONE)
    return false;
  if (!database)
    outcome_set(outcome, 0, OBJECT_GONE, "PgBouncer no longer has the database");
  else if (strcmp(server_of(&step->arena, database), action_identity(plan, 0, IDENTITY_SERVER)) !=
           0)
    outcome_set(outcome, 0, OBJECT_REFUSED, "it leads to %.100s now: plan again",
                server_of(&step->arena, database));
  else if (strcmp(state_of(database), action_identity(plan, 0, IDENTITY_STATE)) != 0)
    outcome_set(outcome, 0, OBJECT_REFUSED, "it is %s now: plan again", state_of(database));
  else
    return true;
  return false;
}

static bool execute(struct step *step) {
  const struct plan *plan = step->call->plan;
  const struct verb *verb = verb_of(plan->action->id);
  struct outcome *outcome = step->call->outcome;
  char command[PGBOUNCER_COMMAND_MAX];
  struct pgbouncer_conn *conn = pgbouncer_conn_open(step);
  if (!conn || !pgbouncer_may_change(conn) || !is_alone(step, conn) ||
      !pgbouncer_command(command, verb->command, plan->objects[0].key, &step->err))
    return false;
  if (!is_as_planned(step, conn))
    return outcome->objects[0].result != OBJECT_PENDING;
  if (verb->undo)
    outcome_undo(outcome, "%s %s %s", verb->undo, shown_word(&step->arena, plan->target),
                 shown_word(&step->arena, plan->objects[0].key));
  if (pgbouncer_change(conn, command, action_identity_number(plan, 0, IDENTITY_WAIT, ANSWER_MS)))
    return step_sent(step, "accepted");
  if (pgbouncer_is_up(conn))
    outcome_set(outcome, 0, OBJECT_REFUSED, "%s", step->err.text);
  else if (verb == &verbs[PAUSE] && step->err.kind == ERR_TIMEOUT && !step->dropped)
    return step_sent(step, "not answered while server connections are in use");
  return pgbouncer_is_up(conn);
}

/* ---- verify */

static bool prove_paused(struct step *step, bool paused, const struct use *use) {
  struct arena *arena = &step->arena;
  if (!paused)
    return step_prove(step, OBJECT_UNKNOWN, "sent, but the database is not paused");
  if (use->active == 0)
    return step_prove(step, OBJECT_DONE, "paused; no server connection is in use, %s",
                      shown_counted(arena, use->waiting, "client waits", "clients wait"));
  return step_prove(step, OBJECT_DONE, "paused; %s in use until the client %s, %s",
                    shown_counted(arena, use->active, "server connection is still",
                                  "server connections are still"),
                    use->sessions ? "disconnects" : "ends its transaction",
                    shown_counted(arena, use->waiting, "client waits", "clients wait"));
}

static bool prove_resumed(struct step *step, bool paused, const struct use *use) {
  if (paused)
    return step_prove(step, OBJECT_UNKNOWN, "accepted, but the database is paused");
  return step_prove(step, OBJECT_DONE, "no longer paused; %s",
                    shown_counted(&step->arena, use->waiting, "client waits", "clients wait"));
}

/* PgBouncer marks the connections of that time (close_needed) and closes each when it is free;
 * those that are free already within a third of a second. */
static bool prove_reconnected(struct step *step, struct pgbouncer_conn *conn, const char *name) {
  const int64_t until_ms = clock_now_ms() + RECONNECT_MS;
  int64_t marked = 0;
  do {
    const struct pg_rows *rows = pgbouncer_ask(conn, "SHOW SERVERS");
    if (!rows || !pgbouncer_marked_servers(rows, name, &marked, &step->err))
      return false;
  } while (marked > 0 && clock_now_ms() < until_ms && step_sleep(step, LOOK_AGAIN_MS));
  if (marked > 0)
    return step_prove(step, OBJECT_DONE, "%s in use, and closed when released",
                      shown_counted(&step->arena, marked, "old server connection is still",
                                    "old server connections are still"));
  return step_prove(step, OBJECT_DONE, "all server connections of that time are closed");
}

static bool verify(struct step *step) {
  const struct plan *plan = step->call->plan;
  const char *name = plan->objects[0].key;
  const struct verb *verb = verb_of(plan->action->id);
  struct pgbouncer_conn *conn = pgbouncer_conn_open(step);
  struct use use;
  if (!conn)
    return false;
  if (verb == &verbs[RECONNECT])
    return prove_reconnected(step, conn, name);
  const struct pgbouncer_database *database = find(conn, name);
  if (!database)
    return step->err.kind == ERR_NONE &&
           step_prove(step, OBJECT_UNKNOWN, "PgBouncer no longer has the database");
  if (!use_read(conn, name, &use))
    return false;
  return verb == &verbs[PAUSE] ? prove_paused(step, database->paused > 0, &use)
                               : prove_resumed(step, database->paused > 0, &use);
}

/* ---- the actions */

/* By the last collection; the survey asks again. */
static const char *collected_state(const struct action_request *request) {
  const struct table *table = action_table(request, PGBOUNCER_DATABASES_TABLE);
  const struct row *row = table && request->key_count > 0 ? action_row(request, 0) : NULL;
  const int column = row ? table_column(table->spec, PGBOUNCER_DATABASES_ID_STATE) : -1;
  return column >= 0 && row->cells[column].type == VALUE_TEXT ? row->cells[column].text : NULL;
}

static bool applies(const struct action_request *request, const struct verb *verb,
                    struct err *why) {
  const char *access =
      action_collected(request, PGBOUNCER_SUMMARY_TABLE, PGBOUNCER_SUMMARY_ID_ACCESS);
  const char *state = collected_state(request);
  if (request->key_count != 1)
    return err_set(why, ERR_INVALID, "pick one database");
  if (access && strcmp(access, PGBOUNCER_ACCESS_READ_ONLY) == 0)
    return err_set(why, ERR_DENIED, PGBOUNCER_NOT_ADMIN, "the user of this target");
  if (state && verb == &verbs[PAUSE] && pgbouncer_state_is_paused(state))
    return err_set(why, ERR_INVALID, "it is already paused");
  if (state && verb == &verbs[RESUME] && !pgbouncer_state_is_paused(state))
    return err_set(why, ERR_INVALID, "it is not paused");
  return true;
}

#define APPLIES(name, verb)                                                           \
  static bool name##_applies(const struct action_request *request, struct err *why) { \
    return applies(request, &verbs[verb], why);                                       \
  }
APPLIES(pause, PAUSE)
APPLIES(resume, RESUME)
APPLIES(reconnect, RECONNECT)

static const struct option pause_params[] = {
    {.name = "wait",
     .type = OPTION_DURATION,
     .min = 100,
     .max = 600000,
     .fallback = "10s",
     .help = "how long to wait until server connections in use are released; the database "
             "stays paused if they are not"},
};

STEP(survey, SURVEY_MS)
STEP(execute, 0) /* the wait of a pause is its limit */
STEP(verify, VERIFY_MS)

#define DATABASE_ACTION(name, ...)                                                    \
  const struct action action_pgbouncer_##name = {                                     \
      .spec = {.kind = "pgbouncer", .table = PGBOUNCER_DATABASES_TABLE, __VA_ARGS__}, \
      .applies = name##_applies,                                                      \
      STEPS}

DATABASE_ACTION(pause, .id = "pgbouncer.pause", .key = 'P', .title = "pause", .past = "paused",
                .what = "holds back all clients of a database: their queries wait until it is "
                        "resumed, and its server connections are closed once released",
                .runs = "PAUSE database", .danger = DANGER_DESTRUCTIVE,
                ACTION_PARAMS(pause_params));
DATABASE_ACTION(resume, .id = "pgbouncer.resume", .key = 'R', .title = "resume", .past = "resumed",
                .what = "lets the clients of a paused database continue", .runs = "RESUME database",
                .danger = DANGER_REVERSIBLE);
DATABASE_ACTION(reconnect, .id = "pgbouncer.reconnect", .key = 'C', .title = "reconnect",
                .past = "reconnected",
                .what = "replaces the server connections of a database, each once its client "
                        "releases it: after a failover or a change of DNS",
                .runs = "RECONNECT database", .danger = DANGER_REVERSIBLE);
