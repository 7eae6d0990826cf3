/* The interactive program. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"

/* Runs until the user quits or a signal ends it; returns the exit status. Takes the config. Ends
 * the runtime. */
int dashboard_run(struct runtime *runtime, struct config *config, const struct options *options);
