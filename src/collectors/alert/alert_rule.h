/* An alert rule: a condition over what other targets have published, with a name, a text and a
 * runbook. */
#pragma once

#include "collectors/collector.h"
#include "model/condition.h"

extern const char *const alert_severity_choices[];

struct alert_rule {
  const struct target *target; /* of the rule itself */
  struct condition condition;
  enum severity severity; /* when it fires */
  int64_t for_ms;
};

/* Reads the options. False with err where they contradict each other, or name what does not
 * exist. */
bool alert_rule_read(struct alert_rule *rule, const struct target *target,
                     struct err *err) MUST_CHECK;

/* The option `text` with its placeholders filled; a default if it is not set. value and limit as
 * shown; row NULL: the target itself. In the arena. */
const char *alert_text(const struct alert_rule *rule, struct arena *arena, const char *target,
                       const char *row, const char *value, const char *limit);
/* For the check of the option `text`: false with err for an unknown placeholder. */
bool alert_text_check(const char *text, struct err *err) MUST_CHECK;
