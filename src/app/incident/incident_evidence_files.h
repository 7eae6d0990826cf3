/* The files of a bundle of evidence, and what is missing. Blocks: for a thread, but for adding. */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

struct evidence_file {
  char *name; /* "samples.json", "logs/service-api.log" */
  char *bytes;
  size_t len;
};

struct evidence_files {
  struct evidence_file *items;
  size_t count;
  char **missing; /* sentences */
  size_t missing_count;
  size_t written, bytes; /* after evidence_write */
};

/* Takes the bytes. */
void evidence_add(struct evidence_files *files, const char *name, char *bytes, size_t len);
void evidence_miss(struct evidence_files *files, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void evidence_fini(struct evidence_files *files);

/* Adds the lines of the audit log since that time, the last of them if they are too many. */
void evidence_add_audit(struct evidence_files *files, const char *state, int64_t since_ms);
/* Writes all files and manifest.json, then the entry in the time line. said: one sentence. */
enum { EVIDENCE_SAID_MAX = 400, EVIDENCE_AUDIT_BYTES = 2 << 20 };
void evidence_write(struct evidence_files *files, const char *state, const char *id, int64_t now_ms,
                    int64_t took_ms, char said[EVIDENCE_SAID_MAX]);
/* Its manifest; the caller frees it. (incident_evidence_manifest.c) */
char *evidence_manifest(const struct evidence_files *files, const char *id, int64_t now_ms,
                        int64_t took_ms, size_t *len);
