/* Deletes the oldest messages of partitions, up to an offset in each. */
#include "actions/found.h"
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_words.h"
#include "core/count.h"

#include <stdio.h>
#include <string.h>

/* mark: the first offset that was not older than the survey, at mark_ms; "" where all were. */
static const char *const identities[] = {"topic",   "partition", "start",   "end", "before",
                                         "cluster", "topic_id",  "mark_ms", "mark"};
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
  const struct action_request *request = step->call->request;
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
  int64_t deleted;
  size_t past_end;
  bool has_ids; /* of all topics */
  struct err *err;
};

static bool add_object(struct making *m, struct kafka_spot *spot) {
  struct plan *plan = m->plan;
  struct arena *arena = &plan->arena;
  struct kafka_aim aim;
  if (!kafka_aim_at(&m->facts.to, spot, &aim, m->err))
    return false;
  const int64_t start = spot->start, new = spot->want = aim.new;
  if (new == start)
    return true;
  if (!kafka_plan_spot(plan, spot, m->err))
    return false;
  ACTION_CELLS(plan, shown_count(arena, start), shown_count(arena, new),
               shown_count(arena, new - start), shown_count(arena, spot->end - new),
               aim.past_end         ? "no message that late: all"
               : aim.wish > aim.new ? "clamped to the log's end: all"
                                    : NULL);
  m->deleted += new - start;
  m->past_end += aim.past_end;
  m->has_ids = m->has_ids && spot->topic_id;
  return true;
}

/* How many of the messages to delete groups have not read, by the model. */
struct unread {
  struct plan *plan;
  const char *topic, *group, *state;
  int64_t messages;
};

static void say_unread(struct unread *unread) {
  if (unread->group && unread->messages > 0)
    plan_say(unread->plan, PLAN_WARNING, "group %s (%s) has not read %s of them in %s",
             unread->group, *unread->state ? unread->state : "state not known",
             shown_counted(&unread->plan->arena, unread->messages, "message", "messages"),
             unread->topic);
  unread->messages = 0;
}

static void on_reader(void *arg, const char *group, const char *state, int32_t partition,
                      int64_t committed) {
  struct unread *unread = arg;
  const struct plan *plan = unread->plan;
  char key[300]; /* of the object that is this partition */
  if (partition < 0) {
    say_unread(unread);
    unread->group = group;
    unread->state = state;
    return;
  }
  snprintf(key, sizeof key, "%s/%d", unread->topic, partition);
  for (size_t i = 0; committed >= 0 && i < plan->object_count; i++) {
    if (strcmp(plan->objects[i].key, key) != 0)
      continue;
    const int64_t start = kafka_identity_number(plan, i, "start");
    unread->messages +=
        count_less(kafka_identity_number(plan, i, "before"), committed > start ? committed : start);
    return;
  }
}

static void say_readers(struct making *m) {
  struct plan *plan = m->plan;
  for (size_t i = 0; i < plan->object_count; i++) {
    const char *topic = action_identity(plan, i, "topic");
    if (i > 0 && strcmp(topic, action_identity(plan, i - 1, "topic")) == 0)
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
                       i > 0 ? "," : "", action_identity(plan, i, "topic"),
                       action_identity(plan, i, "partition"), action_identity(plan, i, "before"));
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
           shown_counted(&plan->arena, m->deleted, "message", "messages"),
           shown_counted(&plan->arena, (int64_t)plan->object_count, "partition", "partitions"));
  if (m->facts.to.kind == KAFKA_TO_TIME)
    plan_say(plan, PLAN_BLAST, "up to the first message not older than %s",
             kafka_time_text(m->facts.to.number, when));
  if (m->past_end > 0)
    plan_say(plan, PLAN_WARNING, "%s no message that late: all messages are deleted",
             shown_counted(&plan->arena, (int64_t)m->past_end, "partition has", "partitions have"));
  say_readers(m);
  plan_say(plan, PLAN_LOSS, "the deleted messages cannot be restored");
  plan_say(plan, PLAN_PRECONDITION,
           "no log has become shorter or has messages newer than this plan in place of older ones "
           "(checked just before)");
  kafka_say_topic(plan, m->has_ids, "that");
  plan_say(plan, PLAN_PRECONDITION, "the broker refuses a topic whose cleanup.policy is compact");
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  struct making m = {.request = request, .plan = plan, .has_ids = true, .err = err};
  struct kafka_admin *picks = kafka_picks_take(request, false, err);
  bool good = picks != NULL;
  kafka_facts_read(request->found, &m.facts);
  ACTION_OBJECTS(plan, columns, identities);
  plan->unit = "partitions";
  for (size_t i = 0; good && i < picks->spot_count; i++)
    good = add_object(&m, &picks->spots[i]);
  kafka_admin_free(picks);
  if (good && plan->object_count == 0)
    return err_set(err, ERR_INVALID, "nothing to do: there are no messages before that");
  if (!good || !kafka_plan_cluster(request, plan, err))
    return false;
  /* when the logs were read */
  action_bind_all(plan, "mark_ms",
                  shown_number(&plan->arena, found_int(request->found, "mark_ms", -1)));
  plan->name = action_identity(plan, 0, "topic");
  plan->title = plan_printf(
      plan, "Delete %s of %s", shown_counted(&plan->arena, m.deleted, "message", "messages"),
      shown_counted(&plan->arena, (int64_t)plan->object_count, "partition", "partitions"));
  say_all(&m);
  return true;
}

/* ---- execute, verify */

static bool execute(struct step *step) {
  return kafka_change(step, kafka_run_delete_records);
}

static bool begins_as_planned(const struct plan *plan, size_t i, const struct kafka_spot *spot) {
  return spot->start >= kafka_identity_number(plan, i, "before");
}

static bool all_begin_as_planned(const struct plan *plan, const struct kafka_admin *now) {
  for (size_t i = 0; i < plan->object_count; i++)
    if (!begins_as_planned(plan, i, kafka_planned_spot(now, plan, i)))
      return false;
  return true;
}

static bool judge(struct step *step, const struct kafka_admin *now, size_t i,
                  const struct kafka_spot *spot, enum object_result held) {
  const bool good = begins_as_planned(step->call->plan, i, spot);
  (void)now;
  outcome_set(step->call->outcome, i, good ? held : OBJECT_UNKNOWN,
              good ? "read again: the log starts at %lld" : "accepted, but the log starts at %lld",
              (long long)spot->start);
  return good;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const struct kafka_admin *now =
      kafka_look_until(step, kafka_run_look_logs, 10000, all_begin_as_planned);
  if (!now)
    return false;
  kafka_judge_sent(step, now, judge, OBJECT_DONE);
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
             ACTION_PARAMS(params)},
    STEPS,
};
