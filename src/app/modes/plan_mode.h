/* `stacktop plan`: what would be done, and nothing is. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"
#include "model/config.h"

/* Returns the exit status: 0 there is a plan, 1 there is none, 64 bad words. Takes the config. Ends
 * the runtime. */
int plan_run(struct runtime *runtime, struct config *config, const struct options *options);
