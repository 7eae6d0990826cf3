/* Time zones, with the hours that come twice or never. */
#include "io/zone.h"

#include "support/core_test.h"

static int64_t utc(int year, int month, int day, int hour, int minute) {
  struct tm tm = {.tm_year = year - 1900,
                  .tm_mon = month - 1,
                  .tm_mday = day,
                  .tm_hour = hour,
                  .tm_min = minute};
  return (int64_t)timegm(&tm) * 1000;
}

static int64_t of(const char *zone, int year, int month, int day, int hour, int minute) {
  const struct tm tm = {.tm_year = year - 1900,
                        .tm_mon = month - 1,
                        .tm_mday = day,
                        .tm_hour = hour,
                        .tm_min = minute};
  return zone_instant_ms(zone, &tm);
}

static void needs_zones(void) {
  struct err err;
  if (!zone_check("Europe/Berlin", &err)) {
    print_message("%s\n", err.text);
    skip();
  }
}

static void test_check(void **state) {
  (void)state;
  struct err err;
  assert_true(zone_check("UTC", &err));
  assert_false(zone_check("Europe/Bonn", &err));
  assert_non_null(strstr(err.text, "unknown time zone \"Europe/Bonn\""));
  assert_false(zone_check("", &err));
  assert_false(zone_check("/etc/localtime", &err));
  assert_false(zone_check("../zoneinfo/UTC", &err));
  assert_false(zone_check("Europe", &err)); /* a folder */
  assert_false(zone_check("zone.tab", &err));
}

static void test_summer_and_winter(void **state) {
  (void)state;
  needs_zones();
  assert_int_equal(of("Europe/Berlin", 2026, 7, 1, 6, 0), utc(2026, 7, 1, 4, 0));
  assert_int_equal(of("Europe/Berlin", 2026, 12, 1, 6, 0), utc(2026, 12, 1, 5, 0));
  assert_int_equal(of("UTC", 2026, 7, 1, 6, 0), utc(2026, 7, 1, 6, 0));
  /* 02:30 does not exist on 29 March, and exists twice on 25 October */
  assert_int_equal(of("Europe/Berlin", 2026, 3, 29, 2, 30), utc(2026, 3, 29, 1, 30));
  assert_int_equal(of("Europe/Berlin", 2026, 10, 25, 2, 30), utc(2026, 10, 25, 0, 30));
  /* in the south, and half an hour */
  assert_int_equal(of("Australia/Lord_Howe", 2026, 1, 1, 6, 0), utc(2025, 12, 31, 19, 0));
}

static void test_the_environment_stays(void **state) {
  (void)state;
  needs_zones();
  struct tm moment;
  setenv("TZ", "Asia/Kolkata", 1);
  assert_int_equal(of("", 2026, 1, 1, 5, 30), utc(2026, 1, 1, 0, 0));
  zone_moment("Europe/Berlin", utc(2026, 12, 31, 23, 30), &moment);
  assert_int_equal(moment.tm_year, 127);
  assert_int_equal(moment.tm_hour, 0);
  assert_string_equal(getenv("TZ"), "Asia/Kolkata");
  unsetenv("TZ");
  zone_moment("Europe/Berlin", 0, &moment);
  assert_null(getenv("TZ"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_check),
                                     cmocka_unit_test(test_summer_and_winter),
                                     cmocka_unit_test(test_the_environment_stays)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
