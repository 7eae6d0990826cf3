/* Makes the allocator return unused memory to the system. */
#include "actions/redis/redis_found.h"

#include <string.h>

/* The server measures its resident memory ten times per second (hz 10), not when it is asked. */
enum { STEP_MS = 20000, MEASURED_MS = 250 };

static bool survey(struct step *step) {
  return redis_survey(step, REDIS_ANY, -1, NULL) != NULL;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"RESIDENT", true}, {"USED", true}, {"FRAGMENTATION", true}};
  static const char *const identities[] = {"run_id", "rss"};
  const struct sample *found = request->found;
  struct arena *arena = &plan->arena;
  const char *allocator = found_text(found, "mem_allocator");
  const int64_t rss = found_int(found, "used_memory_rss", -1);
  const int64_t used = found_int(found, "used_memory", -1);
  const int64_t active = found_int(found, "allocator_active", -1);
  const int64_t resident = found_int(found, "allocator_resident", -1);
  if (strncmp(allocator, "jemalloc", 8) != 0)
    return err_set(err, ERR_UNSUPPORTED, "its allocator is %.40s: only jemalloc can be purged",
                   *allocator ? allocator : "unknown");
  ACTION_OBJECTS(plan, columns, identities);
  redis_plan_object(plan, found, found_text(found, "run_id"), redis_place(arena, request->target));
  ACTION_CELLS(plan, rss < 0 ? NULL : shown_bytes(arena, rss),
               used < 0 ? NULL : shown_bytes(arena, used),
               plan_copy(plan, found_text(found, "mem_fragmentation_ratio")));
  action_bind_number(plan, "rss", rss);
  plan->title = plan_printf(plan, "Purge the unused memory of %s", request->target->name);
  plan->unit = "server";
  redis_plan_server(plan, request, false);
  redis_plan_command(plan, request, -1, "MEMORY PURGE");
  if (active >= 0 && resident >= active)
    plan_say(plan, PLAN_BLAST, "its allocator (%s) keeps %s unused", allocator,
             shown_bytes(arena, resident - active));
  plan_say(plan, PLAN_WARNING, "other clients wait while it runs, usually for milliseconds");
  return true;
}

static bool execute(struct step *step) {
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  return redis_change(conn, "MEMORY", "PURGE") && step_sent(step, "purged");
}

static bool verify(struct step *step) {
  const int64_t before = action_identity_number(step->call->plan, 0, "rss", -1);
  int64_t after = -1;
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  if (conn)
    step_sleep(step, MEASURED_MS);
  const struct redis_info *info = redis_ask_info(conn);
  if (!info)
    return false;
  const char *ratio = redis_info_text(info, "mem_fragmentation_ratio");
  redis_info_count(info, "used_memory_rss", &after);
  if (before < 0 || after < 0)
    return step_prove(step, OBJECT_DONE,
                      "the server accepted it; INFO does not show its resident memory");
  return step_prove(step, OBJECT_DONE, "resident memory %s before, %s now; fragmentation %.32s",
                    shown_bytes(&step->arena, before), shown_bytes(&step->arena, after),
                    ratio ? ratio : "unknown");
}

STEPS_OF(STEP_MS, 2 * CONN_ANSWER_MS, STEP_MS)

const struct action action_redis_purge_memory = {
    .spec = {.id = "redis.purge-memory",
             .kind = "redis",
             .title = "purge unused memory",
             .past = "purged",
             .what = "makes the server's allocator return memory that it keeps and does not use; "
                     "no key is touched",
             .runs = "MEMORY PURGE",
             .danger = DANGER_REVERSIBLE},
    .applies = redis_has_keys,
    STEPS,
};
