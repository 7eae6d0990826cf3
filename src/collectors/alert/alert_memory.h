/* Where the condition of a rule holds, and since when: what is kept from one evaluation to the
 * next. */
#pragma once

#include "core/map.h"

/* Instances of a rule that are kept and shown; further ones are counted. */
enum { ALERT_INSTANCES_MAX = 1000 };

/* A target, a row of one, or a result of a query for which the condition holds. */
struct alert_instance {
  char *key; /* "kafka/main/lag/ecap-consumer-group" */
  int64_t since_ms;
  size_t target_index; /* in the model; of a rule over the model */
  bool seen;           /* in this evaluation */
  bool restored;       /* from before a restart, and not seen since */
  unsigned unseen;     /* evaluations in a row */
};

/* Zeroed at first. */
struct alert_memory {
  struct alert_instance *items;
  size_t count, capacity;
  struct map by_key;
  uint64_t changes; /* increases whenever one begins or ends */
};
void alert_memory_fini(struct alert_memory *memory);

/* An evaluation: begin, then the instance of each key for which the condition holds (NULL: there
 * are too many; the caller marks it as seen), then the end, which forgets those that were not seen,
 * unless is_kept (may be NULL). */
void alert_memory_begin(struct alert_memory *memory);
struct alert_instance *alert_memory_of(struct alert_memory *memory, const char *key,
                                       int64_t now_ms);
void alert_memory_end(struct alert_memory *memory,
                      bool (*is_kept)(const void *arg, const struct alert_instance *item),
                      const void *arg);
