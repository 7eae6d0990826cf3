/* `stacktop config`: what is in effect and where it comes from; --check, --default, --schema. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"
#include "app/startup/schema.h"

/* --default and --schema, which need no configuration. Each returns the exit status. */
int config_mode_start(const struct options *options, const struct app_schema *schema);
int config_mode_run(struct runtime *runtime, const struct config *config,
                    const struct options *options, const struct app_schema *schema);
