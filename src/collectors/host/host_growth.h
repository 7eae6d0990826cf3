/* How fast a disk fills: least squares over what it held lately, as far back as it filled at the
 * same rate. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* At most one point each 5 s, so that the longest window is 10 minutes; a slope needs a minute of
 * them at first. Once there is one, a change of the rate is seen from RECENT points on. */
enum {
  GROWTH_POINTS = 120,
  GROWTH_STEP_MS = 5000,
  GROWTH_NEEDS_MS = 60000,
  GROWTH_NEEDS = 6,
  GROWTH_RECENT = 7,
  GROWTH_NOISE = 16384, /* bytes by which a steady rate may be off: a few blocks */
};

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
  double bytes_per_second; /* the slope b of the line through the window's points */
  double window_s;         /* how far back the rate has been this one */
  bool grows; /* b > 0, and b over the window exceeds twice the points' deviation from the line */
};
/* The window is the longest (of 7, 14, 28, ... points, or all) whose line still runs through the
 * newest points as well as a line of their own does. False while there are too few points. */
bool host_growth_trend(const struct host_growth *growth, struct host_trend *trend);
