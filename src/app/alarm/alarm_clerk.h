/* Carries out what a person does to findings: intent in the audit log, the change on disk, outcome
 * in the audit log, then the answer. A thread waits for the disk. */
#pragma once

#include "audit/audit.h"
#include "io/worker.h"
#include "model/config/config.h"
#include "operate/alarm/alarm_act.h"

struct alarm_clerk_options {
  struct io *io;
  struct audit *audit; /* outlives it: closed after it */
  const struct config *config;
  const char *state; /* borrowed for the call */
};

struct alarm_clerk;
struct alarm_clerk *alarm_clerk_new(const struct alarm_clerk_options *options);
/* said: what was done, or NULL with err. Called once, unless the clerk is closed before. */
typedef void (*alarm_answered)(void *arg, const char *said, const struct err *err);
/* The clerk fills in who does it, and whose targets these are. */
void alarm_clerk_ask(struct alarm_clerk *clerk, const struct alarm_act *act,
                     alarm_answered answered, void *arg);
/* Another configuration, also for what is under way: the one before may be freed. */
void alarm_clerk_rebase(struct alarm_clerk *clerk, const struct config *config);
/* Keeps the loop alive until it is closed: for a mode that waits for an answer. */
void alarm_clerk_hold(struct alarm_clerk *clerk);
/* Frees itself in later turns of the loop; NULL: nothing. */
void alarm_clerk_close(struct alarm_clerk *clerk);
