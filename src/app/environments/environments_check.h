/* `check`, `status` and `config --check` of several environments. */
#pragma once

#include "app/environments/environment_find.h"

/* Each returns the exit status: that of the worst, where an environment whose status is not known
 * is UNKNOWN; of config_check 78 if any of them has an error. */
int environments_check(const struct environment_files *files, const struct options *options);
int environments_status(const struct environment_files *files, const struct options *options);
int environments_config_check(const struct environment_files *files, const struct options *options);
