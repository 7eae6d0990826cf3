/* The memory limit of a container, and the swap that goes with it. Pure. */
#pragma once

#include <stdint.h>

enum { DOCKER_MEMORY_LEAST = 6 << 20 };                 /* less is refused by the engine */
#define DOCKER_MEMORY_MOST ((double)(INT64_C(1) << 50)) /* 1 PB */

/* As the engine has them. */
struct docker_limit {
  int64_t memory; /* bytes; 0: none */
  int64_t swap;   /* bytes of memory and swap together; 0: the default, or not counted; -1: none */
};

/* What the limits are after a new one for the memory. The swap beside the memory stays as large as
 * it was; where there was no limit, it is as large as the memory, which is docker run's default.
 * Where swap has no limit, or is not counted, it stays so. */
struct docker_limit docker_limit_next(const struct docker_limit *old, int64_t memory);
