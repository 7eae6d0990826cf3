/* A line of `stacktop config`: the value, and where it comes from. */
#pragma once

#include "config/config_options.h"

#include <stdio.h>

struct config_dump_effects; /* config/print/config_dump.h */

/* Where the output goes, and whether it names origins. */
struct dump {
  FILE *out;
  const struct config *config;
  const struct config_schema *schema;
  const struct config_dump_effects *effects; /* NULL: without origins */
};

/* "  # ecap.yaml:9, by ${...} of the environment", and the end of the line. NULL: the default. */
void config_dump_line_end(const struct dump *dump, const struct origin *origin);
