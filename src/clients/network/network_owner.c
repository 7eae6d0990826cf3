#include "clients/network/network_owner.h"

#include "core/mem.h"
#include "core/number.h"
#include "io/clock.h"
#include "io/file/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 16 << 10, LINK_MAX = 64, PATH_BYTES_MAX = 512 };

/* ---- parsers */

int64_t network_files_limit(const char *text) {
  static const char name[] = "Max open files";
  const char *at = strstr(text, name);
  if (!at)
    return -1;
  at += sizeof name - 1;
  at += strspn(at, " ");
  if (strncmp(at, "unlimited", 9) == 0)
    return INT64_MAX;
  char *end;
  const long long number = strtoll(at, &end, 10);
  return end == at || number < 0 ? -1 : number;
}

uint32_t network_socket_inode(const char *link) {
  char *end;
  if (strncmp(link, "socket:[", 8) != 0)
    return 0;
  const unsigned long number = strtoul(link + 8, &end, 10);
  return *end == ']' && number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* ---- the list */

static int inode_compare(const void *a, const void *b) {
  const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

static struct network_owner *find(const struct network_owners *owners, uint32_t inode) {
  size_t low = 0, high = owners->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (owners->items[middle].inode < inode)
      low = middle + 1;
    else
      high = middle;
  }
  return low < owners->count && owners->items[low].inode == inode ? &owners->items[low] : NULL;
}

const struct network_owner *network_owner_of(const struct network_owners *owners, uint32_t inode) {
  return find(owners, inode);
}

void network_owners_fini(struct network_owners *owners) {
  free(owners->items);
  *owners = (struct network_owners){0};
}

/* ---- processes */

static uint32_t inode_at(int folder, const char *name) {
  char link[LINK_MAX];
  const ssize_t length = readlinkat(folder, name, link, sizeof link - 1);
  if (length <= 0)
    return 0;
  link[length] = '\0';
  return network_socket_inode(link);
}

/* Whether that process still has it open under that descriptor. */
static bool is_still(const char *proc, const struct network_owner *owner) {
  char path[PATH_BYTES_MAX];
  snprintf(path, sizeof path, "%s/%ld/fd/%d", proc, owner->pid, owner->fd);
  return owner->pid > 0 && inode_at(AT_FDCWD, path) == owner->inode;
}

static void read_program(const char *proc, struct network_owner *owner) {
  char path[PATH_BYTES_MAX];
  struct file_text file = {0};
  snprintf(path, sizeof path, "%s/%ld/comm", proc, owner->pid);
  file_read(path, FILE_BYTES_MAX, &file);
  snprintf(owner->program, sizeof owner->program, "%.*s",
           file.text ? (int)strcspn(file.text, "\n") : 0, file.text ? file.text : "");
  file_text_fini(&file);
}

/* Linux 6.2 says it as the size of the folder. */
static int64_t count_files(const char *path) {
  struct stat status;
  int64_t count = 0;
  if (stat(path, &status) < 0)
    return -1;
  if (status.st_size > 0)
    return status.st_size;
  DIR *folder = opendir(path);
  if (!folder)
    return -1;
  for (const struct dirent *entry; (entry = readdir(folder));)
    count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}

static void read_limits(const char *proc, struct network_owner *owner) {
  char path[PATH_BYTES_MAX];
  struct file_text file = {0};
  snprintf(path, sizeof path, "%s/%ld/limits", proc, owner->pid);
  file_read(path, FILE_BYTES_MAX, &file);
  owner->files_max = file.text ? network_files_limit(file.text) : -1;
  file_text_fini(&file);
  snprintf(path, sizeof path, "%s/%ld/fd", proc, owner->pid);
  owner->files = count_files(path);
}

/* ---- search */

struct search {
  struct network_owners *owners;
  const char *proc;
  size_t missing; /* without an owner, or with init only */
  int64_t end_ms;
};

/* With socket activation, init has the sockets of all services open: another process is the better
 * answer. */
static bool is_better(const struct network_owner *owner, long pid) {
  return owner->pid == 0 || (owner->pid == 1 && pid != 1);
}

static void search_process(struct search *search, int folder, long pid) {
  DIR *files = fdopendir(folder);
  if (!files) {
    close(folder);
    return;
  }
  for (const struct dirent *entry; search->missing > 0 && (entry = readdir(files));) {
    const uint32_t inode = entry->d_name[0] == '.' ? 0 : inode_at(folder, entry->d_name);
    struct network_owner *owner = inode ? find(search->owners, inode) : NULL;
    if (!owner || !is_better(owner, pid))
      continue;
    owner->pid = pid;
    owner->fd = (int)strtol(entry->d_name, NULL, 10);
    search->missing -= pid != 1;
    read_program(search->proc, owner);
  }
  closedir(files);
}

static void search_all(struct search *search) {
  DIR *processes = opendir(search->proc);
  const long first_pid = search->owners->cut ? search->owners->next_pid : 0;
  search->owners->unreadable = 0;
  search->owners->cut = !processes;
  for (const struct dirent *entry;
       processes && search->missing > 0 && (entry = readdir(processes));) {
    char path[PATH_BYTES_MAX];
    int64_t pid;
    if (!number_count(entry->d_name, &pid) || pid < first_pid)
      continue;
    snprintf(path, sizeof path, "%s/%" PRId64 "/fd", search->proc, pid);
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0)
      search_process(search, folder, (long)pid);
    else
      search->owners->unreadable += errno == EACCES || errno == EPERM;
    if (clock_now_ms() > search->end_ms) {
      search->owners->cut = true;
      search->owners->next_pid = (long)pid + 1;
      break;
    }
  }
  if (processes)
    closedir(processes);
}

/* The sockets of this collection, with the owners that were known. Returns whether one is new. */
static bool take_over(struct network_owners *owners, const char *proc, uint32_t *inodes,
                      size_t count) {
  struct network_owner *items = mem_new((count + 1) * sizeof *items);
  size_t kept = 0;
  bool fresh = false;
  qsort(inodes, count, sizeof *inodes, inode_compare);
  for (size_t i = 0; i < count && kept < NETWORK_OWNERS_MAX; i++) {
    if (inodes[i] == 0 || (kept > 0 && items[kept - 1].inode == inodes[i]))
      continue;
    const struct network_owner *old = find(owners, inodes[i]);
    items[kept] = old ? *old : (struct network_owner){.inode = inodes[i]};
    const bool lost = items[kept].pid > 0 && !is_still(proc, &items[kept]);
    if (lost)
      items[kept].pid = 0;
    fresh |= !old || lost;
    kept++;
  }
  free(owners->items);
  owners->items = items;
  owners->count = kept;
  return fresh;
}

void network_owners_find(struct network_owners *owners, const char *proc, uint32_t *inodes,
                         size_t count) {
  const int64_t now_ms = clock_now_ms();
  const bool fresh = take_over(owners, proc, inodes, count);
  struct search search = {owners, proc, 0, now_ms + NETWORK_SEARCH_MS};
  for (size_t i = 0; i < owners->count; i++)
    search.missing += owners->items[i].pid == 0;
  const int64_t pause_ms = fresh ? owners->took_ms * NETWORK_SEARCH_SHARE : NETWORK_SEARCH_PAUSE_MS;
  if (search.missing > 0 &&
      (owners->searched_ms == 0 || now_ms - owners->searched_ms >= pause_ms)) {
    search_all(&search);
    owners->searched_ms = clock_now_ms();
    owners->took_ms = owners->searched_ms - now_ms;
  }
  for (size_t i = 0; i < owners->count; i++) {
    struct network_owner *owner = &owners->items[i];
    owner->files = owner->files_max = -1;
    if (owner->pid > 0)
      read_limits(proc, owner);
  }
}
