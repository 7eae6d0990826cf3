/* `stacktop show`: a page without a screen. */
#pragma once

#include "app/runtime/runtime.h"
#include "app/startup/options.h"
#include "model/config/config.h"

/* Lists the pages. Returns the exit status. */
int show_list(const struct options *options);
/* Opens the page that the words name, collects it once or for the duration, prints it. Takes the
 * config and closes the runtime; returns the exit status. */
int show_run(struct runtime *runtime, struct config *config, const struct options *options);
