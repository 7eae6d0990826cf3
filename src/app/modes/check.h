/* `stacktop check`: collects every target once, all at the same time, or repeatedly for --duration,
 * and prints a report. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"

/* Returns the exit status: that of the worst finding, at least UNKNOWN when the report cannot be
 * written; 64 (--plugin: 3) when --only names nothing. Takes the config. Ends the runtime. */
int check_run(struct runtime *runtime, struct config *config, const struct options *options);
