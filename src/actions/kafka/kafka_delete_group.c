/* Deletes an Empty group with all that it has committed. */
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_words.h"

#include <string.h>

/* Pins: the group, and what it has committed as the lines of its undo file, for the check just
 * before and for the file itself. */
enum { IDENTITY_GROUP, IDENTITY_UNDO, IDENTITY_OFFSETS, IDENTITY_CLUSTER, IDENTITY_COUNT };
static const char *const identities[IDENTITY_COUNT] = {"group", "undo", "offsets", "cluster"};
static const struct plan_column columns[] = {{"PARTITIONS", true}};

static bool delete_applies(const struct action_request *request, struct err *why) {
  return kafka_row_fits(request, KAFKA_LEVEL_GROUP, true, why);
}

/* ---- survey */

static bool survey(struct step *step) {
  struct kafka_admin *group = kafka_question(step, kafka_run_look_group);
  if (!kafka_group_ask(step->act->request, group, &step->err) || !kafka_ask(step, group))
    return false;
  step->found = kafka_found_group(group, NULL);
  return true;
}

/* ---- plan */

static const char *offsets_text(struct plan *plan, const struct kafka_picks *picks) {
  struct kafka_admin *admin = kafka_admin_new();
  for (size_t i = 0; i < picks->count; i++) {
    struct kafka_spot *spot =
        kafka_admin_spot(admin, picks->items[i].topic, picks->items[i].partition);
    if (spot)
      spot->committed = picks->items[i].committed;
  }
  kafka_undo_fill(admin, "", "");
  const char *text = admin->text ? arena_text(&plan->arena, admin->text, strlen(admin->text)) : "";
  kafka_admin_free(admin);
  return text;
}

static bool plan_fill(const struct action_request *request, struct plan *plan,
                      const struct kafka_facts *facts, const struct kafka_picks *picks,
                      struct err *err) {
  ACTION_OBJECTS(plan, columns, identities);
  plan->unit = "groups";
  struct plan_object *object = plan_object(plan, facts->group, facts->group);
  if (!object)
    return err_set(err, ERR_LIMIT, "the plan is too large");
  plan->name = object->label;
  plan->title = plan_printf(plan, "Delete group %s", object->label);
  object->cells[0] = plan_printf(plan, "%zu", picks->count);
  object->identities[IDENTITY_GROUP] = object->label;
  object->identities[IDENTITY_UNDO] =
      kafka_undo_name(plan, "delete-group", facts->group, request->now_ms);
  object->identities[IDENTITY_OFFSETS] = offsets_text(plan, picks);
  if (!kafka_identity_cluster(request, plan, facts->cluster, &object->identities[IDENTITY_CLUSTER],
                              err))
    return false;
  plan_say(plan, PLAN_EFFECT, "kafka-consumer-groups.sh %s --delete --group %s",
           kafka_server(plan, request), kafka_word(&plan->arena, facts->group));
  plan_say(plan, PLAN_BLAST, "deletes the group's committed offsets of %s",
           kafka_counted(plan, (int64_t)picks->count, "partition", "partitions"));
  plan_say(plan, PLAN_WARNING,
           "a consumer that joins this group later starts at auto.offset.reset: with latest it "
           "misses messages, with earliest it reads all of them again");
  plan_say(plan, PLAN_PRECONDITION,
           "the group is Empty and has committed nothing since, to any partition: checked once "
           "more just before; "
           "the broker also refuses while the group has members");
  if (picks->count > 0) {
    plan_say(plan, PLAN_LOSS, "stacktop cannot recreate a group; use the file below");
    plan_say(plan, PLAN_UNDO,
             "its offsets are written to %s first; kafka-consumer-groups.sh --reset-offsets "
             "--from-file recreates the group from it",
             kafka_undo_path(plan, request->state, object->identities[IDENTITY_UNDO]));
  }
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  struct kafka_facts facts;
  struct kafka_picks picks = {0};
  kafka_facts_read(request->found, &facts);
  if (!kafka_facts_allow(&facts, false, err))
    return false;
  if (request->found->tables[0].row_count > 0 && !kafka_picks_take(&picks, request, true, err))
    return false;
  bool good = plan_fill(request, plan, &facts, &picks, err);
  kafka_picks_fini(&picks);
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
  struct outcome *outcome = step->act->outcome;
  const struct kafka_admin *now = kafka_look_until(step, kafka_run_look_group, 4000, is_gone);
  if (!now)
    return false;
  if (!is_gone(NULL, now)) {
    outcome_set(outcome, 0, OBJECT_UNKNOWN, "accepted, but the group is still there (%s)",
                now->facts.state_text);
    return true;
  }
  outcome_set(outcome, 0, OBJECT_DONE, "the brokers no longer list the group");
  outcome_proof(outcome, "the brokers no longer list the group");
  return true;
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
