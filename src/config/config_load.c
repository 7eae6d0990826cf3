#include "config/config_load.h"

#include "config/config_log_filters.h"
#include "config/config_option.h"
#include "config/config_rules.h"
#include "config/config_target.h"
#include "config/own/config_own.h"
#include "config/own/config_own_options.h"
#include "core/mem.h"
#include "core/suggest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct target_kind *kind_of_key(const struct config_schema *schema, const char *key) {
  for (size_t i = 0; i < schema->kind_count; i++)
    if (strcmp(schema->kinds[i]->key, key) == 0)
      return schema->kinds[i];
  return NULL;
}

static void note_unknown(struct config_yaml *yaml, const struct config_schema *schema,
                         const yaml_node_t *key) {
  const char *name = config_yaml_key(key);
  struct suggestion near = {0};
  for (size_t i = 0; i < CONFIG_OPTION_COUNT; i++)
    suggest_consider(&near, name, config_options[i].name);
  for (size_t i = 0; i < schema->kind_count; i++)
    suggest_consider(&near, name, schema->kinds[i]->key);
  suggest_consider(&near, name, config_thresholds_key);
  suggest_consider(&near, name, config_log_filters_key);
  suggest_consider(&near, name, config_actions_key);
  config_yaml_error(yaml, key, "unknown key \"%s\"%s%s", name, suggest_text(&near),
                    near.best ? "" : " (`stacktop config --default` lists all keys)");
}

static void theme_check(struct config_yaml *yaml, const struct config_schema *schema,
                        const yaml_node_t *node, const struct option_value *theme) {
  struct err err;
  if (schema->theme_check && theme->set && *theme->text && !schema->theme_check(theme->text, &err))
    config_yaml_error(yaml, node, "%s: %s", config_options[CONFIG_THEME].name, err.text);
}

static void entry_read(struct config_yaml *yaml, const struct config_schema *schema,
                       const yaml_node_t *key, const yaml_node_t *value, struct option_value *own,
                       struct config *config) {
  const char *name = config_yaml_key(key);
  int option = config_option_find(config_options, CONFIG_OPTION_COUNT, name);
  const struct target_kind *kind = kind_of_key(schema, name);
  if (option >= 0)
    config_option_read(yaml, &config_options[option], value, &own[option]);
  else if (kind)
    config_targets_read(yaml, schema, kind, value, config);
  else if (strcmp(name, config_thresholds_key) == 0)
    config_rules_read(yaml, schema, NULL, value, &config->rules);
  else if (strcmp(name, config_log_filters_key) == 0)
    config_log_filters_read(yaml, value, config);
  else if (strcmp(name, config_actions_key) != 0) /* document_read reads them last */
    note_unknown(yaml, schema, key);
  if (option == CONFIG_THEME)
    theme_check(yaml, schema, value, &own[option]);
}

/* "/etc/stacktop/ecap.yaml" is "ecap". */
static char *name_of_path(const char *path) {
  const char *slash = strrchr(path, '/');
  char *name = mem_dup(slash ? slash + 1 : path);
  char *dot = strrchr(name, '.');
  if (dot && dot != name)
    *dot = '\0';
  return name;
}

static char *text_or_null(const struct option_value *value) {
  return value->text && *value->text ? mem_dup(value->text) : NULL;
}

static void options_take(struct config *config, const struct option_value *own) {
  config->name = text_or_null(&own[CONFIG_NAME]);
  if (!config->name)
    config->name = name_of_path(config->path);
  config->environment = text_or_null(&own[CONFIG_ENVIRONMENT]);
  config->theme = text_or_null(&own[CONFIG_THEME]);
  config->state = text_or_null(&own[CONFIG_STATE]);
  config->read_only = own[CONFIG_READ_ONLY].number;
  config->audit_syslog = own[CONFIG_AUDIT_SYSLOG].number;
  if (own[CONFIG_INTERVAL].number > 0)
    config->interval_ms = own[CONFIG_INTERVAL].number;
  for (size_t i = 0; i < config->target_count; i++) {
    struct target *target = config->targets[i];
    target_settle_interval(target, config->interval_ms);
    if (target->timeout_ms == 0)
      target->timeout_ms = own[CONFIG_TIMEOUT].number;
  }
}

/* Only of a file without other errors, which would be the cause of these. */
static void targets_check(struct config_yaml *yaml, const struct config *config) {
  const bool clean = yaml->errors->count == 0;
  for (size_t i = 0; clean && i < config->all_count; i++) {
    const struct target *target = config->all[i];
    struct err err;
    if (target->kind->check && !target->kind->check(target, &err))
      config_errors_add(yaml->errors, target->line, target->column, "%s \"%s\": %s",
                        target->kind->key, target->name, err.text);
  }
}

static void document_read(struct config_yaml *yaml, const struct config_schema *schema,
                          struct config *config) {
  const yaml_node_t *root = config_yaml_root(yaml);
  if (!config_yaml_mapping(yaml, root, "the configuration"))
    return;
  struct option_value own[CONFIG_OPTION_COUNT] = {0};
  const yaml_node_t *key, *value;
  for (size_t i = 0; config_yaml_pair(yaml, root, i, &key, &value); i++)
    entry_read(yaml, schema, key, value, own, config);
  for (size_t i = 0; config_yaml_pair(yaml, root, i, &key, &value); i++)
    if (strcmp(config_yaml_key(key), config_actions_key) == 0)
      config_own_read(yaml, schema, value, config); /* the targets are known */
  options_take(config, own);
  targets_check(yaml, config);
  for (size_t i = 0; i < CONFIG_OPTION_COUNT; i++)
    option_value_fini(&own[i]);
  if (config->target_count == 0 && yaml->errors->count == 0)
    config_yaml_error(yaml, root, "no targets; add one to %s or to another list",
                      schema->kind_count ? schema->kinds[0]->key : "one");
}

struct config *config_parse(const char *path, const char *text, size_t len,
                            const struct config_schema *schema, struct config_errors *errors) {
  struct config_yaml yaml;
  if (!config_yaml_init(&yaml, text, len, errors))
    return NULL;
  struct config *config = config_new();
  config->path = mem_dup(path);
  document_read(&yaml, schema, config);
  config_yaml_fini(&yaml);
  if (errors->count == 0)
    return config;
  config_errors_sort(errors);
  config_free(config);
  return NULL;
}

/* Reads one byte more than the limit, to detect a longer file. */
static char *file_read(int fd, size_t *len) {
  char *text = mem_new(CONFIG_FILE_MAX + 2);
  *len = 0;
  while (*len <= CONFIG_FILE_MAX) {
    ssize_t got = read(fd, text + *len, CONFIG_FILE_MAX + 1 - *len);
    if (got == 0)
      return text;
    if (got > 0)
      *len += (size_t)got;
    else if (errno != EINTR)
      break;
  }
  if (*len > CONFIG_FILE_MAX)
    return text;
  free(text);
  return NULL;
}

struct config *config_load(const char *path, const struct config_schema *schema,
                           struct config_errors *errors) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t len = 0;
  char *text = fd >= 0 ? file_read(fd, &len) : NULL;
  if (!text)
    config_errors_add(errors, 0, 0, "cannot read the file: %s", strerror(errno));
  if (fd >= 0)
    close(fd);
  struct config *config = text ? config_parse(path, text, len, schema, errors) : NULL;
  free(text);
  return config;
}
