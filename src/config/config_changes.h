/* Which options of the file two configurations differ in. */
#pragma once

#include "config/config_options.h"

/* Whether the option has another value in the two; what is not set has its default. */
bool config_option_changes(const struct config *a, const struct config *b,
                           enum config_option option);
