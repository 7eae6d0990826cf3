#include "clients/kubernetes/kubernetes_folder.h"

#include "io/leftovers.h"

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

enum { SWEPT_MAX = 4096 }; /* entries of a place that are looked at */

static const char prefix[] = "stacktop-kubectl-", socket_name[] = "s";

/* ---- those of the dead */

/* The process that made it; 0: not such a name. */
static pid_t owner_of(const char *name) {
  char *end;
  if (strncmp(name, prefix, sizeof prefix - 1) != 0 || name[sizeof prefix - 1] < '1' ||
      name[sizeof prefix - 1] > '9')
    return 0;
  const long pid = strtol(name + sizeof prefix - 1, &end, 10);
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

size_t kubernetes_folder_sweep(const char *place) {
  DIR *entries = opendir(place);
  size_t removed = 0;
  const struct dirent *entry;
  for (size_t i = 0; entries && i < SWEPT_MAX && (entry = readdir(entries)); i++) {
    const pid_t owner = owner_of(entry->d_name);
    if (owner > 0 && is_dead(owner))
      removed += remove_dead(dirfd(entries), entry->d_name);
  }
  if (entries)
    closedir(entries);
  return removed;
}

/* ---- ours */

bool kubernetes_folder_make(struct kubernetes_folder *folder, struct io *io, struct err *err) {
  const char *const places[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
  char name[36]; /* with the largest process id */
  snprintf(name, sizeof name, "%s%d-XXXXXX", prefix, (int)getpid());
  folder->lock = -1;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (!places[i] || *places[i] != '/' ||
        strlen(places[i]) + strlen(name) + 4 >= sizeof folder->path)
      continue;
    kubernetes_folder_sweep(places[i]);
    snprintf(folder->path, sizeof folder->path, "%.71s/%s", places[i], name);
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
                 "no private folder can be made for kubectl's socket, not even in /tmp");
}

void kubernetes_folder_remove(struct kubernetes_folder *folder, struct io *io) {
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
