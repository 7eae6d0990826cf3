/* What a collector remembers of each row between two collections: its counters, and when it was
 * restarted. It forgets rows that are no longer listed, so that rows that come and go do not make
 * it grow. */
#pragma once

#include "collectors/figures.h"
#include "core/map.h"
#include "model/restarts.h"

struct past {
  char *key;
  struct counters counters;
  struct restarts restarts;
  uint64_t seen; /* number of the last collection in which it was listed */
};

/* Zeroed at first. */
struct pasts {
  struct map by_key; /* index into items */
  struct past *items;
  size_t count, capacity;
  uint64_t collections;
};
void pasts_fini(struct pasts *pasts);
/* Before the rows of a collection, and after them. */
void pasts_begin(struct pasts *pasts);
void pasts_forget_the_gone(struct pasts *pasts);
/* That of a row of this collection; valid until the next call. */
struct past *past_of(struct pasts *pasts, const char *key);
