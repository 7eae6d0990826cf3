#include "collectors/past.h"

#include "core/mem.h"

#include <stdlib.h>

void pasts_fini(struct pasts *pasts) {
  map_fini(&pasts->by_key);
  for (size_t i = 0; i < pasts->count; i++)
    free(pasts->items[i].key);
  free(pasts->items);
}

void pasts_begin(struct pasts *pasts) {
  pasts->collections++;
}

struct past *past_of(struct pasts *pasts, const char *key) {
  const struct map_slot *known = map_find(&pasts->by_key, key);
  const size_t index = known ? known->value : pasts->count;
  if (index == pasts->capacity) {
    pasts->capacity = pasts->capacity ? pasts->capacity * 2 : 16;
    pasts->items = mem_resize(pasts->items, pasts->capacity * sizeof *pasts->items);
  }
  if (!known) {
    pasts->items[index] = (struct past){.key = mem_dup(key), .restarts = {.known = -1}};
    map_add(&pasts->by_key, pasts->items[index].key, pasts->count++);
  }
  pasts->items[index].seen = pasts->collections;
  return &pasts->items[index];
}

void pasts_forget_the_gone(struct pasts *pasts) {
  size_t kept = 0;
  map_fini(&pasts->by_key);
  for (size_t i = 0; i < pasts->count; i++) {
    if (pasts->items[i].seen != pasts->collections) {
      free(pasts->items[i].key);
      continue;
    }
    pasts->items[kept] = pasts->items[i];
    map_add(&pasts->by_key, pasts->items[kept].key, kept);
    kept++;
  }
  pasts->count = kept;
}
