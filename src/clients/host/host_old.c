#include "clients/host/host_old.h"

#include "clients/host/host_contract.h"
#include "clients/host/host_name.h"
#include "core/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct search {
  struct host_old_list *list;
  size_t rule;
  uint64_t directory; /* inode of the rule's directory */
  int64_t before_ns;  /* modified before */
  const atomic_bool *stop;
  atomic_llong *files;
  int depth;
  char shown[160];
};

bool host_name_is_own(const char *name) {
  return strncmp(name, HOST_OWN_PREFIX, sizeof HOST_OWN_PREFIX - 1) == 0;
}

/* Where anyone may rename and create files, age and name say nothing about a file. The sticky bit
 * leaves them to their owners. */
bool host_directory_is_safe(const struct host_stat *stat, const char *path, struct err *err) {
  char shown[160];
  if (!(stat->mode & S_IWOTH) || stat->mode & S_ISVTX)
    return true;
  return err_set(err, ERR_DENIED,
                 "%s is writable by everyone without the sticky bit: its files are not touched",
                 host_name_show(shown, sizeof shown, path));
}

/* ---- the largest, in a heap with the smallest at its root */

static void swap(struct host_old_file *a, struct host_old_file *b) {
  const struct host_old_file kept = *a;
  *a = *b;
  *b = kept;
}

static void sift_down(struct host_old_list *list) {
  for (size_t at = 0;;) {
    size_t least = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < list->count; child++)
      if (list->items[child].stat.allocated < list->items[least].stat.allocated)
        least = child;
    if (least == at)
      return;
    swap(&list->items[at], &list->items[least]);
    at = least;
  }
}

static void file_fini(struct host_old_file *file) {
  free(file->below);
  free(file->name);
}

/* With copies of the names. */
static void keep(struct host_old_list *list, const struct host_old_file *file, const char *below,
                 const char *name) {
  struct host_old_file own = *file;
  if (list->count == HOST_OLD_MAX && file->stat.allocated <= list->items[0].stat.allocated)
    return;
  own.below = mem_dup(below);
  own.name = mem_dup(name);
  if (list->count == HOST_OLD_MAX) {
    file_fini(&list->items[0]);
    list->items[0] = own;
    sift_down(list);
    return;
  }
  if (!list->items)
    list->items = mem_new(HOST_OLD_MAX * sizeof *list->items);
  size_t at = list->count++;
  list->items[at] = own;
  for (; at > 0 && list->items[(at - 1) / 2].stat.allocated > list->items[at].stat.allocated;
       at = (at - 1) / 2)
    swap(&list->items[at], &list->items[(at - 1) / 2]);
}

/* By rule, then the largest first. */
static int compare(const void *a, const void *b) {
  const struct host_old_file *x = a, *y = b;
  if (x->rule != y->rule)
    return x->rule < y->rule ? -1 : 1;
  if (x->stat.allocated != y->stat.allocated)
    return x->stat.allocated < y->stat.allocated ? 1 : -1;
  const int order = strcmp(x->below, y->below);
  return order ? order : strcmp(x->name, y->name);
}

/* ---- the search */

static bool is_compressed(const char *name) {
  static const char *const endings[] = {".gz", ".zst", ".xz", ".bz2", ".lz4", ".zip"};
  const size_t length = strlen(name);
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    const size_t ending = strlen(endings[i]);
    if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
      return true;
  }
  return false;
}

static bool is_old(const struct search *search, const char *name, const struct host_stat *stat) {
  const struct host_old_rule *rule = &search->list->rules[search->rule];
  return S_ISREG(stat->mode) && !(stat->mode & (S_ISUID | S_ISGID)) && !host_name_is_own(name) &&
         fnmatch(rule->rule.pattern, name, FNM_PERIOD) == 0 &&
         stat->modified_ns < search->before_ns && stat->size > 0 &&
         !(rule->compress && (is_compressed(name) || stat->links > 1));
}

static void search_in(struct search *search, int fd, const char *below);

static void search_below(struct search *search, int parent, const char *below, const char *name) {
  struct host_old_rule *rule = &search->list->rules[search->rule];
  char *path = mem_printf("%s%s%s", below, *below ? "/" : "", name);
  const int fd = host_open_below(parent, name);
  if (fd >= 0) {
    search->depth++;
    search_in(search, fd, path);
    search->depth--;
  } else if (fd != -EXDEV && fd != -ENOENT && fd != -ELOOP && fd != -ENOTDIR) {
    host_failed(&rule->err, -fd, path);
  }
  free(path);
}

static void meet(struct search *search, int parent, const struct host_stat *folder,
                 const char *below, const struct dirent *entry) {
  struct host_old_rule *rule = &search->list->rules[search->rule];
  const char *name = entry->d_name;
  struct host_stat stat = {.mode = S_IFDIR};
  /* a look at a mount point would ask the file system that is mounted there */
  if (entry->d_type != DT_DIR && host_stat_at(parent, name, true, &stat) != 0)
    return; /* deleted meanwhile */
  atomic_fetch_add(search->files, 1);
  if (S_ISDIR(stat.mode)) {
    if (!rule->rule.recursive || host_name_is_own(name))
      return;
    if (search->depth < HOST_OLD_DEPTH)
      search_below(search, parent, below, name);
    else if (rule->err.kind == ERR_NONE)
      err_set(&rule->err, ERR_LIMIT, "directories %d levels below %s are not searched",
              HOST_OLD_DEPTH + 1,
              host_name_show(search->shown, sizeof search->shown, rule->rule.directory));
    return;
  }
  if (!is_old(search, name, &stat))
    return;
  rule->files++;
  rule->allocated += stat.allocated;
  const struct host_old_file file = {
      .rule = search->rule, .directory = search->directory, .folder = folder->inode, .stat = stat};
  keep(search->list, &file, below, name);
}

/* Takes fd. */
static void search_in(struct search *search, int fd, const char *below) {
  struct host_old_rule *rule = &search->list->rules[search->rule];
  struct host_stat stat = {0};
  const int error = host_stat_at(fd, "", true, &stat);
  if (error || !host_directory_is_safe(&stat, *below ? below : rule->rule.directory, &rule->err)) {
    if (error)
      host_failed(&rule->err, error, below);
    close(fd);
    return;
  }
  DIR *folder = fdopendir(fd);
  const struct dirent *entry;
  if (!folder) {
    close(fd);
    return;
  }
  while (!atomic_load(search->stop) && (entry = readdir(folder)))
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      meet(search, dirfd(folder), &stat, below, entry);
  closedir(folder);
}

void host_old_rule(struct host_old_list *list, const struct target *target, const char *option,
                   size_t index) {
  list->rules = mem_resize(list->rules, (list->rule_count + 1) * sizeof *list->rules);
  struct host_old_rule *rule = &list->rules[list->rule_count++];
  *rule = (struct host_old_rule){.compress = strcmp(option, HOST_COMPRESS) == 0};
  host_rule_get(target, option, index, &rule->rule);
  rule->rule.name = mem_dup(rule->rule.name);
}

void host_old_scan(struct host_old_list *list, uint64_t device, int64_t now_ms,
                   const atomic_bool *stop, atomic_llong *files) {
  for (size_t i = 0; i < list->rule_count; i++) {
    struct host_old_rule *rule = &list->rules[i];
    struct host_stat stat = {0};
    const int fd = host_open_directory(rule->rule.directory);
    const int error = fd < 0 ? -fd : host_stat_at(fd, "", true, &stat);
    rule->elsewhere = !error && stat.device != device;
    if (error)
      host_failed(&rule->err, error, rule->rule.directory);
    if (error || rule->elsewhere) {
      if (fd >= 0)
        close(fd);
      continue;
    }
    struct search search = {.list = list,
                            .rule = i,
                            .directory = stat.inode,
                            .before_ns = (now_ms - rule->rule.older_ms) * 1000000,
                            .stop = stop,
                            .files = files};
    search_in(&search, fd, "");
  }
  if (list->count > 0)
    qsort(list->items, list->count, sizeof *list->items, compare);
}

void host_old_fini(struct host_old_list *list) {
  for (size_t i = 0; i < list->count; i++)
    file_fini(&list->items[i]);
  for (size_t i = 0; i < list->rule_count; i++)
    free(list->rules[i].rule.name);
  free(list->items);
  free(list->rules);
  *list = (struct host_old_list){0};
}
