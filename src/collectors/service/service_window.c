#include "collectors/service/service_window.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { PAST_MAX = WINDOW_STEPS + 2 };

void window_init(struct window *window, int64_t length_us, size_t width) {
  *window = (struct window){.length_us = length_us, .width = width};
  window->total = mem_new(width * sizeof *window->total);
  window->past.totals = mem_new(PAST_MAX * width * sizeof *window->past.totals);
}

void window_fini(struct window *window) {
  free(window->total);
  free(window->past.totals);
  *window = (struct window){0};
}

void window_clear(struct window *window) {
  window->count = 0;
  for (size_t i = 0; i < window->width; i++)
    window->total[i] = 0;
}

static size_t slot(const struct window *window, size_t age_from_first) {
  return (window->first + age_from_first) % PAST_MAX;
}

void window_mark(struct window *window, int64_t at_us) {
  const int64_t step_us = window->length_us / WINDOW_STEPS;
  window->now_us = at_us;
  while (window->count > 1 && window->past.at_us[slot(window, 1)] <= at_us - window->length_us) {
    window->first = slot(window, 1);
    window->count--;
  }
  if (window->count == PAST_MAX ||
      (window->count > 0 && at_us - window->past.at_us[slot(window, window->count - 1)] < step_us))
    return;
  const size_t next = slot(window, window->count++);
  window->past.at_us[next] = at_us;
  memcpy(window->past.totals + next * window->width, window->total,
         window->width * sizeof *window->total);
}

double window_seconds(const struct window *window) {
  const int64_t us = window->count > 0 ? window->now_us - window->past.at_us[window->first] : 0;
  return us > 0 ? (double)us / 1e6 : 0;
}

double window_growth(const struct window *window, size_t i) {
  return window->total[i] - window->past.totals[window->first * window->width + i];
}
