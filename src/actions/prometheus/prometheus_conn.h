/* Questions of a step to a Prometheus and its Alertmanager: one request at a time. */
#pragma once

#include "actions/effect.h"
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

/* A change of the Alertmanager, on a connection of its own, sent once. *answer (may be NULL): JSON,
 * or NULL; lives until the step's next question. */
enum effect prometheus_step_change(struct step *step, const char *method, const char *path,
                                   const char *json, const json_t **answer);
/* As effect_settle, for a silence. */
bool prometheus_step_settle(struct step *step, size_t object, enum effect effect);
/* For `applies`: the target has an Alertmanager. */
bool prometheus_has_alertmanager(const struct action_request *request, struct err *why);
