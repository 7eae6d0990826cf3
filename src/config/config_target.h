/* The targets of a configuration. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

enum { TARGET_NAME_MAX = 64 }; /* bytes */

/* Adds all targets of one kind to the config. Interval and timeout stay 0 if unset. */
void config_targets_read(struct config_yaml *yaml, const struct config_schema *schema,
                         const struct target_kind *kind, const yaml_node_t *list,
                         struct config *config);
