/* `stacktop watch`: what the dashboard does, without a screen: collects at each interval,
 * evaluates, prints events as they come, and notifies. For a service manager. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"

/* Until SIGTERM, SIGINT or SIGHUP: status 0; 1 if the events cannot be printed. Takes the config.
 * Ends the runtime. */
int watch_run(struct runtime *runtime, struct config *config, const struct options *options);
