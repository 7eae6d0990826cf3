/* Adds partitions to a topic: irreversible. */
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_words.h"

static const char *const identities[] = {"topic", "partitions", "planned", "cluster", "topic_id"};
static const struct plan_column columns[] = {{"NOW", true}, {"NEW", true}};

/* More than this at once is a slip of the finger. */
enum { PARTITIONS_MAX = 10000 };

static const struct option params[] = {
    {.name = "count",
     .type = OPTION_INT,
     .required = true,
     .min = 2,
     .max = PARTITIONS_MAX,
     .help = "total number of partitions after the change",
     .example = "12"},
};

/* ---- survey */

static bool survey(struct step *step) {
  struct kafka_admin *topics = kafka_question(step, kafka_run_look_topics);
  if (!kafka_ask(step, topics))
    return false;
  step->found = kafka_found_topics(topics);
  return true;
}

/* ---- plan */

struct readers {
  struct plan *plan;
  const char *names;
  int count;
};

static void on_reader(void *arg, const char *group, const char *state, int32_t partition,
                      int64_t committed) {
  enum { SHOWN = 8 };
  struct readers *readers = arg;
  (void)state, (void)committed;
  if (partition >= 0)
    return;
  if (readers->count++ < SHOWN)
    readers->names =
        plan_printf(readers->plan, "%s%s%s", readers->names, readers->count > 1 ? ", " : "", group);
}

static void say_all(const struct action_request *request, struct plan *plan, long long now,
                    long long new) {
  const char *topic = plan->name;
  struct readers readers = {plan, "", 0};
  plan_say(plan, PLAN_EFFECT, "kafka-topics.sh %s --alter --topic %s --partitions %lld",
           kafka_server(plan, request), topic, new);
  plan_say(plan, PLAN_BLAST, "from %lld to %lld partitions", now, new);
  kafka_readers(request, topic, on_reader, &readers);
  if (readers.count > 0)
    plan_say(plan, PLAN_BLAST, "read by %s: %s%s",
             shown_counted(&plan->arena, readers.count, "group", "groups"), readers.names,
             readers.count > 8 ? ", ..." : "");
  plan_say(plan, PLAN_WARNING,
           "keys map to other partitions from then on: new messages of a key are not ordered after "
           "its old ones, and compaction keeps an old message in the old partition");
  plan_say(plan, PLAN_WARNING,
           "a consumer with auto.offset.reset=latest misses messages written to a new partition "
           "before it discovers it");
  plan_say(plan, PLAN_LOSS, "the number of partitions cannot be reduced again");
  plan_say(plan, PLAN_PRECONDITION, "the topic still has %lld partitions (checked just before)",
           now);
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  struct kafka_topic_facts topic;
  if (!kafka_topic_take(&topic, request, err))
    return false;
  long long now = topic.partitions, new = request->params[0].number;
  if (new <= now)
    return err_set(err, ERR_INVALID, "%.150s has %lld partitions; the number can only be increased",
                   topic.name, now);
  ACTION_OBJECTS(plan, columns, identities);
  if (!kafka_plan_topic(request, plan, &topic, "its number of partitions", err))
    return false;
  plan->title =
      plan_printf(plan, "Add %s to %s",
                  shown_counted(&plan->arena, new - now, "partition", "partitions"), plan->name);
  ACTION_CELLS(plan, shown_number(&plan->arena, now), shown_number(&plan->arena, new));
  action_bind_number(plan, "partitions", now);
  action_bind_number(plan, "planned", new);
  say_all(request, plan, now, new);
  return true;
}

/* ---- execute, verify */

static bool execute(struct step *step) {
  return kafka_change(step, kafka_run_add_partitions);
}

static bool all_are_led(const struct plan *plan, const struct kafka_admin *now) {
  const struct kafka_topic_facts *topic = now->topics;
  return now->topic_count == 1 && topic->partitions >= kafka_identity_number(plan, 0, "planned") &&
         topic->led == topic->partitions;
}

static bool verify(struct step *step) {
  const struct kafka_admin *now = kafka_look_until(step, kafka_run_look_topics, 15000, all_are_led);
  if (!now)
    return false;
  const int partitions = now->topic_count == 1 ? now->topics[0].partitions : 0;
  if (all_are_led(step->call->plan, now))
    return step_prove(step, OBJECT_DONE, "%d partitions, each with a leader", partitions);
  return step_prove(step, OBJECT_UNKNOWN, "accepted, but it has %d partitions, %d with a leader",
                    partitions, now->topic_count == 1 ? now->topics[0].led : 0);
}

KAFKA_STEPS

const struct action action_kafka_add_partitions = {
    .spec = {.id = "kafka.add-partitions",
             .kind = "kafka",
             .title = "add partitions",
             .past = "added",
             .what = "adds partitions to a topic; they cannot be removed again",
             .runs = "kafka-topics.sh --alter --partitions N",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_ONE,
             ACTION_PARAMS(params)},
    STEPS,
};
