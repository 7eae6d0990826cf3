#include "clients/docker/docker_limit.h"

#include "core/count.h"

struct docker_limit docker_limit_next(const struct docker_limit *old, int64_t memory) {
  struct docker_limit next = {.memory = memory, .swap = old->swap};
  if (old->memory <= 0 && old->swap == 0)
    next.swap = count_add(memory, memory);
  else if (old->swap > 0)
    next.swap = count_add(memory, old->swap > old->memory ? old->swap - old->memory : 0);
  return next;
}
