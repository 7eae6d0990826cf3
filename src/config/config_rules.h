/* The thresholds of a configuration. */
#pragma once

#include "config/config_options.h"
#include "config/config_yaml.h"

/* {metric: {warn, crit, for, below}}, or {metric: off}, into rules. kind: of the target whose own
 * they are, which has no other metrics; NULL for those of the whole file. */
void config_rules_read(struct config_yaml *yaml, const struct config_schema *schema,
                       const struct target_kind *kind, const yaml_node_t *mapping,
                       struct rules *rules);

/* A limit as its unit wants it: "80%" or "0.8" of a ratio, "5m" of seconds, "2GB" of bytes, "10000"
 * of a count; false with err otherwise. */
bool config_limit_parse(enum unit unit, const char *text, double *limit,
                        struct err *err) MUST_CHECK;
