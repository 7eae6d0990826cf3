/* How fast a disk fills: a least-squares fit of its used space, over the time with a steady rate.
 * Pure. */
#pragma once

#include "core/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* At most one point per 5 s, so that the longest window is 10 minutes; the first slope needs a
 * minute of them. After that, a change of the rate is detected from RECENT points on. */
enum {
  GROWTH_POINTS = 120,
  GROWTH_STEP_MS = 5000,
  GROWTH_NEEDS_MS = 60000,
  GROWTH_NEEDS = 6,
  GROWTH_RECENT = 7,
  GROWTH_NOISE = 16384, /* deviation in bytes that still counts as a steady rate: a few blocks */
};

struct disk_growth {
  struct {
    int64_t at_ms;
    double used;
  } points[GROWTH_POINTS];
  size_t next, count;
  uint64_t total; /* size of the disk for these points: a resized disk starts again */
};

void disk_growth_add(struct disk_growth *growth, int64_t now_ms, uint64_t used, uint64_t total);

struct disk_trend {
  double bytes_per_second; /* the slope b of the line through the points of the window */
  double window_s;         /* how long the rate has been steady */
  bool grows; /* b > 0, and b over the window exceeds twice the deviation of the points from the
                 line */
};
/* The window is the longest (of 7, 14, 28, ... points, or all) whose line fits the newest points as
 * well as their own line does. False while there are too few points. */
bool disk_growth_trend(const struct disk_growth *growth, struct disk_trend *trend);

/* The same as cells, with the reasons of what is not known. window: its time in seconds. full_in:
 * seconds until `available` bytes are used; the forecast reaches at most 15 times as far as the
 * rate has held, and a day. */
struct disk_growth_cells {
  struct value growth, window, full_in;
};
struct disk_growth_cells disk_growth_cells(const struct disk_growth *growth, double available);
