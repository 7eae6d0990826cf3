#include "core/map.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 16 };
static const uint64_t PRIME = 1099511628211U;

/* The terminator counts as a byte, so that "ab", "c" differs from "a", "bc". */
uint64_t map_hash_text(uint64_t hash, const char *text) {
  for (; text && *text; text++)
    hash = (hash ^ (unsigned char)*text) * PRIME;
  return (hash ^ 0xff) * PRIME;
}

uint64_t map_hash_number(uint64_t hash, uint64_t number) {
  for (int byte = 0; byte < 8; byte++)
    hash = (hash ^ (number >> (8 * byte) & 0xff)) * PRIME;
  return hash;
}

static uint64_t hash_of(const struct map *map, const void *key) {
  uint64_t hash = map->hash ? map->hash(key) : map_hash_text(MAP_HASH, key);
  return hash ^ hash >> 32; /* the low bits choose the slot */
}

static bool is_key(const struct map *map, const struct map_slot *target_index, const void *key,
                   uint64_t hash) {
  return target_index->hash == hash &&
         (map->same ? map->same(target_index->key, key) : strcmp(target_index->key, key) == 0);
}

/* The slot of the key, or the free one for it. */
static struct map_slot *slot_of(const struct map *map, const void *key, uint64_t hash) {
  size_t at = hash & (map->capacity - 1);
  while (map->targets[at].key && !is_key(map, &map->targets[at], key, hash))
    at = (at + 1) & (map->capacity - 1);
  return &map->targets[at];
}

/* The keys are all different, so the first free slot is the right one. */
static void slot_move(struct map *map, const struct map_slot *target_index) {
  size_t at = target_index->hash & (map->capacity - 1);
  while (map->targets[at].key)
    at = (at + 1) & (map->capacity - 1);
  map->targets[at] = *target_index;
}

static void grow(struct map *map) {
  struct map old = *map;
  map->capacity = old.capacity ? 2 * old.capacity : CAPACITY_FIRST;
  map->targets = mem_new(map->capacity * sizeof *map->targets);
  for (size_t i = 0; i < old.capacity; i++)
    if (old.targets[i].key)
      slot_move(map, &old.targets[i]);
  free(old.targets);
}

void map_fini(struct map *map) {
  free(map->targets);
  map->targets = NULL;
  map->count = map->capacity = 0;
}

struct map_slot *map_find(const struct map *map, const void *key) {
  if (map->count == 0)
    return NULL;
  struct map_slot *target_index = slot_of(map, key, hash_of(map, key));
  return target_index->key ? target_index : NULL;
}

bool map_add(struct map *map, const void *key, size_t value) {
  uint64_t hash = hash_of(map, key);
  if (2 * map->count >= map->capacity)
    grow(map);
  struct map_slot *target_index = slot_of(map, key, hash);
  if (target_index->key)
    return false;
  *target_index = (struct map_slot){key, hash, value};
  map->count++;
  return true;
}

/* Moves following entries into the gap if their probe sequence passes it, so that no tombstone is
 * needed. */
static void gap_close(struct map *map, size_t gap) {
  const size_t mask = map->capacity - 1;
  for (size_t at = (gap + 1) & mask; map->targets[at].key; at = (at + 1) & mask) {
    size_t way = (at - map->targets[at].hash) & mask;
    if (way < ((at - gap) & mask))
      continue;
    map->targets[gap] = map->targets[at];
    gap = at;
  }
  map->targets[gap] = (struct map_slot){0};
}

bool map_remove(struct map *map, const void *key) {
  if (map->count == 0)
    return false;
  struct map_slot *target_index = slot_of(map, key, hash_of(map, key));
  if (!target_index->key)
    return false;
  gap_close(map, (size_t)(target_index - map->targets));
  map->count--;
  return true;
}

void map_sweep(struct map *map, bool (*drop)(void *arg, const void *key, size_t value), void *arg) {
  struct map old = *map;
  if (old.count == 0)
    return;
  map->targets = mem_new(map->capacity * sizeof *map->targets);
  map->count = 0;
  for (size_t i = 0; i < old.capacity; i++) {
    if (!old.targets[i].key || drop(arg, old.targets[i].key, old.targets[i].value))
      continue;
    slot_move(map, &old.targets[i]);
    map->count++;
  }
  free(old.targets);
}
