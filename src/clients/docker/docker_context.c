#include "clients/docker/docker_context.h"

#include "core/json/json_tree.h"
#include "io/file/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A config.json holds a line for each registry; a context's file is 200 bytes. */
enum { FILE_BYTES_MAX = 1 << 20, PATH_BYTES_MAX = 1024, CONTEXTS_MAX = 1000 };
static const struct json_limits limits = {.bytes = FILE_BYTES_MAX, .values = 20000, .depth = 32};

bool docker_context_folder(char out[DOCKER_CONTEXT_FOLDER_MAX]) {
  const char *folder = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
  const bool own = folder && *folder;
  if (!own && (!home || *home != '/'))
    return false;
  return snprintf(out, DOCKER_CONTEXT_FOLDER_MAX, "%s%s", own ? folder : home,
                  own ? "" : "/.docker") < DOCKER_CONTEXT_FOLDER_MAX;
}

/* NULL with err where it is no regular file or no JSON; a pipe would be waited for. */
static json_t *read_json(const char *path, struct err *err) {
  struct file_text file;
  struct stat status;
  struct err why;
  if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
    err_set(err, ERR_INVALID, "%.200s: not a regular file", path);
    return NULL;
  }
  file_read(path, FILE_BYTES_MAX, &file);
  if (!file.text) {
    *err = file.err;
    return NULL;
  }
  json_t *json = json_tree_new(file.text, file.len, &limits, &why);
  if (!json)
    err_set(err, ERR_INVALID, "%.150s: %.100s", path, why.text);
  file_text_fini(&file);
  return json;
}

static bool take(char *out, size_t size, const char *text) {
  return text && (size_t)snprintf(out, size, "%s", text) < size;
}

/* Reads the context from a folder of contexts/meta; false where it is another one. */
static bool read_meta(const char *folder, const char *digest, const char *name,
                      struct docker_context *context, struct err *err) {
  char path[PATH_BYTES_MAX];
  struct err other;
  snprintf(path, sizeof path, "%s/contexts/meta/%s/meta.json", folder, digest);
  json_t *json = read_json(path, &other); /* one that cannot be read is not this one */
  const char *found = json_string_value(json_object_get(json, "Name"));
  const bool is_it = found && strcmp(found, name) == 0;
  if (is_it) {
    const json_t *engine = json_object_get(json_object_get(json, "Endpoints"), "docker");
    context->insecure = json_is_true(json_object_get(engine, "SkipTLSVerify"));
    if (!take(context->host, sizeof context->host,
              json_string_value(json_object_get(engine, "Host")))) {
      *context->host = '\0';
      err_set(err, ERR_INVALID, "the docker context \"%.60s\" names no engine (%.150s)", name,
              path);
    }
    snprintf(path, sizeof path, "%s/contexts/tls/%s/docker", folder, digest);
    if (access(path, F_OK) == 0)
      (void)take(context->tls, sizeof context->tls, path);
  }
  json_decref(json);
  return is_it;
}

static bool find_meta(const char *folder, const char *name, const char *named_by,
                      struct docker_context *context, struct err *err) {
  char path[PATH_BYTES_MAX];
  bool found = false;
  *err = (struct err){0};
  snprintf(path, sizeof path, "%s/contexts/meta", folder);
  DIR *contexts = opendir(path);
  const struct dirent *entry;
  for (size_t i = 0; contexts && !found && i < CONTEXTS_MAX && (entry = readdir(contexts)); i++)
    found = entry->d_name[0] != '.' && read_meta(folder, entry->d_name, name, context, err);
  if (contexts)
    closedir(contexts);
  if (!found)
    err_set(err, ERR_INVALID, "no docker context is named \"%.60s\" (by %.120s)", name, named_by);
  return err->kind == ERR_NONE;
}

bool docker_context_current(struct docker_context *context, struct err *err) {
  char folder[DOCKER_CONTEXT_FOLDER_MAX], config[PATH_BYTES_MAX];
  const char *chosen = getenv("DOCKER_CONTEXT"), *named_by = "DOCKER_CONTEXT";
  json_t *json = NULL;
  *context = (struct docker_context){0};
  if (!docker_context_folder(folder))
    return true;
  if (!chosen || !*chosen) {
    snprintf(config, sizeof config, "%s/config.json", folder);
    if (access(config, F_OK) != 0)
      return true;
    json = read_json(config, err);
    if (!json)
      return false;
    chosen = json_string_value(json_object_get(json, "currentContext"));
    named_by = config;
  }
  bool good = true;
  if (chosen && *chosen && strcmp(chosen, "default") != 0)
    good = take(context->name, sizeof context->name, chosen)
               ? find_meta(folder, chosen, named_by, context, err)
               : err_set(err, ERR_INVALID, "the name of the docker context is too long");
  json_decref(json);
  return good;
}
