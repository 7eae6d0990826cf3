#include "app/environments/environment_find.h"

#include "config/config_identity.h"
#include "core/mem.h"
#include "model/config/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_directory(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool environments_wanted(const struct options *options) {
  return options->config_count > 1 || (options->config && is_directory(options->config));
}

static void file_fini(struct environment_file *file) {
  free(file->path);
  free(file->name);
  free(file->text);
  free(file->theme);
}

void environment_files_fini(struct environment_files *files) {
  for (size_t i = 0; i < files->count; i++)
    file_fini(&files->items[i]);
  files->count = 0;
}

/* Takes what it says of itself, but not what it includes. */
static bool file_add(struct environment_files *files, const char *path,
                     struct config_identity *identity, struct err *err) {
  struct stat status;
  if (files->count == ENVIRONMENTS_MAX)
    return err_set(err, ERR_LIMIT, "more than %d configurations (-c)", ENVIRONMENTS_MAX);
  struct environment_file *file = &files->items[files->count++];
  *file = (struct environment_file){
      .path = mem_dup(path),
      .name = identity->name,
      .text = identity->environment,
      .theme = identity->theme,
      .production = config_is_production(&(struct config){.environment = identity->environment})};
  identity->name = identity->environment = identity->theme = NULL;
  file->there = stat(path, &status) == 0;
  if (file->there) {
    file->device = status.st_dev;
    file->number = status.st_ino;
  }
  return true;
}

/* ---- a directory */

static int is_candidate(const struct dirent *entry) {
  static const char suffix[] = ".yaml";
  const size_t len = strlen(entry->d_name), tail = sizeof suffix - 1;
  return entry->d_name[0] != '.' && entry->d_name[0] != '_' && len > tail &&
         strcmp(entry->d_name + len - tail, suffix) == 0;
}

struct candidate {
  char *path;
  struct stat status;
  struct config_identity identity;
};

static bool is_part(const struct candidate *candidates, size_t count, const struct stat *status) {
  for (size_t i = 0; i < count; i++)
    for (size_t n = 0; n < candidates[i].identity.included_count; n++)
      if (candidates[i].identity.included[n].device == status->st_dev &&
          candidates[i].identity.included[n].number == status->st_ino)
        return true;
  return false;
}

static bool candidates_add(struct environment_files *files, struct candidate *candidates,
                           size_t count, const char *folder, struct err *err) {
  const size_t before = files->count;
  for (size_t i = 0; i < count; i++)
    if (!is_part(candidates, count, &candidates[i].status) &&
        !file_add(files, candidates[i].path, &candidates[i].identity, err))
      return false;
  return files->count > before ||
         err_set(err, ERR_INVALID,
                 "%.300s: no configuration in this directory: a file *.yaml that begins with "
                 "neither . nor _, and that no other one includes",
                 folder);
}

static bool folder_add(struct environment_files *files, const char *folder, struct err *err) {
  struct dirent **entries;
  const int found = scandir(folder, &entries, is_candidate, alphasort);
  const size_t slash = strlen(folder);
  size_t count = 0;
  if (found < 0)
    return err_set(err, ERR_IO, "%.300s: cannot read the directory: %s", folder, strerror(errno));
  struct candidate *candidates = mem_new(((size_t)found + 1) * sizeof *candidates);
  for (int i = 0; i < found; i++) {
    struct candidate *candidate = &candidates[count];
    candidate->path = mem_printf("%s%s%s", folder, slash && folder[slash - 1] == '/' ? "" : "/",
                                 entries[i]->d_name);
    free(entries[i]);
    if (stat(candidate->path, &candidate->status) == 0 && !S_ISREG(candidate->status.st_mode)) {
      free(candidate->path);
      continue;
    }
    config_identity_read(candidate->path, &candidate->identity);
    count++;
  }
  free(entries);
  const bool good = candidates_add(files, candidates, count, folder, err);
  for (size_t i = 0; i < count; i++) {
    config_identity_fini(&candidates[i].identity);
    free(candidates[i].path);
  }
  free(candidates);
  return good;
}

/* ---- all */

static bool one_add(struct environment_files *files, const char *path, struct err *err) {
  struct config_identity identity;
  if (is_directory(path))
    return folder_add(files, path, err);
  config_identity_read(path, &identity);
  const bool good = file_add(files, path, &identity, err);
  config_identity_fini(&identity);
  return good;
}

static bool clash_check(const struct environment_file *one, const struct environment_file *other,
                        struct err *err) {
  if (one->there && other->there && one->device == other->device && one->number == other->number)
    return err_set(err, ERR_INVALID, "%.200s and %.200s are the same file: give it once (-c)",
                   one->path, other->path);
  return strcmp(one->name, other->name) != 0 ||
         err_set(err, ERR_INVALID,
                 "%.200s and %.200s have the same name, \"%.64s\": set another `name` in one of "
                 "them",
                 one->path, other->path, one->name);
}

bool environments_find(struct environment_files *files, const struct options *options,
                       struct err *err) {
  bool good = true;
  *files = (struct environment_files){0};
  for (size_t i = 0; good && i < options->config_count; i++)
    good = one_add(files, options->configs[i], err);
  for (size_t i = 0; good && i < files->count; i++)
    for (size_t n = 0; good && n < i; n++)
      good = clash_check(&files->items[n], &files->items[i], err);
  if (!good)
    environment_files_fini(files);
  return good;
}
