#include "collectors/host/host_mountinfo.h"

#include "core/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void mounts_init(struct mount_list *list, size_t ceiling) {
  *list = (struct mount_list){0};
  arena_init(&list->arena, ceiling);
}

void mounts_fini(struct mount_list *list) {
  arena_fini(&list->arena);
  free(list->items);
  *list = (struct mount_list){0};
}

static bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

/* "\040" to a blank, in place. */
static void unescape(char *text) {
  char *out = text;
  for (const char *at = text; *at; out++) {
    if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && is_octal(at[2]) && is_octal(at[3])) {
      *out = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
      at += 4;
    } else {
      *out = *at++;
    }
  }
  *out = '\0';
}

/* Cuts off and returns the next word of a line; NULL at its end. */
static char *word_next(char **at) {
  char *start = *at + strspn(*at, " ");
  if (!*start)
    return NULL;
  char *end = start + strcspn(start, " ");
  *at = *end ? end + 1 : end;
  *end = '\0';
  return start;
}

static bool device_parse(const char *text, struct mount_entry *entry) {
  char *end;
  unsigned long major = strtoul(text, &end, 10);
  if (end == text || *end != ':')
    return false;
  const char *rest = end + 1;
  unsigned long minor = strtoul(rest, &end, 10);
  entry->major = (unsigned)major;
  entry->minor = (unsigned)minor;
  return end != rest && *end == '\0' && major <= UINT32_MAX && minor <= UINT32_MAX;
}

/* "36 35 98:0 /root /point rw,noatime shared:1 - ext4 /dev/vda rw,errors=continue": the fields
 * before the single "-" are optional, three follow it. */
static bool entry_parse(char *line, struct mount_entry *entry) {
  enum { ID, PARENT, DEVICE, ROOT, POINT, OPTIONS, FIXED };
  char *words[FIXED], *at = line, *word;
  for (size_t i = 0; i < FIXED; i++)
    if (!(words[i] = word_next(&at)))
      return false;
  do {
    word = word_next(&at);
  } while (word && strcmp(word, "-") != 0);
  char *type = word ? word_next(&at) : NULL;
  char *source = type ? word_next(&at) : NULL;
  if (!source || !device_parse(words[DEVICE], entry))
    return false;
  char *super_options = word_next(&at);
  unescape(words[ROOT]);
  unescape(words[POINT]);
  unescape(source);
  entry->id = strtol(words[ID], NULL, 10);
  entry->parent = strtol(words[PARENT], NULL, 10);
  entry->root = words[ROOT];
  entry->point = words[POINT];
  entry->options = words[OPTIONS];
  entry->type = type;
  entry->source = source;
  entry->super_options = super_options ? super_options : "";
  return words[POINT][0] == '/';
}

static void entry_add(struct mount_list *list, struct mount_entry entry) {
  if (list->count == list->capacity) {
    list->capacity = list->capacity ? list->capacity * 2 : 32;
    list->items = mem_resize(list->items, list->capacity * sizeof *list->items);
  }
  list->items[list->count++] = entry;
}

void mounts_parse(struct mount_list *list, const char *text) {
  while (*text) {
    size_t length = strcspn(text, "\n");
    struct mount_entry entry = {0};
    char *line = (char *)arena_text(&list->arena, text, length);
    if (list->arena.exhausted) {
      list->cut = true;
      return;
    }
    if (entry_parse(line, &entry))
      entry_add(list, entry);
    text += length + (text[length] == '\n');
  }
}

/* Whether path is `top` or below it. */
static bool lies_in(const char *path, const char *top) {
  size_t length = strlen(top);
  if (strcmp(top, "/") == 0)
    return path[0] == '/';
  return strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static bool is_disk(const struct mount_entry *entry) {
  switch (mount_class_of(entry->type)) {
  case MOUNT_PSEUDO:
    return false;
  case MOUNT_MEMORY:
    return !file_system_is_containers(entry->point) && !mount_has_option(entry->options, "ro");
  default:
    return strcmp(entry->type, "overlay") != 0 || strcmp(entry->point, "/") == 0;
  }
}

static const struct mount_entry *find_id(const struct mount_list *list, long id) {
  for (size_t i = 0; i < list->count; i++)
    if (list->items[i].id == id)
      return &list->items[i];
  return NULL;
}

static bool is_mounted_in(const struct mount_list *list, const struct mount_entry *entry,
                          const struct mount_entry *other) {
  enum {
    DEPTH_MAX = 64
  }; /* the first mount is its own parent, and invalid data may have a circle */
  for (size_t i = 0; entry && i < DEPTH_MAX; i++) {
    if (entry == other)
      return true;
    entry = find_id(list, entry->parent);
  }
  return false;
}

/* Hidden by a mount on the same point or above it, unless it is mounted in that mount. */
static bool is_hidden(const struct mount_list *list, const struct mount_entry *entry) {
  for (size_t i = 0; i < list->count; i++)
    if (lies_in(entry->point, list->items[i].point) && !is_mounted_in(list, entry, &list->items[i]))
      return true;
  return false;
}

static bool same_device(const struct mount_entry *a, const struct mount_entry *b) {
  return a->major == b->major && a->minor == b->minor;
}

void mounts_choose(struct mount_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    struct mount_entry *entry = &list->items[i], *rival = NULL;
    if (!is_disk(entry) || is_hidden(list, entry))
      continue;
    for (size_t j = 0; j < i && !rival; j++)
      if (list->items[j].chosen && same_device(&list->items[j], entry))
        rival = &list->items[j];
    entry->chosen = !rival || strlen(entry->point) < strlen(rival->point);
    if (rival && entry->chosen)
      rival->chosen = false;
  }
}

const struct mount_entry *mounts_find(const struct mount_list *list, const char *path) {
  const struct mount_entry *found = NULL;
  for (size_t i = 0; i < list->count; i++) {
    const struct mount_entry *entry = &list->items[i];
    bool closer = !found || strlen(entry->point) >= strlen(found->point);
    if (closer && lies_in(path, entry->point) && !is_hidden(list, entry))
      found = entry;
  }
  return found;
}

/* A line of fstab: device, point, type, options, ... */
static bool line_expects(char *line, const char *path) {
  char *at = line, *words[4];
  for (size_t i = 0; i < 4; i++)
    if (!(words[i] = word_next(&at)))
      return false;
  unescape(words[1]);
  return words[0][0] != '#' && strcmp(words[1], path) == 0 && strcmp(words[2], "swap") != 0 &&
         !mount_has_option(words[3], "noauto") && !mount_has_option(words[3], "nofail") &&
         !mount_has_option(words[3], "x-systemd.automount");
}

bool mounts_expects(const char *fstab, const char *path) {
  char line[4096];
  bool expected = false;
  while (*fstab && !expected) {
    size_t length = strcspn(fstab, "\n");
    if (length < sizeof line) { /* a longer line has no path that is watched */
      for (size_t i = 0; i < length; i++)
        line[i] = fstab[i] == '\t' ? ' ' : fstab[i];
      line[length] = '\0';
      expected = line_expects(line, path);
    }
    fstab += length + (fstab[length] == '\n');
  }
  return expected;
}

bool mount_has_option(const char *options, const char *option) {
  size_t length = strlen(option);
  for (const char *at = options; *at; at += strspn(at, ",")) {
    size_t word = strcspn(at, ",");
    if (word == length && strncmp(at, option, length) == 0)
      return true;
    at += word;
  }
  return false;
}
