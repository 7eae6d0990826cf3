/* The bundle of evidence of an incident: what is known at the moment of its opening, as files in
 * incidents/ID/evidence. Bounded in size and time; what is missing is said, with the reason, in
 * manifest.json and in the time line. Nothing blocks the loop: logs are read as elsewhere, and a
 * thread writes the files. */
#pragma once

#include "io/io.h"
#include "model/model.h"

enum {
  EVIDENCE_ROWS_MAX = 1000,     /* of one table in samples.json */
  EVIDENCE_TARGETS_MAX = 8,     /* whose logs are read: those with findings */
  EVIDENCE_LINES = 300,         /* of the logs of one target, the last */
  EVIDENCE_LOG_BYTES = 1 << 20, /* of the logs of one target */
  EVIDENCE_LOGS_MS = 10000,
};

struct incident_evidence_options {
  struct io *io;
  const struct model *model; /* used before incident_evidence_take returns, and for its config */
  const char *state, *id;    /* copied */
  bool utc;
  void (*done)(void *arg, const char *said); /* "evidence: 7 files, 210 kB; missing: ..." */
  void *arg;
};

struct incident_evidence;
/* Takes the samples at once; done is called in a later turn, unless it is closed before. */
struct incident_evidence *incident_evidence_take(const struct incident_evidence_options *options);
/* Ends it early, or frees it after done; it may be called in done. NULL is fine. */
void incident_evidence_close(struct incident_evidence *evidence);
