/* The configuration as YAML: the loaded one, and the default one. */
#pragma once

#include "config/config_options.h"

#include <stdio.h>

/* What was loaded, with what was not set filled in, and every secret as "***" (config_mask.h). It
 * loads again, but for the secrets. */
void config_dump(FILE *out, const struct config *config, const struct config_schema *schema);

/* A configuration to begin with: every option with its help; "##" begins a remark, "#" a setting
 * that is switched off. It loads as it stands, and with any "#" removed. */
void config_print_default(FILE *out, const struct config_schema *schema);
