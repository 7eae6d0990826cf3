/* The share of the time of tasks that an executor spent in garbage collection, over its last tasks:
 * Spark adds up both since the start of the executor, where a week without trouble hides an hour of
 * it. Pure. */
#pragma once

#include "core/map.h"

struct spark_gc {
  struct map executors;
  struct spark_gc_item *items; /* index: the map's value */
  size_t count, capacity;
  uint32_t turn;
};

enum { SPARK_GC_TASK_MS = 10000 }; /* time of tasks after which a share counts */

void spark_gc_fini(struct spark_gc *gc);
/* Begins a collection: forgets the executors that the one before did not have. */
void spark_gc_begin(struct spark_gc *gc);
/* Since the start at first, then over at least SPARK_GC_TASK_MS of the last tasks; -1 before
 * there was that much. */
double spark_gc_share(struct spark_gc *gc, const char *key, int64_t gc_ms, int64_t task_ms);
