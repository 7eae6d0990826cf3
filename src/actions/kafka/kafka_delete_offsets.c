/* Deletes what a group has committed to a topic that it reads no more. */
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_reset_plan.h"
#include "actions/kafka/kafka_words.h"
#include "core/format.h"

#include <string.h>

static const char *const identities[KAFKA_RESET_IDENTITIES] = {
    "topic", "partition", "old", "new", "group", "undo", "cluster"};
static const struct plan_column columns[] = {{"OFFSET", true}, {"UNREAD", true}};

static bool delete_applies(const struct action_request *request, struct err *why) {
  return kafka_row_fits(request, KAFKA_LEVEL_TOPIC, false, why);
}

/* ---- survey: all that the group has committed, and where the logs end */

static bool survey(struct step *step) {
  struct kafka_admin *group = kafka_question(step, kafka_run_look_group);
  group->logs = true;
  if (!kafka_group_ask(step->act->request, group, &step->err) || !kafka_ask(step, group))
    return false;
  step->found = kafka_found_group(group, NULL);
  return true;
}

/* ---- plan */

static bool add_object(struct plan *plan, const struct kafka_pick *pick, const char *group,
                       const char *undo, const char *cluster, struct err *err) {
  char text[FORMAT_MAX];
  struct plan_object *object = plan_object(plan, pick->key, pick->key);
  if (!object)
    return err_set(err, ERR_LIMIT, "more than %d partitions", PLAN_OBJECTS_MAX);
  object->cells[0] = plan_copy(plan, format_count(text, sizeof text, pick->committed));
  if (pick->end >= 0)
    object->cells[1] = plan_copy(
        plan, format_count(text, sizeof text,
                           pick->end > pick->committed ? pick->end - pick->committed : 0));
  object->identities[KAFKA_RESET_TOPIC] = plan_copy(plan, pick->topic);
  object->identities[KAFKA_RESET_PARTITION] = plan_printf(plan, "%d", pick->partition);
  object->identities[KAFKA_RESET_OLD] = plan_printf(plan, "%lld", (long long)pick->committed);
  object->identities[KAFKA_RESET_NEW] = "";
  object->identities[KAFKA_RESET_GROUP] = group;
  object->identities[KAFKA_RESET_UNDO] = undo;
  object->identities[KAFKA_RESET_CLUSTER] = cluster;
  return true;
}

static bool add_objects(const struct action_request *request, struct plan *plan, const char *topic,
                        const char *group, struct err *err) {
  struct kafka_picks picks;
  struct kafka_facts facts;
  const char *cluster;
  kafka_facts_read(request->found, &facts);
  if (!kafka_identity_cluster(request, plan, facts.cluster, &cluster, err))
    return false;
  bool good = kafka_picks_take(&picks, request, true, err);
  const char *undo = kafka_undo_name(plan, "delete-offsets", group, request->now_ms);
  for (size_t i = 0; good && i < picks.count; i++)
    if (strcmp(picks.items[i].topic, topic) == 0 && picks.items[i].committed >= 0)
      good = add_object(plan, &picks.items[i], group, undo, cluster, err);
  kafka_picks_fini(&picks);
  if (good && plan->object_count == 0)
    return err_set(err, ERR_INVALID, "the group has committed nothing to %.150s", topic);
  return good;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  enum kafka_level level;
  struct kafka_facts facts;
  const struct row *row = kafka_row(request, &level, err);
  kafka_facts_read(request->found, &facts);
  if (!row)
    return false;
  if (!facts.group || !facts.listed)
    return err_set(err, ERR_INVALID, "the group no longer exists");
  const char *topic = plan_copy(plan, kafka_row_name(request, row));
  const char *group = plan_copy(plan, facts.group);
  ACTION_OBJECTS(plan, columns, identities);
  plan->unit = "offsets";
  plan->name = topic;
  if (!add_objects(request, plan, topic, group, err))
    return false;
  plan->title = plan_printf(plan, "Delete %s of group %s in %s",
                            kafka_counted(plan, plan->count, "offset", "offsets"), group, topic);
  plan_say(plan, PLAN_EFFECT, "kafka-consumer-groups.sh %s --delete-offsets --group %s --topic %s",
           kafka_server(plan, request), kafka_word(&plan->arena, group), topic);
  plan_say(plan, PLAN_BLAST, "the group no longer counts as behind in %s", topic);
  if (!facts.empty)
    plan_say(plan, PLAN_WARNING,
             "the group is %s: the broker refuses if it is subscribed to the topic", facts.state);
  plan_say(plan, PLAN_WARNING,
           "a consumer of this group that reads the topic again starts at auto.offset.reset");
  plan_say(plan, PLAN_PRECONDITION, "every offset is unchanged; otherwise none is deleted");
  plan_say(plan, PLAN_UNDO,
           "the offsets are written to %s first; if that fails, nothing is deleted",
           kafka_undo_path(plan, request->state, plan->objects[0].identities[KAFKA_RESET_UNDO]));
  plan_say(plan, PLAN_UNDO,
           "kafka.reset-offsets restores them as long as the group exists and is Empty");
  return true;
}

/* ---- execute, verify */

static bool execute(struct step *step) {
  bool good = kafka_change(step, kafka_run_drop_offsets);
  kafka_undo_offer(step);
  return good;
}

static bool at_once(const struct plan *plan, const struct kafka_admin *now) {
  (void)plan, (void)now;
  return true;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->act->outcome;
  const struct kafka_admin *now = kafka_look_until(step, kafka_run_look_group, 0, at_once);
  size_t looked = outcome_count(outcome, OBJECT_SENT);
  if (!now)
    return false;
  for (size_t i = 0; i < outcome->count; i++) {
    const struct kafka_spot *spot = kafka_planned_spot(now, step->act->plan, i);
    if (outcome->objects[i].result != OBJECT_SENT)
      continue;
    if (spot && spot->committed >= 0)
      outcome_set(outcome, i, OBJECT_UNKNOWN, "accepted, but %lld is committed",
                  (long long)spot->committed);
    else
      outcome_set(outcome, i, OBJECT_DONE, "read again: nothing is committed");
  }
  outcome_proof(outcome, "offsets read again: %zu of %zu deleted",
                outcome_count(outcome, OBJECT_DONE), looked);
  return true;
}

KAFKA_STEPS

const struct action action_kafka_delete_offsets = {
    .spec = {.id = "kafka.delete-offsets",
             .kind = "kafka",
             .table = KAFKA_LAG_TABLE,
             .title = "delete offsets",
             .past = "deleted",
             .what = "deletes a group's committed offsets of a topic that it no longer reads",
             .runs = "kafka-consumer-groups.sh --delete-offsets",
             .danger = DANGER_DESTRUCTIVE},
    .applies = delete_applies,
    STEPS,
};
