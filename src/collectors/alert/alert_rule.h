/* An alert rule: a condition over what other targets have published, with a name, a text and a
 * runbook. */
#pragma once

#include "clients/prometheus/prometheus_labels.h"
#include "collectors/collector.h"
#include "model/judge/condition.h"

extern const char *const alert_severity_choices[];

struct alert_rule {
  const struct target *target;     /* of the rule itself */
  struct condition condition;      /* unless expr is set */
  const struct target *prometheus; /* that evaluates expr; NULL: none does */
  const char *expr;                /* PromQL; NULL: the condition is that above */
  enum severity severity;          /* when it fires */
  int64_t for_ms;
};

/* Reads the options. False with err where they contradict each other, or name what does not
 * exist. */
bool alert_rule_read(struct alert_rule *rule, const struct target *target,
                     struct err *err) MUST_CHECK;

/* What fills the placeholders of a text. */
struct alert_words {
  const char *value, *limit; /* as shown */
  const char *target;
  const char *row;                        /* NULL: the target itself */
  const struct prometheus_labels *labels; /* of {label.NAME}; NULL: none */
};
/* The option `text` with its placeholders filled; a default if it is not set. In the arena. */
const char *alert_text(const struct alert_rule *rule, struct arena *arena,
                       const struct alert_words *words);
/* The option `labels`, "team=ops". In the arena. */
const char *alert_labels(const struct alert_rule *rule, struct arena *arena);
/* Whether a condition that has held for that time fires. one_pass: there is no time to wait for
 * `for`, so that it fires at once, and the reason says so. */
bool alert_fires(const struct alert_rule *rule, const struct model *model, bool one_pass,
                 int64_t held_ms);
const char *alert_reason(const struct alert_rule *rule, const struct model *model, bool one_pass,
                         struct arena *arena, const char *subject, const char *text);
/* For the check of the option `text`: false with err for an unknown placeholder. */
bool alert_text_check(const char *text, struct err *err) MUST_CHECK;
