#include "collectors/network/network_window.h"

enum { HALF_US = 30000000 };

bool network_window_take(struct network_window *window, int64_t counter, int64_t now_us,
                         int64_t *growth, double *seconds) {
  if (window->at_us[0] == 0 || counter < window->counter[1] || now_us <= window->at_us[0]) {
    *window = (struct network_window){{now_us, now_us}, {counter, counter}};
    return false;
  }
  if (now_us - window->at_us[1] >= 2 * HALF_US) { /* nothing was collected for long: one interval */
    window->at_us[0] = window->at_us[1];
    window->counter[0] = window->counter[1];
  }
  *growth = counter - window->counter[0];
  *seconds = (double)(now_us - window->at_us[0]) / 1e6;
  if (now_us - window->at_us[1] >= HALF_US) {
    window->at_us[0] = window->at_us[1];
    window->counter[0] = window->counter[1];
    window->at_us[1] = now_us;
    window->counter[1] = counter;
  }
  return true;
}
