/* What a postmortem says first: when an incident was detected, answered, mitigated and over. */
#pragma once

#include "model/incident/incident.h"

/* Findings that began so long before the opening or later belong to the incident. */
enum { INCIDENT_BEFORE_MS = 3600000 };

/* One finding, from its begin to its end. */
struct incident_span {
  size_t first, last;     /* entries; last: of its end, or the last one that says more */
  int64_t from_ms, to_ms; /* to_ms 0: it is still there, or was when recording ended */
  enum severity severity; /* the worst */
  bool silenced;
};

struct incident_facts {
  struct incident_span *spans; /* in the order of their begin */
  size_t span_count;
  const struct incident_span *first; /* the one that detected it; NULL: a person did */
  int64_t detected_ms;
  enum severity worst;  /* of the findings that belong to it */
  size_t open;          /* of these, with that severity, that have no end */
  int64_t recovered_ms; /* when the last of them ended; 0: not yet, or there was none */
  int64_t identified_ms, mitigated_ms, resolved_ms; /* of the status; 0: never */
  const char *summary;                              /* NULL */
};

void incident_facts_init(struct incident_facts *facts, const struct incident *incident);
void incident_facts_fini(struct incident_facts *facts);
/* Whether it began within INCIDENT_BEFORE_MS before the opening, or later. */
bool incident_span_belongs(const struct incident *incident, const struct incident_span *span);

/* The entries in the order of time; the caller frees it. */
size_t *incident_order(const struct incident *incident);
/* An intent that has its outcome in the time line. */
bool incident_is_answered(const struct incident *incident, const struct incident_entry *entry);
