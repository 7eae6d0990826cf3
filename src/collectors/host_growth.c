#include "collectors/host_growth.h"

#include <math.h>

static size_t point_at(const struct host_growth *growth, size_t age) {
  return (growth->next + GROWTH_POINTS - 1 - age) % GROWTH_POINTS;
}

void host_growth_add(struct host_growth *growth, int64_t now_ms, uint64_t used, uint64_t total) {
  if (growth->total != total)
    *growth = (struct host_growth){.total = total};
  if (growth->count > 0 && now_ms - growth->points[point_at(growth, 0)].at_ms < GROWTH_STEP_MS)
    return;
  growth->points[growth->next].at_ms = now_ms;
  growth->points[growth->next].used = (double)used;
  growth->next = (growth->next + 1) % GROWTH_POINTS;
  if (growth->count < GROWTH_POINTS)
    growth->count++;
}

bool host_growth_trend(const struct host_growth *growth, struct host_trend *trend) {
  const size_t n = growth->count;
  if (n < GROWTH_NEEDS)
    return false;
  /* Times and sizes count from the oldest point, so that no digit is lost to large numbers. */
  const int64_t start_ms = growth->points[point_at(growth, n - 1)].at_ms;
  const double start = growth->points[point_at(growth, n - 1)].used;
  const double window = (double)(growth->points[point_at(growth, 0)].at_ms - start_ms) / 1000;
  if (window * 1000 < GROWTH_NEEDS_MS)
    return false;
  double mean_t = 0, mean_u = 0, tt = 0, tu = 0, error = 0;
  for (size_t i = 0; i < n; i++) {
    mean_t += (double)(growth->points[i].at_ms - start_ms) / 1000 / (double)n;
    mean_u += (growth->points[i].used - start) / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    double t = (double)(growth->points[i].at_ms - start_ms) / 1000 - mean_t;
    tt += t * t;
    tu += t * (growth->points[i].used - start - mean_u);
  }
  const double slope = tu / tt;
  for (size_t i = 0; i < n; i++) {
    double t = (double)(growth->points[i].at_ms - start_ms) / 1000 - mean_t;
    double off = growth->points[i].used - start - mean_u - slope * t;
    error += off * off;
  }
  trend->bytes_per_second = slope;
  trend->grows = slope > 0 && slope * window > 2 * sqrt(error / (double)(n - 2));
  return true;
}
