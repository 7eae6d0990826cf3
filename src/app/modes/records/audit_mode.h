/* `stacktop audit`: lists the actions that were run. */
#pragma once

#include "app/startup/options.h"
#include "model/config/config.h"

/* Returns the exit status: 0, 1 when the file cannot be read, 64 for a bad --since. Does not take
 * the config. */
int audit_run(const struct config *config, const struct options *options);
