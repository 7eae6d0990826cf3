/* The interactive program. */
#pragma once

#include "app/options.h"
#include "app/runtime.h"

/* Runs until somebody leaves; the exit status. Takes the config. Ends the runtime. */
int dashboard_run(struct runtime *runtime, struct config *config, const struct options *options);
