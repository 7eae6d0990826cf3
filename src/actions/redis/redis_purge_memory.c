/* Makes the allocator return the memory that it keeps unused. */
#include "actions/redis/redis_found.h"
#include "core/format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The server measures its resident memory ten times a second (hz 10), not when it is asked. */
enum { STEP_MS = 20000, MEASURED_MS = 250 };

static bool survey(struct step *step) {
  static const char *const keys[] = {"used_memory",
                                     "used_memory_rss",
                                     "allocator_active",
                                     "allocator_resident",
                                     "mem_allocator",
                                     "mem_fragmentation_ratio",
                                     NULL};
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  if (!conn)
    return false;
  step->found = redis_found_new(conn, NULL, 0);
  redis_found_keep(step->found, conn, keys);
  return true;
}

static const char *bytes_cell(struct plan *plan, int64_t bytes) {
  char text[FORMAT_MAX];
  return bytes < 0 ? NULL : plan_copy(plan, format_bytes(text, sizeof text, (double)bytes));
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"RESIDENT", true}, {"USED", true}, {"FRAGMENTATION", true}};
  static const char *const identities[] = {"run_id", "rss"};
  const struct sample *found = request->found;
  const char *allocator = found_text(found, "mem_allocator");
  int64_t rss = found_int(found, "used_memory_rss", -1);
  char cli[REDIS_CLI_MAX], place[REDIS_NAME_MAX];
  if (strncmp(allocator, "jemalloc", 8) != 0)
    return err_set(err, ERR_UNSUPPORTED, "its allocator is %.40s: only jemalloc can be purged",
                   *allocator ? allocator : "unknown");
  ACTION_OBJECTS(plan, columns, identities);
  struct plan_object *object =
      plan_object(plan, found_text(found, "run_id"), redis_place(place, request->target));
  object->cells[0] = bytes_cell(plan, rss);
  object->cells[1] = bytes_cell(plan, found_int(found, "used_memory", -1));
  object->cells[2] = plan_copy(plan, found_text(found, "mem_fragmentation_ratio"));
  object->identities[0] = object->key;
  object->identities[1] = plan_printf(plan, "%" PRId64, rss);
  plan->title = plan_printf(plan, "Purge the unused memory of %s", request->target->name);
  plan->unit = "server";
  redis_plan_server(plan, request, false);
  plan_say(plan, PLAN_EFFECT, "%s MEMORY PURGE", redis_cli(cli, request->target, -1));
  int64_t active = found_int(found, "allocator_active", -1);
  int64_t resident = found_int(found, "allocator_resident", -1);
  if (active >= 0 && resident >= active)
    plan_say(plan, PLAN_BLAST, "its allocator (%s) keeps %s unused", allocator,
             bytes_cell(plan, resident - active));
  plan_say(plan, PLAN_WARNING, "other clients wait while it runs, usually for milliseconds");
  return true;
}

static bool execute(struct step *step) {
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  if (!conn || !redis_change(conn, "MEMORY", "PURGE"))
    return false;
  outcome_set_all(step->act->outcome, OBJECT_PENDING, OBJECT_SENT, "purged");
  return true;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->act->outcome;
  int64_t before = strtoll(action_identity(step->act->plan, 0, "rss"), NULL, 10), after = -1;
  char was[FORMAT_MAX], is[FORMAT_MAX];
  struct redis_conn *conn = redis_conn_open(step, REDIS_ANY, -1);
  if (conn)
    step_sleep(step, MEASURED_MS);
  const struct redis_info *info = conn ? redis_ask_info(conn) : NULL;
  if (!info)
    return false;
  const char *ratio = redis_info_text(info, "mem_fragmentation_ratio");
  redis_info_count(info, "used_memory_rss", &after);
  if (before >= 0 && after >= 0)
    outcome_proof(outcome, "resident memory %s before, %s now; fragmentation %.32s",
                  format_bytes(was, sizeof was, (double)before),
                  format_bytes(is, sizeof is, (double)after), ratio ? ratio : "unknown");
  else
    outcome_proof(outcome, "the server accepted it; INFO does not show its resident memory");
  outcome_set_all(outcome, OBJECT_SENT, OBJECT_DONE, "%s", outcome->proof);
  return true;
}

STEP(survey, STEP_MS)
STEP(execute, 2 * CONN_ANSWER_MS)
STEP(verify, STEP_MS)

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
