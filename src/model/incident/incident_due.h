/* When an incident has to be answered, and when it has to be reported on. */
#pragma once

#include "model/incident/incident.h"

/* The first response is due so long after the opening: P1 5 minutes, P2 30 minutes, P3 2 hours, P4
 * the end of the next business day (Monday to Friday, local time). A person's act after the opening
 * is the response. */
int64_t incident_respond_by(const struct incident *incident);
/* The next update (any entry that a person types) is due so long after the last: P1 30 minutes, P2
 * 1 hour, P3 4 hours, P4 24 hours. */
int64_t incident_update_by(const struct incident *incident);

/* What is to be shown of an open incident: enough for the screen, without its time line. */
struct incident_brief {
  char id[INCIDENT_ID_MAX]; /* "": there is none */
  int level;
  int64_t opened_ms;  /* by the current clock */
  int64_t respond_ms; /* due; 0: answered */
  int64_t update_ms;  /* due */
  size_t others;      /* open incidents beside it */
  bool lost;          /* its time line cannot be written or read */
};
void incident_brief_make(struct incident_brief *brief, const struct incident *incident);

enum { INCIDENT_DUE_MAX = 80 };
/* "response due in 4m", "response overdue by 12m", "update overdue by 3m", "next update in 20m"; of
 * a wall time. Returns out. */
const char *incident_due_text(char out[INCIDENT_DUE_MAX], const struct incident_brief *brief,
                              int64_t wall_ms);
bool incident_is_overdue(const struct incident_brief *brief, int64_t wall_ms);
