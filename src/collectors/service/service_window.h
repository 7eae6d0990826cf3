/* Growth within the last while: totals of some counters, as they were at earlier times. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WINDOW_STEPS = 60 }; /* the accuracy of a window: this part of its length */

struct window {
  int64_t length_us;
  size_t width;  /* counters */
  double *total; /* of each, since the window began */
  struct {
    int64_t at_us[WINDOW_STEPS + 2];
    double *totals; /* width of each */
  } past;
  size_t first, count; /* of the past, as a ring */
  int64_t now_us;
};

void window_init(struct window *window, int64_t length_us, size_t width);
void window_fini(struct window *window);
/* Nothing is known of the time before. */
void window_clear(struct window *window);
/* The totals are those of that time. */
void window_mark(struct window *window, int64_t at_us);
/* The seconds over which there is growth: the length of the window, or what there is of it. 0:
 * there is none. */
double window_seconds(const struct window *window);
/* The growth of one within them. */
double window_growth(const struct window *window, size_t i);
