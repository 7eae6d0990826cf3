/* How many different keys a SCAN has told: it may tell one several times. Remembers 64 bits of each
 * up to a ceiling. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REDIS_UNIQUE_MAX = 1 << 20 }; /* keys; 16 MiB at the most */

struct redis_unique {
  uint64_t *marks; /* open addressing; 0: free */
  size_t count, capacity;
  size_t ceiling; /* REDIS_UNIQUE_MAX; tests have a lower one */
  bool full;      /* more came than are remembered: those count each time they are told */
};

void redis_unique_init(struct redis_unique *unique);
void redis_unique_fini(struct redis_unique *unique);
/* Whether it was not told before, as far as is remembered. */
bool redis_unique_add(struct redis_unique *unique, const char *bytes, size_t length);
