/* The parameters that an action asks for. */
#include "config/own/config_own_draft.h"

#include "core/mem.h"
#include "core/secret.h"

#include <stdlib.h>
#include <string.h>

static bool choices_read(struct own_draft *draft, const yaml_node_t *node, struct option *param) {
  const yaml_node_t *item;
  size_t count = 0;
  bool good = config_yaml_list(draft->reading.yaml, node, "choices");
  const char **choices = mem_new(sizeof *choices);
  for (; good && (item = config_yaml_item(draft->reading.yaml, node, count)); count++) {
    char *text = config_yaml_text(draft->reading.yaml, item, "choices");
    good = text != NULL;
    choices = mem_resize(choices, (count + 2) * sizeof *choices);
    choices[count] = text;
    choices[count + 1] = NULL;
  }
  param->choices = choices;
  param->type = OPTION_CHOICE;
  if (good && count == 0)
    NOTE(draft, node, "choices must not be empty");
  return good && count > 0;
}

static bool ask_name_check(struct own_draft *draft, const yaml_node_t *node, const char *name) {
  const size_t plain = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
  if (plain == 0 || plain > 40 || name[plain])
    NOTE(draft, node, "\"%.60s\" is not a name; use lower-case letters, digits, _ and -", name);
  else if (name_is_secret(name))
    NOTE(draft, node,
         "\"%s\" looks like a secret, and its value is shown and recorded; use "
         "environment_files",
         name);
  else if (action_param(&draft->action->spec, name) >= 0)
    NOTE(draft, node, "ask has two entries named \"%s\"", name);
  else
    return true;
  return false;
}

static char *member_text(struct own_draft *draft, const yaml_node_t *mapping, const char *name) {
  const yaml_node_t *node = own_member(draft, mapping, name);
  return node ? config_yaml_text(draft->reading.yaml, node, name) : NULL;
}

static bool param_read(struct own_draft *draft, const yaml_node_t *node) {
  static const char *const names[] = {"name", "help", "default", "choices", NULL};
  struct action_spec *spec = &draft->action->spec;
  struct option param = {.type = OPTION_TEXT};
  struct option_value value = {0};
  struct err err;
  if (!own_keys_check(draft, node, "ask", names))
    return false;
  const yaml_node_t *name = own_member(draft, node, "name"),
                    *choices = own_member(draft, node, "choices");
  if (!name)
    NOTE(draft, node, "missing key \"name\" in ask");
  param.name = name ? config_yaml_text(draft->reading.yaml, name, "name") : NULL;
  bool good = param.name && ask_name_check(draft, name, param.name);
  param.help = member_text(draft, node, "help");
  param.fallback = member_text(draft, node, "default");
  param.required = !param.fallback;
  good = (!choices || choices_read(draft, choices, &param)) && good;
  if (good && param.fallback && !option_parse(&param, param.fallback, &value, &err)) {
    NOTE(draft, own_member(draft, node, "default"), "default: %s", err.text);
    good = false;
  }
  option_value_fini(&value);
  struct option *params = (struct option *)spec->params;
  params = mem_resize(params, (spec->param_count + 1) * sizeof *params);
  if (!param.name)
    param.name = mem_dup("");
  if (!param.help)
    param.help = mem_dup("");
  params[spec->param_count++] = param;
  spec->params = params;
  return good;
}

bool config_own_ask(struct own_draft *draft) {
  const yaml_node_t *list = draft->nodes[OWN_OPTION_ASK], *item;
  bool good = true;
  if (!list)
    return true;
  if (!config_yaml_list(draft->reading.yaml, list, "ask"))
    return false;
  for (size_t i = 0; (item = config_yaml_item(draft->reading.yaml, list, i)); i++) {
    if (i == OWN_PARAMS_MAX) {
      NOTE(draft, item, "ask has more than %d entries", OWN_PARAMS_MAX);
      return false;
    }
    good = param_read(draft, item) && good;
  }
  return good;
}
