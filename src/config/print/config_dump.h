/* The configuration as YAML: the loaded one, and the default one. */
#pragma once

#include "config/config_options.h"

#include <stdio.h>

/* The loaded configuration with defaults filled in, and every secret as "***" (config_mask.h). It
 * can be loaded again, except for the secrets. */
void config_dump(FILE *out, const struct config *config, const struct config_schema *schema);

/* A configuration to start from: every option with its help; "##" begins a comment, "#" disables a
 * setting. It can be loaded as it is, and with any "#" removed. */
void config_print_default(FILE *out, const struct config_schema *schema);
