/* Questions of a step to an API server: one request at a time, through the same kubectl proxy as
 * the collector's. */
#pragma once

#include "actions/effect.h"
#include "actions/step.h"
#include "clients/kubernetes/kubernetes_read.h"

/* GET. NULL with step->err; *status (may be NULL) is that of HTTP, 0 without an answer. The answer
 * lives until the step's next question. exact: integers stay integers. */
const json_t *kubernetes_step_get(struct step *step, const char *path, bool exact, int *status);

/* An object; NULL with step->err. *gone: there is none of that name, or another one (uid). Lives
 * until the step's next question. */
const struct kubernetes_object *kubernetes_step_read(struct step *step, enum kubernetes_kind kind,
                                                     const char *namespace, const char *name,
                                                     const char *uid, bool *gone);
/* The server's clock in its last answer, in seconds since 1970; -1: not known. */
int64_t kubernetes_step_clock(const struct step *step);

struct kubernetes_change {
  const char *method, *path;
  const char *type; /* of the body: "application/json-patch+json" */
  const char *json;
};
/* A change, on a connection of its own, sent once. */
enum effect kubernetes_step_change(struct step *step, const struct kubernetes_change *change);
/* Sets the result of an object from the effect. False: nothing is to be sent for the others. */
bool kubernetes_step_settle(struct step *step, size_t object, enum effect effect);
