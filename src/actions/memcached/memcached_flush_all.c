/* Invalidates all items of a server, at once or after a delay. */
#include "actions/memcached/memcached_conn.h"

#include <inttypes.h>

enum { STEP_MS = 10000, SECOND_MS = 1000 };
#define DELAY_MOST_MS (INT64_C(30) * 24 * 3600 * SECOND_MS) /* more is a date for Memcached */

static const struct option params[] = {
    {.name = "delay",
     .type = OPTION_DURATION,
     .max = DELAY_MOST_MS,
     .fallback = "0s",
     .help = "when the items become invalid; those stored until then are included"},
};

static bool survey(struct step *step) {
  const struct memcached_answer *stats = memcached_survey(step);
  if (!stats)
    return false;
  found_set_int(step->found, "items", memcached_count(stats, "curr_items"));
  found_set_int(step->found, "bytes", memcached_count(stats, "bytes"));
  found_set_int(step->found, "flushes", memcached_count(stats, "cmd_flush"));
  if (!(stats = memcached_ask(step, false, "stats settings")))
    return false;
  const char *enabled = memcached_stat(stats, "flush_enabled");
  return !enabled || *enabled != 'n' ||
         step_fail(step, ERR_UNSUPPORTED, "the server runs with flush_all disabled (-F)");
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"ITEMS", true}, {"MEMORY", true}};
  static const char *const identities[] = {"run", "delay", "flushes"};
  struct arena *arena = &plan->arena;
  const int64_t seconds = (request->params[0].number + SECOND_MS - 1) / SECOND_MS;
  const int64_t items = found_int(request->found, "items", -1);
  const char *bytes = shown_bytes(arena, found_int(request->found, "bytes", 0));
  if (items == 0 && seconds == 0)
    return err_set(err, ERR_INVALID, "nothing to flush: no item is stored");
  ACTION_OBJECTS(plan, columns, identities);
  plan_object(plan, found_text(request->found, "run"), "all items");
  ACTION_CELLS(plan, shown_count(arena, items), bytes);
  action_bind_number(plan, "delay", seconds);
  action_bind_number(plan, "flushes", found_int(request->found, "flushes", -1));
  plan->title =
      plan_printf(plan, "Flush all items of %s%s%s", request->target->name, seconds ? " in " : "",
                  seconds ? shown_duration(arena, seconds * SECOND_MS) : "");
  plan->count = items;
  plan->unit = items == 1 ? "item" : "items";
  plan->whole = true;
  memcached_plan_server(plan, request,
                        seconds ? plan_printf(plan, "flush_all %" PRId64, seconds) : "flush_all");
  plan_say(plan, PLAN_BLAST, "%s (%s), and those stored until then",
           shown_counted(arena, items, "item", "items"), bytes);
  plan_say(plan, PLAN_WARNING,
           "each read misses until its item is stored again: what is behind the cache gets the "
           "load, and sessions and locks kept here are lost");
  if (seconds > 0)
    plan_say(plan, PLAN_WARNING,
             "it cannot be cancelled: only another flush_all replaces one that has not taken "
             "effect");
  plan_say(plan, PLAN_LOSS, "all items: Memcached has no other copy");
  return true;
}

static bool execute(struct step *step) {
  const char *delay = action_identity(step->call->plan, 0, "delay");
  return memcached_ask(step, true, "flush_all %s", delay) && step_sent(step, "accepted");
}

/* Invalid items are still counted until they are read or evicted: the server's count of flushes is
 * the proof. */
static bool verify(struct step *step) {
  const struct plan *plan = step->call->plan;
  const int64_t before = action_identity_number(plan, 0, "flushes", -1);
  const int64_t delay = action_identity_number(plan, 0, "delay", 0);
  const struct memcached_answer *stats = memcached_ask_stats(step);
  if (!stats)
    return false;
  const int64_t flushes = memcached_count(stats, "cmd_flush");
  if (flushes <= before)
    return step_prove(step, OBJECT_UNKNOWN, "accepted, but cmd_flush is still %" PRId64, flushes);
  return step_prove(
      step, OBJECT_DONE, "cmd_flush rose from %" PRId64 " to %" PRId64 "; %s", before, flushes,
      delay > 0 ? arena_printf(&step->arena, "items become invalid %" PRId64 " s after the command",
                               delay)
                : "memory is reclaimed as items are read or replaced");
}

STEPS_OF(STEP_MS, STEP_MS, STEP_MS)

const struct action action_memcached_flush_all = {
    .spec = {.id = "memcached.flush-all",
             .kind = "memcached",
             .title = "flush everything",
             .past = "flushed",
             .what = "makes all items of the server invalid: sessions and locks as well as caches",
             .runs = "flush_all [delay]",
             .danger = DANGER_DESTRUCTIVE,
             ACTION_PARAMS(params)},
    STEPS,
};
