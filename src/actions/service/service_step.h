/* What a step on a service asks for: a program that is run, and a look at the service. */
#pragma once

#include "actions/step.h"
#include "clients/service/service_judge.h"

#include <stddef.h>

enum { SERVICE_LINE_MAX = 200 };

struct service_run {
  int exit_code;               /* -1: a signal ended it */
  char line[SERVICE_LINE_MAX]; /* the last line of its output that is not empty; "" */
  int64_t took_us;
};

/* Runs argv for at most timeout_ms. False with step->err when it could not be run to its end.
 * change: it counts as unanswered until it has ended. */
bool service_step_run(struct step *step, bool change, char *const *argv, int64_t timeout_ms,
                      struct service_run *run);

/* One look at the step's target, judged as its collector does. False with step->err when the step
 * is dropped. */
bool service_step_look(struct step *step, int64_t timeout_ms, struct service_verdict *verdict);
