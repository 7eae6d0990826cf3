/* What the actions on workloads share: which objects they are, and how a rollout is followed.
 *
 * A workload is addressed by its name, and identified by its uid and generation: each change is a
 * JSON Patch that tests both on the server, so that nothing is done to another object of the name,
 * nor to one whose specification was changed since the plan was made. */
#pragma once

#include "actions/kubernetes/kubernetes_conn.h"

/* A row of the collector: a workload or a pod. The texts are the model's. */
struct kubernetes_subject {
  enum kubernetes_kind kind;
  const char *namespace, *name, *uid;
  const char *scaler; /* of a workload: "api, 1 to 5"; "" */
};
/* False with err: the row no longer exists. kind is KUBERNETES_POD for a row of pods. */
bool kubernetes_subject_of(const struct action_request *request, size_t index,
                           struct kubernetes_subject *subject, struct err *err);

/* The columns of the survey's table of workloads, and how it is filled. */
enum kubernetes_found {
  FOUND_LABEL,
  FOUND_KIND,
  FOUND_NAMESPACE,
  FOUND_NAME,
  FOUND_GENERATION,
  FOUND_DESIRED,
  FOUND_AVAILABLE,
  FOUND_IMAGES,
  FOUND_REVISION,
  FOUND_PAUSED,    /* "yes", "" */
  FOUND_ON_DELETE, /* the same */
  FOUND_SCALER,
  FOUND_COLUMN_COUNT
};
extern const struct table_spec kubernetes_found_table;
bool kubernetes_found_add(struct step *step, struct table *table, size_t index);
bool kubernetes_workloads_survey(struct step *step);

/* The plan's objects: columns, identities, and the object of a row of the survey. NULL with err. */
void kubernetes_plan_begin(struct plan *plan);
struct plan_object *kubernetes_plan_object(struct plan *plan, const struct row *row,
                                           struct err *err);
/* " --namespace=ecap --context=staging": the end of a command as a person would type it. */
const char *kubernetes_plan_flags(const struct action_request *request, struct plan *plan,
                                  const char *namespace);

/* The plan's object as it is now, if it is what was planned for; else the outcome has its result,
 * or step->err says why nothing is known (*settled is then false). */
const struct kubernetes_object *kubernetes_planned(struct step *step, size_t object, bool *settled);
/* Sends a JSON Patch (kubernetes_rollout.h; taken) for the plan's object, or its subresource
 * ("/scale"). False: nothing is to be sent for the others. */
bool kubernetes_patch(struct step *step, size_t object, const char *after, char *patch);

/* Waits until the plan's object is rolled out, and sets its result: "rolled out after 3.1s".
 * wanted: the replicas that it was scaled to; -1: as it says. False with step->err. */
bool kubernetes_wait_rolled(struct step *step, size_t object, int64_t wanted);
enum { KUBERNETES_ROLLOUT_MS = 300000 };
