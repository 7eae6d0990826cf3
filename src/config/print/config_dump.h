/* The configuration as YAML: the loaded one, and the default one. */
#pragma once

#include "config/config_options.h"

#include <stdio.h>

/* The loaded configuration with defaults filled in, and every secret as "***" (config_mask.h). It
 * can be loaded again, except for the secrets. */
void config_dump(FILE *out, const struct config *config, const struct config_schema *schema);

/* The same with defaults of the file and of metrics, and after each value where it comes from:
 * "# ecap.yaml:9, ${VAR}". */
struct config_dump_effects {
  const char *read_only_by; /* "--read-only"; NULL: by the configuration alone */
  const char *theme_by;     /* "--theme", with the theme below; NULL: not on the command line */
  const char *theme;
  const char *state; /* the directory that is used; NULL: none is known */
  /* Lines about what else has an effect, such as "mouse: false, by -M"; ended with NULL. */
  const char *const *others;
};
void config_dump_origins(FILE *out, const struct config *config, const struct config_schema *schema,
                         const struct config_dump_effects *effects);

/* A configuration to start from: every option with its help; "##" begins a comment, "#" disables a
 * setting. It can be loaded as it is, and with any "#" removed. */
void config_print_default(FILE *out, const struct config_schema *schema);
