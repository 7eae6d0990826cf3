/* What of incidents is read: list, time line, postmortem. Blocks: for a thread. */
#pragma once

#include "operate/incident/incident_act.h"

struct incident_read_options {
  int64_t now_ms; /* wall */
  bool utc, ascii, screen, json;
};

/* LIST, SHOW, EXPORT or USE; *text is the caller's, said a sentence or "". EXPORT for a screen
 * writes new files into the folder of the incident, otherwise the text is the postmortem (or JSON).
 * What the audit log has of its time is taken into the time line first. */
bool incident_read(struct incident_act *act, const char *state, const char *current,
                   const struct incident_read_options *options, char **text,
                   char said[INCIDENT_SAID_MAX], struct err *err) MUST_CHECK;
/* The incident was closed: its postmortem is written beside its time line; said is extended. */
void incident_read_closed(const struct incident_act *act, const char *state, int64_t now_ms,
                          char said[INCIDENT_SAID_MAX]);
