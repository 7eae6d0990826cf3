/* `stacktop incident open|list|show|note|status|severity|role|close|export`: incidents without a
 * screen. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"

/* Status 0: done; 1: it was not, with the reason on stderr; 64: the words mean nothing. Takes the
 * config. Ends the runtime. */
int incident_mode_run(struct runtime *runtime, struct config *config,
                      const struct options *options);
