/* What a counter grew by in the last half minute to minute. A connection that is lost is tried
 * again after 1, 2, 4 and 8 seconds: from one collection to the next, its finding would come and
 * go. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Zeroed at first. The window begins at the older of two points. */
struct network_window {
  int64_t at_us[2], counter[2];
};

/* False: there is none yet, or the counter was reset. */
bool network_window_take(struct network_window *window, int64_t counter, int64_t now_us,
                         int64_t *growth, double *seconds);
