/* Schedules of runbooks, as the configuration has them (`runbooks:`). */
#pragma once

#include "app/startup/runbook_files.h"

enum runbook_plan {
  RUNBOOK_NOT_PLANNED, /* it has no schedule */
  RUNBOOK_PLANNED,
  RUNBOOK_PLAN_OFF, /* the configuration switches it off */
};
/* Gives the runbook the schedule of the configuration, if that has one for it. False with err: it
 * cannot be used. */
bool runbook_schedule_take(struct runbook *runbook, const struct config *config,
                           enum runbook_plan *plan, struct err *err) MUST_CHECK;

/* Adds a target for each runbook of the user's and the team's folders that has a schedule and none
 * in `runbooks:`. */
void runbook_schedules_watch(struct config *config);
