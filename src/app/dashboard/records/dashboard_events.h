/* The history of events in the dashboard: writes it, and reads the pages of the key e. */
#pragma once

#include "app/incident/incident_secrets.h"
#include "events/event_reader.h"
#include "events/event_recorder.h"
#include "model/action/request.h"
#include "model/model.h"

struct dashboard_events {
  struct model *model;
  struct event_recorder *recorder;
  bool records;                /* unless the configuration switches it off */
  struct event_reader *reader; /* while it is looked at; NULL */
  struct event_page off;       /* the page where there is no history */
  struct io *io;
  char *state; /* NULL: none is known */
  struct incident_secrets secrets;
  void (*changed)(void *arg); /* a redraw is needed */
  void *arg;
};

/* model outlives it; io, state and audit_path as in event_recorder_new. */
void dashboard_events_open(struct dashboard_events *own, struct io *io, struct model *model,
                           const char *state);
/* False: the request is none of the history. */
bool dashboard_events_request(struct dashboard_events *own, const struct request *request);
/* model->config is another one. */
void dashboard_events_rebase(struct dashboard_events *own);
void dashboard_events_see(struct dashboard_events *own);
void dashboard_events_close(struct dashboard_events *own);
/* After the loop has ended. */
void dashboard_events_fini(struct dashboard_events *own);
