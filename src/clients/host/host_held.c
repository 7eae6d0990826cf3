#include "clients/host/host_held.h"

#include "clients/host/host_name.h"
#include "core/mem.h"
#include "io/file/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 8 << 10, USER_BYTES_MAX = 16 << 10 };
static const char deleted_suffix[] = " (deleted)";

/* ---- parsers */

uint64_t host_started_parse(const char *text) {
  enum { STARTED_FIELD = 22, AFTER_NAME_FIELD = 3 };
  const char *at = strrchr(text, ')'); /* the name may have any characters */
  for (int field = AFTER_NAME_FIELD; at && field <= STARTED_FIELD; field++) {
    at = strchr(at, ' ');
    if (at)
      at++;
  }
  return at ? strtoull(at, NULL, 10) : 0;
}

int host_flags_parse(const char *text) {
  const char *at = strstr(text, "flags:");
  char *end;
  if (!at)
    return -1;
  at += strlen("flags:");
  const long flags = strtol(at, &end, 8);
  return end == at || flags < 0 || flags > INT_MAX ? -1 : (int)flags;
}

/* ---- processes */

struct process {
  const char *proc;
  long pid;
  int fds;        /* its folder fd */
  bool described; /* started, program and user are known */
  uint64_t started;
  char program[HOST_PROGRAM_MAX], user[HOST_USER_MAX];
  size_t first; /* its first file in the list */
};

static char *read_of(const struct process *process, const char *name, struct file_text *file) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%ld/%s", process->proc, process->pid, name);
  file_read(path, FILE_BYTES_MAX, file);
  return file->text;
}

static void read_user(struct process *process) {
  struct stat status;
  struct passwd entry, *found = NULL;
  char path[PATH_MAX], *buffer = mem_new(USER_BYTES_MAX);
  snprintf(path, sizeof path, "%s/%ld", process->proc, process->pid);
  if (stat(path, &status) == 0) {
    snprintf(process->user, sizeof process->user, "%u", status.st_uid);
    if (getpwuid_r(status.st_uid, &entry, buffer, USER_BYTES_MAX, &found) == 0 && found)
      host_name_show(process->user, sizeof process->user, found->pw_name);
  }
  free(buffer);
}

uint64_t host_process_started(const char *proc, long pid) {
  struct process process = {.proc = proc, .pid = pid};
  struct file_text file = {0};
  const char *text = read_of(&process, "stat", &file);
  const uint64_t started = text ? host_started_parse(text) : 0;
  file_text_fini(&file);
  return started;
}

static void describe(struct process *process) {
  struct file_text file = {0};
  if (process->described)
    return;
  process->described = true;
  process->started = host_process_started(process->proc, process->pid);
  char *name = read_of(process, "comm", &file);
  if (name) {
    name[strcspn(name, "\n")] = '\0';
    host_name_show(process->program, sizeof process->program, name);
  }
  file_text_fini(&file);
  read_user(process);
}

/* ---- files */

bool host_held_writes(const struct host_held *held) {
  return held->flags >= 0 && (held->flags & O_ACCMODE) != O_RDONLY;
}

bool host_held_appends(const struct host_held *held) {
  return held->flags >= 0 && held->flags & O_APPEND;
}

static char *path_of(const struct process *process, const char *name, bool deleted) {
  char path[PATH_MAX + sizeof deleted_suffix], shown[PATH_MAX * HOST_NAME_FACTOR];
  ssize_t length = readlinkat(process->fds, name, path, sizeof path - 1);
  path[length > 0 ? length : 0] = '\0';
  const size_t suffix = sizeof deleted_suffix - 1, len = strlen(path);
  if (deleted && len > suffix && strcmp(path + len - suffix, deleted_suffix) == 0)
    path[len - suffix] = '\0';
  return mem_dup(host_name_show(shown, sizeof shown, path));
}

static int flags_of(const struct process *process, const char *name) {
  char path[64];
  struct file_text file = {0};
  snprintf(path, sizeof path, "fdinfo/%.20s", name);
  const char *text = read_of(process, path, &file);
  const int flags = text ? host_flags_parse(text) : -1;
  file_text_fini(&file);
  return flags;
}

static struct host_held *held_add(struct host_held_list *list) {
  if (list->count == HOST_HELD_MAX) {
    list->cut = true;
    return NULL;
  }
  if (list->count == list->capacity) {
    list->capacity = list->capacity ? 2 * list->capacity : 64;
    list->items = mem_resize(list->items, list->capacity * sizeof *list->items);
  }
  struct host_held *held = &list->items[list->count++];
  *held = (struct host_held){0};
  return held;
}

/* The same file by another descriptor: the one that writes is kept. */
static bool is_known(struct host_held_list *list, const struct process *process,
                     const struct host_stat *stat, int fd, int flags) {
  for (size_t i = process->first; i < list->count; i++) {
    struct host_held *held = &list->items[i];
    if (held->stat.inode != stat->inode)
      continue;
    const struct host_held other = {.flags = flags};
    if (!host_held_writes(held) && host_held_writes(&other)) {
      held->fd = fd;
      held->flags = flags;
    }
    return true;
  }
  return false;
}

/* A link of /proc leads to the open file itself, whatever its name is now; statx without
 * synchronisation asks no file server. */
static void look_at(struct host_held_list *list, struct process *process, const char *name,
                    uint64_t device) {
  struct statx answer;
  struct host_stat stat = {0};
  char *end;
  const long fd = strtol(name, &end, 10);
  if (*end || fd < 0 || fd > INT_MAX ||
      statx(process->fds, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &answer) !=
          0)
    return;
  host_stat_take(&stat, &answer);
  if (!S_ISREG(stat.mode) || stat.device != device)
    return;
  const int flags = flags_of(process, name);
  if (is_known(list, process, &stat, (int)fd, flags))
    return;
  struct host_held *held = held_add(list);
  if (!held)
    return;
  describe(process);
  held->pid = process->pid;
  held->fd = (int)fd;
  held->started = process->started;
  memcpy(held->program, process->program, sizeof held->program);
  memcpy(held->user, process->user, sizeof held->user);
  held->stat = stat;
  held->flags = flags;
  held->path = path_of(process, name, host_held_deleted(held));
}

static void look_through(struct host_held_list *list, struct process *process, uint64_t device,
                         const atomic_bool *stop) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%ld/fd", process->proc, process->pid);
  DIR *folder = opendir(path);
  if (!folder) {
    if (errno != ENOENT && errno != ESRCH) { /* otherwise it has ended */
      list->processes++;
      list->unreadable++;
    }
    return;
  }
  list->processes++;
  process->fds = dirfd(folder);
  process->first = list->count;
  const struct dirent *entry;
  while (!atomic_load(stop) && (entry = readdir(folder)))
    if (*entry->d_name != '.')
      look_at(list, process, entry->d_name, device);
  closedir(folder);
}

void host_held_scan(struct host_held_list *list, const char *proc, uint64_t device,
                    const atomic_bool *stop) {
  DIR *all = opendir(proc);
  const struct dirent *entry;
  while (all && !atomic_load(stop) && (entry = readdir(all))) {
    char *end;
    struct process process = {.proc = proc, .pid = strtol(entry->d_name, &end, 10)};
    if (!*end && process.pid > 0)
      look_through(list, &process, device, stop);
  }
  if (all)
    closedir(all);
}

void host_held_fini(struct host_held_list *list) {
  for (size_t i = 0; i < list->count; i++)
    free(list->items[i].path);
  free(list->items);
  *list = (struct host_held_list){0};
}
