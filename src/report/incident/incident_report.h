/* An incident as text, as a postmortem in Markdown, and as JSON: docs/incidents.md. Nothing here
 * uses a clock: now_ms is wall time. */
#pragma once

#include "core/err.h"
#include "model/incident/incident_due.h"
#include "model/incident/incident_facts.h"

#include <stdio.h>

enum { INCIDENT_SENTENCE_MAX = 2 * INCIDENT_TEXT_MAX };

struct incident_report_options {
  int64_t now_ms;
  bool utc, ascii;
  bool screen; /* text: the newest entry first, times without their date */
};

/* Head and time line, one line each; texts are sanitised. */
bool report_incident_text(FILE *out, const struct incident *incident,
                          const struct incident_report_options *options) MUST_CHECK;
/* The postmortem: facts, time line, actions, findings, and headings for what only people know.
 * Times are UTC. */
bool report_incident_markdown(FILE *out, const struct incident *incident,
                              const struct incident_report_options *options) MUST_CHECK;
bool report_incident_json(FILE *out, const struct incident *incident,
                          const struct incident_report_options *options) MUST_CHECK;
/* A line of a list: id, severity, status, age, title. */
bool report_incident_line(FILE *out, const struct incident *incident,
                          const struct incident_report_options *options) MUST_CHECK;

/* "CRIT", "OK", "NOTE", "ACTION", ...: at most 8 cells. */
const char *incident_entry_mark(const struct incident_entry *entry);
/* One entry as a sentence, not sanitised: "dashboard: refused", "ann@bastion1: service.start api:
 * done". Returns out. */
const char *incident_entry_text(char out[INCIDENT_SENTENCE_MAX],
                                const struct incident_entry *entry);
/* "P1 (complete service outage)". Static. */
const char *incident_level_text(int level);
