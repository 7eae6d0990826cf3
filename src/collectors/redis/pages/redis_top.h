/* The keys of a scan with the highest figure: the biggest, or the most used. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { REDIS_TOP_MAX = 200 };

struct redis_top_key {
  char *name; /* as printed by redis_repr, in full; NULL: it is too long */
  char shown[128];
  int64_t figure, bytes, ttl_ms; /* bytes -1: not known; ttl_ms -1: it does not expire */
};

/* Zeroed at first. */
struct redis_top {
  struct redis_top_key keys[REDIS_TOP_MAX]; /* a heap, the lowest figure first */
  size_t count;
};

void redis_top_fini(struct redis_top *top); /* it is then empty */
/* One key; a figure below 0 is not known. One that is in the list already keeps its figure: SCAN
 * may return a key several times. */
void redis_top_add(struct redis_top *top, const char *name, size_t length, int64_t figure,
                   int64_t bytes, int64_t ttl_ms);
