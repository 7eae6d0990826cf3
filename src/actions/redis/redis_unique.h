/* Counts the different keys of a SCAN, which may return one several times. Remembers 64 bits of
 * each up to a limit. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REDIS_UNIQUE_MAX = 1 << 20 }; /* keys; at most 16 MiB */

struct redis_unique {
  uint64_t *marks; /* open addressing; 0: free */
  size_t count, capacity;
  size_t ceiling; /* REDIS_UNIQUE_MAX; tests have a lower one */
  bool full;      /* more keys than can be remembered: those count each time they are returned */
};

void redis_unique_init(struct redis_unique *unique);
void redis_unique_fini(struct redis_unique *unique);
/* Whether it was not seen before, as far as remembered. */
bool redis_unique_add(struct redis_unique *unique, const char *bytes, size_t length);
