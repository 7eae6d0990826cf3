/* Ends all client sessions whose query has run for so long. */
#include "actions/postgres/postgres_sessions.h"

static const struct option params[] = {
    {.name = "age",
     .type = OPTION_DURATION,
     .required = true,
     .min = 1000,
     .max = 30LL * 86400000,
     .fallback = "10m",
     .help = "sessions whose query has been running for at least so long"},
};

const struct action action_postgres_terminate_active;

static bool plan_make(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct action_spec *spec = &action_postgres_terminate_active.spec;
  return postgres_sessions_plan_all(request, POSTGRES_TERMINATE_ACTIVE,
                                    request->texts[action_param(spec, "age")], plan, err);
}

const struct action action_postgres_terminate_active = {
    .spec = {.id = "postgres.terminate-active",
             .kind = "postgres",
             .title = "terminate the long active",
             .what = "ends all client sessions whose query has been running for longer than an age",
             .runs = "pg_terminate_backend(pid)",
             .danger = DANGER_DESTRUCTIVE,
             .params = params,
             .param_count = sizeof params / sizeof *params},
    .survey = &postgres_sessions_active_survey,
    .plan = plan_make,
    .execute = &postgres_terminate_active_execute,
    .verify = &postgres_terminate_verify,
};
