#include "collectors/redis/pages/redis_top.h"

#include "clients/redis/redis_words.h"
#include "core/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void key_clear(struct redis_top_key *key) {
  free(key->name);
  *key = (struct redis_top_key){0};
}

void redis_top_fini(struct redis_top *top) {
  for (size_t i = 0; i < top->count; i++)
    key_clear(&top->keys[i]);
  top->count = 0;
}

static void swap(struct redis_top_key *a, struct redis_top_key *b) {
  const struct redis_top_key key = *a;
  *a = *b;
  *b = key;
}

static void sink(struct redis_top *top) {
  struct redis_top_key *keys = top->keys;
  for (size_t at = 0;;) {
    size_t least = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < top->count; child++)
      if (keys[child].figure < keys[least].figure)
        least = child;
    if (least == at)
      return;
    swap(&keys[at], &keys[least]);
    at = least;
  }
}

static void rise(struct redis_top *top) {
  struct redis_top_key *keys = top->keys;
  for (size_t at = top->count - 1; at > 0; at = (at - 1) / 2) {
    if (keys[at].figure >= keys[(at - 1) / 2].figure)
      return;
    swap(&keys[at], &keys[(at - 1) / 2]);
  }
}

static void key_fill(struct redis_top_key *key, const char *name, size_t length, int64_t figure,
                     int64_t bytes, int64_t ttl_ms) {
  *key = (struct redis_top_key){.figure = figure, .bytes = bytes, .ttl_ms = ttl_ms};
  redis_repr(key->shown, sizeof key->shown, name, length);
  if (length > REDIS_KEY_NAME_MAX)
    return;
  char full[4 * REDIS_KEY_NAME_MAX + 1];
  key->name = mem_dup(redis_repr(full, sizeof full, name, length));
}

static bool is_known(const struct redis_top *top, const char *name, size_t length) {
  char full[4 * REDIS_KEY_NAME_MAX + 1];
  if (length > REDIS_KEY_NAME_MAX)
    return false;
  redis_repr(full, sizeof full, name, length);
  for (size_t i = 0; i < top->count; i++)
    if (top->keys[i].name && strcmp(top->keys[i].name, full) == 0)
      return true;
  return false;
}

void redis_top_add(struct redis_top *top, const char *name, size_t length, int64_t figure,
                   int64_t bytes, int64_t ttl_ms) {
  const bool full = top->count == REDIS_TOP_MAX;
  if (figure < 0 || (full && figure <= top->keys[0].figure) || is_known(top, name, length))
    return;
  if (full) {
    key_clear(&top->keys[0]);
    key_fill(&top->keys[0], name, length, figure, bytes, ttl_ms);
    sink(top);
    return;
  }
  key_fill(&top->keys[top->count++], name, length, figure, bytes, ttl_ms);
  rise(top);
}
