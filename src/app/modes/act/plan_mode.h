/* `stacktop plan`: shows what an action would do, without doing it. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"
#include "model/config/config.h"

/* Returns the exit status: 0 plan made, 1 no plan, 64 invalid words. Takes the config. Ends the
 * runtime. */
int plan_run(struct runtime *runtime, struct config *config, const struct options *options);
