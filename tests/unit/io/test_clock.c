/* The monotonic clock, and by how much the wall clock was set since. */
#include "io/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static const int64_t hour_us = INT64_C(3600000000);

static void test_offset(void **state) {
  (void)state;
  assert_int_equal(clock_offset_next(0, 0), 0);
  assert_int_equal(clock_offset_next(0, 900), 0); /* between two readings */
  assert_int_equal(clock_offset_next(0, -CLOCK_STEP_US), 0);
  assert_int_equal(clock_offset_next(0, hour_us), hour_us);
  assert_int_equal(clock_offset_next(hour_us, hour_us + 3000), hour_us);
  assert_int_equal(clock_offset_next(hour_us, -hour_us), -hour_us); /* set back */
  assert_int_equal(clock_offset_next(hour_us, 0), 0);
  /* Small steps add up. */
  int64_t known = 0;
  for (int64_t seen = 0; seen <= 1000000; seen += 128000)
    known = clock_offset_next(known, seen);
  assert_in_range(known, 1000000 - CLOCK_STEP_US - 128000, 1000000);
}

static void test_now(void **state) {
  (void)state;
  struct timespec now;
  clock_start();
  clock_gettime(CLOCK_REALTIME, &now);
  const int64_t wall_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
  assert_in_range(clock_now_ms(), wall_ms - 100, wall_ms + 100);
  assert_in_range(clock_wall_ms(), wall_ms - 100, wall_ms + 100);
  assert_int_equal(clock_wall_offset_ms(), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_offset),
      cmocka_unit_test(test_now),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
