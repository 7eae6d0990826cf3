/* Drops all keys of all databases. */
#include "actions/redis/redis_flush.h"

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err);
static void execute_start(struct act *act);

static const struct act_step execute = {.start = execute_start, .drop = redis_work_drop};

const struct action action_redis_flush_all = {
    .spec = {.id = "redis.flush-all",
             .kind = "redis",
             .title = "flush everything",
             .what = "drops all keys of all databases, and of the replicas: sessions and queues as "
                     "well as caches",
             .runs = "FLUSHALL ASYNC",
             .danger = DANGER_DESTRUCTIVE},
    .applies = redis_takes_writes,
    .survey = &redis_flush_all_survey,
    .plan = make_plan,
    .execute = &execute,
    .verify = &redis_flush_verify,
};

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  char cli[REDIS_CLI_MAX];
  if (!redis_flush_plan(request, plan, err))
    return false;
  bool async = redis_fact(request->found, "version", REDIS_ASYNC_VERSION) >= REDIS_ASYNC_VERSION;
  plan->title = plan_printf(plan, "Flush all databases of %s", request->target->name);
  plan->unit = plan->count == 1 ? "key" : "keys";
  plan->whole = true;
  plan_say(plan, PLAN_EFFECT, "%s FLUSHALL%s", redis_cli(cli, request->target, -1),
           async ? " ASYNC" : "");
  plan_say(plan, PLAN_WARNING,
           "sessions, queues and locks go with the caches: redis.delete-keys takes a pattern");
  return true;
}

static void execute_ready(void *self) {
  redis_flush_do(self, "FLUSHALL");
}

static void execute_start(struct act *act) {
  static const struct redis_work_kind kind = {.size = sizeof(struct redis_work),
                                              .phase = REDIS_EXECUTE,
                                              .writes = true,
                                              .ready = execute_ready};
  redis_work_start(act, &kind);
}
