/* Several environments in one run: -c more than once, or with a directory. */
#pragma once

#include "app/startup/options.h"

/* The dashboard, `check`, `status` and `config --check` take several; the other commands refuse
 * them, and say so. Returns the exit status. */
int environments_run(const struct options *options);
