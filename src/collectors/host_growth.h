/* How fast a disk fills: least squares over what it held lately. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A point each 5 s at the most, so that the window is 10 minutes; a slope needs a minute of them.
 */
enum { GROWTH_POINTS = 120, GROWTH_STEP_MS = 5000, GROWTH_NEEDS_MS = 60000, GROWTH_NEEDS = 6 };

struct host_growth {
  struct {
    int64_t at_ms;
    double used;
  } points[GROWTH_POINTS];
  size_t next, count;
  uint64_t total; /* the size that the points belong to: a resized disk begins anew */
};

void host_growth_add(struct host_growth *growth, int64_t now_ms, uint64_t used, uint64_t total);

struct host_trend {
  double bytes_per_second; /* the slope b of the line through the points */
  bool grows; /* b > 0, and b over the window exceeds twice the points' deviation from the line */
};
/* False while there are too few points. */
bool host_growth_trend(const struct host_growth *growth, struct host_trend *trend);
