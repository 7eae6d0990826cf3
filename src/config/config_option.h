/* Options from YAML nodes. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

/* Parses the node for `option`; false with the errors noted. `value` is empty or holds the
 * default. */
bool config_option_read(struct config_yaml *yaml, const struct option *option,
                        const yaml_node_t *node, struct option_value *value);
/* Where the values are from, for the caller to free. */
struct origin *config_option_origins(const struct option_value *values, size_t count);
/* The index of the option with that name, or -1. */
int config_option_find(const struct option *options, size_t count, const char *name);
