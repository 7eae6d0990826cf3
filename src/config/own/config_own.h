/* `actions:` of a configuration: programs and SQL statements of the operator's own. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

/* Adds all actions of the list to the config, whose targets have been read. */
void config_own_read(struct config_yaml *yaml, const struct config_schema *schema,
                     const yaml_node_t *list, struct config *config);
