/* `actions:` as YAML. */
#pragma once

#include "model/config/config.h"

#include <stdio.h>

/* Those of the configuration; ${VAR} is as in the file, and what looks like a secret is
 * "***". */
struct dump; /* config/print/config_dump_line.h */
void config_own_dump(const struct dump *dump);
/* Two to start from, disabled: a program and a statement, each key with its help. */
void config_own_default(FILE *out);
