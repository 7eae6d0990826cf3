/* Actions for the time line, from the audit log: those of every program that shares it, with intent
 * and outcome, also those that ran while no dashboard did. Blocks: for a thread. */
#pragma once

#include "audit/read/audit_lines.h"
#include "model/incident/incident.h"

#include <sys/types.h>

struct incident_audit {
  char *path;
  int64_t since_ms; /* earlier records are left out */
  struct audit_lines lines;
  dev_t dev;
  ino_t ino;
  bool begun;
};

/* path is copied. */
void incident_audit_init(struct incident_audit *audit, const char *path, int64_t since_ms);
void incident_audit_fini(struct incident_audit *audit);
/* Adds the records since the last call; at first, those in the last 16 MiB of the file. A file that
 * cannot be read has none: the dashboard says so elsewhere. */
void incident_audit_read(struct incident_audit *audit, struct incident_batch *batch);
