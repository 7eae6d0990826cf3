/* Carries out what a person does to an incident: intent in the audit log, the entry on disk,
 * outcome in the audit log, then the answer. Reading (list, show, export) is not recorded. A thread
 * waits for the disk. */
#pragma once

#include "audit/audit.h"
#include "io/worker.h"
#include "model/config/config.h"
#include "operate/incident/incident_act.h"

struct incident_clerk_options {
  struct io *io;
  struct audit *audit; /* outlives it: closed after it */
  const struct config *config;
  const char *state;
  bool utc, ascii;
  bool screen; /* show: for the page; otherwise for a terminal or a file */
  bool json;   /* show, list, export */
};

struct incident_answer {
  const struct incident_act *act; /* with the id of the incident */
  const char *said;               /* a sentence; NULL for what is read without a screen */
  const char *text;               /* what was read; NULL */
  const struct err *err;          /* why nothing was done; NULL: it was */
};
typedef void (*incident_answered)(void *arg, const struct incident_answer *answer);

struct incident_clerk;
struct incident_clerk *incident_clerk_new(const struct incident_clerk_options *options);
/* answered is called once, unless the clerk is closed before. */
void incident_clerk_ask(struct incident_clerk *clerk, const struct incident_act *act,
                        const char *current, incident_answered answered, void *arg);
/* Another configuration, also for what is under way: the one before may be freed. */
void incident_clerk_rebase(struct incident_clerk *clerk, const struct config *config);
/* Keeps the loop alive until it is closed: for a mode that waits for an answer. */
void incident_clerk_hold(struct incident_clerk *clerk);
/* Frees itself in later turns of the loop. */
void incident_clerk_close(struct incident_clerk *clerk);
