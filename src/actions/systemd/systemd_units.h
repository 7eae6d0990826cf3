/* What the actions on units share: the survey, the plan, the effect and its proof.
 *
 * A unit is addressed by its name. It is not touched if it was started, stopped or got another main
 * process since the plan was made: its InvocationID, which each start changes, and its main PID are
 * read again immediately before. A restart by systemd itself, as in a restart loop, is no reason to
 * leave it alone: NRestarts, which starts again at 0 with each start by others, tells the two
 * apart. */
#pragma once

#include "actions/systemd/systemd_conn.h"
#include "actions/turns.h"
#include "clients/systemd/systemd_change.h"
#include "clients/systemd/systemd_contract.h"

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

extern const struct turns systemd_turns;
bool systemd_units_execute(struct step *step);
bool systemd_units_verify(struct step *step);
