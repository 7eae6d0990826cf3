/* What the actions on containers share: the survey, the plan, the effect and its proof.
 *
 * A container is addressed by its id, which is never reused. It is not touched if it was started,
 * stopped or replaced by others since the plan was made. A restart by the engine itself, as
 * in a crash loop, is no reason to leave it alone: its count of restarts, which starts again at 0
 * with each start by a person, tells the two apart. */
#pragma once

#include "actions/docker/docker_conn.h"
#include "clients/docker/docker_contract.h"

enum docker_wanted { DOCKER_UP, DOCKER_DOWN, DOCKER_PAUSED };

struct docker_verb {
  const char *action;        /* the action's id */
  const char *title;         /* of the plan */
  const char *command;       /* of the docker command line */
  const char *path;          /* after the container's id */
  const char *from;          /* states in which it makes sense, each between blanks */
  enum docker_wanted wanted; /* what the container is to be afterwards */
  bool new_run;              /* it begins another run */
  const char *undo;          /* the action that undoes it; NULL: none */
  const char *blast, *loss;  /* NULL: nothing to say */
};
const struct docker_verb *docker_verb_of(const char *action);
bool docker_state_fits(const struct docker_verb *verb, const char *state);

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

/* One after the other: each has to come up before the next one's turn, and the first that does not
 * ends it. */
bool docker_containers_execute(struct step *step);
bool docker_containers_verify(struct step *step);

enum { DOCKER_HEALTHY_MS = 120000 }; /* the most that is waited for a container's health check */
