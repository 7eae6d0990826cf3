#include "clients/host/host_usage.h"

#include "clients/host/host_name.h"
#include "core/mem.h"
#include "io/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Works for a while, then rests: at most two thirds of one CPU and of the calls to a file server.
 */
enum { WORK_US = 20000, REST_MS = 10, LOOK_AT_CLOCK = 64 };

struct level {
  DIR *folder;
  size_t path_length; /* of the directory */
  int64_t bytes, files, modified_ms;
  uint64_t inode;
  bool partial;
};

struct walk {
  struct host_usage *usage;
  struct level *levels;
  size_t depth;
  char *path;
  uint64_t *links; /* inodes of files with several names, open addressing; 0: free */
  size_t link_count;
  int64_t rested_us;
  unsigned calls;
};

/* ---- pace */

/* The idle class of the disk's scheduler: it is served when no other process asks. Where the
 * scheduler has no classes, the rests are what is left. */
static void make_idle(void) {
  enum { WHO_PROCESS = 1, CLASS_IDLE = 3, CLASS_SHIFT = 13 };
  syscall(SYS_ioprio_set, WHO_PROCESS, 0, CLASS_IDLE << CLASS_SHIFT); /* 0: this thread */
  setpriority(PRIO_PROCESS, 0, 19);
}

static bool walk_on(struct walk *walk) {
  if (atomic_load(walk->usage->stop))
    return false;
  if (++walk->calls % LOOK_AT_CLOCK == 0 && clock_now_us() - walk->rested_us > WORK_US) {
    poll(NULL, 0, REST_MS);
    walk->rested_us = clock_now_us();
  }
  return true;
}

/* ---- the largest */

static void swap(struct host_usage_entry *a, struct host_usage_entry *b) {
  const struct host_usage_entry kept = *a;
  *a = *b;
  *b = kept;
}

static void sift_down(struct host_usage_top *top) {
  for (size_t at = 0;;) {
    size_t least = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < top->count; child++)
      if (top->items[child].bytes < top->items[least].bytes)
        least = child;
    if (least == at)
      return;
    swap(&top->items[at], &top->items[least]);
    at = least;
  }
}

/* >=: a directory comes after those below it, and takes the place of one as large. */
static void top_add(struct host_usage_top *top, const struct host_usage_entry *entry) {
  if (top->count == top->most) {
    if (entry->bytes < top->items[0].bytes)
      return;
    free(top->items[0].path);
    top->items[0] = *entry;
    top->items[0].path = mem_dup(entry->path);
    sift_down(top);
    return;
  }
  size_t at = top->count++;
  top->items[at] = *entry;
  top->items[at].path = mem_dup(entry->path);
  for (; at > 0 && top->items[(at - 1) / 2].bytes > top->items[at].bytes; at = (at - 1) / 2)
    swap(&top->items[at], &top->items[(at - 1) / 2]);
}

static int compare_entries(const void *a, const void *b) {
  const struct host_usage_entry *x = a, *y = b;
  if (x->bytes != y->bytes)
    return x->bytes < y->bytes ? 1 : -1;
  return strcmp(x->path, y->path); /* a directory before those below it */
}

/* ---- the walk */

/* Whether a file with several names is seen for the first time. */
static bool link_is_new(struct walk *walk, uint64_t inode) {
  enum { SLOTS = 2 * HOST_USAGE_LINKS };
  if (inode == 0)
    return true;
  if (!walk->links)
    walk->links = mem_new(SLOTS * sizeof *walk->links);
  size_t at = (size_t)((inode * UINT64_C(11400714819323198485)) >> 20) % SLOTS;
  for (; walk->links[at]; at = (at + 1) % SLOTS)
    if (walk->links[at] == inode)
      return false;
  if (walk->link_count == HOST_USAGE_LINKS) {
    walk->usage->links_cut = true;
    return true;
  }
  walk->links[at] = inode;
  walk->link_count++;
  return true;
}

static void skip_unreadable(struct walk *walk) {
  struct host_usage *usage = walk->usage;
  if (usage->unreadable++ == 0)
    host_name_show(usage->unreadable_name, sizeof usage->unreadable_name, walk->path);
}

/* Enters the directory at walk->path. fd: open; it takes it. */
static void enter(struct walk *walk, int fd, const struct host_stat *stat) {
  DIR *folder = fdopendir(fd);
  if (!folder) {
    close(fd);
    skip_unreadable(walk);
    return;
  }
  walk->usage->directory_count++;
  walk->levels[walk->depth++] = (struct level){.folder = folder,
                                               .path_length = strlen(walk->path),
                                               .bytes = stat->allocated,
                                               .modified_ms = stat->modified_ns / 1000000,
                                               .inode = stat->inode};
}

static void leave(struct walk *walk) {
  struct level *level = &walk->levels[--walk->depth];
  walk->path[level->path_length] = '\0';
  closedir(level->folder);
  top_add(&walk->usage->directories, &(struct host_usage_entry){.path = walk->path,
                                                                .bytes = level->bytes,
                                                                .files = level->files,
                                                                .modified_ms = level->modified_ms,
                                                                .inode = level->inode,
                                                                .partial = level->partial});
  if (walk->depth > 0) {
    walk->levels[walk->depth - 1].partial |= level->partial;
    walk->levels[walk->depth - 1].bytes += level->bytes;
    walk->levels[walk->depth - 1].files += level->files;
  } else {
    walk->usage->bytes = level->bytes;
    walk->usage->partial = level->partial;
  }
}

/* The name below the level, in walk->path; false: too long. */
static bool path_add(struct walk *walk, const struct level *level, const char *name) {
  const size_t length = strlen(name), used = level->path_length;
  if (used + length + 2 > HOST_USAGE_PATH_MAX)
    return false;
  size_t at = used;
  if (used > 0)
    walk->path[at++] = '/';
  memcpy(walk->path + at, name, length + 1);
  return true;
}

/* The directory with all below it, as the look before has found it. */
static void take_before(struct host_usage *usage, const char *directory) {
  const size_t length = strlen(directory);
  for (size_t i = 0; i < usage->before->count; i++) {
    const struct host_look_entry *entry = &usage->before->items[i];
    char path[HOST_LOOK_PATH_MAX + 1];
    if (strncmp(entry->path, directory, length) != 0 ||
        (entry->path[length] && entry->path[length] != '/') ||
        !host_name_read(path, sizeof path, entry->path))
      continue;
    top_add(entry->directory ? &usage->directories : &usage->files,
            &(struct host_usage_entry){.path = path,
                                       .bytes = entry->bytes,
                                       .size = entry->size,
                                       .files = entry->files,
                                       .modified_ms = entry->modified_ms,
                                       .inode = entry->inode});
  }
}

/* Whether the look before has read the directory to its end. */
static bool was_read(struct walk *walk, struct level *level, uint64_t inode) {
  struct host_usage *usage = walk->usage;
  char shown[HOST_LOOK_PATH_MAX + 1];
  if (!usage->before || strlen(walk->path) > HOST_LOOK_PATH_MAX / HOST_NAME_FACTOR)
    return false;
  host_name_show(shown, sizeof shown, walk->path);
  const struct host_look_entry *entry = host_look_directory(usage->before, shown);
  if (!entry || entry->inode != inode)
    return false;
  level->bytes += entry->bytes;
  level->files += entry->files;
  usage->file_count += entry->files;
  usage->files_before += entry->files;
  take_before(usage, shown);
  return true;
}

/* Opened before it is looked at: a look at a mount point would ask the file system that is mounted
 * there, which may hang. */
static void meet_directory(struct walk *walk, struct level *level, const char *name) {
  struct host_stat stat = {0};
  if (walk->depth == HOST_USAGE_DEPTH) {
    walk->usage->too_deep++;
    return;
  }
  const int fd = host_open_below(dirfd(level->folder), name);
  if (fd == -EXDEV)
    walk->usage->mounts++;
  else if (fd >= 0 && (host_stat_at(fd, "", true, &stat) != 0 || was_read(walk, level, stat.inode)))
    close(fd);
  else if (fd >= 0)
    enter(walk, fd, &stat);
  else if (fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP) /* replaced meanwhile */
    skip_unreadable(walk);
}

static void meet_file(struct walk *walk, struct level *level, const struct host_stat *stat) {
  struct host_usage *usage = walk->usage;
  atomic_store(usage->files_so_far, ++usage->file_count);
  level->files++;
  if (stat->links > 1 && !link_is_new(walk, stat->inode))
    return;
  level->bytes += stat->allocated;
  if (S_ISREG(stat->mode) && stat->allocated > 0)
    top_add(&usage->files, &(struct host_usage_entry){.path = walk->path,
                                                      .bytes = stat->allocated,
                                                      .size = stat->size,
                                                      .modified_ms = stat->modified_ns / 1000000,
                                                      .inode = stat->inode});
}

static void meet(struct walk *walk, const struct dirent *entry) {
  struct level *level = &walk->levels[walk->depth - 1];
  const char *name = entry->d_name;
  struct host_stat stat = {0};
  if (!path_add(walk, level, name)) {
    walk->usage->too_deep++;
    return;
  }
  if (entry->d_type == DT_DIR) {
    meet_directory(walk, level, name);
    return;
  }
  if (host_stat_at(dirfd(level->folder), name, true, &stat) != 0)
    return;               /* deleted meanwhile */
  if (S_ISDIR(stat.mode)) /* of a file system that does not say so before */
    meet_directory(walk, level, name);
  else
    meet_file(walk, level, &stat);
}

static void walk_through(struct walk *walk) {
  while (walk->depth > 0) {
    struct level *level = &walk->levels[walk->depth - 1];
    walk->path[level->path_length] = '\0';
    level->partial |= !walk_on(walk);
    const struct dirent *entry = level->partial ? NULL : readdir(level->folder);
    if (!entry)
      leave(walk);
    else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      meet(walk, entry);
  }
}

static void top_make(struct host_usage_top *top, size_t most) {
  top->most = most;
  top->items = mem_new(most * sizeof *top->items);
}

void host_usage_run(struct host_usage *usage) {
  struct walk walk = {.usage = usage, .rested_us = clock_now_us()};
  struct host_stat stat = {0};
  make_idle();
  top_make(&usage->directories, HOST_USAGE_DIRECTORIES);
  top_make(&usage->files, HOST_USAGE_FILES);
  mount_probe(usage->path, &usage->facts);
  if (usage->facts.error || usage->facts.missing) {
    host_failed(&usage->err, usage->facts.error ? usage->facts.error : ENOENT, usage->path);
    return;
  }
  /* the path of a mount may lead through links: its resolved form has none */
  const int fd = host_open_directory(usage->facts.resolved);
  const int error = fd < 0 ? -fd : host_stat_at(fd, "", false, &stat);
  if (error) {
    if (fd >= 0)
      close(fd);
    host_failed(&usage->err, error, usage->path);
    return;
  }
  usage->device = stat.device;
  usage->mount_root = stat.mount_root;
  walk.levels = mem_new(HOST_USAGE_DEPTH * sizeof *walk.levels);
  walk.path = mem_new(HOST_USAGE_PATH_MAX);
  enter(&walk, fd, &stat);
  walk_through(&walk);
  free(walk.levels);
  free(walk.path);
  free(walk.links);
  const atomic_bool go_on = false; /* /proc is short: also after a cancel */
  host_held_scan(&usage->held, usage->proc, usage->device, &go_on);
  qsort(usage->directories.items, usage->directories.count, sizeof *usage->directories.items,
        compare_entries);
  qsort(usage->files.items, usage->files.count, sizeof *usage->files.items, compare_entries);
}

static void remember_top(const struct host_usage_top *top, bool directory, struct host_look *look) {
  for (size_t i = 0; i < top->count; i++) {
    const struct host_usage_entry *entry = &top->items[i];
    char shown[HOST_LOOK_PATH_MAX + 1];
    if (entry->partial || strlen(entry->path) > HOST_LOOK_PATH_MAX / HOST_NAME_FACTOR)
      continue;
    host_look_add(look,
                  &(struct host_look_entry){.directory = directory,
                                            .bytes = entry->bytes,
                                            .size = entry->size,
                                            .files = entry->files,
                                            .modified_ms = entry->modified_ms,
                                            .inode = entry->inode},
                  host_name_show(shown, sizeof shown, entry->path));
  }
}

void host_usage_remember(const struct host_usage *usage, struct host_look *look) {
  look->at_ms = clock_wall_read_ms();
  look->bytes = usage->bytes;
  look->files = usage->file_count;
  remember_top(&usage->directories, true, look);
  remember_top(&usage->files, false, look);
}

static void top_fini(struct host_usage_top *top) {
  for (size_t i = 0; i < top->count; i++)
    free(top->items[i].path);
  free(top->items);
}

void host_usage_fini(struct host_usage *usage) {
  top_fini(&usage->directories);
  top_fini(&usage->files);
  host_held_fini(&usage->held);
}
