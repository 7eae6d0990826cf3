/* One round of recording: the open incidents are found, what is news is appended to each, and what
 * others have appended is read. Blocks: for a thread, which has the desk alone meanwhile. */
#pragma once

#include "model/incident/incident_due.h"
#include "operate/incident/incident_audit.h"
#include "operate/incident/incident_book.h"
#include "operate/incident/incident_seen.h"

struct incident_slot {
  struct incident_book *book;
  struct incident_audit audit;
  struct err err; /* why it was not written or read, the last time; ERR_NONE: it was */
};

/* What a program keeps between two rounds. */
struct incident_desk {
  char *state;
  const char *place; /* "dashboard", "watch" */
  struct incident_who self;
  struct incident_slot slots[INCIDENTS_OPEN_MAX];
  size_t count;
  struct incident_set own; /* keys of findings that this program has seen itself */
  int64_t clock_ms;        /* as of the last round */
  struct err err;          /* the folder cannot be read */
};

struct incident_desk *incident_desk_new(const char *state, const char *place);
void incident_desk_free(struct incident_desk *desk);
void incident_round(struct incident_desk *desk, const struct incident_seen *seen);
/* Says that this program ends; at most what one write takes. */
void incident_desk_leave(struct incident_desk *desk, int64_t now_ms);
