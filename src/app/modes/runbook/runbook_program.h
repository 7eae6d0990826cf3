/* Programs of a runbook's steps: stacktop itself, for pages and actions, so that a step is exactly
 * what a person would type; and those of `run`. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"

#include <stddef.h>

enum { RUNBOOK_ARGV_MAX = 120 };

/* argv of stacktop itself with the same configuration: the words after "--" are never options. */
struct own_argv {
  char *words[RUNBOOK_ARGV_MAX + 1];
  size_t count;
};
/* command: "plan", and options of it, which end with NULL. Words are copied. */
void own_argv_init(struct own_argv *argv, const struct options *options, const char *config,
                   const char *const *command);
void own_argv_add(struct own_argv *argv, const char *word);
void own_argv_fini(struct own_argv *argv);

/* Runs it with this process's terminal and output to its end; -1: it could not be started, or a
 * signal ended it. Signals from the terminal are for it. *interrupted (may be NULL): there was one.
 */
int own_run(struct runtime *runtime, const struct own_argv *argv, bool *interrupted);

struct captured {
  int status;            /* -1: see err */
  char *output, *errors; /* free both */
  struct err err;
};
/* Runs it without a terminal, and keeps what it prints. */
void program_capture(struct runtime *runtime, char *const *argv, char *const *environment,
                     int64_t timeout_ms, struct captured *captured);
void captured_fini(struct captured *captured);
