/* Deletes an Empty group with all its committed offsets. */
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_words.h"

#include <string.h>

/* offsets: the group's committed offsets as the lines of its undo file, for the check right before
 * and for the file itself. */
static const char *const identities[] = {"group", "undo", "offsets", "cluster"};
static const struct plan_column columns[] = {{"PARTITIONS", true}};

static bool delete_applies(const struct action_request *request, struct err *why) {
  return kafka_row_fits(request, KAFKA_LEVEL_GROUP, true, why);
}

/* ---- survey */

static bool survey(struct step *step) {
  struct kafka_admin *group = kafka_question(step, kafka_run_look_group);
  if (!kafka_group_ask(step->call->request, group, &step->err) || !kafka_ask(step, group))
    return false;
  step->found = kafka_found_group(group, NULL);
  return true;
}

/* ---- plan */

static bool plan_fill(const struct action_request *request, struct plan *plan,
                      const struct kafka_facts *facts, size_t partitions, const char *offsets,
                      struct err *err) {
  struct arena *arena = &plan->arena;
  const char *undo = kafka_undo_name(plan, "delete-group", facts->group, request->now_ms);
  ACTION_OBJECTS(plan, columns, identities);
  plan->unit = "groups";
  plan->name = plan_object(plan, facts->group, facts->group)->label;
  plan->title = plan_printf(plan, "Delete group %s", plan->name);
  ACTION_CELLS(plan, shown_number(arena, (int64_t)partitions));
  action_bind(plan, "group", plan->name);
  action_bind(plan, "undo", undo);
  action_bind(plan, "offsets", arena_text(arena, offsets, strlen(offsets)));
  if (!kafka_plan_cluster(request, plan, err))
    return false;
  plan_say(plan, PLAN_EFFECT, "kafka-consumer-groups.sh %s --delete --group %s",
           kafka_server(plan, request), shown_word(arena, facts->group));
  plan_say(plan, PLAN_BLAST, "deletes the group's committed offsets of %s",
           shown_counted(arena, (int64_t)partitions, "partition", "partitions"));
  plan_say(plan, PLAN_WARNING,
           "a consumer that joins this group later starts at auto.offset.reset: with latest it "
           "misses messages, with earliest it reads all of them again");
  plan_say(plan, PLAN_PRECONDITION,
           "the group is Empty and has committed nothing since, to any partition: checked once "
           "more just before; "
           "the broker also refuses while the group has members");
  if (partitions > 0) {
    plan_say(plan, PLAN_LOSS, "stacktop cannot recreate a group; use the file below");
    plan_say(plan, PLAN_UNDO,
             "its offsets are written to %s first; kafka-consumer-groups.sh --reset-offsets "
             "--from-file recreates the group from it",
             kafka_undo_path(plan, request->state, undo));
  }
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  struct kafka_facts facts;
  kafka_facts_read(request->found, &facts);
  if (!kafka_facts_allow(&facts, false, err))
    return false;
  if (request->found->tables[0].row_count == 0)
    return plan_fill(request, plan, &facts, 0, "", err);
  struct kafka_admin *picks = kafka_picks_take(request, true, err);
  if (!picks)
    return false;
  kafka_undo_fill(picks, "", "");
  bool good =
      plan_fill(request, plan, &facts, picks->spot_count, picks->text ? picks->text : "", err);
  kafka_admin_free(picks);
  return good;
}

/* ---- execute, verify */

static bool execute(struct step *step) {
  return kafka_change(step, kafka_run_drop_group);
}

static bool is_gone(const struct plan *plan, const struct kafka_admin *now) {
  (void)plan;
  return !now->facts.listed;
}

static bool verify(struct step *step) {
  const struct kafka_admin *now = kafka_look_until(step, kafka_run_look_group, 4000, is_gone);
  if (!now)
    return false;
  if (is_gone(NULL, now))
    return step_prove(step, OBJECT_DONE, "the brokers no longer list the group");
  return step_prove(step, OBJECT_UNKNOWN, "accepted, but the group is still there (%s)",
                    now->facts.state_text);
}

KAFKA_STEPS

const struct action action_kafka_delete_group = {
    .spec = {.id = "kafka.delete-group",
             .kind = "kafka",
             .table = KAFKA_LAG_TABLE,
             .key = 'D',
             .title = "delete group",
             .past = "deleted",
             .what = "deletes an Empty group with all that it has committed",
             .runs = "kafka-consumer-groups.sh --delete",
             .danger = DANGER_DESTRUCTIVE},
    .applies = delete_applies,
    STEPS,
};
