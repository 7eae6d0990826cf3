#include "collectors/alert/alert_memory.h"

#include "core/mem.h"

#include <stdlib.h>

void alert_memory_fini(struct alert_memory *memory) {
  for (size_t i = 0; i < memory->count; i++)
    free(memory->items[i].key);
  free(memory->items);
  map_fini(&memory->by_key);
  *memory = (struct alert_memory){0};
}

void alert_memory_begin(struct alert_memory *memory) {
  for (size_t i = 0; i < memory->count; i++)
    memory->items[i].seen = false;
}

struct alert_instance *alert_memory_of(struct alert_memory *memory, const char *key,
                                       int64_t now_ms) {
  struct map_slot *slot = map_find(&memory->by_key, key);
  if (slot)
    return &memory->items[slot->value];
  if (memory->count == ALERT_INSTANCES_MAX)
    return NULL;
  if (memory->count == memory->capacity) {
    memory->capacity = memory->capacity ? memory->capacity * 2 : 8;
    memory->items = mem_resize(memory->items, memory->capacity * sizeof *memory->items);
  }
  struct alert_instance *item = &memory->items[memory->count];
  *item = (struct alert_instance){.key = mem_dup(key), .since_ms = now_ms};
  map_add(&memory->by_key, item->key, memory->count++);
  memory->changes++;
  return item;
}

void alert_memory_end(struct alert_memory *memory,
                      bool (*is_kept)(const void *arg, const struct alert_instance *item),
                      const void *arg) {
  size_t kept = 0;
  map_fini(&memory->by_key);
  for (size_t i = 0; i < memory->count; i++) {
    struct alert_instance item = memory->items[i];
    item.unseen = item.seen ? 0 : item.unseen + 1;
    item.restored = item.restored && !item.seen;
    if (!item.seen && !(is_kept && is_kept(arg, &item))) {
      free(item.key);
      memory->changes++;
      continue;
    }
    memory->items[kept] = item;
    map_add(&memory->by_key, item.key, kept++);
  }
  memory->count = kept;
}
