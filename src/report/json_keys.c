#include "report/json_keys.h"

#include "core/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, and a walk to the next free place. A document made to collide costs its reader time, as
 * far as its ceiling of values lets it. */
static const char **place_of(const struct json_keys *keys, const char *key) {
  uint64_t hash = 14695981039346656037u;
  for (const char *at = key; *at; at++)
    hash = (hash ^ (unsigned char)*at) * 1099511628211u;
  size_t index = hash & (keys->capacity - 1);
  while (keys->slots[index] && strcmp(keys->slots[index], key) != 0)
    index = (index + 1) & (keys->capacity - 1);
  return &keys->slots[index];
}

static void grow(struct json_keys *keys) {
  struct json_keys old = *keys;
  keys->capacity = old.capacity ? old.capacity * 2 : 64;
  keys->slots = mem_new(keys->capacity * sizeof *keys->slots);
  for (size_t i = 0; i < old.capacity; i++)
    if (old.slots[i])
      *place_of(keys, old.slots[i]) = old.slots[i];
  free(old.slots);
}

void json_keys_add(struct json_keys *keys, const char *key) {
  if (keys->count * 2 >= keys->capacity)
    grow(keys);
  const char **place = place_of(keys, key);
  if (*place)
    return;
  *place = key;
  keys->count++;
}

bool json_keys_has(const struct json_keys *keys, const char *key) {
  return keys->capacity > 0 && *place_of(keys, key);
}

void json_keys_fini(struct json_keys *keys) {
  free(keys->slots);
}
