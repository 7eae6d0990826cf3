#include "io/clock.h"

#include <stdbool.h>
#include <time.h>

/* The one piece of state outside app: the offset between two clocks, fixed at the start. */
static int64_t wall_minus_boot_us;
static bool started;

static int64_t clock_read_us(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void clock_start(void) {
  wall_minus_boot_us = clock_read_us(CLOCK_REALTIME) - clock_read_us(CLOCK_BOOTTIME);
  started = true;
}

int64_t clock_now_us(void) {
  if (!started)
    clock_start();
  return clock_read_us(CLOCK_BOOTTIME) + wall_minus_boot_us;
}

int64_t clock_now_ms(void) {
  return clock_now_us() / 1000;
}
