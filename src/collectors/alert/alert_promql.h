/* From the answer of a Prometheus to the rows of a rule in PromQL: its condition holds for each
 * result. No input or output; the time is passed in. */
#pragma once

#include "clients/web/web.h"
#include "collectors/alert/alert_memory.h"
#include "collectors/alert/alert_rule.h"

/* Without a good answer the rule is unknown, and what it remembers is kept. */
struct sample *alert_promql_sample(const struct alert_rule *rule, struct alert_memory *memory,
                                   const struct model *model, bool one_pass, int64_t now_ms,
                                   const struct web_answer *answer);
