#include "actions/kafka/kafka_planned.h"

#include "actions/kafka/kafka_csv.h"
#include "actions/kafka/kafka_words.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 250 }; /* a broker learns of a change shortly after the controller */

int64_t kafka_identity_number(const struct plan *plan, size_t object, const char *name) {
  return action_identity_number(plan, object, name, KAFKA_NO_OFFSET);
}

static const char *known(const char *identity) {
  return *identity ? identity : NULL;
}

/* The value in "=VALUE"; NULL in "". */
static const char *value_in(const char *identity) {
  return *identity ? identity + 1 : NULL;
}

/* ---- a partition as an object, and back */

/* The offset that an identity stands for. */
static const struct {
  const char *name;
  size_t at;
} spot_offsets[] = {
    {"old", offsetof(struct kafka_spot, committed)}, {"start", offsetof(struct kafka_spot, start)},
    {"end", offsetof(struct kafka_spot, end)},       {"new", offsetof(struct kafka_spot, want)},
    {"before", offsetof(struct kafka_spot, want)},   {"mark", offsetof(struct kafka_spot, mark)}};
enum { OFFSETS = sizeof spot_offsets / sizeof *spot_offsets };

bool kafka_plan_spot(struct plan *plan, const struct kafka_spot *spot, struct err *err) {
  const char *key = plan_printf(plan, "%s/%d", spot->topic, spot->partition);
  if (!plan_object(plan, key, key))
    return err_set(err, ERR_LIMIT, "more than %d partitions; select fewer", PLAN_OBJECTS_MAX);
  action_bind(plan, "topic", plan_copy(plan, spot->topic));
  action_bind_number(plan, "partition", spot->partition);
  if (action_has_identity(plan, "topic_id"))
    action_bind(plan, "topic_id", spot->topic_id ? plan_copy(plan, spot->topic_id) : "");
  for (size_t i = 0; i < OFFSETS; i++) {
    const int64_t offset = *(const int64_t *)((const char *)spot + spot_offsets[i].at);
    if (action_has_identity(plan, spot_offsets[i].name))
      action_bind(plan, spot_offsets[i].name,
                  offset >= 0 ? shown_number(&plan->arena, offset) : "");
  }
  return true;
}

static bool add_partitions(struct kafka_admin *admin, const struct plan *plan, struct err *err) {
  for (size_t i = 0; i < plan->object_count; i++) {
    struct kafka_spot *spot =
        kafka_admin_spot(admin, action_identity(plan, i, "topic"),
                         (int32_t)kafka_identity_number(plan, i, "partition"));
    if (!spot)
      return err_set(err, ERR_LIMIT, "too many partitions");
    spot->topic_id = known(action_identity(plan, i, "topic_id"));
    for (size_t o = 0; o < OFFSETS; o++)
      if (action_has_identity(plan, spot_offsets[o].name))
        *(int64_t *)((char *)spot + spot_offsets[o].at) =
            kafka_identity_number(plan, i, spot_offsets[o].name);
  }
  return true;
}

/* ---- a plan as a question */

static bool on_line(void *arg, const struct kafka_csv_line *line, int number, struct err *err) {
  struct kafka_spot *spot = kafka_admin_spot(arg, line->topic, line->partition);
  if (!spot)
    return err_set(err, ERR_LIMIT, "line %d: too many partitions", number);
  spot->committed = line->offset;
  return true;
}

static void add_topic(struct kafka_admin *admin, const struct plan *plan) {
  admin->topic = action_identity(plan, 0, "topic");
  admin->topic_id = known(action_identity(plan, 0, "topic_id"));
  admin->count = (int32_t)kafka_identity_number(plan, 0, "partitions");
  admin->planned = (int32_t)kafka_identity_number(plan, 0, "planned");
  admin->name = known(action_identity(plan, 0, "name"));
  admin->expect = value_in(action_identity(plan, 0, "old"));
  admin->value = value_in(action_identity(plan, 0, "new"));
}

/* A plan file that was edited: without the identity nothing would be checked. */
static bool has_identities(const struct plan *plan) {
  return plan->object_count > 0 && action_has_identity(plan, "cluster") &&
         (*action_identity(plan, 0, "group") || action_has_identity(plan, "topic_id"));
}

static bool fill(struct kafka_admin *admin, const struct step *step, bool change, struct err *err) {
  const struct plan *plan = step->call->plan;
  if (!has_identities(plan))
    return err_set(err, ERR_INVALID, "the plan does not name its object");
  admin->cluster = known(action_identity(plan, 0, "cluster"));
  admin->group = known(action_identity(plan, 0, "group"));
  const bool partitions = action_has_identity(plan, "partition");
  if (partitions && !add_partitions(admin, plan, err))
    return false;
  if (!partitions && action_has_identity(plan, "topic"))
    add_topic(admin, plan);
  if (!change)
    return true;
  const char *offsets = action_identity(plan, 0, "offsets"),
             *undo = known(action_identity(plan, 0, "undo"));
  if (!kafka_csv_read("the plan", offsets, strlen(offsets), admin->group ? admin->group : "",
                      on_line, admin, err))
    return false;
  admin->mark_ms = kafka_identity_number(plan, 0, "mark_ms");
  if (undo)
    kafka_undo_fill(admin, step->call->state, undo);
  return true;
}

const struct kafka_spot *kafka_planned_spot(const struct kafka_admin *admin,
                                            const struct plan *plan, size_t object) {
  static const struct kafka_spot none = {.committed = KAFKA_NO_OFFSET,
                                         .start = KAFKA_NO_OFFSET,
                                         .end = KAFKA_NO_OFFSET,
                                         .at = KAFKA_NO_OFFSET,
                                         .mark = KAFKA_NO_OFFSET,
                                         .want = KAFKA_NO_OFFSET};
  const struct kafka_spot *spot =
      kafka_admin_find(admin, action_identity(plan, object, "topic"),
                       (int32_t)kafka_identity_number(plan, object, "partition"));
  return spot ? spot : &none;
}

/* ---- to execute and to verify */

/* Of the answer to a change. */
static void set_results(struct step *step, const struct kafka_admin *admin, bool good) {
  struct outcome *outcome = step->call->outcome;
  bool moved = false;
  for (size_t i = 0; i < outcome->count; i++) {
    const struct kafka_spot *spot = kafka_planned_spot(admin, step->call->plan, i);
    if (spot->error)
      outcome_set(outcome, i, OBJECT_REFUSED, "%s", spot->error);
    else if (good)
      outcome_set(outcome, i, OBJECT_SENT, "accepted by the broker");
    moved |= spot->error != NULL;
  }
  if (good || admin->unsure || step->dropped)
    return;
  if (moved && !kafka_admin_sent(admin))
    outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "nothing was changed");
  outcome_set_all(outcome, OBJECT_PENDING, OBJECT_REFUSED, "%s", step->err.text);
}

bool kafka_change(struct step *step, kafka_run run) {
  struct kafka_admin *admin = kafka_question(step, run);
  if (!fill(admin, step, true, &step->err))
    return false;
  bool good = kafka_ask(step, admin);
  const struct err was = step->err;
  if (!good && !step->dropped && !kafka_admin_sent(admin))
    step_fail(step, was.kind, "nothing was changed: %s", was.text);
  set_results(step, admin, good);
  if (!good)
    step_settle(step);
  return good;
}

const struct kafka_admin *kafka_look(struct step *step, kafka_run run) {
  struct kafka_admin *now = kafka_question(step, run);
  return fill(now, step, false, &step->err) && kafka_ask(step, now) ? now : NULL;
}

const struct kafka_admin *kafka_look_until(struct step *step, kafka_run run, int64_t patience_ms,
                                           bool (*wanted)(const struct plan *plan,
                                                          const struct kafka_admin *now)) {
  const int64_t until_ms = clock_now_ms() + patience_ms;
  const struct kafka_admin *now;
  while ((now = kafka_look(step, run)) && !wanted(step->call->plan, now) &&
         clock_now_ms() < until_ms && step_sleep(step, LOOK_AGAIN_MS))
    ;
  return now;
}

size_t kafka_judge_sent(struct step *step, const struct kafka_admin *now, kafka_judge judge,
                        enum object_result held) {
  const struct outcome *outcome = step->call->outcome;
  size_t count = 0;
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result == OBJECT_SENT)
      count += judge(step, now, i, kafka_planned_spot(now, step->call->plan, i), held);
  return count;
}

/* ---- undo */

/* All topics of the plan of which something was committed: the file has only these partitions. */
static char *topics_of(const struct plan *plan) {
  char *text = mem_dup("");
  const char *last = "";
  for (size_t i = 0; i < plan->object_count; i++) {
    const char *topic = action_identity(plan, i, "topic");
    if (kafka_identity_number(plan, i, "old") < 0 || strcmp(topic, last) == 0)
      continue;
    char *longer = mem_printf("%s%s ", text, topic);
    free(text);
    text = longer;
    last = topic;
  }
  return text;
}

void kafka_undo_offer(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  struct arena *arena = &step->arena;
  if (outcome_count(outcome, OBJECT_SENT) + outcome_count(outcome, OBJECT_UNKNOWN) == 0)
    return;
  char *topics = topics_of(plan);
  char *path = kafka_undo_file(step->call->state, action_identity(plan, 0, "undo"));
  if (*topics)
    outcome_undo(outcome, "kafka.reset-offsets %s %s %sfile=%s", shown_word(arena, plan->target),
                 shown_word(arena, action_identity(plan, 0, "group")), topics,
                 shown_word(arena, path));
  free(topics);
  free(path);
}
