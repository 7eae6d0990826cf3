#include "logs/log_glob.h"

#include "core/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of one directory: memory is bounded whatever a pattern names. */
enum { ENTRIES_MAX = 100000 };

struct directory {
  DIR *dir;
  size_t seen;
};

/* By open, not opendir: ThreadSanitizer then knows the descriptor as a new one, although libuv
 * closed the number's last owner by a system call of its own. */
static void *directory_open(const char *path) {
  const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
  if (!dir) {
    if (fd >= 0)
      close(fd);
    return NULL;
  }
  struct directory *directory = mem_new(sizeof *directory);
  directory->dir = dir;
  return directory;
}

static struct dirent *directory_read(void *arg) {
  struct directory *directory = arg;
  return directory->seen++ < ENTRIES_MAX ? readdir(directory->dir) : NULL;
}

static void directory_close(void *arg) {
  struct directory *directory = arg;
  closedir(directory->dir);
  free(directory);
}

struct found {
  const char *path;
  struct timespec written;
};

static int compare(const void *a, const void *b) {
  const struct found *left = a, *right = b;
  if (left->written.tv_sec != right->written.tv_sec)
    return left->written.tv_sec > right->written.tv_sec ? -1 : 1;
  if (left->written.tv_nsec != right->written.tv_nsec)
    return left->written.tv_nsec > right->written.tv_nsec ? -1 : 1;
  return strcmp(left->path, right->path);
}

static int compare_paths(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_compressed(const char *path) {
  static const char *const ends[] = {".gz", ".xz", ".bz2", ".zst", ".lz4", ".Z", ".zip"};
  const size_t len = strlen(path);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (len > strlen(ends[i]) && strcmp(path + len - strlen(ends[i]), ends[i]) == 0)
      return true;
  return false;
}

static void compressed_count(struct log_glob *names, const char *path) {
  if (names->compressed++ == 0)
    names->compressed_path = mem_dup(path);
}

/* The rotated files beside a log: PATH.1.gz, PATH-20261126.gz. */
static void siblings_count(struct log_glob *names, const char *path, const glob_t *functions) {
  if (strpbrk(path, "*?[\\"))
    return;
  char *pattern = mem_printf("%s[.-]*", path);
  glob_t found = *functions;
  if (glob(pattern, GLOB_ALTDIRFUNC, NULL, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; i++)
      if (is_compressed(found.gl_pathv[i]))
        compressed_count(names, found.gl_pathv[i]);
  globfree(&found);
  free(pattern);
}

static void paths_take(struct log_glob *names, const glob_t *matches, struct log_claims *claims) {
  struct found *found = mem_new((matches->gl_pathc + 1) * sizeof *found);
  size_t count = 0;
  for (size_t i = 0; i < matches->gl_pathc; i++) {
    const char *path = matches->gl_pathv[i];
    struct stat status = {0};
    struct log_identity identity;
    if (is_compressed(path))
      compressed_count(names, path);
    else if (stat(path, &status) != 0 || !claims || !log_identity_of_path(path, &identity) ||
             !log_claims_has(claims, path, &identity))
      found[count++] = (struct found){.path = path, .written = status.st_mtim};
  }
  qsort(found, count, sizeof *found, compare);
  for (size_t i = 0; i < count && i < LOG_GLOB_FILES; i++)
    names->paths[names->count++] = mem_dup(found[i].path);
  names->older = count - names->count;
  qsort(names->paths, names->count, sizeof *names->paths, compare_paths);
  free(found);
}

static bool is_denied(const char *path, bool lists) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
         faccessat(AT_FDCWD, path, lists ? R_OK | X_OK : X_OK, AT_EACCESS) != 0 && errno == EACCES;
}

static bool has_wildcard(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (strchr("*?[", text[i]))
      return true;
  return false;
}

/* glob does not say where it may not look: each directory that a part of the pattern names is
 * asked, to list it where the next part has a wildcard, and to enter it otherwise. */
static void denied_count(struct log_glob *names, const char *pattern, const glob_t *functions) {
  for (const char *slash = strchr(pattern, '/'); slash; slash = strchr(slash + 1, '/')) {
    if (slash == pattern)
      continue;
    const bool lists = has_wildcard(slash + 1, strcspn(slash + 1, "/"));
    char *part = mem_printf("%.*s", (int)(slash - pattern), pattern);
    glob_t found = *functions;
    if (glob(part, GLOB_ALTDIRFUNC, NULL, &found) == 0)
      for (size_t i = 0; i < found.gl_pathc; i++)
        if (is_denied(found.gl_pathv[i], lists) && names->denied++ == 0)
          names->denied_path = mem_dup(found.gl_pathv[i]);
    globfree(&found);
    free(part);
  }
}

void log_glob_find(struct log_glob *names, const char *pattern, struct log_claims *claims) {
  const glob_t functions = {.gl_opendir = directory_open,
                            .gl_readdir = directory_read,
                            .gl_closedir = directory_close,
                            .gl_lstat = lstat,
                            .gl_stat = stat};
  glob_t matches = functions;
  *names = (struct log_glob){0};
  if (glob(pattern, GLOB_ALTDIRFUNC, NULL, &matches) == 0)
    paths_take(names, &matches, claims);
  globfree(&matches);
  siblings_count(names, pattern, &functions);
  denied_count(names, pattern, &functions);
}

void log_glob_fini(struct log_glob *names) {
  for (size_t i = 0; i < names->count; i++)
    free(names->paths[i]);
  free(names->compressed_path);
  free(names->denied_path);
  *names = (struct log_glob){0};
}
