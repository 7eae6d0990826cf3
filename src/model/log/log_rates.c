#include "model/log/log_counts.h"

#include <string.h>

/* A line with a wrong year does not stretch the buckets beyond a day each. */
static const int64_t width_first_ms = 1000, width_max_ms = 86400000;

void log_rates_clear(struct log_rates *rates) {
  memset(rates, 0, sizeof *rates);
  rates->width_ms = width_first_ms;
}

static int64_t floor_to(int64_t time_ms, int64_t width) {
  const int64_t rest = time_ms % width;
  return time_ms - (rest < 0 ? rest + width : rest);
}

/* Pairs of buckets become one. */
static void rates_widen(struct log_rates *rates) {
  const int64_t width = rates->width_ms * 2, start = floor_to(rates->start_ms, width);
  uint32_t wide[LOG_BUCKETS_MAX][LOG_LEVEL_COUNT] = {0};
  size_t count = 0;
  for (size_t i = 0; i < rates->count; i++) {
    const int64_t time = rates->start_ms + (int64_t)i * rates->width_ms;
    const size_t at = (size_t)((time - start) / width);
    for (size_t level = 0; level < LOG_LEVEL_COUNT; level++)
      wide[at][level] += rates->buckets[i][level];
    count = at + 1;
  }
  memcpy(rates->buckets, wide, sizeof wide);
  rates->width_ms = width;
  rates->start_ms = start;
  rates->count = count;
}

/* Drops buckets at the front until there is one for `time`, which is after the last. */
static void rates_slide(struct log_rates *rates, int64_t time) {
  const int64_t first = floor_to(time, rates->width_ms) - (LOG_BUCKETS_MAX - 1) * rates->width_ms;
  const int64_t gone = (first - rates->start_ms) / rates->width_ms;
  const size_t drop = gone < (int64_t)rates->count ? (size_t)gone : rates->count;
  for (size_t i = 0; i < drop; i++)
    for (size_t level = 0; level < LOG_LEVEL_COUNT; level++)
      rates->earlier += rates->buckets[i][level];
  memmove(rates->buckets, rates->buckets + drop, (rates->count - drop) * sizeof *rates->buckets);
  rates->count -= drop;
  rates->start_ms = first;
}

/* Moves the first bucket back to `start`, for which there is room. */
static void rates_begin_at(struct log_rates *rates, int64_t start) {
  const size_t more = (size_t)((rates->start_ms - start) / rates->width_ms);
  memmove(rates->buckets + more, rates->buckets, rates->count * sizeof *rates->buckets);
  memset(rates->buckets, 0, more * sizeof *rates->buckets);
  rates->count += more;
  rates->start_ms = start;
}

static int64_t rates_span(const struct log_rates *rates, int64_t time) {
  const int64_t end = rates->start_ms + (int64_t)rates->count * rates->width_ms;
  const int64_t low = time < rates->start_ms ? time : rates->start_ms;
  const int64_t high = time >= end ? floor_to(time, rates->width_ms) + rates->width_ms : end;
  return high - floor_to(low, rates->width_ms);
}

void log_rates_add(struct log_rates *rates, int64_t time_ms, enum log_level level) {
  /* what no clock shows: arithmetic on it would overflow */
  static const int64_t year_9999_ms = INT64_C(253402300799999);
  time_ms = time_ms < 0 ? 0 : time_ms > year_9999_ms ? year_9999_ms : time_ms;
  rates->total[level]++;
  if (rates->width_ms == 0)
    rates->width_ms = width_first_ms;
  if (rates->count == 0)
    rates->start_ms = floor_to(time_ms, rates->width_ms);
  while (rates->width_ms < width_max_ms &&
         rates_span(rates, time_ms) > LOG_BUCKETS_MAX * rates->width_ms)
    rates_widen(rates);
  if (rates_span(rates, time_ms) > LOG_BUCKETS_MAX * rates->width_ms) {
    if (time_ms < rates->start_ms) {
      rates->earlier++;
      return;
    }
    rates_slide(rates, time_ms);
  }
  if (time_ms < rates->start_ms)
    rates_begin_at(rates, floor_to(time_ms, rates->width_ms));
  const size_t at = (size_t)((time_ms - rates->start_ms) / rates->width_ms);
  if (at >= rates->count) {
    memset(rates->buckets + rates->count, 0, (at + 1 - rates->count) * sizeof *rates->buckets);
    rates->count = at + 1;
  }
  rates->buckets[at][level]++;
}

void log_rates_read(const struct log_rates *rates, int64_t from_ms, int64_t to_ms,
                    enum log_level level, double *values, size_t count) {
  for (size_t i = 0; i < count; i++)
    values[i] = 0;
  if (to_ms <= from_ms || count == 0)
    return;
  for (size_t i = 0; i < rates->count; i++) {
    const int64_t middle = rates->start_ms + (int64_t)i * rates->width_ms + rates->width_ms / 2;
    if (middle < from_ms || middle >= to_ms)
      continue;
    size_t at = (size_t)((double)(middle - from_ms) / (double)(to_ms - from_ms) * (double)count);
    at = at < count ? at : count - 1;
    for (size_t of = level; of < LOG_LEVEL_COUNT; of++)
      values[at] += rates->buckets[i][of];
  }
}
