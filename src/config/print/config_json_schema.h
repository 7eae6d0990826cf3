/* A JSON Schema (draft 7) of the configuration, for editors: completion, help, and errors while
 * typing. Generated from the option tables; `stacktop config --check` finds more. */
#pragma once

#include "config/config_options.h"

#include <stdio.h>

void config_json_schema(FILE *out, const struct config_schema *schema);
