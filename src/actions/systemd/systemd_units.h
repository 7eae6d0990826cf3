/* What the actions on units share: the survey, the plan, the effect and its proof.
 *
 * A unit is addressed by its name. It is not touched if it was started, stopped or got another main
 * process since the plan was made: its InvocationID, which each start changes, and its main PID are
 * read again immediately before. A restart by systemd itself, as in a restart loop, is no reason to
 * leave it alone: NRestarts, which starts again at 0 with each start by others, tells the two
 * apart. */
#pragma once

#include "actions/systemd/systemd_conn.h"
#include "clients/systemd/systemd_contract.h"

enum systemd_wanted { SYSTEMD_UP, SYSTEMD_DOWN, SYSTEMD_SAME, SYSTEMD_RESET };

struct systemd_verb {
  const char *action;         /* the action's id */
  const char *title;          /* of the plan */
  const char *command;        /* of systemctl */
  const char *method;         /* of the manager */
  const char *from;           /* ActiveStates in which it makes sense, each between blanks */
  enum systemd_wanted wanted; /* what the unit is to be afterwards */
  bool stops;                 /* units that depend on it are stopped too */
  const char *undo;           /* the action that undoes it; NULL: none */
  const char *blast, *loss;   /* NULL: nothing to say */
};
const struct systemd_verb *systemd_verb_of(const char *action);
bool systemd_state_fits(const struct systemd_verb *verb, const char *active);
/* Whether it has processes, or is about to have some. */
bool systemd_is_up(const char *active);

enum systemd_identity {
  SYSTEMD_IDENTITY_ID,
  SYSTEMD_IDENTITY_RUN,      /* InvocationID of its present or last run */
  SYSTEMD_IDENTITY_PID,      /* of the main process; 0: none */
  SYSTEMD_IDENTITY_STATE,    /* ActiveState */
  SYSTEMD_IDENTITY_RESTARTS, /* NRestarts */
  SYSTEMD_IDENTITY_COUNT
};

bool systemd_units_survey(struct step *step);
bool systemd_units_plan(const struct action_request *request, struct plan *plan, struct err *err);

/* One after the other: each has to come up before the next one's turn, and the first that does not
 * ends it. */
bool systemd_units_execute(struct step *step);
bool systemd_units_verify(struct step *step);
