/* Deletes the oldest messages of partitions, up to a place in each. */
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_words.h"
#include "core/format.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* mark: the first offset that was not older than the survey, at mark_ms; "" where all were. */
enum {
  IDENTITY_TOPIC,
  IDENTITY_PARTITION,
  IDENTITY_START,
  IDENTITY_END,
  IDENTITY_NEW,
  IDENTITY_CLUSTER,
  IDENTITY_TOPIC_ID,
  IDENTITY_MARK_MS,
  IDENTITY_MARK,
  IDENTITY_COUNT
};
static const char *const identities[IDENTITY_COUNT] = {
    "topic", "partition", "start", "end", "before", "cluster", "topic_id", "mark_ms", "mark"};
static const struct plan_column columns[] = {
    {"START", true}, {"NEW START", true}, {"DELETED", true}, {"LEFT", true}, {"", false}};

enum { BEFORE };

static const struct option params[] = {
    [BEFORE] =
        {.name = "before",
         .type = OPTION_TEXT,
         .required = true,
         .help = "an offset, a date and time, 2h ago, or end: all messages before it are deleted",
         .example = "2026-11-25T14:03",
         .check = kafka_before_check},
};

/* ---- survey: all partitions of all topics */

static bool survey(struct step *step) {
  const struct action_request *request = step->act->request;
  struct kafka_to to;
  if (!kafka_to_parse(request->texts[BEFORE], request->now_ms, &to, &step->err))
    return false;
  struct kafka_admin *topics = kafka_question(step, kafka_run_look_topics);
  topics->logs = true;
  topics->mark_ms = request->now_ms;
  topics->time_ms = to.kind == KAFKA_TO_TIME ? to.number : -1;
  if (!kafka_ask(step, topics))
    return false;
  step->found = kafka_found_records(topics, &to);
  return true;
}

/* ---- plan */

struct making {
  const struct action_request *request;
  struct plan *plan;
  struct kafka_facts facts;
  struct kafka_picks picks;
  const char *cluster;
  int64_t deleted;
  size_t past_end;
  bool has_ids; /* of all topics */
  struct err *err;
};

static const char *count_text(struct plan *plan, int64_t count) {
  char text[FORMAT_MAX];
  return plan_copy(plan, format_count(text, sizeof text, count));
}

static int64_t new_start(const struct making *m, const struct kafka_pick *pick) {
  int64_t wish = m->facts.to.kind == KAFKA_TO_LATEST                 ? pick->end
                 : m->facts.to.kind == KAFKA_TO_TIME && pick->at < 0 ? pick->end
                 : m->facts.to.kind == KAFKA_TO_TIME                 ? pick->at
                                                                     : m->facts.to.number;
  return wish < pick->start ? pick->start : wish > pick->end ? pick->end : wish;
}

static bool add_object(struct making *m, const struct kafka_pick *pick) {
  struct plan *plan = m->plan;
  if (pick->error || pick->start < 0 || pick->end < 0)
    return err_set(m->err, ERR_INVALID, "%.100s: %.100s; deselect it", pick->key,
                   pick->error ? pick->error : "its offsets are not known");
  int64_t new = new_start(m, pick);
  if (new == pick->start)
    return true;
  struct plan_object *object = plan_object(plan, pick->key, pick->key);
  if (!object)
    return err_set(m->err, ERR_LIMIT, "more than %d partitions; select fewer", PLAN_OBJECTS_MAX);
  m->deleted += new - pick->start;
  object->cells[0] = count_text(plan, pick->start);
  object->cells[1] = count_text(plan, new);
  object->cells[2] = count_text(plan, new - pick->start);
  object->cells[3] = count_text(plan, pick->end - new);
  if (m->facts.to.kind == KAFKA_TO_TIME && pick->at < 0) {
    object->cells[4] = "no message that late: all";
    m->past_end++;
  } else if (m->facts.to.kind == KAFKA_TO_OFFSET && m->facts.to.number > pick->end) {
    object->cells[4] = "clamped to the log's end: all";
  }
  object->identities[IDENTITY_TOPIC] = plan_copy(plan, pick->topic);
  object->identities[IDENTITY_PARTITION] = plan_printf(plan, "%d", pick->partition);
  object->identities[IDENTITY_START] = plan_printf(plan, "%lld", (long long)pick->start);
  object->identities[IDENTITY_END] = plan_printf(plan, "%lld", (long long)pick->end);
  object->identities[IDENTITY_NEW] = plan_printf(plan, "%lld", (long long)new);
  object->identities[IDENTITY_CLUSTER] = m->cluster;
  object->identities[IDENTITY_TOPIC_ID] = kafka_identity_topic(plan, pick->topic_id);
  object->identities[IDENTITY_MARK_MS] = plan_printf(plan, "%lld", (long long)m->facts.mark_ms);
  object->identities[IDENTITY_MARK] =
      pick->mark >= 0 ? plan_printf(plan, "%lld", (long long)pick->mark) : "";
  m->has_ids = m->has_ids && pick->topic_id;
  return true;
}

static int64_t identity(const struct plan *plan, size_t object, int index) {
  return strtoll(plan->objects[object].identities[index], NULL, 10);
}

/* What groups have not read of what goes, as the model has it. */
struct unread {
  struct plan *plan;
  const char *topic, *group, *state;
  int64_t messages;
};

static void say_unread(struct unread *unread) {
  if (unread->group && unread->messages > 0)
    plan_say(unread->plan, PLAN_WARNING, "group %s (%s) has not read %s of them in %s",
             unread->group, *unread->state ? unread->state : "state not known",
             kafka_counted(unread->plan, unread->messages, "message", "messages"), unread->topic);
  unread->messages = 0;
}

static void on_reader(void *arg, const char *group, const char *state, int32_t partition,
                      int64_t committed) {
  struct unread *unread = arg;
  const struct plan *plan = unread->plan;
  if (partition < 0) {
    say_unread(unread);
    unread->group = group;
    unread->state = state;
    return;
  }
  if (committed < 0)
    return;
  for (size_t i = 0; i < plan->object_count; i++) {
    if (identity(plan, i, IDENTITY_PARTITION) != partition ||
        strcmp(plan->objects[i].identities[IDENTITY_TOPIC], unread->topic) != 0)
      continue;
    int64_t start = identity(plan, i, IDENTITY_START), new = identity(plan, i, IDENTITY_NEW);
    int64_t from = committed > start ? committed : start;
    unread->messages += new > from ? new - from : 0;
  }
}

static void say_readers(struct making *m) {
  struct plan *plan = m->plan;
  for (size_t i = 0; i < plan->object_count; i++) {
    const char *topic = plan->objects[i].identities[IDENTITY_TOPIC];
    if (i > 0 && strcmp(topic, plan->objects[i - 1].identities[IDENTITY_TOPIC]) == 0)
      continue;
    struct unread unread = {.plan = plan, .topic = topic};
    kafka_readers(m->request, topic, on_reader, &unread);
    say_unread(&unread);
  }
}

static void say_effect(struct making *m) {
  enum { SHOWN = 40 };
  struct plan *plan = m->plan;
  const char *json = "";
  for (size_t i = 0; i < plan->object_count && i < SHOWN; i++)
    json = plan_printf(plan, "%s%s{\"topic\":\"%s\",\"partition\":%s,\"offset\":%s}", json,
                       i > 0 ? "," : "", plan->objects[i].identities[IDENTITY_TOPIC],
                       plan->objects[i].identities[IDENTITY_PARTITION],
                       plan->objects[i].identities[IDENTITY_NEW]);
  if (plan->object_count > SHOWN)
    json = plan_printf(plan, "%s,... (%zu more)", json, plan->object_count - SHOWN);
  plan_say(plan, PLAN_EFFECT,
           "kafka-delete-records.sh %s --offset-json-file with {\"version\":1,\"partitions\":[%s]}",
           kafka_server(plan, m->request), json);
}

static void say_all(struct making *m) {
  struct plan *plan = m->plan;
  char when[KAFKA_TIME_TEXT];
  say_effect(m);
  plan_say(plan, PLAN_BLAST, "deletes %s of %s (on a compacted topic: offsets, not messages)",
           kafka_counted(plan, m->deleted, "message", "messages"),
           kafka_counted(plan, (int64_t)plan->object_count, "partition", "partitions"));
  if (m->facts.to.kind == KAFKA_TO_TIME)
    plan_say(plan, PLAN_BLAST, "up to the first message not older than %s",
             kafka_time_text(m->facts.to.number, when));
  if (m->past_end > 0)
    plan_say(plan, PLAN_WARNING, "%s no message that late: all messages are deleted",
             kafka_counted(plan, (int64_t)m->past_end, "partition has", "partitions have"));
  say_readers(m);
  plan_say(plan, PLAN_LOSS, "the deleted messages cannot be restored");
  plan_say(plan, PLAN_PRECONDITION,
           "no log has become shorter or has messages newer than this plan in place of older ones "
           "(checked just before)");
  kafka_say_topic(plan, m->has_ids, "that");
  plan_say(plan, PLAN_PRECONDITION, "the broker refuses a topic whose cleanup.policy is compact");
}

static bool make(struct making *m) {
  struct plan *plan = m->plan;
  ACTION_OBJECTS(plan, columns, identities);
  plan->unit = "partitions";
  m->has_ids = true;
  if (!kafka_identity_cluster(m->request, plan, m->facts.cluster, &m->cluster, m->err))
    return false;
  for (size_t i = 0; i < m->picks.count; i++)
    if (!add_object(m, &m->picks.items[i]))
      return false;
  if (plan->object_count == 0)
    return err_set(m->err, ERR_INVALID, "nothing to do: there are no messages before that");
  plan->name = plan->objects[0].identities[IDENTITY_TOPIC];
  plan->title =
      plan_printf(plan, "Delete %s of %s", kafka_counted(plan, m->deleted, "message", "messages"),
                  kafka_counted(plan, (int64_t)plan->object_count, "partition", "partitions"));
  say_all(m);
  return true;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  struct making m = {.request = request, .plan = plan, .err = err};
  kafka_facts_read(request->found, &m.facts);
  if (!kafka_picks_take(&m.picks, request, false, err))
    return false;
  bool good = make(&m);
  kafka_picks_fini(&m.picks);
  return good;
}

/* ---- execute, verify */

static bool execute(struct step *step) {
  return kafka_change(step, kafka_run_delete_records);
}

static bool begins_as_planned(const struct plan *plan, const struct kafka_admin *now, size_t i) {
  const struct kafka_spot *spot = kafka_planned_spot(now, plan, i);
  return spot && spot->start >= kafka_identity_number(plan, i, "before");
}

static bool all_begin_as_planned(const struct plan *plan, const struct kafka_admin *now) {
  for (size_t i = 0; i < plan->object_count; i++)
    if (!begins_as_planned(plan, now, i))
      return false;
  return true;
}

static bool verify(struct step *step) {
  const struct plan *plan = step->act->plan;
  struct outcome *outcome = step->act->outcome;
  const struct kafka_admin *now =
      kafka_look_until(step, kafka_run_look_logs, 10000, all_begin_as_planned);
  if (!now)
    return false;
  for (size_t i = 0; i < outcome->count; i++) {
    const struct kafka_spot *spot = kafka_planned_spot(now, plan, i);
    long long start = spot ? spot->start : KAFKA_NO_OFFSET;
    if (outcome->objects[i].result != OBJECT_SENT)
      continue;
    if (begins_as_planned(plan, now, i))
      outcome_set(outcome, i, OBJECT_DONE, "read again: the log starts at %lld", start);
    else
      outcome_set(outcome, i, OBJECT_UNKNOWN, "accepted, but the log starts at %lld", start);
  }
  outcome_proof(outcome, "start offsets read again: %zu of %zu as planned",
                outcome_count(outcome, OBJECT_DONE), outcome->count);
  return true;
}

KAFKA_STEPS

const struct action action_kafka_delete_records = {
    .spec = {.id = "kafka.delete-records",
             .kind = "kafka",
             .title = "delete messages",
             .past = "deleted",
             .what = "deletes the oldest messages of partitions permanently",
             .runs = "kafka-delete-records.sh",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY,
             .params = params,
             .param_count = sizeof params / sizeof *params},
    STEPS,
};
