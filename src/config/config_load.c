#include "config/config_load.h"

#include "config/config_file.h"
#include "config/config_files.h"
#include "config/config_keys.h"
#include "config/config_layout.h"
#include "config/config_log_filters.h"
#include "config/config_option.h"
#include "config/config_rules.h"
#include "config/config_secrets.h"
#include "config/config_target.h"
#include "config/own/config_own.h"
#include "config/own/config_own_options.h"
#include "core/mem.h"
#include "core/text/suggest.h"

#include <stdlib.h>
#include <string.h>

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
  suggest_consider(&near, name, config_layout_key);
  suggest_consider(&near, name, config_keys_key);
  suggest_consider(&near, name, config_actions_key);
  suggest_consider(&near, name, config_secrets_key);
  suggest_consider(&near, name, config_include_key);
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
  else if (strcmp(name, config_layout_key) == 0)
    config_layout_read(yaml, schema, value, config);
  else if (strcmp(name, config_keys_key) == 0)
    config_keys_read(yaml, value, config);
  else if (strcmp(name, config_actions_key) != 0 && /* document_read reads them last, */
           strcmp(name, config_secrets_key) != 0 && /* and these first */
           strcmp(name, config_include_key) != 0)
    note_unknown(yaml, schema, key);
  if (option == CONFIG_THEME)
    theme_check(yaml, schema, value, &own[option]);
}

char *config_name_of_path(const char *path) {
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

/* As checked by its option. */
static int64_t events_bytes(const struct option_value *value, int64_t fallback) {
  double bytes;
  struct err ignored;
  return value->text && quantity_parse_in(UNIT_BYTES, value->text, &bytes, &ignored)
             ? (int64_t)bytes
             : fallback;
}

static void wall_take(struct config_wall *wall, const struct option_value *own) {
  const struct option *notice = &config_options[CONFIG_WALL_NOTICE];
  const struct option_value *run = &own[CONFIG_WALL_RUN];
  wall->bell = own[CONFIG_WALL_BELL].number;
  for (size_t i = 0; own[CONFIG_WALL_NOTICE].set && notice->choices[i]; i++)
    if (strcmp(notice->choices[i], own[CONFIG_WALL_NOTICE].text) == 0)
      wall->notice = (enum wall_notice)i;
  wall->run = mem_new((run->item_count + 1) * sizeof *wall->run);
  wall->run_count = run->item_count;
  for (size_t i = 0; i < run->item_count; i++)
    wall->run[i] = mem_dup(run->items[i]);
  if (own[CONFIG_WALL_EVERY].set)
    wall->every_ms = own[CONFIG_WALL_EVERY].number;
  if (own[CONFIG_WALL_ROTATE].set)
    wall->rotate_ms = own[CONFIG_WALL_ROTATE].number;
}

static void options_take(struct config *config, struct option_value *own) {
  config->name = text_or_null(&own[CONFIG_NAME]);
  if (!config->name)
    config->name = config_name_of_path(config->path);
  config->environment = text_or_null(&own[CONFIG_ENVIRONMENT]);
  config->theme = text_or_null(&own[CONFIG_THEME]);
  config->state = text_or_null(&own[CONFIG_STATE]);
  config->read_only = own[CONFIG_READ_ONLY].number;
  config->audit_syslog = own[CONFIG_AUDIT_SYSLOG].number;
  wall_take(&config->wall, own);
  config->mouse = !own[CONFIG_MOUSE].set || own[CONFIG_MOUSE].number;
  if (own[CONFIG_EVENTS].set)
    config->events = own[CONFIG_EVENTS].number;
  if (own[CONFIG_EVENTS_KEEP].number > 0)
    config->events_keep_ms = own[CONFIG_EVENTS_KEEP].number;
  config->events_bytes = events_bytes(&own[CONFIG_EVENTS_SIZE], config->events_bytes);
  if (own[CONFIG_INTERVAL].number > 0)
    config->interval_ms = own[CONFIG_INTERVAL].number;
  for (size_t i = 0; i < config->target_count; i++) {
    struct target *target = config->targets[i];
    target_settle_interval(target, config->interval_ms);
    if (target->timeout_ms == 0)
      target->timeout_ms = own[CONFIG_TIMEOUT].number;
  }
  config->options = mem_new(CONFIG_OPTION_COUNT * sizeof *config->options);
  config->option_count = CONFIG_OPTION_COUNT;
  for (size_t i = 0; i < CONFIG_OPTION_COUNT; i++) {
    config->options[i] = own[i];
    own[i] = (struct option_value){0};
  }
}

static bool is_configured(const struct config *config, const char *name) {
  for (size_t i = 0; i < config->all_count; i++) {
    const struct target *target = config->all[i];
    const size_t kind = strlen(target->kind->kind), own = strlen(target->name);
    if (strncmp(name, target->kind->kind, kind) == 0 && name[kind] == ':' &&
        strncmp(name + kind + 1, target->name, own) == 0 &&
        (name[kind + 1 + own] == '\0' || name[kind + 1 + own] == '/'))
      return true;
  }
  return false;
}

static bool depends_check(const struct config *config, const struct target *target,
                          struct err *err) {
  for (size_t i = 0; i < target->depends_count; i++)
    if (!is_configured(config, target->depends_on[i]))
      return err_set(err, ERR_INVALID,
                     "depends_on: no target \"%.100s\"; write KIND:NAME or KIND:NAME/ROW, such as "
                     "fleet:web/host3",
                     target->depends_on[i]);
  return true;
}

/* Only of a configuration without other errors, which would be the cause of these. */
static void targets_check(struct config_errors *errors, const struct config *config) {
  const bool clean = errors->count == 0;
  for (size_t i = 0; clean && i < config->all_count; i++) {
    const struct target *target = config->all[i];
    struct err err;
    if (depends_check(config, target, &err) &&
        (!target->kind->check || target->kind->check(target, &err)))
      continue;
    if (config->file_count > 1 && target->origin.file)
      config_errors_enter(errors, target->origin.file);
    config_errors_add(errors, target->origin.line, target->origin.column, "%s \"%s\": %s",
                      target->kind->key, target->name, err.text);
  }
}

/* ---- all files */

struct loading {
  const struct config_schema *schema;
  struct config *config;
  struct config_errors *errors;
  struct config_documents documents;
  struct config_secrets secrets;
  struct option_value own[CONFIG_OPTION_COUNT];
};

typedef void document_fn(struct loading *loading, struct config_document *document);

static void documents_each(struct loading *loading, document_fn *visit) {
  for (size_t i = 0; i < loading->documents.count; i++) {
    struct config_document *document = loading->documents.items[i];
    if (loading->documents.count > 1)
      config_errors_enter(loading->errors, document->path);
    loading->secrets.path = document->path;
    visit(loading, document);
  }
}

static const yaml_node_t *member(struct config_document *document, const char *name) {
  const yaml_node_t *root = config_yaml_root(&document->yaml), *key, *value;
  if (root->type == YAML_MAPPING_NODE)
    for (size_t i = 0; config_yaml_pair(&document->yaml, root, i, &key, &value); i++)
      if (key->type == YAML_SCALAR_NODE && strcmp(config_yaml_key(key), name) == 0)
        return value;
  return NULL;
}

static void document_secrets(struct loading *loading, struct config_document *document) {
  const yaml_node_t *node = member(document, config_secrets_key);
  if (node)
    config_secrets_read(&loading->secrets, &document->yaml, node, document->is_writable);
}

static void document_read(struct loading *loading, struct config_document *document) {
  struct config_yaml *yaml = &document->yaml;
  const yaml_node_t *root = config_yaml_root(yaml), *key, *value;
  if (!config_yaml_mapping(yaml, root, "the configuration"))
    return;
  for (size_t i = 0; config_yaml_pair(yaml, root, i, &key, &value); i++)
    entry_read(yaml, loading->schema, key, value, loading->own, loading->config);
}

/* The targets are known. */
static void document_actions(struct loading *loading, struct config_document *document) {
  const yaml_node_t *node = member(document, config_actions_key);
  if (node)
    config_own_read(&document->yaml, loading->schema, node, loading->config);
}

static void document_permit(struct loading *loading, struct config_document *document) {
  const yaml_node_t *secret = document->yaml.secret;
  (void)loading;
  if (!secret || !document->is_shared)
    return;
  char *remedy = config_file_remedy(document->path, document->mode);
  config_yaml_error(
      &document->yaml, secret,
      "%.40s contains a secret, and others can read this file (mode %04o); run: %.200s "
      "(or take it from ${VAR} or ${file:PATH})",
      document->yaml.secret_of, (unsigned)document->mode, remedy);
  free(remedy);
}

static void documents_read(struct loading *loading) {
  const struct config_lookup lookup = {config_secrets_find, &loading->secrets};
  for (size_t i = 0; i < loading->documents.count; i++)
    loading->documents.items[i]->yaml.lookup = &lookup;
  documents_each(loading, document_secrets);
  documents_each(loading, document_read);
  documents_each(loading, document_actions);
  config_keys_check(loading->errors, loading->schema, loading->config);
  options_take(loading->config, loading->own);
  targets_check(loading->errors, loading->config);
  documents_each(loading, document_permit);
  struct config_document *last = loading->documents.items[loading->documents.count - 1];
  if (loading->config->target_count == 0 && loading->errors->count == 0)
    config_yaml_error(&last->yaml, config_yaml_root(&last->yaml),
                      "no targets; add one to %s or to another list",
                      loading->schema->kind_count ? loading->schema->kinds[0]->key : "one");
  for (size_t i = 0; i < CONFIG_OPTION_COUNT; i++)
    option_value_fini(&loading->own[i]);
}

static struct config *loading_end(struct loading *loading) {
  if (loading->documents.count > 0)
    documents_read(loading);
  config_files_fini(&loading->documents);
  config_secrets_fini(&loading->secrets);
  if (loading->errors->count == 0)
    return loading->config;
  config_errors_sort(loading->errors);
  config_free(loading->config);
  return NULL;
}

static void loading_begin(struct loading *loading, const char *path,
                          const struct config_schema *schema, struct config_errors *errors) {
  *loading = (struct loading){
      .schema = schema, .config = config_new(), .errors = errors, .secrets = {.schema = schema}};
  loading->config->path = mem_dup(path);
}

struct config *config_parse(const char *path, const char *text, size_t len,
                            const struct config_schema *schema, struct config_errors *errors) {
  struct loading loading;
  loading_begin(&loading, path, schema, errors);
  config_files_parse(&loading.documents, path, text, len, loading.config, errors);
  return loading_end(&loading);
}

struct config *config_load(const char *path, const struct config_schema *schema,
                           struct config_errors *errors) {
  struct loading loading;
  loading_begin(&loading, path, schema, errors);
  config_files_read(&loading.documents, path, loading.config, errors);
  return loading_end(&loading);
}
