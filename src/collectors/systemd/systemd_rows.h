/* From what one collection has read to a sample; keeps what the next one compares with. */
#pragma once

#include "collectors/systemd/systemd_table.h"
#include "core/map.h"
#include "model/sample.h"

enum { SYSTEMD_UNITS_MAX = 300 };

/* What is remembered of a unit between two collections. */
struct systemd_past {
  char *id;
  struct counters counters;
  struct systemd_restarts restarts;
  uint64_t seen; /* number of the last collection in which it was listed */
};

struct systemd_memory {
  struct map by_id; /* index into past */
  struct systemd_past *past;
  size_t count, capacity;
  uint64_t collections;
};
void systemd_memory_fini(struct systemd_memory *memory);

struct systemd_answers {
  const char *name; /* of the target */
  struct systemd_manager manager;
  int64_t latency_us; /* of the list; -1: not known */
  struct systemd_list_of_patterns {
    const char *const *items;
    size_t count;
  } patterns; /* configured, with wildcards */
  struct systemd_reading *readings;
  size_t count;
  size_t total;          /* wanted units; more than count: the rest was not asked for */
  size_t unlisted;       /* units that were asked for by name, and that systemd left out */
  size_t unread;         /* units for which a question failed */
  struct err unread_err; /* of the first of them */
};
/* now_s: since 1970. */
struct sample *systemd_sample(const struct systemd_answers *answers, struct systemd_memory *memory,
                              double now_s);
