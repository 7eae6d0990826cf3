/* Deletes an Empty group with all that it has committed. */
#include "actions/kafka/kafka_csv.h"
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_offsets.h"
#include "actions/kafka/kafka_step.h"
#include "actions/kafka/kafka_words.h"

#include <string.h>

/* Pins: the group, and what it has committed as the lines of its undo file, for the check just
 * before and for the file itself. */
enum { PIN_GROUP, PIN_UNDO, PIN_OFFSETS, PIN_CLUSTER, PIN_COUNT };
static const char *const pins[PIN_COUNT] = {"group", "undo", "offsets", "cluster"};
static const struct plan_column columns[] = {{"PARTITIONS", true}};

static bool delete_applies(const struct action_request *request, struct err *why) {
  return kafka_row_fits(request, KAFKA_LEVEL_GROUP, true, why);
}

/* ---- survey */

static bool survey_ask(struct kafka_turn *turn) {
  turn->admin->run = kafka_run_look_group;
  return kafka_offsets_group(turn->act->request, turn->admin, &turn->ended);
}

static void survey_take(struct kafka_turn *turn) {
  if (!kafka_step_lost(turn))
    turn->found = kafka_found_group(turn->admin, NULL);
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
  char word[KAFKA_WORD_MAX];
  plan->columns = columns;
  plan->column_count = 1;
  plan->pins = pins;
  plan->pin_count = PIN_COUNT;
  plan->unit = "groups";
  struct plan_victim *victim = plan_victim(plan, facts->group, facts->group);
  if (!victim)
    return err_set(err, ERR_LIMIT, "the plan is too large");
  plan->name = victim->label;
  plan->title = plan_printf(plan, "Delete group %s", victim->label);
  victim->cells[0] = plan_printf(plan, "%zu", picks->count);
  victim->pins[PIN_GROUP] = victim->label;
  victim->pins[PIN_UNDO] = kafka_undo_name(plan, "delete-group", facts->group, request->now_ms);
  victim->pins[PIN_OFFSETS] = offsets_text(plan, picks);
  if (!kafka_pin_cluster(request, plan, facts->cluster, &victim->pins[PIN_CLUSTER], err))
    return false;
  plan_say(plan, PLAN_EFFECT, "kafka-consumer-groups.sh %s --delete --group %s",
           kafka_server(plan, request), kafka_word(facts->group, word));
  plan_say(plan, PLAN_BLAST, "forgets what it has committed to %s",
           kafka_counted(plan, (int64_t)picks->count, "partition", "partitions"));
  plan_say(plan, PLAN_WARNING,
           "a consumer of this name that comes back begins at auto.offset.reset: at the end it "
           "misses messages, at the start it reads all of them again");
  plan_say(plan, PLAN_PRECONDITION,
           "the group is Empty and has committed nothing since, to any partition: looked at once "
           "more just before; "
           "the broker refuses, too, when it has members");
  if (picks->count > 0) {
    plan_say(plan, PLAN_LOSS, "stacktop does not make a group anew: only the file below does");
    plan_say(plan, PLAN_UNDO,
             "its offsets are written to %s first; kafka-consumer-groups.sh "
             "--reset-offsets --from-file makes it anew from it",
             kafka_undo_path(plan, request->state, victim->pins[PIN_UNDO]));
  }
  return true;
}

static bool delete_plan(const struct action_request *request, struct plan *plan, struct err *err) {
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

/* ---- execute */

static bool on_line(void *arg, const struct kafka_csv_line *line, int number, struct err *err) {
  struct kafka_spot *spot = kafka_admin_spot(arg, line->topic, line->partition);
  if (!spot)
    return err_set(err, ERR_LIMIT, "line %d: too many partitions", number);
  spot->committed = line->offset;
  return true;
}

static bool execute_ask(struct kafka_turn *turn) {
  struct kafka_admin *admin = turn->admin;
  const char **pin = turn->act->plan->victims[0].pins;
  admin->run = kafka_run_drop_group;
  admin->cluster = kafka_expected(admin, pin[PIN_CLUSTER]);
  admin->group = arena_text(&admin->arena, pin[PIN_GROUP], strlen(pin[PIN_GROUP]));
  if (!kafka_csv_read("the plan", pin[PIN_OFFSETS], strlen(pin[PIN_OFFSETS]), admin->group, on_line,
                      admin, &turn->ended))
    return false;
  kafka_undo_fill(admin, turn->act->state, pin[PIN_UNDO]);
  return true;
}

static void execute_take(struct kafka_turn *turn) {
  if (!kafka_step_failed(turn))
    outcome_set(turn->act->outcome, 0, VICTIM_SENT, "taken by the broker");
}

/* ---- verify */

static bool verify_ask(struct kafka_turn *turn) {
  struct kafka_admin *admin = turn->admin;
  const char *group = turn->act->plan->victims[0].pins[PIN_GROUP];
  admin->run = kafka_run_look_group;
  admin->group = arena_text(&admin->arena, group, strlen(group));
  return true;
}

enum { LOOK_AGAIN_MS = 200, LOOKS_MAX = 20 };

static void verify_take(struct kafka_turn *turn) {
  struct outcome *outcome = turn->act->outcome;
  if (turn->err) {
    turn->ended = *turn->err;
    outcome_set(outcome, 0, VICTIM_UNKNOWN, "taken, but not looked at again: %s", turn->err->text);
  } else if (!turn->admin->facts.listed) {
    outcome_set(outcome, 0, VICTIM_DONE, "the brokers know no such group any more");
    outcome_proof(outcome, "the brokers know no such group any more");
  } else if (turn->round < LOOKS_MAX) {
    turn->again_ms = LOOK_AGAIN_MS;
  } else {
    outcome_set(outcome, 0, VICTIM_UNKNOWN, "taken, but the group is there (%s)",
                turn->admin->facts.state_text);
  }
}

KAFKA_STEP(survey, KAFKA_SURVEY_MS)
KAFKA_STEP(execute, KAFKA_EXECUTE_MS)
KAFKA_STEP(verify, KAFKA_VERIFY_MS)

const struct action action_kafka_delete_group = {
    .spec = {.id = "kafka.delete-group",
             .kind = "kafka",
             .table = KAFKA_LAG_TABLE,
             .key = 'D',
             .title = "delete group",
             .what = "deletes an Empty group with all that it has committed",
             .runs = "kafka-consumer-groups.sh --delete",
             .danger = DANGER_DESTRUCTIVE},
    .applies = delete_applies,
    .survey = &survey_step,
    .plan = delete_plan,
    .execute = &execute_step,
    .verify = &verify_step,
};
