/* What resetting and deleting a group's offsets share: victims are partitions, with the pins topic,
 * partition, old, new, group, undo in this order (kafka_reset_plan.h). */
#pragma once

#include "actions/kafka/kafka_step.h"

/* admin->group from the request's row. */
bool kafka_offsets_group(const struct action_request *request, struct kafka_admin *admin,
                         struct err *err);
/* The plan's victims as spots, committed as pinned and `want` by the pin of that index; group, and
 * for a change the undo file. */
bool kafka_offsets_fill(struct kafka_turn *turn, int want);
/* A pin as a number; KAFKA_NO_OFFSET where it is empty. */
int64_t kafka_offsets_pin(const struct plan *plan, size_t victim, int pin);
/* The answer about that victim. */
const struct kafka_spot *kafka_offsets_spot(const struct kafka_turn *turn, size_t victim);
/* take of a change: every victim sent, refused by the broker, or unknown. */
void kafka_offsets_taken(struct kafka_turn *turn);
/* outcome_undo: the reset from the undo file, where anything has happened or may have. */
void kafka_offsets_undo(struct act *act);
