/* `stacktop logs`: prints log lines, merged by time. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"

/* The exit status, like grep's: lines were printed, none matched, something could not be read. */
enum { LOGS_PRINTED = 0, LOGS_NONE = 1, LOGS_TROUBLE = 2 };

/* Takes the config; ends the runtime. */
int logs_run(struct runtime *runtime, struct config *config, const struct options *options);
