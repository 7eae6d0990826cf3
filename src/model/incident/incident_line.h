/* An entry as a line of JSON, and back. Format: docs/incidents.md. */
#pragma once

#include "core/err.h"
#include "model/incident/incident.h"

enum { INCIDENT_LINE_MAX = 32 << 10, INCIDENT_LINE_VERSION = 1 };

/* "2026-11-28T03:15:00Z" of a wall time. Returns out. */
enum { INCIDENT_AT_MAX = 64 };
const char *incident_at(char out[INCIDENT_AT_MAX], int64_t at_ms);
/* Without a newline; the caller frees it. Texts are cut at INCIDENT_TEXT_MAX. */
char *incident_line(const struct incident_entry *entry);
/* Adds the entry of a line. False with err if the line is none, or of a newer version. */
bool incident_line_take(struct incident *incident, const char *line, size_t len,
                        struct err *err) MUST_CHECK;
