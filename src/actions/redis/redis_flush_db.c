/* Drops all keys of one database. */
#include "actions/redis/redis_flush.h"

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err);
static bool preset(const struct row *row, size_t param, char *out, size_t size);
static void execute_start(struct act *act);

static const struct option params[] = {
    {.name = "db",
     .type = OPTION_INT,
     .min = 0,
     .max = 1 << 20,
     .help = "the number of the database; else that of the target's url",
     .example = "1"},
};
static const struct act_step execute = {.start = execute_start, .drop = redis_work_drop};

const struct action action_redis_flush_db = {
    .spec = {.id = "redis.flush-db",
             .kind = "redis",
             .context = REDIS_KEYSPACE_TABLE,
             .title = "flush a database",
             .what = "drops all keys of one database, and of its replicas",
             .runs = "FLUSHDB ASYNC",
             .danger = DANGER_DESTRUCTIVE,
             .params = params,
             .param_count = sizeof params / sizeof *params},
    .applies = redis_takes_writes,
    .preset = preset,
    .survey = &redis_flush_one_survey,
    .plan = make_plan,
    .execute = &execute,
    .verify = &redis_flush_verify,
};

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  char cli[REDIS_CLI_MAX];
  if (!redis_flush_plan(request, plan, err))
    return false;
  int db = (int)request->params[0].number;
  if (!request->params[0].set)
    db = redis_url_database(request->target);
  bool async = redis_fact(request->found, "version", REDIS_ASYNC_VERSION) >= REDIS_ASYNC_VERSION;
  plan->title = plan_printf(plan, "Flush database %d of %s", db, request->target->name);
  plan->unit = "database";
  plan->count = 1;
  plan->name = plan_printf(plan, "db%d", db);
  plan_say(plan, PLAN_EFFECT, "%s FLUSHDB%s", redis_cli(cli, request->target, db),
           async ? " ASYNC" : "");
  return true;
}

static bool preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == 0 && redis_row_database(row, out, size);
}

static void execute_ready(void *self) {
  redis_flush_do(self, "FLUSHDB");
}

static void execute_start(struct act *act) {
  static const struct redis_work_kind kind = {.size = sizeof(struct redis_work),
                                              .phase = REDIS_EXECUTE,
                                              .writes = true,
                                              .db = redis_db_of_plan,
                                              .ready = execute_ready};
  redis_work_start(act, &kind);
}
