/* Incidents on disk: STATE/incidents/ID/timeline.jsonl, one line for each entry, only appended to,
 * by several programs at once: under a lock, synced, a torn line never hides the others
 * (audit/audit_file.h). Blocks: for a thread, or for a mode without a screen. */
#pragma once

#include "audit/read/audit_lines.h"
#include "core/err.h"
#include "model/incident/incident.h"

#include <sys/types.h>

enum {
  INCIDENT_BYTES_MAX = 32 << 20, /* of a time line */
  INCIDENTS_MAX = 10000,         /* that are listed, the newest */
  INCIDENTS_OPEN_MAX = 8,        /* open at once */
};

struct incident_book {
  char *path; /* of the time line */
  struct audit_lines lines;
  dev_t dev;
  ino_t ino;
  struct incident incident;
};

/* A new incident, on disk: its id is made of the time of the entry, which opens it. */
bool incident_create(const char *state, const struct incident_entry *open, char id[INCIDENT_ID_MAX],
                     struct err *err) MUST_CHECK;
/* Reads it. NULL with err. */
struct incident_book *incident_book_open(const char *state, const char *id,
                                         struct err *err) MUST_CHECK;
void incident_book_close(struct incident_book *book); /* NULL is fine */
/* Reads what others have appended. */
bool incident_book_refresh(struct incident_book *book, struct err *err) MUST_CHECK;
/* Appends those that are news (incident_wants), all or none. *written (may be NULL): how many. */
bool incident_book_append(struct incident_book *book, const struct incident_entry *entries,
                          size_t count, size_t *written, struct err *err) MUST_CHECK;

/* The ids in STATE/incidents, oldest first; only_open: without those that are marked as closed.
 * NULL with err if the folder cannot be read; a missing one is empty. */
char **incident_list(const char *state, bool only_open, size_t *count, struct err *err) MUST_CHECK;
void incident_list_free(char **ids, size_t count);
/* Marks it as closed, so that it need not be read to know that. A failure costs only time. */
void incident_mark_closed(const char *state, const char *id);
/* STATE/incidents/ID/NAME; the caller frees it. */
char *incident_path(const char *state, const char *id, const char *name);
bool incident_id_is_plain(const char *id);
