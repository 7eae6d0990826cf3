/* Acknowledgements and silences in the dashboard: those on disk, and what the form asks for. */
#pragma once

#include "app/alarm/alarm_clerk.h"
#include "app/alarm/alarm_follow.h"
#include "app/incident/incident_secrets.h"
#include "model/action/request.h"
#include "model/model.h"

struct dashboard_alarms_hooks {
  void (*changed)(void *arg);               /* judge the findings again */
  void (*say)(void *arg, const char *text); /* in the bottom line */
  void *arg;
};

struct dashboard_alarms {
  struct model *model;
  struct alarm_follow *follow; /* NULL: there is no state directory */
  struct alarm_clerk *clerk;   /* the same */
  struct incident_secrets secrets;
  bool wall; /* nothing is changed at a wall display */
  struct dashboard_alarms_hooks hooks;
};

/* state NULL: none is known. model and audit outlive it. */
void dashboard_alarms_open(struct dashboard_alarms *own, struct io *io, struct model *model,
                           struct audit *audit, const char *state, bool wall,
                           const struct dashboard_alarms_hooks *hooks);
/* REQUEST_ALARM; false for others. */
bool dashboard_alarms_request(struct dashboard_alarms *own, const struct request *request);
/* model->config is another one. */
void dashboard_alarms_rebase(struct dashboard_alarms *own);
/* Closes; what is left ends on the loop, before the model goes. */
void dashboard_alarms_close(struct dashboard_alarms *own);
