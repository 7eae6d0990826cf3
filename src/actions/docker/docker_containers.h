/* What the actions on containers share: the survey, the plan, the effect and its proof.
 * clients/docker/docker_change.h says which container may be changed, and what became of it. */
#pragma once

#include "actions/docker/docker_conn.h"
#include "actions/turns.h"
#include "clients/docker/docker_change.h"
#include "clients/docker/docker_contract.h"

/* Of an action's id: "docker.restart". */
const struct docker_verb *docker_verb_of(const char *action);

enum docker_identity {
  DOCKER_IDENTITY_ID,
  DOCKER_IDENTITY_RUN,      /* when its present run began, as the engine writes it */
  DOCKER_IDENTITY_STATE,    /* as the engine calls it */
  DOCKER_IDENTITY_RESTARTS, /* by the engine */
  DOCKER_IDENTITY_COUNT
};

bool docker_containers_survey(struct step *step);
bool docker_containers_plan(const struct action_request *request, struct plan *plan,
                            struct err *err);

/* The first identities of each plan for containers. */
#define DOCKER_IDENTITIES "id", "run", "state", "restarts"

/* The objects of a plan for a verb, one a container that was found: only its states are used. The
 * identities (a static array) begin with DOCKER_IDENTITIES; more of them are left empty.
 * docker_containers_check is the counterpart. False with err where one is in no such state. */
bool docker_containers_objects(struct plan *plan, const struct docker_verb *verb,
                               const char *const *identities, size_t identity_count,
                               const struct sample *found, struct err *err);
/* Looks at the object's container. *fits: it is in the state, and the run, that was planned for;
 * otherwise the outcome says what has become of it. False with step->err where that is not
 * known. */
bool docker_containers_check(struct step *step, const struct docker_verb *verb, size_t object,
                             struct docker_detail *now, bool *fits);

extern const struct turns docker_turns;
bool docker_containers_execute(struct step *step);
bool docker_containers_verify(struct step *step);
