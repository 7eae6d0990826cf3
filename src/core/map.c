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

static bool is_key(const struct map *map, const struct map_slot *slot, const void *key,
                   uint64_t hash) {
  return slot->hash == hash &&
         (map->same ? map->same(slot->key, key) : strcmp(slot->key, key) == 0);
}

/* The slot of the key, or the free one for it. */
static struct map_slot *slot_of(const struct map *map, const void *key, uint64_t hash) {
  size_t at = hash & (map->capacity - 1);
  while (map->slots[at].key && !is_key(map, &map->slots[at], key, hash))
    at = (at + 1) & (map->capacity - 1);
  return &map->slots[at];
}

/* The keys are all different, so the first free slot is the right one. */
static void slot_move(struct map *map, const struct map_slot *slot) {
  size_t at = slot->hash & (map->capacity - 1);
  while (map->slots[at].key)
    at = (at + 1) & (map->capacity - 1);
  map->slots[at] = *slot;
}

static void grow(struct map *map) {
  struct map old = *map;
  map->capacity = old.capacity ? 2 * old.capacity : CAPACITY_FIRST;
  map->slots = mem_new(map->capacity * sizeof *map->slots);
  for (size_t i = 0; i < old.capacity; i++)
    if (old.slots[i].key)
      slot_move(map, &old.slots[i]);
  free(old.slots);
}

void map_fini(struct map *map) {
  free(map->slots);
  map->slots = NULL;
  map->count = map->capacity = 0;
}

struct map_slot *map_find(const struct map *map, const void *key) {
  if (map->count == 0)
    return NULL;
  struct map_slot *slot = slot_of(map, key, hash_of(map, key));
  return slot->key ? slot : NULL;
}

bool map_add(struct map *map, const void *key, size_t value) {
  uint64_t hash = hash_of(map, key);
  if (2 * map->count >= map->capacity)
    grow(map);
  struct map_slot *slot = slot_of(map, key, hash);
  if (slot->key)
    return false;
  *slot = (struct map_slot){key, hash, value};
  map->count++;
  return true;
}

/* Moves following entries into the gap if their probe sequence passes it, so that no tombstone is
 * needed. */
static void gap_close(struct map *map, size_t gap) {
  const size_t mask = map->capacity - 1;
  for (size_t at = (gap + 1) & mask; map->slots[at].key; at = (at + 1) & mask) {
    size_t way = (at - map->slots[at].hash) & mask;
    if (way < ((at - gap) & mask))
      continue;
    map->slots[gap] = map->slots[at];
    gap = at;
  }
  map->slots[gap] = (struct map_slot){0};
}

bool map_remove(struct map *map, const void *key) {
  if (map->count == 0)
    return false;
  struct map_slot *slot = slot_of(map, key, hash_of(map, key));
  if (!slot->key)
    return false;
  gap_close(map, (size_t)(slot - map->slots));
  map->count--;
  return true;
}

void map_sweep(struct map *map, bool (*drop)(void *arg, const void *key, size_t value), void *arg) {
  struct map old = *map;
  if (old.count == 0)
    return;
  map->slots = mem_new(map->capacity * sizeof *map->slots);
  map->count = 0;
  for (size_t i = 0; i < old.capacity; i++) {
    if (!old.slots[i].key || drop(arg, old.slots[i].key, old.slots[i].value))
      continue;
    slot_move(map, &old.slots[i]);
    map->count++;
  }
  free(old.slots);
}
