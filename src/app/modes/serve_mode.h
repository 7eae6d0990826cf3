/* `stacktop serve --metrics`: collects like the dashboard, and answers Prometheus over HTTP. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"
#include "model/config/config.h"

/* Takes the configuration, ends the runtime, and returns the status. */
int serve_run(struct runtime *runtime, struct config *config, const struct options *options);
