/* The thresholds of a configuration. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

/* Parses {metric: {warn, crit, for, below}} or {metric: off} into rules. kind: of the target that
 * they belong to, which has only metrics of that kind; NULL for those of the whole file. */
void config_rules_read(struct config_yaml *yaml, const struct config_schema *schema,
                       const struct target_kind *kind, const yaml_node_t *mapping,
                       struct rules *rules);
