/* Makes all items of a server invalid, at once or after a delay. */
#include "actions/memcached/memcached_conn.h"
#include "core/format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 10000, SECOND_MS = 1000 };
#define DELAY_MOST_MS (INT64_C(30) * 24 * 3600 * SECOND_MS) /* above it is a date for Memcached */

static const struct option params[] = {
    {.name = "delay",
     .type = OPTION_DURATION,
     .max = DELAY_MOST_MS,
     .fallback = "0s",
     .help = "when the items become invalid; those stored until then are included"},
};

static bool survey(struct step *step) {
  const struct memcached_answer *stats = memcached_ask_stats(step);
  if (!stats)
    return false;
  step->found = memcached_found_new(step, stats);
  found_set_int(step->found, "items", memcached_count(stats, "curr_items"));
  found_set_int(step->found, "bytes", memcached_count(stats, "bytes"));
  found_set_int(step->found, "flushes", memcached_count(stats, "cmd_flush"));
  if (!(stats = memcached_ask(step, false, "stats settings")))
    return false;
  const char *enabled = memcached_stat(stats, "flush_enabled");
  return !enabled || *enabled != 'n' ||
         step_fail(step, ERR_UNSUPPORTED, "the server runs with flush_all disabled (-F)");
}

static int64_t delay_seconds(const struct option_value *delay) {
  return (delay->number + SECOND_MS - 1) / SECOND_MS;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"ITEMS", true}, {"MEMORY", true}};
  static const char *const identities[] = {"run", "delay", "flushes"};
  const int64_t seconds = delay_seconds(&request->params[0]);
  const int64_t items = found_int(request->found, "items", -1);
  char count[FORMAT_MAX], bytes[FORMAT_MAX], delay[FORMAT_MAX];
  if (items == 0 && seconds == 0)
    return err_set(err, ERR_INVALID, "nothing to flush: no item is stored");
  format_count(count, sizeof count, items);
  format_bytes(bytes, sizeof bytes, (double)found_int(request->found, "bytes", 0));
  format_duration(delay, sizeof delay, (double)seconds);
  ACTION_OBJECTS(plan, columns, identities);
  struct plan_object *object = plan_object(plan, found_text(request->found, "run"), "all items");
  object->cells[0] = plan_copy(plan, count);
  object->cells[1] = plan_copy(plan, bytes);
  object->identities[0] = object->key;
  object->identities[1] = plan_printf(plan, "%" PRId64, seconds);
  object->identities[2] = plan_printf(plan, "%" PRId64, found_int(request->found, "flushes", -1));
  plan->title = plan_printf(plan, "Flush all items of %s%s%s", request->target->name,
                            seconds ? " in " : "", seconds ? delay : "");
  plan->count = items;
  plan->unit = items == 1 ? "item" : "items";
  plan->whole = true;
  memcached_plan_server(plan, request,
                        seconds ? plan_printf(plan, "flush_all %" PRId64, seconds) : "flush_all");
  plan_say(plan, PLAN_BLAST, "%s %s (%s), and those stored until then", count, plan->unit, bytes);
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
  const char *delay = action_identity(step->act->plan, 0, "delay");
  if (!memcached_ask(step, true, "flush_all %s", delay))
    return false;
  outcome_set_all(step->act->outcome, OBJECT_PENDING, OBJECT_SENT, "accepted");
  return true;
}

/* Items that became invalid are still counted until they are read or evicted: the server's count of
 * flushes is the proof. */
static bool verify(struct step *step) {
  const struct plan *plan = step->act->plan;
  struct outcome *outcome = step->act->outcome;
  const char *delay = action_identity(plan, 0, "delay"),
             *before = action_identity(plan, 0, "flushes");
  const struct memcached_answer *stats = memcached_ask_stats(step);
  if (!stats)
    return false;
  int64_t flushes = memcached_count(stats, "cmd_flush");
  if (flushes <= strtoll(before, NULL, 10))
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "accepted, but cmd_flush is still %" PRId64, flushes);
  else if (strcmp(delay, "0") != 0)
    outcome_set(outcome, 0, OBJECT_DONE,
                "cmd_flush rose from %s to %" PRId64
                "; items become invalid %s s after the command",
                before, flushes, delay);
  else
    outcome_set(outcome, 0, OBJECT_DONE,
                "cmd_flush rose from %s to %" PRId64
                "; memory is reclaimed as items are read or replaced",
                before, flushes);
  outcome_proof(outcome, "%s", outcome->objects[0].words);
  return true;
}

STEP(survey, STEP_MS)
STEP(execute, STEP_MS)
STEP(verify, STEP_MS)

const struct action action_memcached_flush_all = {
    .spec = {.id = "memcached.flush-all",
             .kind = "memcached",
             .title = "flush everything",
             .past = "flushed",
             .what = "makes all items of the server invalid: sessions and locks as well as caches",
             .runs = "flush_all [delay]",
             .danger = DANGER_DESTRUCTIVE,
             .params = params,
             .param_count = 1},
    STEPS,
};
