#include "operate/key_set.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void key_set_init(struct key_set *set, size_t most) {
  *set = (struct key_set){.keys = mem_new((most + 1) * sizeof *set->keys)};
}

void key_set_fini(struct key_set *set) {
  free(set->keys);
  *set = (struct key_set){0};
}

void key_set_add(struct key_set *set, const char *key) {
  set->keys[set->count++] = key;
}

void key_set_ready(struct key_set *set) {
  qsort(set->keys, set->count, sizeof *set->keys, by_text);
}

bool key_set_has(const struct key_set *set, const char *key) {
  return bsearch(&key, set->keys, set->count, sizeof *set->keys, by_text) != NULL;
}
