#include "collectors/spark/spark_gc.h"

#include "core/mem.h"

#include <stdlib.h>

enum { ITEMS_MAX = 20000 };

struct spark_gc_item {
  char *key;
  int64_t gc_ms, task_ms; /* where the present stretch begins */
  double share;           /* of the last complete stretch; -1: none */
  uint32_t turn;
};

void spark_gc_fini(struct spark_gc *gc) {
  for (size_t i = 0; i < gc->count; i++)
    free(gc->items[i].key);
  free(gc->items);
  map_fini(&gc->executors);
  *gc = (struct spark_gc){0};
}

void spark_gc_begin(struct spark_gc *gc) {
  size_t kept = 0;
  for (size_t i = 0; i < gc->count; i++) {
    if (gc->items[i].turn == gc->turn)
      gc->items[kept++] = gc->items[i];
    else
      free(gc->items[i].key);
  }
  if (kept < gc->count) {
    map_fini(&gc->executors);
    for (size_t i = 0; i < kept; i++)
      map_add(&gc->executors, gc->items[i].key, i);
  }
  gc->count = kept;
  gc->turn++;
}

static struct spark_gc_item *item_of(struct spark_gc *gc, const char *key) {
  const struct map_slot *found = map_find(&gc->executors, key);
  if (found)
    return &gc->items[found->value];
  if (gc->count == ITEMS_MAX)
    return NULL;
  if (gc->count == gc->capacity) {
    gc->capacity = gc->capacity ? gc->capacity * 2 : 16;
    gc->items = mem_resize(gc->items, gc->capacity * sizeof *gc->items);
  }
  struct spark_gc_item *item = &gc->items[gc->count];
  *item = (struct spark_gc_item){.key = mem_dup(key), .share = -1};
  map_add(&gc->executors, item->key, gc->count++);
  return item;
}

double spark_gc_share(struct spark_gc *gc, const char *key, int64_t gc_ms, int64_t task_ms) {
  struct spark_gc_item *item = gc_ms < 0 || task_ms < 0 ? NULL : item_of(gc, key);
  if (!item)
    return -1;
  item->turn = gc->turn;
  if (gc_ms < item->gc_ms || task_ms < item->task_ms) { /* another executor of that name */
    item->gc_ms = item->task_ms = 0;
    item->share = -1;
  }
  if (task_ms - item->task_ms >= SPARK_GC_TASK_MS) {
    const double share = (double)(gc_ms - item->gc_ms) / (double)(task_ms - item->task_ms);
    item->share = share < 1 ? share : 1;
    item->gc_ms = gc_ms;
    item->task_ms = task_ms;
  }
  return item->share;
}
