/* Deletes the committed offsets of a group for a topic that it no longer reads. */
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_words.h"
#include "core/count.h"

#include <string.h>

static const char *const identities[] = {"topic", "partition", "old",    "new",
                                         "group", "undo",      "cluster"};
static const struct plan_column columns[] = {{"OFFSET", true}, {"UNREAD", true}};

static bool delete_applies(const struct action_request *request, struct err *why) {
  return kafka_row_fits(request, KAFKA_LEVEL_TOPIC, false, why);
}

/* ---- survey: all committed offsets of the group, and the end offsets */

static bool survey(struct step *step) {
  struct kafka_admin *group = kafka_question(step, kafka_run_look_group);
  group->logs = true;
  if (!kafka_group_ask(step->call->request, group, &step->err) || !kafka_ask(step, group))
    return false;
  step->found = kafka_found_group(group, NULL);
  return true;
}

/* ---- plan */

static bool add_objects(const struct action_request *request, struct plan *plan, const char *topic,
                        struct err *err) {
  struct kafka_admin *picks = kafka_picks_take(request, true, err);
  bool good = picks != NULL;
  for (size_t i = 0; good && i < picks->spot_count; i++) {
    const struct kafka_spot *spot = &picks->spots[i];
    if (strcmp(spot->topic, topic) != 0 || spot->committed < 0)
      continue;
    if ((good = kafka_plan_spot(plan, spot, err)))
      ACTION_CELLS(
          plan, shown_count(&plan->arena, spot->committed),
          spot->end < 0 ? NULL : shown_count(&plan->arena, count_less(spot->end, spot->committed)));
  }
  kafka_admin_free(picks);
  if (good && plan->object_count == 0)
    return err_set(err, ERR_INVALID, "the group has committed nothing to %.150s", topic);
  return good;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  struct kafka_facts facts;
  kafka_facts_read(request->found, &facts);
  if (!facts.group || !facts.listed)
    return err_set(err, ERR_INVALID, "the group no longer exists");
  const char *topic = plan_copy(plan, kafka_row_name(request));
  const char *group = plan_copy(plan, facts.group);
  const char *undo = kafka_undo_name(plan, "delete-offsets", group, request->now_ms);
  ACTION_OBJECTS(plan, columns, identities);
  plan->unit = "offsets";
  plan->name = topic;
  if (!add_objects(request, plan, topic, err) || !kafka_plan_cluster(request, plan, err))
    return false;
  action_bind_all(plan, "group", group);
  action_bind_all(plan, "undo", undo);
  plan->title =
      plan_printf(plan, "Delete %s of group %s in %s",
                  shown_counted(&plan->arena, plan->count, "offset", "offsets"), group, topic);
  plan_say(plan, PLAN_EFFECT, "kafka-consumer-groups.sh %s --delete-offsets --group %s --topic %s",
           kafka_server(plan, request), shown_word(&plan->arena, group), topic);
  plan_say(plan, PLAN_BLAST, "the group no longer counts as behind in %s", topic);
  if (!facts.empty)
    plan_say(plan, PLAN_WARNING,
             "the group is %s: the broker refuses if it is subscribed to the topic", facts.state);
  plan_say(plan, PLAN_WARNING,
           "a consumer of this group that reads the topic again starts at auto.offset.reset");
  plan_say(plan, PLAN_PRECONDITION, "every offset is unchanged; otherwise none is deleted");
  plan_say(plan, PLAN_UNDO,
           "the offsets are written to %s first; if that fails, nothing is deleted",
           kafka_undo_path(plan, request->state, undo));
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

static bool judge(struct step *step, const struct kafka_admin *now, size_t i,
                  const struct kafka_spot *spot, enum object_result held) {
  struct outcome *outcome = step->call->outcome;
  (void)now;
  if (spot->committed < 0)
    outcome_set(outcome, i, held, "read again: nothing is committed");
  else
    outcome_set(outcome, i, OBJECT_UNKNOWN, "accepted, but %lld is committed",
                (long long)spot->committed);
  return spot->committed < 0;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const size_t looked = outcome_count(outcome, OBJECT_SENT);
  const struct kafka_admin *now = kafka_look(step, kafka_run_look_group);
  if (!now)
    return false;
  outcome_proof(outcome, "offsets read again: %zu of %zu deleted",
                kafka_judge_sent(step, now, judge, OBJECT_DONE), looked);
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
