#include "collectors/redis/redis.h"

#include <stdlib.h>
#include <string.h>

void redis_round_trips_add(struct redis_round_trips *trips, int64_t us) {
  trips->unknown = us < 0;
  if (!trips->unknown)
    trips->us[trips->count++ % REDIS_ROUND_TRIPS] = us;
}

static int compare_us(const void *a, const void *b) {
  const int64_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

void redis_round_trips_fill(const struct redis_round_trips *trips, struct value *cells) {
  int64_t sorted[REDIS_ROUND_TRIPS];
  size_t kept = trips->count < REDIS_ROUND_TRIPS ? trips->count : REDIS_ROUND_TRIPS;
  cells[SUMMARY_LATENCY] = cells[SUMMARY_TYPICAL] = value_none(
      trips->unknown ? "stacktop was busy while waiting for the answer" : "no answer yet");
  if (kept == 0)
    return;
  memcpy(sorted, trips->us, kept * sizeof *sorted);
  qsort(sorted, kept, sizeof *sorted, compare_us);
  if (!trips->unknown)
    cells[SUMMARY_LATENCY] =
        value_real((double)trips->us[(trips->count - 1) % REDIS_ROUND_TRIPS] / 1e6);
  const size_t middle = (kept - 1) / 2;
  cells[SUMMARY_TYPICAL] = value_real((double)sorted[middle] / 1e6);
}
