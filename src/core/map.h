/* A hash map: from a key to a number, which is mostly an index. Keys are borrowed and must neither
 * move nor change while they are in it. Texts, unless the map is made with functions of its own.
 *
 * A server that chooses the keys can make them collide and look-ups slow: the number of keys needs
 * a ceiling where a server or a document chooses them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
  const void *key; /* NULL: free */
  uint64_t hash;
  size_t value;
};

/* Zeroed at first, but for the functions. */
struct map {
  uint64_t (*hash)(const void *key); /* NULL: of a text */
  bool (*same)(const void *a, const void *b);
  struct map_slot *targets; /* open addressing, at most half full */
  size_t count, capacity;
};

void map_fini(struct map *map); /* it is empty then, and may be used again */

/* Good until the map is changed; only the value may be written. NULL if the key is not in it. */
struct map_slot *map_find(const struct map *map, const void *key);
/* False, and nothing changed, if the key is in it. */
bool map_add(struct map *map, const void *key, size_t value);
bool map_remove(struct map *map, const void *key); /* false if it was not in it */
/* Removes those for which drop is true; it may free the key. */
void map_sweep(struct map *map, bool (*drop)(void *arg, const void *key, size_t value), void *arg);

/* Adds to a hash: MAP_HASH at first (FNV-1a). A NULL text is the empty one. */
#define MAP_HASH UINT64_C(14695981039346656037)
uint64_t map_hash_text(uint64_t hash, const char *text);
uint64_t map_hash_number(uint64_t hash, uint64_t number);
