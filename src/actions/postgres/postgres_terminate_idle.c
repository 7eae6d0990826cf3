/* Ends all client sessions that have left a transaction open for so long. */
#include "actions/postgres/postgres_sessions.h"

static const struct option params[] = {
    {.name = "age",
     .type = OPTION_DURATION,
     .required = true,
     .min = 1000,
     .max = 30LL * 86400000,
     .fallback = "10m",
     .help = "sessions that have been idle in a transaction for at least so long"},
};

const struct action action_postgres_terminate_idle;

static bool plan_make(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct action_spec *spec = &action_postgres_terminate_idle.spec;
  return postgres_sessions_plan_all(request, POSTGRES_TERMINATE_IDLE,
                                    request->texts[action_param(spec, "age")], plan, err);
}

const struct action action_postgres_terminate_idle = {
    .spec = {.id = "postgres.terminate-idle",
             .kind = "postgres",
             .title = "terminate the idle in transaction",
             .what = "ends all client sessions that have left a transaction open, idle, for longer "
                     "than an age",
             .runs = "pg_terminate_backend(pid)",
             .danger = DANGER_DESTRUCTIVE,
             .params = params,
             .param_count = sizeof params / sizeof *params},
    .survey = &postgres_sessions_idle_survey,
    .plan = plan_make,
    .execute = &postgres_terminate_idle_execute,
    .verify = &postgres_terminate_verify,
};
