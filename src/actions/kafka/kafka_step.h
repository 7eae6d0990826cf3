/* How every step of a Kafka action goes: a client of its own, one question after the other
 * (clients/kafka/kafka_admin.h), until there is nothing more to ask. */
#pragma once

#include "actions/action.h"
#include "clients/kafka/kafka_admin.h"

struct kafka_turn {
  struct act *act;
  int round;                 /* 0: the first question */
  struct kafka_admin *admin; /* ask: to be filled; take: answered */
  struct kafka_admin *last;  /* the one answered before; NULL */
  const struct err *err;     /* take: what went wrong; NULL: nothing */
  int64_t again_ms;          /* take sets it: asks again after so long; -1 (preset): no more */
  struct sample *found;      /* take sets it: what a survey has found */
  struct err ended;          /* both may set it: the step ends with it */
};

struct kafka_step {
  bool (*ask)(struct kafka_turn *turn); /* false with `ended`: nothing is asked */
  void (*take)(struct kafka_turn *turn);
};

/* The act_step NAME_step of the functions NAME_ask and NAME_take. */
#define KAFKA_STEP(name, timeout)                                    \
  static void name##_start(struct act *act) {                        \
    static const struct kafka_step step = {name##_ask, name##_take}; \
    kafka_step_start(act, &step);                                    \
  }                                                                  \
  static const struct act_step name##_step = {timeout, name##_start, NULL, kafka_step_drop};

void kafka_step_start(struct act *act, const struct kafka_step *step);
void kafka_step_drop(struct act *act);

/* take of a change that did not go well: every victim gets its result (refused, or unknown where it
 * may have happened), and the step its end. False when it went well. */
bool kafka_step_failed(struct kafka_turn *turn);
/* take of a survey: the step ends with the error. False when there is none. */
bool kafka_step_lost(struct kafka_turn *turn);

/* What the answer says of a partition; NULL: nothing. */
const struct kafka_spot *kafka_step_spot(const struct kafka_turn *turn, const char *topic,
                                         int32_t partition);

enum { KAFKA_SURVEY_MS = 20000, KAFKA_EXECUTE_MS = 30000, KAFKA_VERIFY_MS = 20000 };
