#include "config/config_option.h"

#include "config/config_literal.h"
#include "core/mem.h"
#include "core/text/names.h"
#include "core/text/suggest.h"

#include <stdlib.h>
#include <string.h>

struct origin *config_option_origins(const struct option_value *values, size_t count) {
  struct origin *origins = mem_new(count * sizeof *origins);
  for (size_t i = 0; i < count; i++)
    origins[i] = values[i].origin;
  return origins;
}

int config_option_find(const struct option *options, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(options[i].name, name) == 0)
      return (int)i;
  return -1;
}

/* Remembers the first secret of the file, for its permissions. */
static void secret_see(struct config_yaml *yaml, const struct option *option, const char *name,
                       const yaml_node_t *node) {
  if (yaml->secret || node->type != YAML_SCALAR_NODE ||
      !config_text_is_secret(option, name, (const char *)node->data.scalar.value))
    return;
  yaml->secret = node;
  yaml->secret_of = name ? name : option->name;
}

static void value_push(struct option_value *value, char *name, char *item) {
  size_t size = (value->item_count + 1) * sizeof(char *);
  value->items = mem_resize(value->items, size);
  value->items[value->item_count] = item;
  if (name) {
    value->names = mem_resize(value->names, size);
    value->names[value->item_count] = name;
  }
  value->item_count++;
}

static bool list_read(struct config_yaml *yaml, const struct option *option,
                      const yaml_node_t *node, struct option_value *value) {
  if (!config_yaml_list(yaml, node, option->name))
    return false;
  bool good = true;
  const yaml_node_t *item;
  for (size_t i = 0; (item = config_yaml_item(yaml, node, i)); i++) {
    struct err err;
    char *text = config_yaml_text_by(yaml, item, option->name, &value->origin.by);
    secret_see(yaml, option, NULL, item);
    const bool right = text && (!option->check || option->check(text, &err));
    if (text && !right)
      config_yaml_error(yaml, item, "%s: %s", option->name, err.text);
    if (text)
      value_push(value, NULL, text);
    good = good && right;
  }
  return good && !yaml->exhausted;
}

/* Whether a MAP accepts that name; otherwise notes the error. */
static bool choice_check(struct config_yaml *yaml, const struct option *option,
                         const yaml_node_t *key) {
  const char *name = config_yaml_key(key);
  struct suggestion near = {0};
  struct names known = {0};
  for (const char *const *choice = option->choices; choice && *choice; choice++) {
    if (strcmp(*choice, name) == 0)
      return true;
    suggest_consider(&near, name, *choice);
    names_add(&known, *choice);
  }
  if (option->choices)
    config_yaml_error(yaml, key, "unknown name \"%s\" in %s%s (known: %s)", name, option->name,
                      suggest_text(&near), names_end(&known, "`stacktop config --default`"));
  return !option->choices;
}

static bool map_read(struct config_yaml *yaml, const struct option *option, const yaml_node_t *node,
                     struct option_value *value) {
  if (!config_yaml_mapping(yaml, node, option->name))
    return false;
  bool good = true;
  const yaml_node_t *key, *item;
  for (size_t i = 0; config_yaml_pair(yaml, node, i, &key, &item); i++) {
    struct err err;
    bool known = choice_check(yaml, option, key);
    if (known && option->check_name && !option->check_name(config_yaml_key(key), &err)) {
      config_yaml_error(yaml, key, "%s: %s", option->name, err.text);
      known = false;
    }
    char *text = config_yaml_text_by(yaml, item, config_yaml_key(key), &value->origin.by);
    secret_see(yaml, option, config_yaml_key(key), item);
    bool right = !text || !option->check || option->check(text, &err);
    if (text && right && known && option->check_item)
      right = option->check_item(config_yaml_key(key), text, &err);
    if (!right)
      config_yaml_error(yaml, item, "%s of %s: %s", option->name, config_yaml_key(key), err.text);
    if (text)
      value_push(value, mem_dup(config_yaml_key(key)), text);
    good = good && known && text && right;
  }
  return good && !yaml->exhausted;
}

static bool scalar_read(struct config_yaml *yaml, const struct option *option,
                        const yaml_node_t *node, struct option_value *value) {
  char *text = config_yaml_text_by(yaml, node, option->name, &value->origin.by);
  if (!text)
    return false;
  secret_see(yaml, option, NULL, node);
  struct err err;
  bool good = option_parse(option, text, value, &err);
  if (!good)
    config_yaml_error(yaml, node, "%s: %s", option->name, err.text);
  free(text);
  return good;
}

bool config_option_read(struct config_yaml *yaml, const struct option *option,
                        const yaml_node_t *node, struct option_value *value) {
  option_value_fini(value);
  bool good = option->type == OPTION_LIST  ? list_read(yaml, option, node, value)
              : option->type == OPTION_MAP ? map_read(yaml, option, node, value)
                                           : scalar_read(yaml, option, node, value);
  value->set = good;
  value->origin = config_yaml_origin(yaml, node, value->origin.by);
  return good;
}
