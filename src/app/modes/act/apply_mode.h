/* `stacktop apply`: applies a plan once, after confirmation. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"
#include "model/config/config.h"

/* 0: done, or nothing left to do; 1: not done, or not recorded. */
enum { EXIT_OUTCOME_UNKNOWN = 2, EXIT_OUTCOME_PARTLY = 3 };

/* Returns the exit status. Takes the config. Ends the runtime. */
int apply_run(struct runtime *runtime, struct config *config, const struct options *options);
