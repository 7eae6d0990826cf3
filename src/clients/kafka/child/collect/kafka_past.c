#include "clients/kafka/child/collect/kafka_past.h"

#include "core/mem.h"

#include <stdlib.h>

void kafka_past_fini(struct kafka_past *past) {
  for (size_t i = 0; i < past->count; i++)
    free(past->names[i]);
  free(past->names);
  *past = (struct kafka_past){0};
}

void kafka_past_keep(struct kafka_past *past, const struct kafka_snapshot *snapshot) {
  kafka_past_fini(past);
  past->names = mem_new((snapshot->group_count + 1) * sizeof *past->names);
  for (size_t i = 0; i < snapshot->group_count; i++)
    if (snapshot->groups[i].state != KAFKA_GROUP_DEAD)
      past->names[past->count++] = mem_dup(snapshot->groups[i].name);
}
