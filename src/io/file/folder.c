#include "io/file/folder.h"

#include "io/file/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_NAME_MAX = 40, SWEPT_MAX = 4096 /* entries of a place that are looked at */ };

static const char socket_name[] = "s";

enum { PREFIX_MAX = 20, PLACES = 3 };

static size_t prefix_of(char out[PREFIX_MAX], const char *name) {
  return (size_t)snprintf(out, PREFIX_MAX, "stacktop-%.8s-", name);
}

/* The first that takes it is used. */
static void places_of(const char *places[PLACES]) {
  places[0] = getenv("XDG_RUNTIME_DIR");
  places[1] = getenv("TMPDIR");
  places[2] = "/tmp";
  for (size_t i = 0; i < PLACES; i++)
    if (places[i] && *places[i] != '/')
      places[i] = NULL;
}

/* ---- those of the dead */

/* The process that made it; 0: not such a name. */
static pid_t owner_of(const char *name, const char *prefix) {
  const size_t length = strlen(prefix);
  char *end;
  if (strncmp(name, prefix, length) != 0 || name[length] < '1' || name[length] > '9')
    return 0;
  const long pid = strtol(name + length, &end, 10);
  return *end == '-' && strlen(end) == sizeof "-XXXXXX" - 1 && pid > 0 && pid <= INT32_MAX
             ? (pid_t)pid
             : 0;
}

static bool is_dead(pid_t pid) {
  return kill(pid, 0) != 0 && errno == ESRCH;
}

/* folder: opened without following a link, so that what is checked is what is removed from. */
static bool is_ours(int folder) {
  struct stat stat;
  return fstat(folder, &stat) == 0 && stat.st_uid == geteuid() && (stat.st_mode & 077) == 0;
}

static bool remove_dead(int place, const char *name) {
  const int folder = openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0)
    return false;
  bool removed = false;
  if (is_ours(folder) && flock(folder, LOCK_EX | LOCK_NB) == 0) {
    unlinkat(folder, socket_name, 0);
    removed = unlinkat(place, name, AT_REMOVEDIR) == 0; /* only if nothing else is in it */
  }
  close(folder);
  return removed;
}

size_t folder_sweep(const char *place, const char *name) {
  char prefix[PREFIX_MAX];
  DIR *entries = opendir(place);
  size_t removed = 0;
  const struct dirent *entry;
  prefix_of(prefix, name);
  for (size_t i = 0; entries && i < SWEPT_MAX && (entry = readdir(entries)); i++) {
    const pid_t owner = owner_of(entry->d_name, prefix);
    if (owner > 0 && is_dead(owner))
      removed += remove_dead(dirfd(entries), entry->d_name);
  }
  if (entries)
    closedir(entries);
  return removed;
}

void folder_sweep_all(const char *name) {
  const char *places[PLACES];
  places_of(places);
  for (size_t i = 0; i < PLACES; i++)
    if (places[i])
      folder_sweep(places[i], name);
}

/* ---- ours */

bool folder_make(struct folder *folder, struct io *io, const char *name, struct err *err) {
  const char *places[PLACES];
  char full[FOLDER_NAME_MAX];
  const size_t used = prefix_of(full, name);
  snprintf(full + used, sizeof full - used, "%d-XXXXXX", (int)getpid());
  places_of(places);
  folder->lock = -1;
  for (size_t i = 0; i < PLACES; i++) {
    if (!places[i] || strlen(places[i]) + strlen(full) + 4 >= sizeof folder->path)
      continue;
    snprintf(folder->path, sizeof folder->path, "%.67s/%s", places[i], full);
    if (!mkdtemp(folder->path)) /* mode 0700 */
      continue;
    snprintf(folder->socket, sizeof folder->socket, "%.104s/%s", folder->path, socket_name);
    folder->lock = open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->lock >= 0)
      flock(folder->lock, LOCK_EX | LOCK_NB); /* without it the process id alone protects it */
    leftovers_add(io->leftovers, folder->path, folder->socket);
    return true;
  }
  *folder->path = '\0';
  return err_set(err, ERR_IO,
                 "no private folder can be made for the socket of %s, not even in /tmp", name);
}

void folder_remove(struct folder *folder, struct io *io) {
  if (!*folder->path)
    return;
  unlink(folder->socket);
  rmdir(folder->path);
  leftovers_drop(io->leftovers, folder->path);
  if (folder->lock >= 0)
    close(folder->lock);
  folder->lock = -1;
  *folder->path = '\0';
}
