/* Makes the preferred replicas of partitions their leaders again, as after the restart of a broker.
 */
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_words.h"
#include "clients/kafka/kafka.h"

#include <stdio.h>
#include <string.h>

/* old, new: ids of brokers, the leader and the preferred replica. */
static const char *const identities[] = {"topic", "partition", "old", "new", "cluster", "topic_id"};
static const struct plan_column columns[] = {{"LEADER", true}, {"NEW LEADER", true}};

/* ---- where the library can */

static bool applies(const struct action_request *request, struct err *why) {
  return kafka_library_elects() ||
         err_set(why, ERR_UNSUPPORTED,
                 "needs librdkafka 2.6, this is %s. Kafka's own command: kafka-leader-election.sh "
                 "--bootstrap-server %.100s --election-type preferred --all-topic-partitions",
                 kafka_library_version(), target_text(request->target, "bootstrap"));
}

/* ---- survey */

static bool survey(struct step *step) {
  struct kafka_admin *leaders = kafka_question(step, kafka_run_look_leaders);
  struct err why;
  if (!applies(step->call->request, &why))
    return step_fail(step, why.kind, "%s", why.text);
  if (!kafka_ask(step, leaders))
    return false;
  step->found = kafka_found_leaders(leaders);
  return true;
}

/* ---- plan */

static void say_all(const struct action_request *request, struct plan *plan) {
  enum { SHOWN = 40 };
  const char *json = "";
  for (size_t i = 0; i < plan->object_count && i < SHOWN; i++)
    json = plan_printf(plan, "%s%s{\"topic\":\"%s\",\"partition\":%s}", json, i > 0 ? "," : "",
                       action_identity(plan, i, "topic"), action_identity(plan, i, "partition"));
  if (plan->object_count > SHOWN)
    json = plan_printf(plan, "%s,... (%zu more)", json, plan->object_count - SHOWN);
  plan_say(plan, PLAN_EFFECT,
           "kafka-leader-election.sh %s --election-type preferred --path-to-json-file with "
           "{\"partitions\":[%s]}",
           kafka_server(plan, request), json);
  plan_say(plan, PLAN_BLAST, "the clients of %s look for the new leader, for a moment",
           shown_counted(&plan->arena, (int64_t)plan->object_count, "partition", "partitions"));
  plan_say(plan, PLAN_PRECONDITION,
           "each has the same leader and replicas as now, and the new leader is in sync (checked "
           "just before)");
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  struct kafka_admin *picks = kafka_picks_take(request, false, err);
  bool good = picks != NULL, has_ids = true;
  ACTION_OBJECTS(plan, columns, identities);
  plan->unit = "partitions";
  for (size_t i = 0; good && i < picks->spot_count; i++) {
    const struct kafka_spot *spot = &picks->spots[i];
    if (spot->error)
      good = err_set(err, ERR_INVALID, "%.100s/%d: %.100s; deselect it", spot->topic,
                     spot->partition, spot->error);
    else if ((good = kafka_plan_spot(plan, spot, err)))
      ACTION_CELLS(plan,
                   spot->committed >= 0 ? shown_number(&plan->arena, spot->committed) : "none",
                   shown_number(&plan->arena, spot->want));
    has_ids = has_ids && spot->topic_id;
  }
  kafka_admin_free(picks);
  if (!good || !kafka_plan_cluster(request, plan, err))
    return false;
  plan->name = action_identity(plan, 0, "topic");
  plan->title = plan_printf(
      plan, "Elect the preferred leader of %s",
      shown_counted(&plan->arena, (int64_t)plan->object_count, "partition", "partitions"));
  say_all(request, plan);
  kafka_say_topic(plan, has_ids, "that");
  return true;
}

/* ---- execute, verify */

static bool execute(struct step *step) {
  return kafka_change(step, kafka_run_elect_leaders);
}

static bool leads(const struct plan *plan, size_t i, const struct kafka_spot *spot) {
  return spot->committed >= 0 && spot->committed == kafka_identity_number(plan, i, "new");
}

static bool all_lead(const struct plan *plan, const struct kafka_admin *now) {
  for (size_t i = 0; i < plan->object_count; i++)
    if (!leads(plan, i, kafka_planned_spot(now, plan, i)))
      return false;
  return true;
}

static bool judge(struct step *step, const struct kafka_admin *now, size_t i,
                  const struct kafka_spot *spot, enum object_result held) {
  const bool good = leads(step->call->plan, i, spot);
  (void)now;
  if (good)
    outcome_set(step->call->outcome, i, held, "read again: broker %lld leads",
                (long long)spot->committed);
  else if (spot->committed >= 0)
    outcome_set(step->call->outcome, i, OBJECT_UNKNOWN, "accepted, but broker %lld leads",
                (long long)spot->committed);
  else
    outcome_set(step->call->outcome, i, OBJECT_UNKNOWN, "accepted, but no broker leads");
  return good;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const struct kafka_admin *now = kafka_look_until(step, kafka_run_look_leaders, 10000, all_lead);
  if (!now)
    return false;
  kafka_judge_sent(step, now, judge, OBJECT_DONE);
  outcome_proof(outcome, "leaders read again: %zu of %zu as planned",
                outcome_count(outcome, OBJECT_DONE), outcome->count);
  return true;
}

KAFKA_STEPS

const struct action action_kafka_elect_leaders = {
    .spec = {.id = "kafka.elect-leaders",
             .kind = "kafka",
             .title = "elect preferred leaders",
             .past = "elected",
             .what =
                 "makes the preferred replicas of partitions their leaders; needs librdkafka 2.6",
             .runs = "kafka-leader-election.sh --election-type preferred",
             .danger = DANGER_REVERSIBLE,
             .choice = CHOICE_MANY},
    .applies = applies,
    STEPS,
};
