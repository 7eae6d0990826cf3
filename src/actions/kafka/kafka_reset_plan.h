/* The plan of a reset of offsets, from what the survey has found. Pure. */
#pragma once

#include "actions/action.h"

bool kafka_reset_plan(const struct action_request *request, struct plan *plan, struct err *err);

/* The plan's identities, by index. */
enum {
  KAFKA_RESET_TOPIC,
  KAFKA_RESET_PARTITION,
  KAFKA_RESET_OLD,
  KAFKA_RESET_NEW,
  KAFKA_RESET_GROUP,
  KAFKA_RESET_UNDO,
  KAFKA_RESET_CLUSTER,
  KAFKA_RESET_IDENTITIES
};
