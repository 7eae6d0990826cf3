#include "collectors/disk_growth.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TOTAL = 1000000 };

static void test_needs_a_minute(void **state) {
  (void)state;
  struct disk_growth growth = {0};
  struct disk_trend trend;
  assert_false(disk_growth_trend(&growth, &trend));
  for (int64_t t = 0; t <= 58000; t += 2000)
    disk_growth_add(&growth, t, (uint64_t)t, TOTAL);
  assert_false(disk_growth_trend(&growth, &trend));
  for (int64_t t = 60000; t <= 66000; t += 2000)
    disk_growth_add(&growth, t, (uint64_t)t, TOTAL);
  assert_true(disk_growth_trend(&growth, &trend));
  assert_true(fabs(trend.bytes_per_second - 1000) < 1e-6);
  assert_true(trend.grows);
}

/* Two points a minute apart are a line, but not a trend. */
static void test_needs_points(void **state) {
  (void)state;
  struct disk_growth growth = {0};
  struct disk_trend trend;
  for (int i = 0; i < GROWTH_NEEDS - 1; i++)
    disk_growth_add(&growth, i * 60000, (uint64_t)i * 1000, TOTAL);
  assert_false(disk_growth_trend(&growth, &trend));
  disk_growth_add(&growth, GROWTH_NEEDS * 60000, 9000, TOTAL);
  assert_true(disk_growth_trend(&growth, &trend));
}

static void test_flat_shrinking_and_noise(void **state) {
  (void)state;
  struct disk_growth flat = {0}, shrinking = {0}, noise = {0};
  struct disk_trend trend;
  for (int i = 0; i < 30; i++) {
    disk_growth_add(&flat, i * 5000, 500, TOTAL);
    disk_growth_add(&shrinking, i * 5000, 5000 - (uint64_t)i * 10, TOTAL);
    /* a log that grows and is cut again, over and over, and a little more each time */
    disk_growth_add(&noise, i * 5000, (uint64_t)(i % 5) * 10000 + (uint64_t)i, TOTAL);
  }
  assert_true(disk_growth_trend(&flat, &trend));
  assert_true(trend.bytes_per_second == 0 && !trend.grows);
  assert_true(disk_growth_trend(&shrinking, &trend));
  assert_true(fabs(trend.bytes_per_second + 2) < 1e-9 && !trend.grows);
  assert_true(disk_growth_trend(&noise, &trend));
  assert_false(trend.grows);
}

/* The window forgets: an idle hour does not hide that it fills now. */
static void test_window(void **state) {
  (void)state;
  struct disk_growth growth = {0};
  struct disk_trend trend;
  int64_t t = 0;
  for (; t < 3600000; t += 5000)
    disk_growth_add(&growth, t, 100, TOTAL);
  for (int i = 0; i < GROWTH_POINTS; i++, t += 5000)
    disk_growth_add(&growth, t, 100 + (uint64_t)i * 50, TOTAL);
  assert_true(disk_growth_trend(&growth, &trend));
  assert_true(fabs(trend.bytes_per_second - 10) < 1e-9);
  /* huge disks lose no digit: 8 EB and a byte per second */
  growth = (struct disk_growth){0};
  for (int i = 0; i < 20; i++)
    disk_growth_add(&growth, 1795567992000 + i * 5000, (1ULL << 50) + (uint64_t)i * 5, 1ULL << 60);
  assert_true(disk_growth_trend(&growth, &trend));
  assert_true(fabs(trend.bytes_per_second - 1) < 1e-6);
}

/* After a quiet time it fills at 50 MB/s: half a minute later that is the rate, not a tenth of it.
 */
static void test_the_rate_changes(void **state) {
  (void)state;
  enum { FAST = 50000000 };
  struct disk_growth growth = {0};
  struct disk_trend trend;
  int64_t t = 0;
  uint64_t used = 1000000000;
  for (; t < 600000; t += 5000)
    disk_growth_add(&growth, t, used, TOTAL);
  for (; t < 635000; t += 5000)
    disk_growth_add(&growth, t, used += (uint64_t)5 * FAST, TOTAL);
  assert_true(disk_growth_trend(&growth, &trend));
  assert_true(fabs(trend.bytes_per_second - FAST) < FAST * 0.01);
  assert_true(trend.grows && trend.window_s >= 30 && trend.window_s < 40);
  for (; t < 700000; t += 5000) /* the longer it lasts, the longer the window */
    disk_growth_add(&growth, t, used += (uint64_t)5 * FAST, TOTAL);
  assert_true(disk_growth_trend(&growth, &trend));
  assert_true(fabs(trend.bytes_per_second - FAST) < FAST * 0.01 && trend.window_s > 60);
  for (; t < 735000; t += 5000) /* and it stops */
    disk_growth_add(&growth, t, used, TOTAL);
  assert_true(disk_growth_trend(&growth, &trend));
  assert_true(!trend.grows && fabs(trend.bytes_per_second) < 1);
}

/* Writes come in bursts: a steady rate overall is one rate. */
static void test_bursts_are_one_rate(void **state) {
  (void)state;
  struct disk_growth growth = {0};
  struct disk_trend trend;
  for (int i = 0; i < GROWTH_POINTS; i++)
    disk_growth_add(&growth, i * 5000, (uint64_t)(i / 3) * 3 * 1000000, TOTAL);
  assert_true(disk_growth_trend(&growth, &trend));
  assert_true(fabs(trend.bytes_per_second - 200000) < 2000);
  assert_true(trend.grows && trend.window_s > 500);
}

static void test_resized(void **state) {
  (void)state;
  struct disk_growth growth = {0};
  struct disk_trend trend;
  for (int i = 0; i < 30; i++)
    disk_growth_add(&growth, i * 5000, (uint64_t)i * 10, TOTAL);
  assert_true(disk_growth_trend(&growth, &trend));
  disk_growth_add(&growth, 151000, 5, 2 * TOTAL);
  assert_false(disk_growth_trend(&growth, &trend));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_needs_a_minute),
      cmocka_unit_test(test_needs_points),
      cmocka_unit_test(test_flat_shrinking_and_noise),
      cmocka_unit_test(test_window),
      cmocka_unit_test(test_the_rate_changes),
      cmocka_unit_test(test_bursts_are_one_rate),
      cmocka_unit_test(test_resized),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
