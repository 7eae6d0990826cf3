#include "app/dashboard/records/dashboard_events.h"

#include "core/mem.h"
#include "io/clock.h"
#include "operate/state.h"

#include <stdlib.h>

static void on_say(void *arg, enum severity severity, const char *text) {
  struct dashboard_events *own = arg;
  events_add(&own->model->events, clock_now_ms(), severity, "stacktop", "%s", text);
  own->model->generation++;
  own->changed(own->arg);
}

/* ---- the page */

static void on_recorded(void *arg) {
  struct dashboard_events *own = arg;
  if (own->reader)
    event_reader_refresh(own->reader);
}

static void on_read(void *arg) {
  struct dashboard_events *own = arg;
  own->model->generation++;
  own->changed(own->arg);
}

static const char *why_off(const struct dashboard_events *own) {
  if (!own->model->config->events)
    return "The history of events is switched off: events: false in the configuration.";
  return own->state ? NULL
                    : "There is no directory for the history of events: HOME is not set; set "
                      "`state` in the configuration.";
}

static void page_open(struct dashboard_events *own, const struct event_query *query) {
  own->off = (struct event_page){.off = why_off(own)};
  own->model->event_page = &own->off;
  if (own->off.off)
    return;
  if (!own->reader)
    own->reader = event_reader_new(own->io, own->state, on_read, own);
  own->model->event_page = event_reader_page(own->reader);
  event_reader_ask(own->reader, query);
}

static void page_close(struct dashboard_events *own) {
  own->model->event_page = NULL;
  event_reader_close(own->reader);
  own->reader = NULL;
}

bool dashboard_events_request(struct dashboard_events *own, const struct request *request) {
  switch (request->kind) {
  case REQUEST_EVENTS_OPEN:
    page_open(own, request->events);
    return true;
  case REQUEST_EVENTS_CHANGE:
    if (own->reader)
      event_reader_ask(own->reader, request->events);
    return true;
  case REQUEST_EVENTS_CLOSE:
    page_close(own);
    return true;
  default:
    return false;
  }
}

/* ---- the recorder */

static void recorder_open(struct dashboard_events *own, bool from_now) {
  char *audit = own->state ? state_audit_path(own->state) : NULL;
  own->records = own->model->config->events;
  own->recorder = event_recorder_new(&(struct event_recorder_options){.io = own->io,
                                                                      .model = own->model,
                                                                      .state = own->state,
                                                                      .audit_path = audit,
                                                                      .place = "dashboard",
                                                                      .from_now = from_now,
                                                                      .mask = &own->secrets.mask,
                                                                      .say = on_say,
                                                                      .changed = on_recorded,
                                                                      .arg = own});
  free(audit);
}

void dashboard_events_open(struct dashboard_events *own, struct io *io, struct model *model,
                           const char *state) {
  own->model = model;
  own->io = io;
  own->state = state ? mem_dup(state) : NULL;
  incident_secrets_init(&own->secrets, model->config);
  recorder_open(own, false);
}

/* What waits to be written was masked when it came. */
void dashboard_events_rebase(struct dashboard_events *own) {
  event_recorder_see(own->recorder);
  incident_secrets_fini(&own->secrets);
  incident_secrets_init(&own->secrets, own->model->config);
  if (own->model->config->events == own->records) {
    event_recorder_rebase(own->recorder);
    return;
  }
  event_recorder_close(own->recorder);
  recorder_open(own, true);
}

void dashboard_events_see(struct dashboard_events *own) {
  event_recorder_see(own->recorder);
}

void dashboard_events_close(struct dashboard_events *own) {
  page_close(own);
  event_recorder_close(own->recorder);
  own->recorder = NULL;
}

void dashboard_events_fini(struct dashboard_events *own) {
  incident_secrets_fini(&own->secrets);
  free(own->state);
}
