/* What a server is, beside its figures: which one, since when, in which role. A fact that changes
 * between two samples is an event, whatever lies between them: an interval in which nobody looked,
 * or an outage. */
#pragma once

#include "model/event.h"

#include <stdint.h>

/* What a collector may say of its server; a text each, compared byte by byte. */
enum fact_kind {
  FACT_SERVER,   /* which one: a system identifier, a cluster id */
  FACT_START,    /* which run of it: a run id, a start time, a boot id */
  FACT_ROLE,     /* "primary", "standby", "replica of 10.0.0.7:6379": shown */
  FACT_HISTORY,  /* which line of its data: a timeline, a replication id */
  FACT_MEMBERS,  /* who belongs to it: "brokers 1, 2, 3": shown */
  FACT_DATABASE, /* which part of it we are connected to: a database's oid */
  FACT_COUNT
};

/* The name in JSON: "server", "start", "role", "history", "members", "database". */
const char *fact_name(enum fact_kind kind);

/* The facts as last known; heap copies, NULL where not known. A fact that a sample does not say
 * stays as it was: not known is no change. */
struct facts {
  char *values[FACT_COUNT];
};

void facts_fini(struct facts *facts);
/* Takes in what a sample says (an entry may be NULL) and logs each change as an event of severity
 * WARN. A server that is another one has another start and history, too: that is one event. */
void facts_update(struct facts *facts, const char *const values[FACT_COUNT], struct events *events,
                  int64_t now_ms, const char *subject);
