/* Ends the script or the function that a server runs, while it answers BUSY to all other commands.
 *
 * Such a server does not tell its run_id, and of a script nothing at all: what can be checked is
 * that it is busy with the same kind of thing, and of a function that it is the one of the plan. */
#include "actions/redis/redis_found.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <string.h>

enum { STEP_MS = 10000, ENDED_MS = 5000, LOOK_AGAIN_MS = 50, SAME_MS = 1500 };

/* What the server runs now. */
struct running {
  bool busy, function;
  const char *name;   /* of a function; "" if not known */
  int64_t running_ms; /* -1: not known */
};

/* The two kinds differ in these words only. */
struct kind {
  const char *what, *command;
  bool function;
};
static const struct kind script = {"script", "SCRIPT", false};
static const struct kind function = {"function", "FUNCTION", true};

/* ---- what runs */

static const char *text_of(struct step *step, const struct redisReply *reply) {
  return arena_printf(&step->arena, "%.200s", redis_reply_text(reply));
}

/* running_script of FUNCTION STATS: name, command (never read: it has arguments), duration_ms. */
static void running_read(struct step *step, const struct redisReply *reply,
                         struct running *running) {
  if (redis_reply_count(reply) < 2)
    return;
  const struct redisReply *list = reply->element[1];
  for (size_t i = 0; i + 1 < redis_reply_count(list); i += 2) {
    const char *name = redis_reply_text(list->element[i]);
    if (strcmp(name, "name") == 0)
      running->name = text_of(step, list->element[i + 1]);
    else if (strcmp(name, "duration_ms") == 0)
      running->running_ms = redis_reply_int(list->element[i + 1], -1);
  }
}

/* False with step->err if the server does not answer. */
static bool running_ask(struct step *step, struct redis_conn *conn, struct running *running) {
  *running = (struct running){.name = "", .running_ms = -1};
  if (redis_ask(conn, "PING"))
    return true;
  if (strncmp(step->err.text, "BUSY ", 5) != 0)
    return false;
  running->busy = true;
  running->function = strstr(step->err.text, "FUNCTION KILL") != NULL;
  const struct redisReply *stats = running->function ? redis_ask(conn, "FUNCTION", "STATS") : NULL;
  if (stats)
    running_read(step, stats, running);
  return !step->dropped && conn->conn.lost.kind == ERR_NONE;
}

/* ---- the survey */

static bool survey_of(struct step *step, const struct kind *kind) {
  struct redis_conn *conn = redis_conn_connect(step, 0);
  struct running running;
  if (!running_ask(step, conn, &running))
    return false;
  if (!running.busy)
    return step_fail(step, ERR_INVALID,
                     "the server is not busy: nothing runs for longer than busy-reply-threshold "
                     "(lua-time-limit before Redis 7.0)");
  if (running.function != kind->function)
    return step_fail(step, ERR_INVALID, "the server runs a %s: use redis.%s-kill",
                     running.function ? "function" : "script",
                     running.function ? "function" : "script");
  step->found = found_new(NULL, 0);
  step->found->address = sample_copy(step->found, line_address(conn->conn.line));
  found_set_text(step->found, "name", running.name);
  found_set_int(step->found, "running_ms", running.running_ms);
  return true;
}

/* ---- the plan */

static bool plan_of(const struct action_request *request, struct plan *plan,
                    const struct kind *kind) {
  static const struct plan_column columns[] = {{"NAME", false}, {"RUNS FOR", true}};
  static const char *const identities[] = {"name", "started"};
  const struct sample *found = request->found;
  const int64_t running_ms = found_int(found, "running_ms", -1);
  const char *name = found_text(found, "name");
  const char *login = redis_cli_login(&plan->arena, request->target);
  ACTION_OBJECTS(plan, columns, identities);
  plan_object(plan, kind->what, plan_printf(plan, "the running %s", kind->what));
  ACTION_CELLS(plan, *name ? plan_copy(plan, name) : NULL,
               running_ms >= 0 ? shown_duration(&plan->arena, running_ms) : NULL);
  action_bind(plan, "name", plan_copy(plan, name));
  action_bind_number(plan, "started", running_ms < 0 ? 0 : request->now_ms - running_ms);
  plan->title = plan_printf(plan, "End the running %s of %s", kind->what, request->target->name);
  plan->unit = kind->what;
  plan->server = NULL; /* a busy server does not tell it */
  if (!plan->address && found->address && *found->address)
    plan->address = plan_copy(plan, found->address);
  plan_say(plan, PLAN_PRECONDITION, "the server is still busy with a %s%s%s", kind->what,
           *name ? ": " : "", name);
  plan_say(plan, PLAN_EFFECT, "%s %s KILL", redis_cli(&plan->arena, request->target, -1),
           kind->command);
  if (login)
    plan_say(plan, PLAN_EFFECT, "with %s in REDISCLI_AUTH, from which redis-cli takes it", login);
  plan_say(plan, PLAN_BLAST, "the server answers all other clients again");
  if (!kind->function)
    plan_say(plan, PLAN_WARNING,
             "the server does not name its script: if another one runs by then, that one ends");
  plan_say(plan, PLAN_WARNING,
           "if it has written, the server refuses: then only SHUTDOWN NOSAVE ends it, which loses "
           "all writes since the last save");
  plan_say(plan, PLAN_LOSS, "its caller gets an error; it has written nothing");
  return true;
}

/* ---- execute and verify */

static bool is_same(const struct plan *plan, const struct running *running) {
  const int64_t started = action_identity_number(plan, 0, "started", 0);
  const int64_t now = clock_wall_ms() - running->running_ms;
  return strcmp(action_identity(plan, 0, "name"), running->name) == 0 &&
         (started == 0 || running->running_ms < 0 ||
          (now - started < SAME_MS && started - now < SAME_MS));
}

static bool gone(struct step *step, const char *words) {
  outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_GONE, "%s", words);
  return true;
}

static bool execute_of(struct step *step, const struct kind *kind) {
  struct redis_conn *conn = redis_conn_connect(step, 0);
  struct running running;
  if (!running_ask(step, conn, &running))
    return false;
  if (!running.busy || running.function != kind->function)
    return gone(step, "already ended");
  if (!is_same(step->call->plan, &running))
    return gone(step, "already ended: the server runs another one now");
  if (redis_change(conn, kind->command, "KILL"))
    return step_sent(step, "killed");
  if (strncmp(step->err.text, "NOTBUSY", 7) == 0)
    return gone(step, "already ended");
  if (strncmp(step->err.text, "UNKILLABLE", 10) == 0)
    outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_REFUSED,
                    "it cannot be killed, because it has written, or comes from the primary: it "
                    "ends by itself, or with SHUTDOWN NOSAVE, which loses all writes since the "
                    "last save");
  return false;
}

static bool verify_of(struct step *step, const struct kind *kind) {
  const int64_t started_ms = clock_now_ms();
  struct running running;
  if (outcome_count(step->call->outcome, OBJECT_SENT) == 0)
    return true;
  struct redis_conn *conn = redis_conn_connect(step, 0);
  while (running_ask(step, conn, &running)) {
    const int64_t took_ms = clock_now_ms() - started_ms;
    if (!running.busy)
      return step_prove(step, OBJECT_DONE, "the server answers PING after %s",
                        shown_duration(&step->arena, took_ms));
    if (took_ms > ENDED_MS)
      return step_prove(step, OBJECT_UNKNOWN, "the server is still busy with a %s", kind->what);
    if (!step_sleep(step, LOOK_AGAIN_MS))
      break;
  }
  return false;
}

/* ---- the two actions */

/* By what was read last: the survey asks again. */
static bool applies(const struct action_request *request, struct err *why) {
  const struct table *table = action_table(request, REDIS_SUMMARY_TABLE);
  const int mode = table ? table_column(table->spec, REDIS_SUMMARY_ID_MODE) : -1;
  if (mode < 0 || table->row_count == 0)
    return true;
  const struct value value = table->rows[0].cells[mode];
  return (value.type == VALUE_NONE && value.text && strcmp(value.text, REDIS_SUMMARY_BUSY) == 0) ||
         err_set(why, ERR_INVALID, "the server is not busy");
}

#define KILL(kind)                                                                 \
  static bool kind##_survey(struct step *step) {                                   \
    return survey_of(step, &(kind));                                               \
  }                                                                                \
  static bool kind##_plan(const struct action_request *request, struct plan *plan, \
                          struct err *err) {                                       \
    (void)err;                                                                     \
    return plan_of(request, plan, &(kind));                                        \
  }                                                                                \
  static bool kind##_execute(struct step *step) {                                  \
    return execute_of(step, &(kind));                                              \
  }                                                                                \
  static bool kind##_verify(struct step *step) {                                   \
    return verify_of(step, &(kind));                                               \
  }                                                                                \
  STEP(kind##_survey, STEP_MS)                                                     \
  STEP(kind##_execute, STEP_MS)                                                    \
  STEP(kind##_verify, STEP_MS)

KILL(script)
KILL(function)

const struct action action_redis_script_kill = {
    .spec = {.id = "redis.script-kill",
             .kind = "redis",
             .title = "end the running script",
             .past = "ended",
             .what = "ends the script that a busy server runs; a script that has written cannot be "
                     "ended",
             .runs = "SCRIPT KILL",
             .danger = DANGER_DESTRUCTIVE},
    .applies = applies,
    .survey = &script_survey_step,
    .plan = script_plan,
    .execute = &script_execute_step,
    .verify = &script_verify_step,
};

const struct action action_redis_function_kill = {
    .spec = {.id = "redis.function-kill",
             .kind = "redis",
             .title = "end the running function",
             .past = "ended",
             .what = "ends the function that a busy server runs (Redis 7.0 or newer); a function "
                     "that has written cannot be ended",
             .runs = "FUNCTION KILL",
             .danger = DANGER_DESTRUCTIVE},
    .applies = applies,
    .survey = &function_survey_step,
    .plan = function_plan,
    .execute = &function_execute_step,
    .verify = &function_verify_step,
};
