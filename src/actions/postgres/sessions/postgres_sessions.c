/* The actions on sessions: cancel the query, and four ways to terminate, over one implementation.
 */
#include "actions/postgres/sessions/postgres_sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EFFECT_MS = 15000 };

#define SAME_QUERY                                                                                 \
  .still = " AND state = 'active' AND query_start = ", .moment = POSTGRES_SESSIONS_ID_QUERY_START, \
  .still_words = ", and runs that same query", .ended = "that query has ended"

static const struct postgres_effect effects[] = {
    {"postgres.cancel", "pg_cancel_backend", SAME_QUERY, .cancels = true},
    {"postgres.terminate", "pg_terminate_backend", .still_words = ""},
    {"postgres.terminate-root", "pg_terminate_backend", .still_words = ""},
    {"postgres.terminate-active", "pg_terminate_backend", SAME_QUERY, .lasts = "active"},
    {"postgres.terminate-idle", "pg_terminate_backend",
     .still = " AND state LIKE 'idle in transaction%' AND state_change = ",
     .moment = POSTGRES_SESSIONS_ID_STATE_CHANGE,
     .still_words = ", and has been idle in its transaction ever since",
     .ended = "no longer idle in that transaction", .lasts = "idle in transaction"},
    {"postgres.terminate-group", "pg_terminate_backend",
     .still = " AND state LIKE 'idle%' AND state_change = ",
     .moment = POSTGRES_SESSIONS_ID_STATE_CHANGE, .still_words = ", and has been idle ever since",
     .ended = "no longer idle", .lasts = "idle"},
};

const struct postgres_effect *postgres_effect_named(const char *action) {
  for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
    if (strcmp(effects[i].action, action) == 0)
      return &effects[i];
  abort(); /* each action on sessions has one row here */
}

const struct postgres_effect *postgres_effect_of(const struct plan *plan) {
  return postgres_effect_named(plan->action->id);
}

const char *postgres_effect_sql(const struct postgres_effect *effect, const char *pid,
                                const char *start, const char *moment,
                                char out[POSTGRES_EFFECT_MAX]) {
  /* the function is called for rows that WHERE has selected: it must not be in the WHERE itself */
  snprintf(out, POSTGRES_EFFECT_MAX,
           "SELECT %s(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s%s%s"
           " AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
           effect->function, pid, start, effect->still ? effect->still : "",
           effect->still ? moment : "");
  return out;
}

/* ---- the sessions that they apply to */

bool postgres_key_start(const char *key, char out[POSTGRES_MOMENT_MAX]) {
  struct postgres_session_key session;
  if (!postgres_session_key_read(key, &session) || session.start_us < 0)
    return false;
  struct tm tm;
  const long micros = (long)(session.start_us % 1000000);
  time_t time = (time_t)(session.start_us / 1000000);
  if (!gmtime_r(&time, &tm) || tm.tm_year + 1900 > 9999)
    return false;
  snprintf(out, POSTGRES_MOMENT_MAX, "%04d-%02d-%02d %02d:%02d:%02d.%06ld+00", tm.tm_year + 1900,
           tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, micros);
  return true;
}

static bool check_client(const struct table *table, const struct row *row, struct err *why) {
  struct value type = postgres_found(table, row, POSTGRES_SESSIONS_ID_TYPE);
  struct value pid = postgres_found(table, row, POSTGRES_SESSIONS_ID_PID);
  char start[POSTGRES_MOMENT_MAX];
  if (pid.type == VALUE_INT && pid.integer == 0)
    return err_set(why, ERR_UNSUPPORTED,
                   "a prepared transaction has no session: COMMIT PREPARED or ROLLBACK PREPARED "
                   "ends it");
  if (type.type == VALUE_TEXT && strcmp(type.text, POSTGRES_TYPE_CLIENT) != 0)
    return err_set(why, ERR_UNSUPPORTED, "%s: only client sessions", type.text);
  if (type.type == VALUE_TEXT && postgres_key_start(row->key, start))
    return true;
  return err_set(why, ERR_DENIED, "the session cannot be identified%s%s",
                 type.text && type.type == VALUE_NONE ? ": " : "",
                 type.text && type.type == VALUE_NONE ? type.text : "");
}

static bool check_runs(const struct table *table, const struct row *row, struct err *why) {
  const char *state = postgres_found_text(table, row, POSTGRES_SESSIONS_ID_STATE);
  if (strcmp(state, POSTGRES_STATE_ACTIVE) == 0)
    return true;
  if (strcmp(state, POSTGRES_STATE_IDLE_IN_TRANSACTION) == 0 ||
      strcmp(state, POSTGRES_STATE_ABORTED) == 0)
    return err_set(why, ERR_UNSUPPORTED, "%s, so nothing runs: terminate it", state);
  if (strcmp(state, POSTGRES_STATE_IDLE) == 0)
    return err_set(why, ERR_UNSUPPORTED, "idle: nothing runs");
  return err_set(why, ERR_UNSUPPORTED, "not known to run a query");
}

bool postgres_session_check(const struct table *table, const struct row *row, bool cancels,
                            struct err *why) {
  return check_client(table, row, why) && (!cancels || check_runs(table, row, why));
}

/* The rows as the model has them; NULL if there are none yet. */
static const struct table *rows_known(const struct action_request *request) {
  return model_table(request->model, request->target_index, POSTGRES_SESSIONS_TABLE);
}

/* Of the rows of the request those that the model knows: the survey reports the others. */
static bool check_rows(const struct action_request *request, bool cancels, struct err *why) {
  const struct table *table = rows_known(request);
  for (size_t i = 0; i < request->key_count; i++) {
    const struct row *row = table ? table_find(table, request->keys[i]) : NULL;
    struct err err;
    if (!row || postgres_session_check(table, row, cancels, &err))
      continue;
    if (request->key_count == 1)
      return err_set(why, err.kind, "%s", err.text);
    return err_set(why, err.kind, "%s: %.200s",
                   postgres_found_text(table, row, POSTGRES_SESSIONS_ID_SESSION), err.text);
  }
  return request->key_count > 0 || err_set(why, ERR_INVALID, "no session is selected");
}

static bool may_cancel(const struct action_request *request, struct err *why) {
  return check_rows(request, true, why);
}

static bool may_terminate(const struct action_request *request, struct err *why) {
  return check_rows(request, false, why);
}

/* "8123" and "pid 8123" name a session that the server may know: its pid. */
static const char *session_named(const char *word) {
  const char *pid = strncmp(word, "pid ", 4) == 0 ? word + 4 : word;
  size_t digits = strspn(pid, "0123456789");
  return digits > 0 && digits < 10 && !pid[digits] && *pid != '0' ? pid : NULL;
}

/* ---- the root of a tree */

static bool has_child(const struct table *table, const struct row *row) {
  for (size_t i = 0; i < table->row_count; i++)
    if (table->rows[i].parent && strcmp(table->rows[i].parent, row->key) == 0)
      return true;
  return false;
}

/* The row at the top of the row's tree; NULL with the reason when it must not be terminated, or is
 * not a tree. */
static const struct row *root_find(const struct table *table, const struct row *row,
                                   struct err *why) {
  const struct row *root = postgres_session_root(table, row);
  struct value blocks = postgres_found(table, root, POSTGRES_SESSIONS_ID_BLOCKS);
  struct err err;
  if (root == row && !(blocks.type == VALUE_INT && blocks.integer > 0) && !has_child(table, row))
    err_set(why, ERR_UNSUPPORTED,
            "it waits for no session, and no session is known to wait for it");
  else if (postgres_session_check(table, root, false, &err))
    return root;
  else
    err_set(why, err.kind, "the root is %s: %.200s",
            postgres_found_text(table, root, POSTGRES_SESSIONS_ID_SESSION), err.text);
  return NULL;
}

static bool may_terminate_root(const struct action_request *request, struct err *why) {
  const struct table *table = rows_known(request);
  if (request->key_count != 1)
    return err_set(why, ERR_INVALID,
                   request->key_count ? "one at a time" : "no session is selected");
  const struct row *row = table ? table_find(table, request->keys[0]) : NULL;
  return !row || root_find(table, row, why);
}

static bool plan_root(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct table *table = &request->found->tables[0];
  const struct row *row = postgres_session_found(request, request->keys[0], err);
  const struct row *root = row ? root_find(table, row, err) : NULL;
  if (!root)
    return false;
  plan->title =
      plan_printf(plan, "Terminate %s of %s, which blocks the others",
                  postgres_found_text(table, root, POSTGRES_SESSIONS_ID_SESSION), plan->target);
  return postgres_sessions_plan(request, &root, 1, plan, err);
}

/* ---- the actions */

STEP(postgres_sessions_survey_rows, POSTGRES_STEP_MS)
STEP(postgres_sessions_survey_root, POSTGRES_STEP_MS)
STEP(postgres_sessions_survey_active, POSTGRES_STEP_MS)
STEP(postgres_sessions_survey_idle, POSTGRES_STEP_MS)
STEP_CANCELLABLE(postgres_sessions_execute, EFFECT_MS)
STEP(postgres_sessions_verify, EFFECT_MS)

#define AGE(text)             \
  {                           \
    {.name = "age",           \
     .type = OPTION_DURATION, \
     .required = true,        \
     .min = 1000,             \
     .max = 30LL * 86400000,  \
     .fallback = "10m",       \
     .help = (text)},         \
  }
static const struct option active_params[] = AGE("minimum run time of the query");
static const struct option idle_params[] = AGE("minimum time idle in the transaction");

#define SESSIONS_ACTION(name, ...)                \
  const struct action action_postgres_##name = {  \
      .execute = &postgres_sessions_execute_step, \
      .verify = &postgres_sessions_verify_step,   \
      __VA_ARGS__,                                \
  }
#define SESSIONS_SPEC(...) .spec = {.kind = "postgres", __VA_ARGS__}
#define TERMINATES \
  .past = "terminated", .runs = "pg_terminate_backend(pid)", .danger = DANGER_DESTRUCTIVE
/* On the rows of the collector's table. */
#define OF_ROWS(letter) .table = POSTGRES_SESSIONS_TABLE, .key = (letter)

SESSIONS_ACTION(cancel,
                SESSIONS_SPEC(.id = "postgres.cancel", OF_ROWS('C'), .title = "cancel the query",
                              .what = "cancels the query of the session: its client gets an "
                                      "error and stays connected",
                              .past = "cancelled", .runs = "pg_cancel_backend(pid)",
                              .danger = DANGER_REVERSIBLE, .many = true),
                .applies = may_cancel, .row_named = session_named,
                .survey = &postgres_sessions_survey_rows_step, .plan = postgres_sessions_plan_rows);
SESSIONS_ACTION(terminate,
                SESSIONS_SPEC(.id = "postgres.terminate", OF_ROWS('T'), .title = "terminate",
                              .what = "ends the session: its transaction is rolled back, its "
                                      "client loses the connection",
                              TERMINATES, .many = true),
                .applies = may_terminate, .row_named = session_named,
                .survey = &postgres_sessions_survey_rows_step, .plan = postgres_sessions_plan_rows);
SESSIONS_ACTION(terminate_root,
                SESSIONS_SPEC(.id = "postgres.terminate-root", OF_ROWS('R'),
                              .title = "terminate the root",
                              .what = "ends the session at the root of the blocking tree, so that "
                                      "the sessions waiting for it can continue",
                              TERMINATES),
                .applies = may_terminate_root, .row_named = session_named,
                .survey = &postgres_sessions_survey_root_step, .plan = plan_root);
SESSIONS_ACTION(terminate_active,
                SESSIONS_SPEC(.id = "postgres.terminate-active",
                              .title = "terminate long active sessions",
                              .what = "ends all client sessions whose query has been running for "
                                      "at least an age",
                              TERMINATES, .params = active_params, .param_count = 1),
                .survey = &postgres_sessions_survey_active_step,
                .plan = postgres_sessions_plan_all);
SESSIONS_ACTION(terminate_idle,
                SESSIONS_SPEC(.id = "postgres.terminate-idle",
                              .title = "terminate idle in transaction",
                              .what = "ends all client sessions that have been idle in a "
                                      "transaction for at least an age",
                              TERMINATES, .params = idle_params, .param_count = 1),
                .survey = &postgres_sessions_survey_idle_step, .plan = postgres_sessions_plan_all);
