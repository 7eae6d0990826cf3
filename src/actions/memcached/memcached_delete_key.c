/* Deletes one item, only if it is still the one that was read (its CAS number). */
#include "actions/memcached/memcached_conn.h"
#include "core/count.h"

#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 10000 };

static bool key_check(const char *text, struct err *err) {
  size_t length = strlen(text);
  bool plain = length > 0 && length <= MEMCACHED_KEY_MAX;
  for (const char *at = text; *at; at++)
    plain &= (unsigned char)*at > ' ' && *at != 0x7f;
  return plain || err_set(err, ERR_INVALID, "not a key of Memcached: 1 to %d bytes without blanks",
                          MEMCACHED_KEY_MAX);
}

static const struct option params[] = {
    {.name = "key",
     .type = OPTION_TEXT,
     .required = true,
     .check = key_check,
     .help = "the key of the item",
     .example = "user:42"},
};

/* The number after a flag of "HD c17 s100 t-1"; -1 if it has none. */
static int64_t flag(const char *last, char name) {
  for (const char *at = strchr(last, ' '); at; at = strchr(at + 1, ' '))
    if (at[1] == name)
      return strtoll(at + 2, NULL, 10);
  return -1;
}

static bool survey(struct step *step) {
  const char *key = step->call->request->params[0].text;
  const struct memcached_answer *answer =
      memcached_survey(step) ? memcached_ask(step, false, "mg %s c s t", key) : NULL;
  if (!answer)
    return false;
  if (memcached_says(answer->last, "EN"))
    return step_fail(step, ERR_INVALID, "no item has the key %.150s", key);
  if (flag(answer->last, 'c') <= 0)
    return step_fail(
        step, ERR_UNSUPPORTED,
        "the server keeps no CAS numbers (-C): the item cannot be told from a newer one");
  found_set_int(step->found, "cas", flag(answer->last, 'c'));
  found_set_int(step->found, "size", flag(answer->last, 's'));
  found_set_int(step->found, "ttl", flag(answer->last, 't'));
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"SIZE", true}, {"EXPIRES IN", true}};
  static const char *const identities[] = {"run", "key", "cas"};
  const struct sample *found = request->found;
  const char *key = request->params[0].text;
  const char *cas = shown_number(&plan->arena, found_int(found, "cas", 0));
  const int64_t ttl = found_int(found, "ttl", -1);
  (void)err;
  ACTION_OBJECTS(plan, columns, identities);
  plan_object(plan, key, key);
  ACTION_CELLS(plan, shown_bytes(&plan->arena, found_int(found, "size", 0)),
               ttl < 0 ? "never" : shown_duration(&plan->arena, count_times(ttl, 1000)));
  action_bind(plan, "key", plan_copy(plan, key));
  action_bind(plan, "cas", cas);
  plan->title = plan_printf(plan, "Delete %s of %s", key, request->target->name);
  plan->unit = "item";
  memcached_plan_server(plan, request, plan_printf(plan, "md %s C%s", key, cas));
  plan_say(plan, PLAN_PRECONDITION,
           "the item is still the one that was read, CAS %s: a newer one stays (part of the "
           "command)",
           cas);
  plan_say(plan, PLAN_BLAST, "the next read of the key misses");
  plan_say(plan, PLAN_LOSS, "the value: Memcached has no other copy");
  return true;
}

static bool execute(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  const struct memcached_answer *answer = memcached_ask(
      step, true, "md %s C%s", action_identity(plan, 0, "key"), action_identity(plan, 0, "cas"));
  if (!answer)
    return false;
  if (memcached_says(answer->last, "HD"))
    outcome_set(outcome, 0, OBJECT_SENT, "deleted");
  else if (memcached_says(answer->last, "NF"))
    outcome_set(outcome, 0, OBJECT_GONE, "no longer stored");
  else
    outcome_set(outcome, 0, OBJECT_REFUSED, "another value was stored meanwhile: plan again");
  return true;
}

static bool verify(struct step *step) {
  const struct plan *plan = step->call->plan;
  const struct memcached_answer *answer =
      memcached_ask_stats(step)
          ? memcached_ask(step, false, "mg %s c", action_identity(plan, 0, "key"))
          : NULL;
  if (!answer)
    return false;
  if (memcached_says(answer->last, "EN"))
    return step_prove(step, OBJECT_DONE, "a read of the key misses");
  if (flag(answer->last, 'c') != action_identity_number(plan, 0, "cas", 0))
    return step_prove(step, OBJECT_DONE, "deleted; a new value was stored since");
  return step_prove(step, OBJECT_UNKNOWN, "accepted, but the item is still stored");
}

STEPS_OF(STEP_MS, STEP_MS, STEP_MS)

const struct action action_memcached_delete_key = {
    .spec = {.id = "memcached.delete-key",
             .kind = "memcached",
             .key = 'D',
             .title = "delete a key",
             .past = "deleted",
             .what = "deletes one item, if it is still the one that was looked at",
             .runs = "md KEY C<cas>",
             .danger = DANGER_DESTRUCTIVE,
             ACTION_PARAMS(params)},
    STEPS,
};
