#include "config/config_identity.h"

#include "config/config_files.h"
#include "config/config_load.h"
#include "config/config_option.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void document_read(struct config_document *document,
                          struct option_value own[CONFIG_OPTION_COUNT]) {
  static const int wanted[] = {CONFIG_NAME, CONFIG_ENVIRONMENT, CONFIG_THEME};
  struct config_yaml *yaml = &document->yaml;
  const yaml_node_t *root = config_yaml_root(yaml), *key, *value;
  for (size_t i = 0;
       root->type == YAML_MAPPING_NODE && config_yaml_pair(yaml, root, i, &key, &value); i++)
    for (size_t n = 0; key->type == YAML_SCALAR_NODE && n < sizeof wanted / sizeof *wanted; n++)
      if (strcmp(config_yaml_key(key), config_options[wanted[n]].name) == 0)
        config_option_read(yaml, &config_options[wanted[n]], value, &own[wanted[n]]);
}

static char *text_or_null(const struct option_value *value) {
  return value->set && value->text && *value->text ? mem_dup(value->text) : NULL;
}

/* The last document is the file itself, unless it is not YAML. */
static void included_take(struct config_identity *identity,
                          const struct config_documents *documents) {
  identity->included = mem_new((documents->count + 1) * sizeof *identity->included);
  for (size_t i = 0; i + 1 < documents->count; i++)
    identity->included[identity->included_count++] =
        (struct config_identity_file){documents->items[i]->device, documents->items[i]->number};
}

void config_identity_read(const char *path, struct config_identity *identity) {
  struct config_errors errors;
  struct config_documents documents = {0};
  struct option_value own[CONFIG_OPTION_COUNT] = {0};
  struct config *config = config_new();
  struct stat status;
  *identity = (struct config_identity){0};
  config_errors_init(&errors, path);
  if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) /* a pipe can be read only once */
    config_files_read(&documents, path, config, &errors);
  for (size_t i = 0; i < documents.count; i++)
    document_read(documents.items[i], own);
  included_take(identity, &documents);
  identity->name = text_or_null(&own[CONFIG_NAME]);
  if (!identity->name)
    identity->name = config_name_of_path(path);
  identity->environment = text_or_null(&own[CONFIG_ENVIRONMENT]);
  identity->theme = text_or_null(&own[CONFIG_THEME]);
  for (size_t i = 0; i < CONFIG_OPTION_COUNT; i++)
    option_value_fini(&own[i]);
  config_files_fini(&documents);
  config_errors_fini(&errors);
  config_free(config);
}

void config_identity_fini(struct config_identity *identity) {
  free(identity->name);
  free(identity->environment);
  free(identity->theme);
  free(identity->included);
}
