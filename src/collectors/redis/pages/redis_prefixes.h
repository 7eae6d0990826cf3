/* The keys of a scan by their prefixes. Pure. */
#pragma once

#include "core/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  REDIS_PREFIXES_MAX = 10000,  /* of the first level; further keys count as "(other)" */
  REDIS_CHILDREN_MAX = 10000,  /* of the second level, and */
  REDIS_CHILDREN_EACH = 1000,  /* of one prefix: ids in names are no prefixes. Further keys count as
                                  its "(other)" */
  REDIS_PREFIX_NAME_MAX = 160, /* bytes, as printed by redis_repr */
  REDIS_TTL_UNKNOWN = -3,
};

struct redis_prefix {
  char *name;                  /* "session:", "session:web:", "(no prefix)" */
  struct redis_prefix *parent; /* NULL: of the first level */
  int64_t keys, bytes, expiring;
  int64_t unmeasured;        /* keys whose memory, */
  int64_t untimed;           /* or whose time to live is not known */
  double ttl_s;              /* sum of those that expire */
  size_t children;           /* of the second level */
  struct redis_prefix *rest; /* its "(other)", or NULL */
};

/* Zeroed at first. */
struct redis_prefixes {
  struct redis_prefix **items;
  size_t count, capacity;
  struct map by_name;
  struct redis_prefix *others;
  size_t first_count, second_count; /* of the levels, without "(other)" */
  int64_t keys, bytes, expiring, unmeasured;
};

void redis_prefixes_fini(struct redis_prefixes *prefixes); /* it is then empty */
/* One key. bytes -1: not known. ttl_ms -1: it does not expire; REDIS_TTL_UNKNOWN. */
void redis_prefixes_add(struct redis_prefixes *prefixes, const char *name, size_t length,
                        int64_t bytes, int64_t ttl_ms);
/* Those of the first level, the most memory first, each followed by its own (of the second level);
 * then the list is in that order until the next key. */
void redis_prefixes_sort(struct redis_prefixes *prefixes);
/* Where a prefix of the name ends, from `from` on: behind the next separator. 0: nowhere. */
size_t redis_prefix_end(const char *name, size_t length, size_t from);
