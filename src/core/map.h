/* A hash map from a key to a number, usually an index. Keys are borrowed and must neither move nor
 * change while they are in it. Keys are texts, unless the map has its own functions.
 *
 * A server that chooses the keys can cause collisions and slow lookups: limit the number of keys if
 * a server or a document chooses them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
  const void *key; /* NULL: free */
  uint64_t hash;
  size_t value;
};

/* Zeroed at first, except for the functions. */
struct map {
  uint64_t (*hash)(const void *key); /* NULL: of a text */
  bool (*same)(const void *a, const void *b);
  struct map_slot *slots; /* open addressing, at most half full */
  size_t count, capacity;
};

void map_fini(struct map *map); /* it is then empty and can be used again */

/* Valid until the map is changed; only the value may be written. NULL if the key is missing. */
struct map_slot *map_find(const struct map *map, const void *key);
/* False, without a change, if the key exists. */
bool map_add(struct map *map, const void *key, size_t value);
bool map_remove(struct map *map, const void *key); /* false if it was missing */
/* Removes entries for which drop is true; it may free the key. */
void map_sweep(struct map *map, bool (*drop)(void *arg, const void *key, size_t value), void *arg);

/* Adds to a hash: MAP_HASH at first (FNV-1a). A NULL text is the empty one. */
#define MAP_HASH UINT64_C(14695981039346656037)
uint64_t map_hash_text(uint64_t hash, const char *text);
uint64_t map_hash_number(uint64_t hash, uint64_t number);
