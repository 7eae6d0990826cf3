#include "collectors/spark/spark_trend.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { STREAMS_MAX = 64, POINTS = 12 };

/* The delay at the beginning of each twelfth of the time. */
struct trend {
  char *key;
  struct {
    int64_t delay_ms, at_us;
  } points[POINTS];
  size_t count;
  uint32_t turn;
};
struct spark_trends {
  struct trend items[STREAMS_MAX];
  size_t count;
  uint32_t turn;
};

void spark_trends_free(struct spark_trends *trends) {
  for (size_t i = 0; trends && i < trends->count; i++)
    free(trends->items[i].key);
  free(trends);
}

void spark_trends_begin(struct spark_trends **trends) {
  struct spark_trends *all = *trends;
  size_t kept = 0;
  if (!all)
    all = *trends = mem_new(sizeof *all);
  for (size_t i = 0; i < all->count; i++) {
    if (all->items[i].turn == all->turn)
      all->items[kept++] = all->items[i];
    else
      free(all->items[i].key);
  }
  all->count = kept;
  all->turn++;
}

static struct trend *trend_of(struct spark_trends *all, const char *key) {
  for (size_t i = 0; i < all->count; i++)
    if (strcmp(all->items[i].key, key) == 0)
      return &all->items[i];
  if (all->count == STREAMS_MAX)
    return NULL;
  struct trend *trend = &all->items[all->count++];
  *trend = (struct trend){.key = mem_dup(key)};
  return trend;
}

const char *spark_trend(struct spark_trends **trends, const char *key, int64_t delay_ms,
                        int64_t interval_ms, int64_t now_us) {
  static const int64_t time_us = SPARK_TREND_MS * INT64_C(1000);
  struct trend *trend = trend_of(*trends, key);
  if (!trend)
    return NULL;
  trend->turn = (*trends)->turn;
  if (trend->count == 0 || now_us - trend->points[trend->count - 1].at_us >= time_us / POINTS) {
    if (trend->count == POINTS)
      memmove(trend->points, trend->points + 1, (POINTS - 1) * sizeof *trend->points);
    trend->count -= trend->count == POINTS;
    trend->points[trend->count].delay_ms = delay_ms;
    trend->points[trend->count++].at_us = now_us;
  }
  if (now_us - trend->points[0].at_us < time_us / 2)
    return NULL;
  const int64_t growth_ms = delay_ms - trend->points[0].delay_ms;
  return growth_ms > interval_ms ? "grows" : growth_ms < -interval_ms ? "falls" : "steady";
}
