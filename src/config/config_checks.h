/* `checks:` of a target: SQL whose result is judged. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

/* Adds all checks of the list to the target; the errors are noted. */
void config_checks_read(struct config_yaml *yaml, const yaml_node_t *list, struct target *target);
