/* What `plan` and `apply` share: one target of the configuration, a pipeline, and their end. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"
#include "operate/pipeline.h"

struct remedy {
  struct runtime *runtime;
  struct config *config; /* with that target only */
  struct model model;
  struct scheduler *scheduler;
  struct lock lock;
  struct audit *audit;
  struct pipeline *pipeline;
  char *state;
  bool asked;              /* the target has answered, or failed to */
  void (*news)(void *arg); /* something of an operation has changed; may be NULL */
  void *arg;
};

/* The folder for plans, undo files and the audit: the configuration's, else the usual one. For the
 * caller to free; NULL with err when no home is known. */
char *remedy_state(const struct config *config, struct err *err) MUST_CHECK;
/* STATE/audit.jsonl, for the caller to free. */
char *remedy_audit_path(const char *state);

/* Takes the config and state; all targets but the one go. The target is slot 0 then. */
void remedy_open(struct remedy *remedy, struct runtime *runtime, struct config *config, char *state,
                 const struct target *target, bool read_only);
/* Asks the target once, and waits for the answer. */
void remedy_collect(struct remedy *remedy);
/* Runs the loop until done(arg), which is asked after each change, is true. */
void remedy_wait(struct remedy *remedy, bool (*done)(void *arg), void *arg);
/* Ends everything, the runtime too; returns the status (or leaves with it, when something hangs).
 */
int remedy_close(struct remedy *remedy, int status);
