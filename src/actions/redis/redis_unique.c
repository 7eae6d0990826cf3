#include "actions/redis/redis_unique.h"

#include "core/mem.h"

#include <stdlib.h>

enum { CAPACITY_FIRST = 1024 };

void redis_unique_init(struct redis_unique *unique) {
  *unique = (struct redis_unique){.ceiling = REDIS_UNIQUE_MAX};
}

void redis_unique_fini(struct redis_unique *unique) {
  free(unique->marks);
  *unique = (struct redis_unique){0};
}

/* FNV-1a, then mixed so that all bits depend on all bytes; never 0. */
static uint64_t mark_of(const char *bytes, size_t length) {
  uint64_t mark = 14695981039346656037U;
  for (size_t i = 0; i < length; i++)
    mark = (mark ^ (unsigned char)bytes[i]) * 1099511628211U;
  mark ^= mark >> 33;
  mark *= 0xff51afd7ed558ccdU;
  mark ^= mark >> 33;
  return mark ? mark : 1;
}

/* The place of the mark, or the free one where it belongs. */
static uint64_t *place_of(const struct redis_unique *unique, uint64_t mark) {
  size_t at = mark & (unique->capacity - 1);
  while (unique->marks[at] && unique->marks[at] != mark)
    at = (at + 1) & (unique->capacity - 1);
  return &unique->marks[at];
}

static void grow(struct redis_unique *unique) {
  struct redis_unique wider = {.capacity =
                                   unique->capacity ? 2 * unique->capacity : CAPACITY_FIRST};
  wider.marks = mem_new(wider.capacity * sizeof *wider.marks);
  for (size_t i = 0; i < unique->capacity; i++)
    if (unique->marks[i])
      *place_of(&wider, unique->marks[i]) = unique->marks[i];
  free(unique->marks);
  unique->marks = wider.marks;
  unique->capacity = wider.capacity;
}

bool redis_unique_add(struct redis_unique *unique, const char *bytes, size_t length) {
  uint64_t mark = mark_of(bytes, length);
  if (2 * unique->count >= unique->capacity && unique->count < unique->ceiling)
    grow(unique);
  uint64_t *place = place_of(unique, mark);
  if (*place)
    return false;
  if (unique->count >= unique->ceiling) {
    unique->full = true;
    return true;
  }
  *place = mark;
  unique->count++;
  return true;
}
