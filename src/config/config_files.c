#include "config/config_files.h"

#include "config/config_file.h"
#include "config/config_secrets.h"
#include "core/mem.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The files that include the one that is read. */
struct chain {
  const struct chain *above;
  const char *path;
  dev_t device;
  ino_t number;
};

struct reading {
  struct config_documents *documents;
  struct config *config;
  struct config_errors *errors;
};

static const char *path_keep(struct config *config, const char *path) {
  config->files = mem_resize(config->files, (config->file_count + 1) * sizeof *config->files);
  config->files[config->file_count] = mem_dup(path);
  return config->files[config->file_count++];
}

static void document_add(struct config_documents *documents, struct config_document *document,
                         const char *path) {
  document->path = document->yaml.path = path;
  documents->items[documents->count++] = document;
}

static void include_one(struct reading *reading, const struct chain *above,
                        struct config_yaml *yaml, const yaml_node_t *node, const char *path);

/* A folder that does not exist has no files; one that cannot be read may have some. */
static int on_glob_error(const char *path, int error) {
  (void)path;
  return error != ENOENT;
}

/* A plain path must exist; a pattern may match nothing. */
static void include_pattern(struct reading *reading, const struct chain *above,
                            struct config_yaml *yaml, const yaml_node_t *node,
                            const char *pattern) {
  glob_t found = {0};
  if (!strpbrk(pattern, "*?[")) {
    include_one(reading, above, yaml, node, pattern);
    return;
  }
  const int status = glob(pattern, 0, on_glob_error, &found);
  if (status == GLOB_NOSPACE)
    mem_failed();
  if (status == GLOB_ABORTED)
    config_yaml_error(yaml, node, "%s: cannot read the folder of \"%.200s\"", config_include_key,
                      pattern);
  for (size_t i = 0; status == 0 && i < found.gl_pathc; i++)
    include_one(reading, above, yaml, node, found.gl_pathv[i]);
  globfree(&found);
}

static void include_text(struct reading *reading, const struct chain *above,
                         struct config_yaml *yaml, const yaml_node_t *node) {
  char *text = config_yaml_text(yaml, node, config_include_key);
  if (!text)
    return;
  char *pattern = config_path_beside(above->path, text);
  include_pattern(reading, above, yaml, node, pattern);
  free(pattern);
  free(text);
}

static void includes_read(struct reading *reading, const struct chain *above,
                          struct config_yaml *yaml) {
  const yaml_node_t *root = config_yaml_root(yaml), *key, *value, *item;
  for (size_t i = 0;
       root->type == YAML_MAPPING_NODE && config_yaml_pair(yaml, root, i, &key, &value); i++) {
    if (key->type != YAML_SCALAR_NODE || strcmp(config_yaml_key(key), config_include_key) != 0 ||
        config_yaml_is_null(value))
      continue;
    if (value->type == YAML_SCALAR_NODE)
      include_text(reading, above, yaml, value);
    else if (config_yaml_list(yaml, value, config_include_key))
      for (size_t n = 0; (item = config_yaml_item(yaml, value, n)); n++)
        include_text(reading, above, yaml, item);
  }
}

/* False with err: it would be read twice. */
static bool check_once(const struct reading *reading, const struct chain *above,
                       const struct config_file *file, const char *path, struct err *err) {
  size_t depth = 0;
  for (const struct chain *at = above; at; at = at->above, depth++)
    if (at->device == file->device && at->number == file->number)
      return err_set(err, ERR_INVALID, "%.120s includes itself%s%.80s", path,
                     at == above ? "" : " by way of ", at == above ? "" : above->path);
  for (size_t i = 0; i < reading->documents->count; i++)
    if (reading->documents->items[i]->device == file->device &&
        reading->documents->items[i]->number == file->number)
      return err_set(err, ERR_INVALID, "%.120s is included twice", path);
  if (depth > CONFIG_INCLUDES_MAX)
    return err_set(err, ERR_LIMIT, "files include each other more than %d levels deep",
                   CONFIG_INCLUDES_MAX);
  return reading->documents->count + depth < CONFIG_FILES_MAX ||
         err_set(err, ERR_LIMIT, "more than %d files", CONFIG_FILES_MAX);
}

/* Takes the file. */
static void file_take(struct reading *reading, const struct chain *above, const char *path,
                      struct config_file *file) {
  struct config_document *document = mem_new(sizeof *document);
  const char *before = reading->errors->path;
  config_errors_enter(reading->errors, path);
  document->device = file->device;
  document->number = file->number;
  document->mode = file->mode;
  document->is_shared = file->is_shared;
  document->is_writable = file->is_writable;
  if (config_yaml_init(&document->yaml, file->text, file->len, reading->errors)) {
    const struct chain self = {above, path, file->device, file->number};
    includes_read(reading, &self, &document->yaml);
    document_add(reading->documents, document, path_keep(reading->config, path));
  } else {
    free(document);
  }
  config_errors_enter(reading->errors, before);
  config_file_fini(file);
}

static void include_one(struct reading *reading, const struct chain *above,
                        struct config_yaml *yaml, const yaml_node_t *node, const char *path) {
  struct config_file file;
  struct err err;
  if (!config_file_read(path, CONFIG_FILE_MAX, &file, &err)) {
    config_yaml_error(yaml, node, "%s: %.200s: %s", config_include_key, path, err.text);
  } else if (!check_once(reading, above, &file, path, &err)) {
    config_yaml_error(yaml, node, "%s: %s", config_include_key, err.text);
    config_file_fini(&file);
  } else {
    file_take(reading, above, path, &file);
  }
}

void config_files_read(struct config_documents *documents, const char *path, struct config *config,
                       struct config_errors *errors) {
  struct reading reading = {documents, config, errors};
  struct config_file file;
  struct err err;
  if (config_file_read(path, CONFIG_FILE_MAX, &file, &err))
    file_take(&reading, NULL, path, &file);
  else
    config_errors_add(errors, 0, 0, "%s%s", err.text,
                      access(path, F_OK) == 0 ? "" : "; `stacktop init FILE` writes a first one");
}

void config_files_parse(struct config_documents *documents, const char *path, const char *text,
                        size_t len, struct config *config, struct config_errors *errors) {
  struct config_document *document = mem_new(sizeof *document);
  if (config_yaml_init(&document->yaml, text, len, errors))
    document_add(documents, document, path_keep(config, path));
  else
    free(document);
}

void config_files_fini(struct config_documents *documents) {
  for (size_t i = 0; i < documents->count; i++) {
    config_yaml_fini(&documents->items[i]->yaml);
    free(documents->items[i]);
  }
  documents->count = 0;
}
