/* From the model to the rows of a rule: where its condition holds, since when, and whether it
 * fires. No input or output; the time is passed in. */
#pragma once

#include "collectors/alert/alert_rule.h"
#include "core/map.h"

/* Instances of a rule that are kept and shown; further ones are counted. */
enum { ALERT_INSTANCES_MAX = 1000 };

/* A target, or a row of one, for which the condition holds. */
struct alert_instance {
  char *key; /* "kafka/main/lag/ecap-consumer-group" */
  int64_t since_ms;
  size_t target_index;
  bool seen; /* in this evaluation */
};

/* What a rule remembers from one evaluation to the next; zeroed at first. */
struct alert_memory {
  struct alert_instance *items;
  size_t count, capacity;
  struct map by_key;
};
void alert_memory_fini(struct alert_memory *memory);

/* The target has not yet been collected, and will be: a check waits for it. */
bool alert_state_waits(const struct alert_rule *rule, const struct model *model);
/* The rows. one_pass: there is no time to wait for `for`, so that it fires at once and says so. */
struct sample *alert_state_sample(const struct alert_rule *rule, struct alert_memory *memory,
                                  const struct model *model, bool one_pass, int64_t now_ms);
