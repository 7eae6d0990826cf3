/* What this program sees at one moment, for the time lines of open incidents: made on the loop from
 * the model, used on a thread. */
#pragma once

#include "model/incident/incident.h"
#include "model/model.h"
#include "operate/incident/incident_who.h"

enum {
  INCIDENT_SEEN_MAX = 200,       /* findings that are listed one by one, the worst */
  INCIDENT_HISTORY_MS = 3600000, /* of the event log, before the opening */
};

/* A set of hashes: of 20,000 findings there is only this. */
struct incident_set {
  uint64_t *items; /* sorted by incident_set_end */
  size_t count;
};

struct incident_seen {
  bool blind;                     /* only the next two are known: nothing was looked at */
  int64_t now_ms, clock_ms;       /* wall time; by how much it was set since the start */
  struct incident_batch findings; /* the worst that count */
  struct incident_batch changes;  /* events since the last time */
  struct incident_batch events;   /* all in the event log, oldest first */
  struct incident_set there;      /* keys of all findings, also of those that an outage hides */
  struct incident_set quiet;      /* rows that are silenced */
  struct incident_set judged;     /* targets whose findings are all known */
};

uint64_t incident_hash(const char *text, size_t len);
bool incident_set_has(const struct incident_set *set, uint64_t hash);

/* changes_from: events that were there before are not taken as changes. with_events: the whole
 * event log is copied as well. */
void incident_seen_make(struct incident_seen *seen, const struct model *model,
                        const struct incident_who *self, uint64_t changes_from, bool with_events,
                        int64_t now_ms);
void incident_seen_fini(struct incident_seen *seen);
/* The part of a finding's key that names its row, or its target; their lengths. */
size_t incident_key_row(const char *about);
size_t incident_key_target(const char *about);
