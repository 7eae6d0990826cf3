/* Properties of a server besides its figures: its identity, its start, its role. A fact that
 * differs between two samples is an event, whatever lies between them: a long interval or an
 * outage. */
#pragma once

#include "model/event/event.h"

#include <stdbool.h>
#include <stdint.h>

/* What a collector can report about its server; a text each, compared byte by byte. */
enum fact_kind {
  FACT_SERVER,   /* identity: a system identifier, a cluster id */
  FACT_START,    /* current run: a run id, a start time, a boot id */
  FACT_ROLE,     /* "primary", "standby", "replica of 10.0.0.7:6379": shown */
  FACT_HISTORY,  /* history of its data: a timeline, a replication id */
  FACT_MEMBERS,  /* its members, shown: "brokers 1, 2, 3" */
  FACT_DATABASE, /* the part of it that the connection uses: the oid of a database */
  FACT_COUNT
};

/* The name in JSON: "server", "start", "role", "history", "members", "database". */
const char *fact_name(enum fact_kind kind);

/* The facts as last known; heap copies, NULL if not known. A fact that is missing from a sample
 * keeps its value: not known is not a change. */
struct facts {
  char *values[FACT_COUNT];
};

void facts_fini(struct facts *facts);
/* Takes the facts of a sample (an entry may be NULL) and logs each change as an event of severity
 * WARN. A different server also has a different start and history: that is one event. Returns
 * whether it is another server or database. */
bool facts_update(struct facts *facts, const char *const values[FACT_COUNT], struct events *events,
                  int64_t now_ms, const char *subject);
