/* What a runbook compares: the targets that its conditions are about, collected while it looks. */
#pragma once

#include "app/runtime/runtime.h"
#include "model/runbook/runbook.h"

struct runbook_figures {
  struct runtime *runtime;
  struct model model;
  struct scheduler *scheduler; /* NULL: at rest */
  int interrupts;              /* SIGINT, SIGTERM, SIGHUP while it waited */
};

/* Removes from the config all targets that no condition is about. False with err: a condition that
 * means nothing here, or is about nothing. */
bool runbook_figures_select(struct config *config, const struct runbook_values *values,
                            struct err *err) MUST_CHECK;
void runbook_figures_open(struct runbook_figures *figures, struct runtime *runtime,
                          const struct config *config);
/* Closes all connections until the next judgement: a server that has none left needs them. */
void runbook_figures_rest(struct runbook_figures *figures);
/* Judges the condition on data that is collected now. every: each row must satisfy it. Waits until
 * it is known (limit_ms at most), or, with until, until it holds. progress (may be NULL) is called
 * at each change, and once a second. */
void runbook_figures_judge(struct runbook_figures *figures, const struct condition *condition,
                           bool every, bool until, int64_t limit_ms,
                           void (*progress)(void *arg, const struct condition_result *result,
                                            int64_t left_ms),
                           void *arg, struct condition_result *result);
