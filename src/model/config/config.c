#include "model/config/config.h"

#include "core/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct config *config_new(void) {
  struct config *config = mem_new(sizeof *config);
  config->interval_ms = 2000;
  config->wall.every_ms = 60000;
  config->wall.rotate_ms = 10000;
  config->mouse = true;
  config->events = true;
  config->events_keep_ms = INT64_C(30) * 86400000;
  config->events_bytes = INT64_C(256) << 20;
  return config;
}

void config_free(struct config *config) {
  if (!config)
    return;
  for (size_t i = 0; i < config->all_count; i++)
    target_free(config->all[i]);
  free(config->all);
  free(config->targets);
  for (size_t i = 0; i < config->action_count; i++)
    own_action_free(config->actions[i]);
  free(config->actions);
  rules_fini(&config->rules);
  for (size_t i = 0; i < config->log_filter_count; i++) {
    free(config->log_filters[i].name);
    free(config->log_filters[i].help);
    log_filter_free(config->log_filters[i].filter);
    free(config->log_filters[i].origins);
  }
  free(config->log_filters);
  free(config->layout);
  for (size_t i = 0; i < config->key_count; i++)
    key_setting_fini(&config->keys[i]);
  free(config->keys);
  for (size_t i = 0; i < config->file_count; i++)
    free(config->files[i]);
  free(config->files);
  for (size_t i = 0; i < config->option_count; i++)
    option_value_fini(&config->options[i]);
  free(config->options);
  free(config->path);
  free(config->name);
  free(config->environment);
  free(config->theme);
  free(config->state);
  for (size_t i = 0; i < config->wall.run_count; i++)
    free(config->wall.run[i]);
  free(config->wall.run);
  free(config);
}

void config_add(struct config *config, struct target *target) {
  config->targets =
      mem_resize(config->targets, (config->target_count + 1) * sizeof *config->targets);
  config->targets[config->target_count++] = target;
  config->all = mem_resize(config->all, (config->all_count + 1) * sizeof *config->all);
  config->all[config->all_count++] = target;
  target->config = config;
}

bool config_is_production(const struct config *config) {
  static const char *const words[] = {"production", "prod", "live"};
  for (const char *at = config->environment; at && *at;) {
    size_t length = 0;
    while (isalpha((unsigned char)at[length]))
      length++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
      if (length == strlen(words[i]) && strncasecmp(at, words[i], length) == 0)
        return true;
    at += length ? length : 1;
  }
  return false;
}

const struct target *target_beside(const struct target *target, const char *name) {
  const struct config *config = target->config;
  if (strcmp(target->name, name) == 0)
    return target;
  for (size_t i = 0; config && i < config->all_count; i++)
    if (config->all[i]->kind == target->kind && strcmp(config->all[i]->name, name) == 0)
      return config->all[i];
  return NULL;
}
