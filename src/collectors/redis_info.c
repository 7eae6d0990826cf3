#include "collectors/redis.h"

#include "core/count.h"
#include "core/mem.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_line(struct redis_info *info, const char *key, const char *value) {
  if (info->count == REDIS_INFO_LINES_MAX)
    return;
  if (info->count == info->capacity) {
    info->capacity = info->capacity ? info->capacity * 2 : 256;
    info->lines = mem_resize(info->lines, info->capacity * sizeof *info->lines);
  }
  info->lines[info->count++] = (struct redis_info_line){key, value};
}

/* line is terminated and ours to cut. */
static void take_line(struct redis_info *info, char *line) {
  char *colon = strchr(line, ':');
  if (*line == '#' || !colon || colon == line)
    return;
  *colon = '\0';
  add_line(info, line, colon + 1);
}

void redis_info_parse(struct redis_info *info, const char *text, size_t length) {
  *info = (struct redis_info){.copy = mem_new(length + 1)};
  memcpy(info->copy, text, length);
  char *end = info->copy + length;
  for (char *line = info->copy; line < end;) {
    char *stop = memchr(line, '\n', (size_t)(end - line));
    char *next = stop ? stop + 1 : end;
    if (!stop)
      stop = end;
    if (stop > line && stop[-1] == '\r')
      stop--;
    *stop = '\0';
    take_line(info, line);
    line = next;
  }
}

void redis_info_fini(struct redis_info *info) {
  for (size_t i = 0; i < info->added_count; i++)
    free((char *)info->added[i]);
  free(info->lines);
  free(info->copy);
  *info = (struct redis_info){0};
}

const char *redis_info_text(const struct redis_info *info, const char *key) {
  for (size_t i = 0; i < info->count; i++)
    if (strcmp(info->lines[i].key, key) == 0)
      return info->lines[i].value;
  return NULL;
}

void redis_info_add(struct redis_info *info, const char *key, const char *value) {
  if (redis_info_text(info, key) || info->added_count + 2 > 8)
    return;
  const char *own_key = mem_dup(key), *own_value = mem_dup(value);
  info->added[info->added_count++] = own_key;
  info->added[info->added_count++] = own_value;
  add_line(info, own_key, own_value);
}

bool redis_info_int(const struct redis_info *info, const char *key, int64_t *number) {
  const char *text = redis_info_text(info, key);
  if (!text || ((*text < '0' || *text > '9') && *text != '-'))
    return false;
  char *end;
  errno = 0;
  long long parsed = strtoll(text, &end, 10);
  if (end == text || *end || errno)
    return false;
  *number = parsed;
  return true;
}

bool redis_info_real(const struct redis_info *info, const char *key, double *number) {
  const char *text = redis_info_text(info, key);
  if (!text || ((*text < '0' || *text > '9') && *text != '-'))
    return false;
  char *end;
  double parsed = strtod(text, &end);
  if (end == text || *end || !isfinite(parsed))
    return false;
  *number = parsed;
  return true;
}

bool redis_info_is(const struct redis_info *info, const char *key, const char *text) {
  const char *value = redis_info_text(info, key);
  return value && strcmp(value, text) == 0;
}

bool redis_info_field(const char *value, const char *name, int64_t *number) {
  size_t length = strlen(name);
  for (const char *at = value; *at; at += strspn(at, ",")) {
    if (strncmp(at, name, length) == 0 && at[length] == '=') {
      char *end;
      errno = 0;
      long long parsed = strtoll(at + length + 1, &end, 10);
      if (end == at + length + 1 || (*end && *end != ',') || errno)
        return false;
      *number = parsed;
      return true;
    }
    at += strcspn(at, ",");
  }
  return false;
}

bool redis_info_plausible(const struct redis_info *info) {
  static const char *const keys[] = {"redis_version", "valkey_version", "used_memory", "run_id"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (redis_info_text(info, keys[i]))
      return true;
  return false;
}

int redis_info_index(const char *key, const char *prefix) {
  size_t length = strlen(prefix);
  if (strncmp(key, prefix, length) != 0 || key[length] < '0' || key[length] > '9')
    return -1;
  char *end;
  errno = 0;
  long index = strtol(key + length, &end, 10);
  return *end || errno || index > 1 << 24 ? -1 : (int)index;
}

void redis_memory_read(const struct redis_info *info, struct redis_memory *memory) {
  int64_t uncounted = 0;
  *memory = (struct redis_memory){.used = -1, .counted = -1, .limit = -1};
  if (!redis_info_int(info, "maxmemory", &memory->limit) || memory->limit < 0)
    memory->limit = -1;
  if (!redis_info_int(info, "used_memory", &memory->used) || memory->used < 0) {
    memory->used = -1;
    return;
  }
  if (!redis_info_int(info, "mem_not_counted_for_evict", &uncounted) || uncounted < 0)
    uncounted = 0;
  memory->counted = memory->used > uncounted ? memory->used - uncounted : 0;
}

void redis_keys_count(const struct redis_info *info, int64_t *keys, int64_t *expires) {
  *keys = *expires = 0;
  for (size_t i = 0; i < info->count; i++) {
    int64_t count = 0;
    if (redis_info_index(info->lines[i].key, "db") < 0)
      continue;
    if (redis_info_field(info->lines[i].value, "keys", &count) && count > 0)
      *keys = count_add(*keys, count);
    if (redis_info_field(info->lines[i].value, "expires", &count) && count > 0)
      *expires = count_add(*expires, count);
  }
}
