#include "config/own/config_own.h"

#include "config/config_option.h"
#include "config/own/config_own_draft.h"
#include "core/mem.h"
#include "core/text/names.h"
#include "core/text/quote.h"
#include "core/text/suggest.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 400, FILE_PATH_MAX = 1000 };

/* ---- keys */

static void note_unknown(struct config_yaml *yaml, const yaml_node_t *key, const char *what,
                         const char *const *names) {
  struct suggestion near = {0};
  struct names known = {0};
  for (; *names; names++) {
    suggest_consider(&near, config_yaml_key(key), *names);
    names_add(&known, *names);
  }
  config_yaml_error(yaml, key, "unknown key \"%.60s\" in %s%s%s%s%s", config_yaml_key(key), what,
                    suggest_text(&near), near.best ? "" : " (known: ",
                    near.best ? "" : names_end(&known, "`stacktop config --default`"),
                    near.best ? "" : ")");
}

static bool is_scalar(enum own_option option) {
  switch (own_options[option].type) {
  case OPTION_LIST:
  case OPTION_MAP:
    return false;
  default:
    return option != OWN_OPTION_STDIN && option != OWN_OPTION_SQL;
  }
}

const yaml_node_t *own_member(struct own_draft *draft, const yaml_node_t *mapping,
                              const char *name) {
  const yaml_node_t *key, *value;
  for (size_t i = 0; config_yaml_pair(draft->reading.yaml, mapping, i, &key, &value); i++)
    if (strcmp(config_yaml_key(key), name) == 0)
      return value;
  return NULL;
}

bool own_keys_check(struct own_draft *draft, const yaml_node_t *mapping, const char *what,
                    const char *const *names) {
  const yaml_node_t *key, *value;
  bool good = config_yaml_mapping(draft->reading.yaml, mapping, what);
  for (size_t i = 0; good && config_yaml_pair(draft->reading.yaml, mapping, i, &key, &value); i++) {
    const char *const *name = names;
    while (*name && strcmp(*name, config_yaml_key(key)) != 0)
      name++;
    if (!*name) {
      note_unknown(draft->reading.yaml, key, what, names);
      return false;
    }
  }
  return good;
}

static bool keys_read(struct own_draft *draft) {
  const char *names[OWN_OPTION_COUNT + 1] = {0};
  const yaml_node_t *key, *value;
  bool good = true;
  for (size_t i = 0; i < OWN_OPTION_COUNT; i++)
    names[i] = own_options[i].name;
  if (!config_yaml_mapping(draft->reading.yaml, draft->node, config_actions_key))
    return false;
  for (size_t i = 0; config_yaml_pair(draft->reading.yaml, draft->node, i, &key, &value); i++) {
    const int option = config_option_find(own_options, OWN_OPTION_COUNT, config_yaml_key(key));
    if (option < 0) {
      note_unknown(draft->reading.yaml, key, config_actions_key, names);
      good = false;
      continue;
    }
    draft->nodes[option] = value;
    if (is_scalar((enum own_option)option))
      good = config_option_read(draft->reading.yaml, &own_options[option], value,
                                &draft->values[option]) &&
             good;
  }
  for (size_t i = 0; i < OWN_OPTION_COUNT; i++)
    if (own_options[i].required && !draft->nodes[i]) {
      NOTE(draft, draft->node, "missing key \"%s\" in %s: %s", own_options[i].name,
           config_actions_key, own_options[i].help);
      good = false;
    }
  return good;
}

/* ---- its name and its key */

static bool id_read(struct own_draft *draft) {
  struct own_action *action = draft->action;
  const char *id = draft->values[OWN_OPTION_ID].text, *title = draft->values[OWN_OPTION_TITLE].text;
  const char *help = draft->values[OWN_OPTION_HELP].text;
  action->spec.id = mem_printf(OWN_PREFIX "%s", id);
  char *words = mem_dup(title ? title : id);
  for (char *at = words; !title && *at; at++)
    *at = *at == '-' ? ' ' : *at;
  action->spec.title = words;
  action->spec.what = mem_dup(help ? help : "an action of the configuration");
  action->spec.danger = strcmp(draft->values[OWN_OPTION_DANGER].text, "low") == 0
                            ? DANGER_REVERSIBLE
                            : DANGER_DESTRUCTIVE;
  action->timeout_ms = draft->values[OWN_OPTION_TIMEOUT].number;
  action->writes = draft->values[OWN_OPTION_WRITES].number;
  action->output_private = strcmp(draft->values[OWN_OPTION_OUTPUT].text, "show") == 0;
  for (size_t i = 0; i < draft->config->action_count; i++)
    if (strcmp(draft->config->actions[i]->spec.id, action->spec.id) == 0) {
      NOTE(draft, draft->nodes[OWN_OPTION_ID], "two actions have the id \"%s\"", id);
      return false;
    }
  return true;
}

static bool key_is_free(struct own_draft *draft, const struct action_spec *spec,
                        const struct action_spec *other) {
  if (other->key != spec->key || strcmp(other->kind, spec->kind) != 0)
    return true;
  NOTE(draft, draft->nodes[OWN_OPTION_KEY], "key %c is already that of %s", (int)spec->key,
       other->id);
  return false;
}

static bool key_read(struct own_draft *draft) {
  struct action_spec *spec = &draft->action->spec;
  struct err err;
  if (!draft->values[OWN_OPTION_KEY].text)
    return true;
  spec->key = (unsigned char)*draft->values[OWN_OPTION_KEY].text;
  if (draft->schema->key_check && !draft->schema->key_check(draft->config, spec->key, &err)) {
    NOTE(draft, draft->nodes[OWN_OPTION_KEY], "key %s", err.text);
    return false;
  }
  for (const struct action_spec *const *other = draft->schema->actions; other && *other; other++)
    if (!key_is_free(draft, spec, *other))
      return false;
  for (size_t i = 0; i < draft->config->action_count; i++)
    if (!key_is_free(draft, spec, &draft->config->actions[i]->spec))
      return false;
  return true;
}

/* ---- a program */

static bool variable_name_check(struct own_draft *draft, const yaml_node_t *key) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  const char *name = config_yaml_key(key);
  const size_t len = strlen(name);
  if (len == 0 || len > 100 || strspn(name, letters) != len || (*name >= '0' && *name <= '9')) {
    NOTE(draft, key, "\"%.60s\" is not the name of a variable", name);
    return false;
  }
  for (size_t i = 0; i < draft->action->variable_count; i++)
    if (strcmp(draft->action->variables[i].name, name) == 0) {
      NOTE(draft, key, "%s is set twice", name);
      return false;
    }
  return true;
}

static struct own_variable *variable_add(struct own_action *action, const char *name) {
  action->variables =
      mem_resize(action->variables, (action->variable_count + 1) * sizeof *action->variables);
  struct own_variable *variable = &action->variables[action->variable_count++];
  *variable = (struct own_variable){.name = mem_dup(name)};
  return variable;
}

static bool file_read(struct own_draft *draft, const yaml_node_t *node,
                      struct own_variable *variable) {
  variable->file = config_yaml_text(draft->reading.yaml, node, "environment_files");
  if (!variable->file)
    return false;
  if (*variable->file == '/' && strlen(variable->file) <= FILE_PATH_MAX)
    return true;
  NOTE(draft, node, "\"%.80s\" is not an absolute path", variable->file);
  return false;
}

static bool variables_read(struct own_draft *draft, enum own_option option) {
  const yaml_node_t *node = draft->nodes[option], *key, *value;
  const char *what = own_options[option].name;
  bool good = !node || config_yaml_mapping(draft->reading.yaml, node, what);
  for (size_t i = 0; good && node && config_yaml_pair(draft->reading.yaml, node, i, &key, &value);
       i++) {
    good = variable_name_check(draft, key);
    struct own_variable *variable = variable_add(draft->action, config_yaml_key(key));
    if (option == OWN_OPTION_ENVIRONMENT_FILES)
      good = file_read(draft, value, variable) && good;
    else
      good =
          config_own_text(&draft->reading, value, config_yaml_key(key), false, &variable->value) &&
          good;
  }
  return good;
}

static char *program_text(const struct own_text *argv, size_t count) {
  char quoted[RUNS_MAX];
  char *text = mem_dup("");
  for (size_t i = 0; i < count && strlen(text) < RUNS_MAX; i++) {
    char *before = text;
    text = mem_printf("%s%s%s", before, i ? " " : "",
                      quote_word(quoted, sizeof quoted, own_text_source(&argv[i])));
    free(before);
  }
  return text;
}

static bool verify_read(struct own_draft *draft) {
  static const char *const names[] = {"argv", "within", NULL};
  static const struct option within = {.name = "within",
                                       .type = OPTION_DURATION,
                                       .min = 100,
                                       .max = 3600000,
                                       .fallback = "30s",
                                       .help = "how long it may take"};
  struct own_action *action = draft->action;
  const yaml_node_t *node = draft->nodes[OWN_OPTION_VERIFY];
  struct option_value value = {0};
  action->verify_ms = 30000;
  if (!node)
    return true;
  if (!own_keys_check(draft, node, "verify", names))
    return false;
  const yaml_node_t *argv = own_member(draft, node, "argv"),
                    *limit = own_member(draft, node, "within");
  if (!argv) {
    NOTE(draft, node, "missing key \"argv\" in verify: the program that says whether it is done");
    return false;
  }
  bool good = !limit || config_option_read(draft->reading.yaml, &within, limit, &value);
  if (good && limit)
    action->verify_ms = value.number;
  option_value_fini(&value);
  return config_own_argv(&draft->reading, argv, "verify", &action->verify, &action->verify_count) &&
         good;
}

static bool program_read(struct own_draft *draft) {
  struct own_action *action = draft->action;
  const yaml_node_t *input = draft->nodes[OWN_OPTION_STDIN];
  bool good = config_own_argv(&draft->reading, draft->nodes[OWN_OPTION_ARGV], "argv", &action->argv,
                              &action->argv_count);
  action->spec.runs = program_text(action->argv, good ? action->argv_count : 0);
  good = variables_read(draft, OWN_OPTION_ENVIRONMENT) && good;
  good = variables_read(draft, OWN_OPTION_ENVIRONMENT_FILES) && good;
  action->has_input = input != NULL;
  return (!input || config_own_text(&draft->reading, input, "stdin", false, &action->input)) &&
         good;
}

/* ---- a statement */

/* The highest $n in the statement, outside of its literals as far as matters: a $2 in a literal
 * only means that a value is missing, which the server would say too. */
static size_t highest_value(const char *sql) {
  size_t highest = 0;
  for (const char *at = sql; (at = strchr(at, '$')); at++) {
    const size_t number = strtoul(at[1] >= '1' && at[1] <= '9' ? at + 1 : "0", NULL, 10);
    highest = number > highest ? number : highest;
  }
  return highest;
}

static bool sql_read(struct own_draft *draft) {
  struct own_action *action = draft->action;
  const yaml_node_t *node = draft->nodes[OWN_OPTION_SQL], *values = draft->nodes[OWN_OPTION_VALUES];
  if (strcmp(action->spec.kind, "postgres") != 0) {
    NOTE(draft, node, "sql is for the kind postgres, not %s", action->spec.kind);
    return false;
  }
  action->sql = config_own_sql(&draft->reading, node);
  action->spec.runs = mem_dup(action->sql ? action->sql : "");
  bool good =
      action->sql && (!values || config_own_texts(&draft->reading, values, "values", OWN_VALUES_MAX,
                                                  &action->values, &action->value_count));
  if (good && highest_value(action->sql) != action->value_count) {
    NOTE(draft, values ? values : node, "sql has $1 to $%zu, but there are %zu values",
         highest_value(action->sql), action->value_count);
    good = false;
  }
  return good;
}

/* Exactly one of the two, and only what belongs to it. */
static bool way_check(struct own_draft *draft) {
  static const enum own_option of_program[] = {OWN_OPTION_ENVIRONMENT, OWN_OPTION_ENVIRONMENT_FILES,
                                               OWN_OPTION_STDIN};
  const yaml_node_t *argv = draft->nodes[OWN_OPTION_ARGV], *sql = draft->nodes[OWN_OPTION_SQL];
  if (!argv == !sql) {
    NOTE(draft, sql ? sql : draft->node, "an action has either argv or sql%s",
         sql ? ", not both" : "");
    return false;
  }
  for (size_t i = 0; sql && i < sizeof of_program / sizeof *of_program; i++)
    if (draft->nodes[of_program[i]]) {
      NOTE(draft, draft->nodes[of_program[i]], "%s is for argv, not for sql",
           own_options[of_program[i]].name);
      return false;
    }
  if (argv && draft->nodes[OWN_OPTION_VALUES]) {
    NOTE(draft, draft->nodes[OWN_OPTION_VALUES], "values is for sql, not for argv");
    return false;
  }
  return true;
}

static bool action_read(struct own_draft *draft) {
  if (!keys_read(draft) || !id_read(draft) || !way_check(draft) || !config_own_rows(draft))
    return false;
  bool good = key_read(draft);
  good = config_own_ask(draft) && good;
  draft->reading.scope = (struct own_scope){
      .kind = draft->action->kind, .table = draft->action->table, .params = &draft->action->spec};
  good = (draft->nodes[OWN_OPTION_SQL] ? sql_read(draft) : program_read(draft)) && good;
  return verify_read(draft) && good;
}

static void values_init(struct own_draft *draft) {
  struct err err;
  for (size_t i = 0; i < OWN_OPTION_COUNT; i++)
    if (own_options[i].fallback &&
        !option_parse(&own_options[i], own_options[i].fallback, &draft->values[i], &err))
      abort(); /* the default of an option parses */
}

/* Lists and mappings have no value of their own here. */
static void origins_take(struct own_draft *draft) {
  for (size_t i = 0; i < OWN_OPTION_COUNT; i++)
    if (draft->nodes[i])
      draft->values[i].origin =
          config_yaml_origin(draft->reading.yaml, draft->nodes[i], draft->values[i].origin.by);
  draft->action->origins = config_option_origins(draft->values, OWN_OPTION_COUNT);
}

/* An action with an error is kept as far as its id is known, so that others are compared with it.
 */
void config_own_read(struct config_yaml *yaml, const struct config_schema *schema,
                     const yaml_node_t *list, struct config *config) {
  const yaml_node_t *item;
  if (config_yaml_is_null(list) || !config_yaml_list(yaml, list, config_actions_key))
    return;
  for (size_t i = 0; (item = config_yaml_item(yaml, list, i)); i++) {
    struct own_draft draft = {.reading = {.yaml = yaml},
                              .schema = schema,
                              .config = config,
                              .action = own_action_new(),
                              .node = item};
    values_init(&draft);
    (void)action_read(&draft); /* its errors fail the load */
    origins_take(&draft);
    if (draft.action->spec.id && draft.action->spec.kind) {
      config->actions =
          mem_resize(config->actions, (config->action_count + 1) * sizeof *config->actions);
      config->actions[config->action_count++] = draft.action;
    } else {
      own_action_free(draft.action);
    }
    for (size_t o = 0; o < OWN_OPTION_COUNT; o++)
      option_value_fini(&draft.values[o]);
  }
}
