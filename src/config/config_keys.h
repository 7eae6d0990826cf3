/* `keys:` of a configuration: NAME: KEY, NAME: [KEY, ...] or NAME: none. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

void config_keys_read(struct config_yaml *yaml, const yaml_node_t *mapping, struct config *config);
/* When everything is read: which keys the actions have is known then. */
void config_keys_check(struct config_errors *errors, const struct config_schema *schema,
                       const struct config *config);
