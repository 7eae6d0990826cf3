/* Deletes one item, only if it is still the one that was read (its CAS number). */
#include "actions/memcached/memcached_conn.h"
#include "core/format.h"

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

/* The number behind a flag of "HD c17 s100 t-1"; -1 if it has none. */
static int64_t flag(const char *last, char name) {
  for (const char *at = strchr(last, ' '); at; at = strchr(at + 1, ' '))
    if (at[1] == name)
      return strtoll(at + 2, NULL, 10);
  return -1;
}

static bool survey(struct step *step) {
  const char *key = step->act->request->params[0].text;
  const struct memcached_answer *answer = memcached_ask_stats(step);
  if (!answer)
    return false;
  step->found = memcached_found_new(step, answer);
  if (!(answer = memcached_ask(step, false, "mg %s c s t", key)))
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
  const int64_t ttl = found_int(found, "ttl", -1);
  char text[FORMAT_MAX];
  (void)err;
  ACTION_OBJECTS(plan, columns, identities);
  struct plan_object *object = plan_object(plan, key, key);
  object->cells[0] =
      plan_copy(plan, format_bytes(text, sizeof text, (double)found_int(found, "size", 0)));
  object->cells[1] =
      ttl < 0 ? "never" : plan_copy(plan, format_duration(text, sizeof text, (double)ttl));
  object->identities[0] = plan_copy(plan, found_text(found, "run"));
  object->identities[1] = object->label;
  object->identities[2] = plan_printf(plan, "%lld", (long long)found_int(found, "cas", 0));
  plan->title = plan_printf(plan, "Delete %s of %s", key, request->target->name);
  plan->unit = "item";
  memcached_plan_server(plan, request, plan_printf(plan, "md %s C%s", key, object->identities[2]));
  plan_say(plan, PLAN_PRECONDITION,
           "the item is still the one that was read, CAS %s: a newer one stays (part of the "
           "command)",
           object->identities[2]);
  plan_say(plan, PLAN_BLAST, "the next read of the key misses");
  plan_say(plan, PLAN_LOSS, "the value: Memcached has no other copy");
  return true;
}

static bool execute(struct step *step) {
  const struct plan *plan = step->act->plan;
  struct outcome *outcome = step->act->outcome;
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
  const struct plan *plan = step->act->plan;
  struct outcome *outcome = step->act->outcome;
  const struct memcached_answer *answer =
      memcached_ask_stats(step)
          ? memcached_ask(step, false, "mg %s c", action_identity(plan, 0, "key"))
          : NULL;
  if (!answer)
    return false;
  if (memcached_says(answer->last, "EN"))
    outcome_set_all(outcome, OBJECT_SENT, OBJECT_DONE, "a read of the key misses");
  else if (flag(answer->last, 'c') != strtoll(action_identity(plan, 0, "cas"), NULL, 10))
    outcome_set_all(outcome, OBJECT_SENT, OBJECT_DONE, "deleted; a new value was stored since");
  else
    outcome_set_all(outcome, OBJECT_SENT, OBJECT_UNKNOWN, "accepted, but the item is still stored");
  outcome_proof(outcome, "%s", outcome->objects[0].words);
  return true;
}

STEP(survey, STEP_MS)
STEP(execute, STEP_MS)
STEP(verify, STEP_MS)

const struct action action_memcached_delete_key = {
    .spec = {.id = "memcached.delete-key",
             .kind = "memcached",
             .key = 'D',
             .title = "delete a key",
             .past = "deleted",
             .what = "deletes one item, if it is still the one that was looked at",
             .runs = "md KEY C<cas>",
             .danger = DANGER_DESTRUCTIVE,
             .params = params,
             .param_count = 1},
    STEPS,
};
