#include "clients/redis/redis_info.h"

#include "core/count.h"
#include "core/mem.h"
#include "core/number.h"

#include <errno.h>
#include <stdio.h>
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

/* line is terminated and modifiable. */
static void take_line(struct redis_info *info, char *line) {
  char *colon = strchr(line, ':');
  if (*line == '#' || !colon || colon == line)
    return;
  *colon = '\0';
  add_line(info, line, colon + 1);
}

/* copy: `length` bytes, modifiable, and one after them. */
static void take_lines(struct redis_info *info, char *copy, size_t length) {
  char *end = copy + length;
  for (char *line = copy; line < end;) {
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

void redis_info_parse(struct redis_info *info, const char *text, size_t length) {
  *info = (struct redis_info){.copy = mem_new(length + 1)};
  memcpy(info->copy, text, length);
  take_lines(info, info->copy, length);
}

void redis_info_merge(struct redis_info *info, const char *text, size_t length) {
  if (info->added_count == REDIS_INFO_ADDED_MAX)
    return;
  char *copy = mem_new(length + 1);
  memcpy(copy, text, length);
  info->added[info->added_count++] = copy;
  take_lines(info, copy, length);
}

void redis_info_fini(struct redis_info *info) {
  for (size_t i = 0; i < info->added_count; i++)
    free(info->added[i]);
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
  if (redis_info_text(info, key) || info->added_count + 2 > REDIS_INFO_ADDED_MAX)
    return;
  char *own_key = mem_dup(key), *own_value = mem_dup(value);
  info->added[info->added_count++] = own_key;
  info->added[info->added_count++] = own_value;
  add_line(info, own_key, own_value);
}

bool redis_info_int(const struct redis_info *info, const char *key, int64_t *number) {
  return number_int(redis_info_text(info, key), number);
}

bool redis_info_count(const struct redis_info *info, const char *key, int64_t *number) {
  return number_count(redis_info_text(info, key), number);
}

bool redis_info_real(const struct redis_info *info, const char *key, double *number) {
  return number_real(redis_info_text(info, key), number);
}

bool redis_info_is(const struct redis_info *info, const char *key, const char *text) {
  const char *value = redis_info_text(info, key);
  return value && strcmp(value, text) == 0;
}

bool redis_info_percent(const struct redis_info *info, const char *key, double *number) {
  return redis_info_real(info, key, number) && *number >= 0 && *number <= 100;
}

const char *redis_info_word(const char *value, const char *name) {
  size_t length = strlen(name);
  for (const char *at = value; *at; at += strspn(at, ",")) {
    if (strncmp(at, name, length) == 0 && at[length] == '=')
      return at + length + 1;
    at += strcspn(at, ",");
  }
  return NULL;
}

bool redis_info_field(const char *value, const char *name, int64_t *number) {
  const char *word = redis_info_word(value, name);
  char *end;
  if (!word)
    return false;
  errno = 0;
  long long parsed = strtoll(word, &end, 10);
  if (end == word || (*end && *end != ',') || errno)
    return false;
  *number = parsed;
  return true;
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
  redis_info_count(info, "maxmemory", &memory->limit);
  if (!redis_info_count(info, "used_memory", &memory->used))
    return;
  redis_info_count(info, "mem_not_counted_for_evict", &uncounted);
  memory->counted = count_less(memory->used, uncounted);
}

double redis_memory_ratio(const struct redis_memory *memory) {
  return (double)memory->counted / (double)memory->limit;
}

/* From a line "keys=12,expires=3,avg_ttl=0". */
static void read_database(const char *value, int64_t *keys, int64_t *expires) {
  if (!redis_info_field(value, "keys", keys) || *keys < 0)
    *keys = 0;
  if (!redis_info_field(value, "expires", expires) || *expires < 0)
    *expires = 0;
}

void redis_keys_count(const struct redis_info *info, int64_t *keys, int64_t *expires) {
  *keys = *expires = 0;
  for (size_t i = 0; i < info->count; i++) {
    int64_t of_keys, of_expires;
    if (redis_info_index(info->lines[i].key, "db") < 0)
      continue;
    read_database(info->lines[i].value, &of_keys, &of_expires);
    *keys = count_add(*keys, of_keys);
    *expires = count_add(*expires, of_expires);
  }
}

void redis_keys_of_database(const struct redis_info *info, int db, int64_t *keys,
                            int64_t *expires) {
  char key[24];
  snprintf(key, sizeof key, "db%d", db);
  const char *value = redis_info_text(info, key);
  read_database(value ? value : "", keys, expires);
}

int redis_info_version(const struct redis_info *info) {
  const char *text = redis_info_text(info, "redis_version");
  int parts[3] = {0};
  for (size_t i = 0; text && i < 3; i++) {
    char *end;
    parts[i] = (int)strtol(text, &end, 10);
    text = *end == '.' ? end + 1 : NULL;
  }
  return parts[0] * 10000 + parts[1] * 100 + parts[2];
}
