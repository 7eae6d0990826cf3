/* Questions of a step to a Prometheus and its Alertmanager: one request at a time. */
#pragma once

#include "actions/step.h"
#include "clients/web/web.h"

enum prometheus_side { PROMETHEUS_SERVER, PROMETHEUS_ALERTMANAGER };

/* GET. NULL with step->err; *status (may be NULL) is that of HTTP, 0 without an answer. The answer
 * lives until the step's next question. */
const json_t *prometheus_step_get(struct step *step, enum prometheus_side side, const char *path,
                                  int *status);
/* Wall time in milliseconds by the clock of the one that answered last; ours where it did not say
 * its own. */
int64_t prometheus_step_clock_ms(const struct step *step);

enum prometheus_effect {
  PROMETHEUS_ACCEPTED,
  PROMETHEUS_MISSING,   /* 404 */
  PROMETHEUS_REFUSED,   /* any other status: the server's words are in step->err */
  PROMETHEUS_UNSENT,    /* nothing was sent: step->err */
  PROMETHEUS_UNANSWERED /* it may have been done: step->err */
};
/* A change of the Alertmanager, on a connection of its own, sent once. *answer (may be NULL): JSON,
 * or NULL; lives until the step's next question. */
enum prometheus_effect prometheus_step_change(struct step *step, const char *method,
                                              const char *path, const char *json,
                                              const json_t **answer);
/* Sets the result of the object where the change was not accepted. False: nothing was sent, and the
 * step has to end. */
bool prometheus_step_settle(struct step *step, size_t object, enum prometheus_effect effect);
/* For `applies`: the target has an Alertmanager. */
bool prometheus_has_alertmanager(const struct action_request *request, struct err *why);
