#include "config/config_keys.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool key_add(struct config_yaml *yaml, const yaml_node_t *node,
                    struct key_setting *setting) {
  char *text = config_yaml_text(yaml, node, config_keys_key);
  if (!text)
    return false;
  setting->keys = mem_resize(setting->keys, (setting->key_count + 1) * sizeof *setting->keys);
  setting->keys[setting->key_count++] = text;
  return true;
}

/* The word none alone stands for no key: there is no key of that name. */
static bool setting_is_none(const struct key_setting *setting) {
  return setting->key_count == 1 && strcasecmp(setting->keys[0], "none") == 0;
}

static bool keys_read(struct config_yaml *yaml, const yaml_node_t *value,
                      struct key_setting *setting) {
  if (config_yaml_is_null(value)) {
    config_yaml_error(yaml, value, "%s: %s has no key; write none to have no key for it",
                      config_keys_key, setting->name);
    return false;
  }
  if (value->type != YAML_SEQUENCE_NODE)
    return key_add(yaml, value, setting);
  if (!config_yaml_list(yaml, value, config_keys_key))
    return false;
  const yaml_node_t *item;
  for (size_t i = 0; (item = config_yaml_item(yaml, value, i)); i++)
    if (!key_add(yaml, item, setting))
      return false;
  return true;
}

void config_keys_read(struct config_yaml *yaml, const yaml_node_t *mapping, struct config *config) {
  const yaml_node_t *key, *value;
  if (config_yaml_is_null(mapping)) /* every entry commented out */
    return;
  if (!config_yaml_mapping(yaml, mapping, config_keys_key))
    return;
  for (size_t i = 0; config_yaml_pair(yaml, mapping, i, &key, &value); i++) {
    struct key_setting setting = {.name = mem_dup(config_yaml_key(key)),
                                  .origin = config_yaml_origin(yaml, value, 0)};
    const bool good = keys_read(yaml, value, &setting);
    if (good && setting_is_none(&setting)) {
      free(setting.keys[0]);
      setting.key_count = 0;
    }
    if (!good) {
      key_setting_fini(&setting);
      continue;
    }
    config->keys = mem_resize(config->keys, (config->key_count + 1) * sizeof *config->keys);
    config->keys[config->key_count++] = setting;
  }
}

void config_keys_check(struct config_errors *errors, const struct config_schema *schema,
                       const struct config *config) {
  struct err err;
  for (size_t i = 0; schema->keys_check && i < config->key_count; i++) {
    const struct key_setting *setting = &config->keys[i];
    if (schema->keys_check(config, i, &err))
      continue;
    if (config->file_count > 1 && setting->origin.file)
      config_errors_enter(errors, setting->origin.file);
    config_errors_add(errors, setting->origin.line, setting->origin.column, "%s: %s: %s",
                      config_keys_key, setting->name, err.text);
  }
}
