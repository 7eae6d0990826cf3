/* What a step on services asks for: their runtimes, and a look at a service itself. */
#pragma once

#include "actions/step.h"
#include "clients/service/service_driver.h"
#include "clients/service/service_judge.h"

#include <stddef.h>

enum { SERVICE_WORDS_MAX = 640 };

struct service_conn; /* the runtime of one service; the frame closes it where the step does not */

/* NULL with step->err. */
struct service_conn *service_step_open(struct step *step, const struct service_driver *driver,
                                       const struct target *target);
void service_step_close(struct service_conn *conn);

/* state: borrowed for the callback, which comes before the call returns. */
typedef void (*service_state_cb)(void *arg, const struct service_state *state);
/* False with step->err where the runtime does not answer. */
bool service_step_survey(struct service_conn *conn, const struct service_look *look,
                         service_state_cb take, void *arg);

struct service_answered {
  enum object_result result;
  char words[SERVICE_WORDS_MAX];
};
/* One change, and one look at what became of it. False with step->err when the step is dropped. A
 * cancel ends a change whose driver `kills`. */
bool service_step_change(struct service_conn *conn, const struct service_change *change,
                         struct service_answered *answer);
bool service_step_follow(struct service_conn *conn, const struct service_change *change,
                         struct service_answered *answer);

/* One look at the service, judged as its collector does. False with step->err when the step is
 * dropped, or its options contradict each other. */
bool service_step_look(struct step *step, const struct target *target, int64_t timeout_ms,
                       struct service_verdict *verdict);
