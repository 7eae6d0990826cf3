#include "config/config_rules.h"

#include "config/config_option.h"
#include "core/mem.h"
#include "core/quantity.h"
#include "core/text/names.h"
#include "core/text/suggest.h"

#include <stdlib.h>
#include <string.h>

static bool limit_read(struct config_yaml *yaml, const struct column_spec *column, const char *name,
                       const yaml_node_t *node, double *limit) {
  char *text = config_yaml_text(yaml, node, name);
  if (!text)
    return false;
  struct err err;
  bool good = quantity_parse_in(column->unit, text, limit, &err);
  if (!good)
    config_yaml_error(yaml, node, "%s of %s: %s", name, column->metric, err.text);
  free(text);
  return good;
}

static void note_unknown_part(struct config_yaml *yaml, const yaml_node_t *key,
                              const char *metric) {
  struct suggestion near = {0};
  for (size_t i = 0; i < THRESHOLD_OPTION_COUNT; i++)
    suggest_consider(&near, config_yaml_key(key), threshold_options[i].name);
  config_yaml_error(yaml, key, "unknown key \"%s\" in the threshold of %s%s%s",
                    config_yaml_key(key), metric, suggest_text(&near),
                    near.best ? "" : " (known: warn, crit, for, below, clear, clear_for)");
}

static void part_read(struct config_yaml *yaml, const struct column_spec *column,
                      const yaml_node_t *key, const yaml_node_t *value,
                      struct threshold *threshold) {
  int part = config_option_find(threshold_options, THRESHOLD_OPTION_COUNT, config_yaml_key(key));
  struct option_value parsed = {0};
  switch (part) {
  case THRESHOLD_WARN:
    threshold->has_warn = limit_read(yaml, column, "warn", value, &threshold->warn);
    return;
  case THRESHOLD_CRIT:
    threshold->has_crit = limit_read(yaml, column, "crit", value, &threshold->crit);
    return;
  case THRESHOLD_FOR:
    if (config_option_read(yaml, &threshold_options[part], value, &parsed))
      threshold->for_ms = parsed.number;
    break;
  case THRESHOLD_BELOW:
    if (config_option_read(yaml, &threshold_options[part], value, &parsed))
      threshold->below = parsed.number;
    break;
  case THRESHOLD_CLEAR:
    threshold->has_clear = limit_read(yaml, column, "clear", value, &threshold->clear);
    return;
  case THRESHOLD_CLEAR_FOR:
    if (config_option_read(yaml, &threshold_options[part], value, &parsed))
      threshold->clear_for_ms = parsed.number;
    break;
  default:
    note_unknown_part(yaml, key, column->metric);
  }
  option_value_fini(&parsed);
}

static bool is_off(const yaml_node_t *node) {
  return node->type == YAML_SCALAR_NODE &&
         strcmp((const char *)node->data.scalar.value, "off") == 0;
}

static const yaml_node_t *part_find(struct config_yaml *yaml, const yaml_node_t *mapping,
                                    const char *name) {
  const yaml_node_t *key, *value;
  for (size_t i = 0; config_yaml_pair(yaml, mapping, i, &key, &value); i++)
    if (strcmp(config_yaml_key(key), name) == 0)
      return value;
  return NULL;
}

static void check_limits(struct config_yaml *yaml, const yaml_node_t *mapping,
                         const struct column_spec *column, const struct threshold *threshold) {
  const yaml_node_t *warn = part_find(yaml, mapping, "warn");
  const yaml_node_t *crit = part_find(yaml, mapping, "crit");
  if (!warn && !crit && !yaml->exhausted)
    config_yaml_error(
        yaml, mapping,
        "the threshold of %s has neither warn nor crit; to disable it write `%s: off`",
        column->metric, column->metric);
  const yaml_node_t *clear = part_find(yaml, mapping, "clear");
  const double first = threshold->has_warn ? threshold->warn : threshold->crit;
  if (clear && threshold->has_clear && (threshold->has_warn || threshold->has_crit) &&
      (threshold->below ? threshold->clear < first : threshold->clear > first))
    config_yaml_error(yaml, clear, "clear of %s must not be %s %s", column->metric,
                      threshold->below ? "below" : "above", threshold->has_warn ? "warn" : "crit");
  if (!threshold->has_warn || !threshold->has_crit || !warn)
    return;
  if (threshold->below ? threshold->warn < threshold->crit : threshold->warn > threshold->crit)
    config_yaml_error(yaml, warn, "warn of %s must be %s crit", column->metric,
                      threshold->below ? "above" : "below");
}

static bool is_of(const struct config_schema *schema, size_t metric,
                  const struct target_kind *kind) {
  return !kind || schema->metric_kinds[metric] == kind;
}

static void note_unknown_metric(struct config_yaml *yaml, const struct config_schema *schema,
                                const struct target_kind *kind, const yaml_node_t *key) {
  const char *name = config_yaml_key(key);
  const char *of = kind ? " of " : "", *whose = kind ? kind->key : "";
  struct suggestion near = {0};
  for (size_t i = 0; i < schema->metric_count; i++)
    if (is_of(schema, i, kind))
      suggest_consider(&near, name, schema->metrics[i]->metric);
  if (near.best) {
    config_yaml_error(yaml, key, "unknown metric \"%s\"%s%s%s", name, of, whose,
                      suggest_text(&near));
    return;
  }
  /* Without a similar name: those of the same family ("redis."), otherwise all that fit. */
  size_t family = strcspn(name, ".") + 1;
  struct names known = {0};
  for (int pass = 0; pass < 2 && known.used == 0; pass++)
    for (size_t i = 0; i < schema->metric_count; i++) {
      const char *metric = schema->metrics[i]->metric;
      if (is_of(schema, i, kind) && (pass > 0 || strncmp(metric, name, family) == 0))
        names_add(&known, metric);
    }
  config_yaml_error(yaml, key, "unknown metric \"%s\"%s%s (known: %s)", name, of, whose,
                    names_end(&known, "`stacktop config --default`"));
}

static const struct column_spec *metric_find(const struct config_schema *schema,
                                             const struct target_kind *kind, const char *name) {
  for (size_t i = 0; i < schema->metric_count; i++)
    if (is_of(schema, i, kind) && strcmp(schema->metrics[i]->metric, name) == 0)
      return schema->metrics[i];
  return NULL;
}

static void rule_read(struct config_yaml *yaml, const struct column_spec *column,
                      const yaml_node_t *node, struct rules *rules) {
  /* Only values that are written count; the metric determines which side is bad. */
  struct threshold threshold = {.below = column->threshold.below};
  if (!is_off(node)) {
    if (!config_yaml_mapping(yaml, node, column->metric))
      return;
    const yaml_node_t *key, *value;
    for (size_t i = 0; config_yaml_pair(yaml, node, i, &key, &value); i++)
      part_read(yaml, column, key, value, &threshold);
    check_limits(yaml, node, column, &threshold);
  }
  for (size_t i = 0; i < rules->count; i++)
    if (strcmp(rules->items[i].metric, column->metric) == 0) { /* of an included file */
      rules->items[i].threshold = threshold;
      rules->items[i].origin = config_yaml_origin(yaml, node, 0);
      return;
    }
  rules->items = mem_resize(rules->items, (rules->count + 1) * sizeof *rules->items);
  rules->items[rules->count++] = (struct rule){.metric = mem_dup(column->metric),
                                               .threshold = threshold,
                                               .origin = config_yaml_origin(yaml, node, 0)};
}

void config_rules_read(struct config_yaml *yaml, const struct config_schema *schema,
                       const struct target_kind *kind, const yaml_node_t *mapping,
                       struct rules *rules) {
  if (config_yaml_is_null(mapping)) /* every entry commented out */
    return;
  if (!config_yaml_mapping(yaml, mapping, config_thresholds_key))
    return;
  const yaml_node_t *key, *value;
  for (size_t i = 0; config_yaml_pair(yaml, mapping, i, &key, &value); i++) {
    const struct column_spec *column = metric_find(schema, kind, config_yaml_key(key));
    if (column)
      rule_read(yaml, column, value, rules);
    else
      note_unknown_metric(yaml, schema, kind, key);
  }
}
