#include "clients/host/host_look.h"

#include "core/mem.h"
#include "io/file/file.h"
#include "io/file/file_save.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char magic[] = "stacktop-usage 1\n";

void host_look_add(struct host_look *look, const struct host_look_entry *entry, const char *path) {
  if (look->count == HOST_LOOK_ENTRIES || strlen(path) > HOST_LOOK_PATH_MAX)
    return;
  if (!look->items)
    look->items = mem_new(HOST_LOOK_ENTRIES * sizeof *look->items); /* the map borrows paths */
  struct host_look_entry *own = &look->items[look->count];
  *own = *entry;
  own->path = mem_dup(path);
  if (own->directory && !map_add(&look->directories, own->path, look->count)) {
    free(own->path);
    return;
  }
  look->count++;
}

const struct host_look_entry *host_look_directory(const struct host_look *look, const char *path) {
  const struct map_slot *slot = map_find(&look->directories, path);
  return slot ? &look->items[slot->value] : NULL;
}

void host_look_fini(struct host_look *look) {
  map_fini(&look->directories);
  for (size_t i = 0; i < look->count; i++)
    free(look->items[i].path);
  free(look->items);
  *look = (struct host_look){0};
}

/* A number of at least 0 and the blank after it. */
static bool take_number(const char **at, int64_t *number) {
  char *end;
  if (**at < '0' || **at > '9')
    return false;
  errno = 0;
  *number = strtoll(*at, &end, 10);
  if (errno || *end != ' ')
    return false;
  *at = end + 1;
  return true;
}

static bool parse_entry(struct host_look *look, const char *line, size_t length) {
  char path[HOST_LOOK_PATH_MAX + 1];
  struct host_look_entry entry = {.directory = *line == 'd'};
  int64_t inode;
  const char *at = line + 2;
  if (length < 3 || (line[0] != 'd' && line[0] != 'f') || line[1] != ' ' ||
      !take_number(&at, &entry.bytes) || !take_number(&at, &entry.size) ||
      !take_number(&at, &entry.files) || !take_number(&at, &entry.modified_ms) ||
      !take_number(&at, &inode))
    return false;
  const size_t rest = (size_t)(line + length - at);
  if (at > line + length || rest > HOST_LOOK_PATH_MAX)
    return false;
  memcpy(path, at, rest);
  path[rest] = '\0';
  entry.inode = (uint64_t)inode;
  host_look_add(look, &entry, path);
  return true;
}

/* The header: the mount, then the time, bytes and files. */
static const char *parse_head(struct host_look *look, const char *text, const char *mount) {
  const size_t length = strlen(mount);
  if (strncmp(text, magic, sizeof magic - 1) != 0)
    return NULL;
  text += sizeof magic - 1;
  if (strncmp(text, mount, length) != 0 || text[length] != '\n')
    return NULL;
  text += length + 1;
  if (!take_number(&text, &look->at_ms) || !take_number(&text, &look->bytes) ||
      !take_number(&text, &look->files) || *text != '\n')
    return NULL;
  return text + 1;
}

bool host_look_parse(struct host_look *look, const char *text, const char *mount) {
  *look = (struct host_look){0};
  const char *line = parse_head(look, text, mount);
  bool good = line != NULL && look->at_ms > 0;
  while (good && *line) {
    const size_t length = strcspn(line, "\n");
    good = parse_entry(look, line, length) && line[length] == '\n'; /* else it was cut */
    line += length + 1;
  }
  if (!good)
    host_look_fini(look);
  return good;
}

char *host_look_text(const struct host_look *look, const char *mount, size_t *len) {
  enum { LINE_MAX_BYTES = HOST_LOOK_PATH_MAX + 128 };
  const size_t size = sizeof magic + strlen(mount) + 128 + look->count * LINE_MAX_BYTES;
  char *text = mem_new(size);
  size_t used = (size_t)snprintf(text, size, "%s%s\n%" PRId64 " %" PRId64 " %" PRId64 " \n", magic,
                                 mount, look->at_ms, look->bytes, look->files);
  for (size_t i = 0; i < look->count; i++) {
    const struct host_look_entry *entry = &look->items[i];
    used += (size_t)snprintf(text + used, size - used,
                             "%c %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
                             entry->directory ? 'd' : 'f', entry->bytes, entry->size, entry->files,
                             entry->modified_ms > 0 ? entry->modified_ms : 0,
                             (int64_t)(entry->inode & INT64_MAX), entry->path);
  }
  *len = used;
  return text;
}

static void path_make(char path[PATH_MAX], const char *folder, const char *mount,
                      const char *suffix) {
  snprintf(path, PATH_MAX, "%s/usage-%016" PRIx64 ".%s", folder, map_hash_text(MAP_HASH, mount),
           suffix);
}

void host_look_load(struct host_look *look, const char *folder, const char *mount,
                    const char *suffix) {
  char path[PATH_MAX];
  struct file_text file = {0};
  path_make(path, folder, mount, suffix);
  file_read(path, HOST_LOOK_BYTES_MAX, &file);
  *look = (struct host_look){0};
  if (file.text && strlen(file.text) == file.len)
    host_look_parse(look, file.text, mount);
  file_text_fini(&file);
}

bool host_look_save(const struct host_look *look, const char *folder, const char *mount,
                    const char *suffix, struct err *err) {
  char path[PATH_MAX];
  size_t len;
  char *text = host_look_text(look, mount, &len);
  path_make(path, folder, mount, suffix);
  const bool good = file_save(path, text, len, err);
  free(text);
  return good;
}

void host_look_forget(const char *folder, const char *mount, const char *suffix) {
  char path[PATH_MAX];
  path_make(path, folder, mount, suffix);
  unlink(path);
}
