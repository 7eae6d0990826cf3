#include "config/config_log_filters.h"

#include "config/config_option.h"
#include "core/mem.h"
#include "core/text/names.h"
#include "core/text/suggest.h"

#include <stdlib.h>
#include <string.h>

static void note_unknown(struct config_yaml *yaml, const yaml_node_t *key) {
  const char *name = config_yaml_key(key);
  struct suggestion near = {0};
  struct names known = {0};
  for (size_t i = 0; i < LOG_FILTER_OPTION_COUNT; i++) {
    suggest_consider(&near, name, log_filter_options[i].name);
    names_add(&known, log_filter_options[i].name);
  }
  config_yaml_error(yaml, key, "unknown key \"%.60s\" in %s%s%s%s%s", name, config_log_filters_key,
                    suggest_text(&near), near.best ? "" : " (known: ",
                    near.best ? "" : names_end(&known, "`stacktop config --default`"),
                    near.best ? "" : ")");
}

/* NULL with the error noted. */
static struct log_filter *filter_make(struct config_yaml *yaml, const yaml_node_t *node,
                                      const struct option_value *values) {
  struct err err;
  const char *level = values[LOG_FILTER_LEVEL].text;
  const struct log_filter_spec spec = {
      .grep = values[LOG_FILTER_GREP].text,
      .exclude = values[LOG_FILTER_EXCLUDE].text,
      .level = level ? log_level_parse(level, strlen(level)) : LOG_LEVEL_NONE,
      .conditions = (const char *const *)values[LOG_FILTER_FIELDS].items,
      .condition_count = values[LOG_FILTER_FIELDS].item_count,
      .source = values[LOG_FILTER_SOURCE].text,
  };
  struct log_filter *filter = log_filter_new(&spec, &err);
  if (!filter)
    config_yaml_error(yaml, node, "%s: %s", config_log_filters_key, err.text);
  return filter;
}

static bool name_check(struct config_yaml *yaml, const yaml_node_t *node, const char *name,
                       const struct config *config) {
  if (!name) {
    config_yaml_error(yaml, node, "missing key \"name\" in %s: %s", config_log_filters_key,
                      log_filter_options[LOG_FILTER_NAME].help);
    return false;
  }
  for (size_t i = 0; i < config->log_filter_count; i++)
    if (strcmp(config->log_filters[i].name, name) == 0) {
      config_yaml_error(yaml, node, "%s has two filters named \"%s\"; names must be unique",
                        config_log_filters_key, name);
      return false;
    }
  return true;
}

static void filter_read(struct config_yaml *yaml, const yaml_node_t *node, struct config *config) {
  if (!config_yaml_mapping(yaml, node, config_log_filters_key))
    return;
  struct option_value values[LOG_FILTER_OPTION_COUNT] = {0};
  const yaml_node_t *key, *value;
  bool good = true;
  for (size_t i = 0; config_yaml_pair(yaml, node, i, &key, &value); i++) {
    const int option =
        config_option_find(log_filter_options, LOG_FILTER_OPTION_COUNT, config_yaml_key(key));
    if (option < 0)
      note_unknown(yaml, key);
    else
      good = config_option_read(yaml, &log_filter_options[option], value, &values[option]) && good;
  }
  struct log_filter *filter = good && name_check(yaml, node, values[LOG_FILTER_NAME].text, config)
                                  ? filter_make(yaml, node, values)
                                  : NULL;
  if (filter) {
    config->log_filters = mem_resize(config->log_filters,
                                     (config->log_filter_count + 1) * sizeof *config->log_filters);
    config->log_filters[config->log_filter_count++] = (struct log_saved){
        .name = mem_dup(values[LOG_FILTER_NAME].text),
        .help = values[LOG_FILTER_HELP].text ? mem_dup(values[LOG_FILTER_HELP].text) : NULL,
        .filter = filter,
        .since_ms = values[LOG_FILTER_SINCE].number,
        .origins = config_option_origins(values, LOG_FILTER_OPTION_COUNT)};
  }
  for (size_t i = 0; i < LOG_FILTER_OPTION_COUNT; i++)
    option_value_fini(&values[i]);
}

void config_log_filters_read(struct config_yaml *yaml, const yaml_node_t *list,
                             struct config *config) {
  if (config_yaml_is_null(list)) /* every entry commented out */
    return;
  if (!config_yaml_list(yaml, list, config_log_filters_key))
    return;
  const yaml_node_t *item;
  for (size_t i = 0; (item = config_yaml_item(yaml, list, i)); i++)
    filter_read(yaml, item, config);
}
