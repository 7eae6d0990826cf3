/* Ends a client's session, whatever it does. */
#include "actions/postgres/postgres_sessions.h"

static bool applies(const struct action_request *request, struct err *why) {
  return postgres_sessions_check(request, POSTGRES_TERMINATE, why);
}

static bool plan_make(const struct action_request *request, struct plan *plan, struct err *err) {
  return postgres_sessions_plan_rows(request, POSTGRES_TERMINATE, plan, err);
}

const struct action action_postgres_terminate = {
    .spec = {.id = "postgres.terminate",
             .kind = "postgres",
             .table = POSTGRES_SESSIONS_TABLE,
             .key = 'T',
             .title = "terminate",
             .what = "ends the session: its transaction is rolled back, its client loses the "
                     "connection",
             .runs = "pg_terminate_backend(pid)",
             .danger = DANGER_DESTRUCTIVE,
             .many = true},
    .applies = applies,
    .row_named = postgres_session_named,
    .survey = &postgres_sessions_rows_survey,
    .plan = plan_make,
    .execute = &postgres_terminate_execute,
    .verify = &postgres_terminate_verify,
};
