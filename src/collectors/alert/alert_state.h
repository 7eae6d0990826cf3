/* From the model to the rows of a rule: where its condition holds, since when, and whether it
 * fires. No input or output; the time is passed in. */
#pragma once

#include "collectors/alert/alert_memory.h"
#include "collectors/alert/alert_rule.h"

/* The target has not yet been collected, and will be: a check waits for it. */
bool alert_state_waits(const struct alert_rule *rule, const struct model *model);
/* The rows. one_pass: there is no time to wait for `for`, so that it fires at once and says so. */
struct sample *alert_state_sample(const struct alert_rule *rule, struct alert_memory *memory,
                                  const struct model *model, bool one_pass, int64_t now_ms);
