/* The saved filters of logs: `log_filters`. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

void config_log_filters_read(struct config_yaml *yaml, const yaml_node_t *list,
                             struct config *config);
