/* `stacktop ack`, `stacktop silence` and `stacktop alarms`. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"
#include "model/config/config.h"

/* Returns the exit status. Takes the config, ends the runtime. */
int alarm_mode_run(struct runtime *runtime, struct config *config, const struct options *options);
