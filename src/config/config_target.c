#include "config/config_target.h"

#include "config/config_checks.h"
#include "config/config_option.h"
#include "config/config_rules.h"
#include "core/mem.h"
#include "core/text/names.h"
#include "core/text/suggest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A target while it is being read. */
struct draft {
  const struct config_schema *schema;
  const struct target_kind *kind;
  struct target *target;
  struct option_value common[TARGET_COMMON_COUNT];
  const yaml_node_t *name_node;
};

static void note_unknown(struct config_yaml *yaml, const struct target_kind *kind,
                         const yaml_node_t *key) {
  const char *name = config_yaml_key(key);
  if (strcmp(name, "<<") == 0) {
    config_yaml_error(yaml, key, "merge keys (<<) are not supported; write out the options");
    return;
  }
  struct suggestion near = {0};
  struct names known = {0};
  for (size_t i = 0; i < TARGET_COMMON_COUNT + kind->option_count; i++) {
    const char *option = i < TARGET_COMMON_COUNT ? target_common_options[i].name
                                                 : kind->options[i - TARGET_COMMON_COUNT].name;
    if (i < TARGET_COMMON_COUNT && !target_kind_takes(kind, (int)i))
      continue;
    suggest_consider(&near, name, option);
    names_add(&known, option);
  }
  suggest_consider(&near, name, config_thresholds_key);
  names_add(&known, config_thresholds_key);
  if (kind->has_checks) {
    suggest_consider(&near, name, config_checks_key);
    names_add(&known, config_checks_key);
  }
  if (near.best)
    config_yaml_error(yaml, key, "unknown key \"%s\" in %s%s", name, kind->key,
                      suggest_text(&near));
  else
    config_yaml_error(yaml, key, "unknown key \"%s\" in %s (known: %s)", name, kind->key,
                      names_end(&known, "`stacktop config --default`"));
}

static void draft_read(struct config_yaml *yaml, struct draft *draft, const yaml_node_t *key,
                       const yaml_node_t *value) {
  const struct target_kind *kind = draft->kind;
  const char *name = config_yaml_key(key);
  int common = config_option_find(target_common_options, TARGET_COMMON_COUNT, name);
  int own = config_option_find(kind->options, kind->option_count, name);
  if (common == TARGET_NAME)
    draft->name_node = value;
  if (common >= 0 && !target_kind_takes(kind, common))
    config_yaml_error(yaml, key, "\"%s\" has no meaning in %s: remove it", name, kind->key);
  else if (common >= 0)
    config_option_read(yaml, &target_common_options[common], value, &draft->common[common]);
  else if (own >= 0)
    config_option_read(yaml, &kind->options[own], value, &draft->target->values[own]);
  else if (strcmp(name, config_thresholds_key) == 0)
    config_rules_read(yaml, draft->schema, kind, value, &draft->target->rules);
  else if (kind->has_checks && strcmp(name, config_checks_key) == 0)
    config_checks_read(yaml, value, draft->target);
  else
    note_unknown(yaml, kind, key);
}

static void check_required(struct config_yaml *yaml, struct draft *draft, const yaml_node_t *node) {
  const struct target_kind *kind = draft->kind;
  for (size_t i = 0; i < TARGET_COMMON_COUNT; i++)
    if (target_common_options[i].required && draft->common[i].origin.line == 0)
      config_yaml_error(yaml, node, "missing key \"%s\" in %s: %s", target_common_options[i].name,
                        kind->key, target_common_options[i].help);
  for (size_t i = 0; i < kind->option_count; i++)
    if (kind->options[i].required && draft->target->values[i].origin.line == 0)
      config_yaml_error(yaml, node, "missing key \"%s\" in %s: %s", kind->options[i].name,
                        kind->key, kind->options[i].help);
}

static bool name_is_plain(const char *name) {
  size_t length = strlen(name);
  for (const char *at = name; *at; at++)
    if (iscntrl((unsigned char)*at))
      return false;
  return length > 0 && length <= TARGET_NAME_MAX && !isspace((unsigned char)name[0]) &&
         !isspace((unsigned char)name[length - 1]);
}

static void check_name(struct config_yaml *yaml, struct draft *draft, const struct config *config) {
  const char *name = draft->common[TARGET_NAME].text;
  if (!name)
    return; /* noted already */
  if (!name_is_plain(name)) {
    config_yaml_error(
        yaml, draft->name_node,
        "\"%.80s\" is not a valid name; use 1 to %d bytes on one line, without spaces at the ends",
        name, TARGET_NAME_MAX);
    return;
  }
  char first[CONFIG_FIRST_MAX];
  for (size_t i = 0; i < config->target_count; i++)
    if (config->targets[i]->kind == draft->kind && strcmp(config->targets[i]->name, name) == 0) {
      config_yaml_error(yaml, draft->name_node,
                        "%s has two targets named \"%s\"; names must be unique in a list%s",
                        draft->kind->key, name,
                        config_first_use(first, sizeof first, yaml, &config->targets[i]->origin));
      return;
    }
}

static void target_read(struct config_yaml *yaml, const struct config_schema *schema,
                        const struct target_kind *kind, const yaml_node_t *node,
                        struct config *config) {
  if (!config_yaml_mapping(yaml, node, kind->key))
    return;
  struct draft draft = {.schema = schema, .kind = kind, .target = target_new(kind, "")};
  const yaml_node_t *key, *value;
  for (size_t i = 0; config_yaml_pair(yaml, node, i, &key, &value); i++)
    draft_read(yaml, &draft, key, value);
  check_required(yaml, &draft, node);
  check_name(yaml, &draft, config);
  struct target *target = draft.target;
  if (draft.common[TARGET_NAME].text) {
    free(target->name);
    target->name = mem_dup(draft.common[TARGET_NAME].text);
    target->origin = draft.common[TARGET_NAME].origin;
  }
  target->interval_ms = draft.common[TARGET_INTERVAL].number;
  target->timeout_ms = draft.common[TARGET_TIMEOUT].number;
  target->read_only = draft.common[TARGET_READ_ONLY].number;
  target->logs = draft.common[TARGET_LOGS].items;
  target->log_count = draft.common[TARGET_LOGS].item_count;
  draft.common[TARGET_LOGS].items = NULL; /* taken */
  draft.common[TARGET_LOGS].item_count = 0;
  target->depends_on = draft.common[TARGET_DEPENDS_ON].items;
  target->depends_count = draft.common[TARGET_DEPENDS_ON].item_count;
  draft.common[TARGET_DEPENDS_ON].items = NULL; /* taken */
  draft.common[TARGET_DEPENDS_ON].item_count = 0;
  if (draft.common[TARGET_DISABLED].text)
    target->disabled = mem_dup(draft.common[TARGET_DISABLED].text);
  /* Kept even if it is invalid, so that later names are compared with it: an error fails the load
   * in the end. */
  config_add(config, target);
  target->origins = mem_new(TARGET_COMMON_COUNT * sizeof *target->origins);
  for (size_t i = 0; i < TARGET_COMMON_COUNT; i++) {
    target->origins[i] = draft.common[i].origin;
    option_value_fini(&draft.common[i]);
  }
}

void config_targets_read(struct config_yaml *yaml, const struct config_schema *schema,
                         const struct target_kind *kind, const yaml_node_t *list,
                         struct config *config) {
  if (config_yaml_is_null(list)) /* every entry commented out */
    return;
  if (!config_yaml_list(yaml, list, kind->key))
    return;
  const yaml_node_t *item;
  for (size_t i = 0; (item = config_yaml_item(yaml, list, i)); i++)
    target_read(yaml, schema, kind, item, config);
}
