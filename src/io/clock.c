#include "io/clock.h"

#include <stdbool.h>
#include <time.h>

/* The only state outside app: the offset between two clocks, fixed at the start, and by how much
 * the wall clock was set since. */
static int64_t wall_minus_boot_us, wall_offset_us;
static bool started;

static int64_t clock_read_us(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Read between two readings of the other clock. If the thread was delayed in between, the
 * difference would be wrong by that time, and a time would be shown a second too early: then read
 * again. */
static int64_t difference_read_us(void) {
  enum { TRIES = 5, HELD_UP_US = 100 };
  int64_t shortest_us = INT64_MAX, difference_us = 0;
  for (int i = 0; i < TRIES && shortest_us > HELD_UP_US; i++) {
    const int64_t before_us = clock_read_us(CLOCK_BOOTTIME);
    const int64_t wall_us = clock_read_us(CLOCK_REALTIME);
    const int64_t took_us = clock_read_us(CLOCK_BOOTTIME) - before_us;
    if (took_us >= shortest_us)
      continue;
    shortest_us = took_us;
    difference_us = wall_us - before_us - took_us / 2;
  }
  return difference_us;
}

void clock_start(void) {
  wall_minus_boot_us = difference_read_us();
  wall_offset_us = 0;
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

int64_t clock_offset_next(int64_t known_us, int64_t seen_us) {
  const int64_t step_us = seen_us - known_us;
  return step_us > CLOCK_STEP_US || step_us < -CLOCK_STEP_US ? seen_us : known_us;
}

int64_t clock_wall_offset_ms(void) {
  if (!started)
    clock_start();
  wall_offset_us = clock_offset_next(wall_offset_us, difference_read_us() - wall_minus_boot_us);
  return wall_offset_us / 1000;
}

int64_t clock_wall_ms(void) {
  const int64_t offset_ms = clock_wall_offset_ms();
  return clock_now_ms() + offset_ms;
}

int64_t clock_wall_read_ms(void) {
  return clock_read_us(CLOCK_REALTIME) / 1000;
}
