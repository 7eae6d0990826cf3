#include "actions/kafka/kafka_offsets.h"

#include "actions/kafka/kafka_reset_plan.h"
#include "actions/kafka/kafka_words.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

bool kafka_offsets_group(const struct action_request *request, struct kafka_admin *admin,
                         struct err *err) {
  const struct row *row = kafka_group_row(request);
  const char *name = row ? kafka_row_name(request, row) : "";
  if (!*name)
    return err_set(err, ERR_INVALID, "the group is not there any more");
  admin->group = arena_text(&admin->arena, name, strlen(name));
  return true;
}

int64_t kafka_offsets_pin(const struct plan *plan, size_t victim, int pin) {
  const char *text = plan->victims[victim].pins[pin];
  return text && *text ? strtoll(text, NULL, 10) : KAFKA_NO_OFFSET;
}

bool kafka_offsets_fill(struct kafka_turn *turn, int want) {
  const struct plan *plan = turn->act->plan;
  struct kafka_admin *admin = turn->admin;
  if (plan->victim_count == 0 || plan->pin_count < KAFKA_RESET_PINS)
    return err_set(&turn->ended, ERR_INVALID, "the plan has no partitions");
  const char *const *first = (const char *const *)plan->victims[0].pins;
  admin->group =
      arena_text(&admin->arena, first[KAFKA_RESET_GROUP], strlen(first[KAFKA_RESET_GROUP]));
  admin->cluster = kafka_expected(admin, first[KAFKA_RESET_CLUSTER]);
  for (size_t i = 0; i < plan->victim_count; i++) {
    struct kafka_spot *spot =
        kafka_admin_spot(admin, plan->victims[i].pins[KAFKA_RESET_TOPIC],
                         (int32_t)kafka_offsets_pin(plan, i, KAFKA_RESET_PARTITION));
    if (!spot)
      return err_set(&turn->ended, ERR_LIMIT, "too many partitions");
    spot->committed = kafka_offsets_pin(plan, i, KAFKA_RESET_OLD);
    spot->want = want >= 0 ? kafka_offsets_pin(plan, i, want) : KAFKA_NO_OFFSET;
  }
  if (admin->run != kafka_run_look_group)
    kafka_undo_fill(admin, turn->act->state, first[KAFKA_RESET_UNDO]);
  return true;
}

const struct kafka_spot *kafka_offsets_spot(const struct kafka_turn *turn, size_t victim) {
  const struct plan *plan = turn->act->plan;
  return kafka_step_spot(turn, plan->victims[victim].pins[KAFKA_RESET_TOPIC],
                         (int32_t)kafka_offsets_pin(plan, victim, KAFKA_RESET_PARTITION));
}

void kafka_offsets_taken(struct kafka_turn *turn) {
  struct outcome *outcome = turn->act->outcome;
  bool none_sent = turn->err && !kafka_admin_sent(turn->admin);
  bool some_moved = false;
  for (size_t i = 0; i < outcome->count; i++) {
    const struct kafka_spot *spot = kafka_offsets_spot(turn, i);
    if (spot && spot->error) {
      outcome_set(outcome, i, VICTIM_REFUSED, "%s", spot->error);
      some_moved = none_sent;
    } else if (!turn->err) {
      outcome_set(outcome, i, VICTIM_SENT, "taken by the broker");
    }
  }
  if (some_moved)
    outcome_set_all(outcome, VICTIM_PENDING, VICTIM_SKIPPED, "nothing was changed");
  kafka_step_failed(turn);
}

/* All topics of the plan of which something was committed: the file has these partitions alone. */
static char *topics_of(const struct plan *plan) {
  char *text = mem_dup("");
  const char *last = "";
  for (size_t i = 0; i < plan->victim_count; i++) {
    const char *topic = plan->victims[i].pins[KAFKA_RESET_TOPIC];
    if (kafka_offsets_pin(plan, i, KAFKA_RESET_OLD) < 0 || strcmp(topic, last) == 0)
      continue;
    char *longer = mem_printf("%s%s ", text, topic);
    free(text);
    text = longer;
    last = topic;
  }
  return text;
}

void kafka_offsets_undo(struct act *act) {
  const struct plan *plan = act->plan;
  if (outcome_count(act->outcome, VICTIM_SENT) + outcome_count(act->outcome, VICTIM_UNKNOWN) == 0)
    return;
  char target[KAFKA_WORD_MAX], group[KAFKA_WORD_MAX], file[KAFKA_WORD_MAX];
  char *topics = topics_of(plan);
  char *path = kafka_undo_file(act->state, plan->victims[0].pins[KAFKA_RESET_UNDO]);
  if (*topics)
    outcome_undo(act->outcome, "kafka.reset-offsets %s %s %sfile=%s",
                 kafka_word(plan->target, target),
                 kafka_word(plan->victims[0].pins[KAFKA_RESET_GROUP], group), topics,
                 kafka_word(path, file));
  free(topics);
  free(path);
}
