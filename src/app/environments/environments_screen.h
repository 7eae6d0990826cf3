/* The dashboard of several environments: the list, which starts a process for each, and lends the
 * terminal to the one that a person opens. */
#pragma once

#include "app/environments/environment_find.h"
#include "app/runtime/runtime.h"

/* Ends the runtime; returns the exit status. */
int environments_screen_run(struct runtime *runtime, const struct environment_files *files,
                            const struct options *options);
