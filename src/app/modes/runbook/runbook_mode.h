/* `stacktop runbook`: list, show, run, runs, resume, abandon. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"

/* A run that is not over, as an exit status. */
enum { EXIT_RUNBOOK_UNKNOWN = 2, EXIT_RUNBOOK_WAITS = 3 };

/* Takes the config. Returns the exit status. */
int runbook_mode_run(struct runtime *runtime, struct config *config, const struct options *options);
