#include "config/runbook/config_runbook.h"

#include "config/runbook/config_runbook_draft.h"
#include "core/mem.h"
#include "core/text/names.h"
#include "core/text/suggest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts */

char *draft_text(struct runbook_draft *draft, const yaml_node_t *node, const char *what) {
  struct err err;
  char *text = config_yaml_text(draft->yaml, node, what);
  if (text && runbook_text_check(draft->runbook, text, &err))
    return text;
  if (text)
    config_yaml_error(draft->yaml, node, "%s: %s", what, err.text);
  free(text);
  return NULL;
}

/* A name: letters, digits, spaces and -_. without a placeholder. */
static char *name_read(struct runbook_draft *draft, const yaml_node_t *node, const char *what) {
  char *name = config_yaml_text(draft->yaml, node, what);
  if (!name)
    return NULL;
  bool good = strlen(name) <= RUNBOOK_NAME_MAX && isalnum((unsigned char)*name);
  for (const char *at = name; *at; at++)
    good = good && (isalnum((unsigned char)*at) || strchr(" -_", *at));
  if (good)
    return name;
  config_yaml_error(draft->yaml, node,
                    "%s: \"%.60s\" is not a name; use at most %d letters, digits, spaces, - and _",
                    what, name, RUNBOOK_NAME_MAX);
  free(name);
  return NULL;
}

/* ---- keys */

bool draft_keys(struct runbook_draft *draft, const yaml_node_t *mapping, const char *what,
                const char *const *names) {
  const yaml_node_t *key, *value;
  if (!config_yaml_mapping(draft->yaml, mapping, what))
    return false;
  for (size_t i = 0; config_yaml_pair(draft->yaml, mapping, i, &key, &value); i++) {
    struct suggestion near = {0};
    struct names known = {0};
    const char *const *name = names;
    for (; *name && strcmp(*name, config_yaml_key(key)) != 0; name++) {
      suggest_consider(&near, config_yaml_key(key), *name);
      names_add(&known, *name);
    }
    if (!*name)
      config_yaml_error(
          draft->yaml, key, "unknown key \"%.60s\" in %s%s%s%s%s", config_yaml_key(key), what,
          suggest_text(&near),
          near.best ? "" : " (known: ", near.best ? "" : names_end(&known, "docs/runbooks.md"),
          near.best ? "" : ")");
  }
  return true;
}

const yaml_node_t *draft_member(struct runbook_draft *draft, const yaml_node_t *mapping,
                                const char *name) {
  const yaml_node_t *key, *value;
  for (size_t i = 0; config_yaml_pair(draft->yaml, mapping, i, &key, &value); i++)
    if (strcmp(config_yaml_key(key), name) == 0)
      return value;
  return NULL;
}

char *draft_member_text(struct runbook_draft *draft, const yaml_node_t *mapping, const char *name,
                        bool required) {
  const yaml_node_t *node = draft_member(draft, mapping, name);
  if (!node && required)
    config_yaml_error(draft->yaml, mapping, "missing key \"%s\"", name);
  return node ? draft_text(draft, node, name) : NULL;
}

/* ---- parameters */

/* Of a parameter that names a target. */
static void param_kind_read(struct runbook_draft *draft, const yaml_node_t *node,
                            struct runbook_param *param) {
  const yaml_node_t *kind = draft_member(draft, node, "kind");
  const yaml_node_t *optional = draft_member(draft, node, "optional");
  param->kind = kind ? config_yaml_text(draft->yaml, kind, "kind") : NULL;
  draft_name_check(draft, kind, param->kind, RUNBOOK_NAMES_KIND);
  if (!optional)
    return;
  char *text = config_yaml_text(draft->yaml, optional, "optional");
  param->optional = text && strcmp(text, "true") == 0;
  if (text && !param->optional && strcmp(text, "false") != 0)
    config_yaml_error(draft->yaml, optional, "optional: \"%.20s\" is not true or false", text);
  if (param->optional && !kind)
    config_yaml_error(draft->yaml, optional,
                      "\"optional\" is only for a parameter with kind, which names a target");
  free(text);
}

static void param_read(struct runbook_draft *draft, const yaml_node_t *key,
                       const yaml_node_t *value) {
  static const char *const keys[] = {"help", "default", "kind", "optional", NULL};
  struct runbook *runbook = draft->runbook;
  const char *name = config_yaml_key(key);
  size_t length = 0;
  while (isalnum((unsigned char)name[length]) || name[length] == '_' || name[length] == '-')
    length++;
  if (length == 0 || name[length] || length > RUNBOOK_NAME_MAX) {
    config_yaml_error(draft->yaml, key,
                      "\"%.60s\" is not a name of a parameter; use letters, digits, - and _", name);
    return;
  }
  if (runbook->param_count == RUNBOOK_PARAMS_MAX) {
    config_yaml_error(draft->yaml, key, "more than %d parameters", RUNBOOK_PARAMS_MAX);
    return;
  }
  if (!draft_keys(draft, value, "a parameter", keys))
    return;
  runbook->params =
      mem_resize(runbook->params, (runbook->param_count + 1) * sizeof *runbook->params);
  struct runbook_param *param = &runbook->params[runbook->param_count++];
  *param = (struct runbook_param){.name = mem_dup(name)};
  const yaml_node_t *help = draft_member(draft, value, "help");
  const yaml_node_t *fallback = draft_member(draft, value, "default");
  param->help = help ? config_yaml_text(draft->yaml, help, "help") : NULL;
  param->fallback = fallback ? config_yaml_text(draft->yaml, fallback, "default") : NULL;
  if (!help)
    config_yaml_error(draft->yaml, key, "missing key \"help\" in the parameter %s", name);
  param_kind_read(draft, value, param);
}

static void params_read(struct runbook_draft *draft, const yaml_node_t *node) {
  const yaml_node_t *key, *value;
  if (!node || !config_yaml_mapping(draft->yaml, node, "parameters"))
    return;
  for (size_t i = 0; config_yaml_pair(draft->yaml, node, i, &key, &value); i++)
    param_read(draft, key, value);
}

/* ---- conditions */

static void condition_check(struct runbook_draft *draft, const yaml_node_t *node,
                            const struct runbook_condition *condition) {
  struct runbook_values values;
  struct runbook_judge judge;
  struct err err;
  const char *const texts[] = {condition->metric, condition->is,    condition->target,
                               condition->row,    condition->above, condition->below};
  bool filled = false;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    filled = filled || (texts[i] && runbook_text_is_filled(texts[i]));
  runbook_values_init(&values, draft->runbook);
  for (size_t i = 0; i < draft->runbook->param_count; i++)
    if (!values.texts[i])
      values.texts[i] = "1"; /* any value: the condition may compare with it */
  bool good = runbook_judge_init(&judge, condition, &values, draft->schema->lookup, &err);
  runbook_judge_fini(&judge);
  if (!good && filled && condition->metric && !runbook_text_is_filled(condition->metric))
    good = condition_metric_check(condition->metric, draft->schema->lookup, &err) &&
           !condition->above != !condition->below && !condition->is;
  if (!good)
    config_yaml_error(draft->yaml, node, "%s", err.text);
}

void draft_condition(struct runbook_draft *draft, const yaml_node_t *node,
                     struct runbook_condition *condition) {
  static const char *const keys[] = {"metric", "is", "target", "row", "above", "below", NULL};
  const size_t before = draft->yaml->errors->count;
  if (!draft_keys(draft, node, "a condition", keys))
    return;
  condition->metric = draft_member_text(draft, node, "metric", false);
  condition->is = draft_member_text(draft, node, "is", false);
  condition->target = draft_member_text(draft, node, "target", false);
  condition->row = draft_member_text(draft, node, "row", false);
  condition->above = draft_member_text(draft, node, "above", false);
  condition->below = draft_member_text(draft, node, "below", false);
  if (draft->yaml->errors->count == before)
    condition_check(draft, node, condition);
}

static void verify_read(struct runbook_draft *draft, const yaml_node_t *list) {
  struct runbook *runbook = draft->runbook;
  const yaml_node_t *item;
  if (!config_yaml_list(draft->yaml, list, "verify"))
    return;
  for (size_t i = 0; i < RUNBOOK_STEPS_MAX && (item = config_yaml_item(draft->yaml, list, i));
       i++) {
    runbook->verify = mem_resize(runbook->verify, (i + 1) * sizeof *runbook->verify);
    runbook->verify[i] = (struct runbook_condition){0};
    runbook->verify_count = i + 1;
    draft_condition(draft, item, &runbook->verify[i]);
  }
}

/* ---- the whole */

static void steps_read(struct runbook_draft *draft, const yaml_node_t *list) {
  struct runbook *runbook = draft->runbook;
  const yaml_node_t *item;
  if (!config_yaml_list(draft->yaml, list, "steps"))
    return;
  for (size_t i = 0; (item = config_yaml_item(draft->yaml, list, i)); i++) {
    if (i == RUNBOOK_STEPS_MAX) {
      config_yaml_error(draft->yaml, item, "more than %d steps", RUNBOOK_STEPS_MAX);
      return;
    }
    const yaml_node_t *name =
        item->type == YAML_MAPPING_NODE ? draft_member(draft, item, "name") : NULL;
    runbook->steps = mem_resize(runbook->steps, (i + 1) * sizeof *runbook->steps);
    runbook->steps[i] = (struct runbook_step){.then = RUNBOOK_NEXT, .otherwise = RUNBOOK_STOP};
    runbook->step_count = i + 1;
    char *read = name ? name_read(draft, name, "name") : NULL;
    if (read && runbook_step_find(runbook, read) >= 0)
      config_yaml_error(draft->yaml, name, "two steps are named \"%s\"", read);
    if (read &&
        (strcmp(read, "next") == 0 || strcmp(read, "end") == 0 || strcmp(read, "stop") == 0))
      config_yaml_error(draft->yaml, name, "\"%s\" is reserved; use another name", read);
    runbook->steps[i].name = read;
  }
  if (runbook->step_count == 0)
    config_yaml_error(draft->yaml, list, "a runbook needs at least one step");
  for (size_t i = 0; i < runbook->step_count; i++) /* all names are known: a step may lead back */
    draft_step(draft, config_yaml_item(draft->yaml, list, i), &runbook->steps[i]);
}

static void document_read(struct runbook_draft *draft) {
  static const char *const keys[] = {"title",   "help",     "parameters", "steps", "verify",
                                     "matches", "schedule", "within",     NULL};
  const yaml_node_t *root = config_yaml_root(draft->yaml);
  if (!draft_keys(draft, root, "a runbook", keys))
    return;
  const yaml_node_t *steps = draft_member(draft, root, "steps");
  const yaml_node_t *verify = draft_member(draft, root, "verify");
  const yaml_node_t *matches = draft_member(draft, root, "matches");
  params_read(draft, draft_member(draft, root, "parameters"));
  draft->runbook->title = draft_member_text(draft, root, "title", true);
  draft->runbook->help = draft_member_text(draft, root, "help", false);
  if (matches)
    draft_matches(draft, matches);
  draft_schedule(draft, draft_member(draft, root, "schedule"), draft_member(draft, root, "within"));
  if (steps)
    steps_read(draft, steps);
  else
    config_yaml_error(draft->yaml, root, "missing key \"steps\"");
  if (verify)
    verify_read(draft, verify);
  else
    config_yaml_error(draft->yaml, root,
                      "missing key \"verify\": the conditions that must hold at the end");
}

struct runbook *runbook_parse(const char *name, const char *path, const char *text, size_t len,
                              const struct runbook_schema *schema, struct config_errors *errors) {
  struct config_yaml yaml;
  if (len > RUNBOOK_FILE_MAX) {
    config_errors_add(errors, 0, 0, "the file is larger than %d kB", RUNBOOK_FILE_MAX >> 10);
    return NULL;
  }
  if (!config_yaml_init(&yaml, text, len, errors))
    return NULL;
  struct runbook_draft draft = {.yaml = &yaml, .schema = schema, .runbook = runbook_new()};
  draft.runbook->name = mem_dup(name);
  draft.runbook->path = mem_dup(path);
  draft.runbook->source = mem_printf("%.*s", (int)len, text);
  document_read(&draft);
  config_yaml_fini(&yaml);
  if (errors->count == 0)
    return draft.runbook;
  config_errors_sort(errors);
  runbook_free(draft.runbook);
  return NULL;
}
