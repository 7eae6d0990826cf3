/* What the actions on services share: the survey, the plan, the effect and its proof.
 *
 * What proves them is the service itself: it has to answer as its collector demands, or to answer
 * no longer. What its runtime says, and the exit code of a program, alone prove nothing. */
#pragma once

#include "actions/service/service_step.h"

struct service_action {
  const char *id;
  const char *title; /* of the plan */
  const char *undo;  /* the action that undoes it; NULL: none */
  const char *loss;  /* NULL: nothing is lost */
  enum service_verb verb;
  bool up;  /* what the service is to be afterwards */
  bool all; /* of the configuration, in their order */
};
const struct service_action *service_action_of(const struct action_spec *spec);

/* Of an object of the plan. */
#define SERVICE_IDENTITY_SERVICE "service" /* the target */
#define SERVICE_IDENTITY_ADDRESS "address" /* of the service */
#define SERVICE_IDENTITY_RUNTIME "runtime" /* name of its driver */
#define SERVICE_IDENTITY_PLACE "place"     /* struct service_identity */
#define SERVICE_IDENTITY_ID "id"
#define SERVICE_IDENTITY_RUN "run"
#define SERVICE_IDENTITY_STATE "state"
#define SERVICE_IDENTITY_RESTARTS "restarts"
#define SERVICE_IDENTITY_WANTED "wanted" /* replicas; of a scale only */
#define SERVICE_IDENTITY_BEFORE "before"

/* How many services the objects of the plan belong to. */
size_t service_plan_count(const struct plan *plan);
/* "service.stop api web", "service.scale api replicas=2": the action that undoes it, with its
 * arguments; in the arena. */
const char *service_undo(struct arena *arena, const struct plan *plan,
                         const struct service_action *action);

bool service_survey(struct step *step, const struct service_action *action);
bool service_plan(const struct action_request *request, struct plan *plan, struct err *err);
/* One object after the other, and one service after the other: each has to come up before the next
 * one's turn, and the first that does not ends it. */
bool service_execute(struct step *step);
bool service_verify(struct step *step);

enum {
  SERVICE_LOOK_MS = 5000,         /* for one look at the service */
  SERVICE_STATUS_MS = 10000,      /* for one look at its runtime */
  SERVICE_CHANGE_MS = 120000,     /* for one change */
  SERVICE_READY_MAX_MS = 3600000, /* the option `ready` allows no more */
};
