#include "collectors/lookup.h"

#include "collectors/collector.h"

static const struct target_kind *kind_at(size_t i, const struct table_spec *const **tables,
                                         size_t *table_count) {
  size_t count = 0;
  while (collectors[count])
    count++;
  if (i >= count)
    return NULL;
  *tables = collectors[i]->tables;
  *table_count = collectors[i]->table_count;
  return &collectors[i]->kind;
}

const struct condition_lookup collector_lookup = {.kind = kind_at};
