/* `stacktop init`: writes a first configuration. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"
#include "app/startup/schema.h"

/* Returns the exit status. The caller ends the runtime. */
int init_run(struct runtime *runtime, const struct options *options,
             const struct app_schema *schema);
