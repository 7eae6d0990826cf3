/* Incidents in the dashboard: fills time lines, knows the current incident, and carries out
 * `:incident` and `:note`. */
#pragma once

#include "app/incident/incident_clerk.h"
#include "app/incident/incident_evidence.h"
#include "app/incident/incident_secrets.h"
#include "model/model.h"
#include "operate/incident/incident_recorder.h"

struct dashboard_incident_hooks {
  void (*changed)(void *arg);                 /* a redraw is needed */
  void (*say)(void *arg, const char *text);   /* in the bottom line */
  void (*wrong)(void *arg, const char *text); /* of the line after `:`, which stays */
  void (*show)(void *arg);                    /* opens the page */
  bool (*shows)(void *arg);                   /* whether it is open */
  void *arg;
};

struct dashboard_incident {
  struct model *model;
  struct dashboard_incident_hooks hooks;
  struct incident_recorder *recorder;
  struct incident_clerk *clerk;       /* NULL: there is no state directory */
  struct incident_evidence *evidence; /* that is being taken; NULL */
  struct incident_secrets secrets;
  struct io *io;
  char *state;
  bool utc;
  char *text;   /* of the page */
  char **lines; /* into it */
  bool asked;   /* the page is being read again */
  bool said;    /* that the time line cannot be written */
};

/* state NULL: none is known. model and audit outlive it. */
void dashboard_incident_open(struct dashboard_incident *own, struct io *io, struct model *model,
                             struct audit *audit, const char *state, bool utc, bool ascii,
                             const struct dashboard_incident_hooks *hooks);
/* "open P1 api-down", "note TEXT". */
void dashboard_incident_line(struct dashboard_incident *own, const char *line);
void dashboard_incident_pause(struct dashboard_incident *own, bool paused);
/* model->config is another one. */
void dashboard_incident_rebase(struct dashboard_incident *own);
/* The model was evaluated. */
void dashboard_incident_see(struct dashboard_incident *own);
/* Closes; what is left ends on the loop, before `own` goes. */
void dashboard_incident_close(struct dashboard_incident *own);
