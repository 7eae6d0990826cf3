/* Ends the query that a session runs; the session stays. */
#include "actions/postgres/postgres_sessions.h"

static bool applies(const struct action_request *request, struct err *why) {
  return postgres_sessions_check(request, POSTGRES_CANCEL, why);
}

static bool plan_make(const struct action_request *request, struct plan *plan, struct err *err) {
  return postgres_sessions_plan_rows(request, POSTGRES_CANCEL, plan, err);
}

const struct action action_postgres_cancel = {
    .spec = {.id = "postgres.cancel",
             .kind = "postgres",
             .table = POSTGRES_SESSIONS_TABLE,
             .key = 'C',
             .title = "cancel the query",
             .what = "ends the query that the session runs: its client gets an error and stays "
                     "connected",
             .runs = "pg_cancel_backend(pid)",
             .danger = DANGER_REVERSIBLE,
             .many = true},
    .applies = applies,
    .row_named = postgres_session_named,
    .survey = &postgres_sessions_rows_survey,
    .plan = plan_make,
    .execute = &postgres_cancel_execute,
    .verify = &postgres_cancel_verify,
};
