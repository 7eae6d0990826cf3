/* Values as YAML scalars that the loader reads back unchanged. */
#pragma once

#include "model/table.h"

#include <stdio.h>

/* Plain if that is safe, otherwise in double quotes with escapes; "${" is written "$${". */
void config_print_text(FILE *out, const char *text);
/* The same for the text of a file, in which ${VAR} is not yet expanded: it stays as it is. */
void config_print_source(FILE *out, const char *text);
/* In the largest unit that divides it: 90000 is "90s", 120000 is "2m". */
void config_print_duration(FILE *out, int64_t ms);
/* "80%", "5m", "2GB", "10000". */
void config_print_limit(FILE *out, double limit, enum unit unit);
/* "{warn: 80%, crit: 90%, for: 5m}", or "off". */
void config_print_threshold(FILE *out, const struct threshold *threshold, enum unit unit);
