#include "support/core_test.h"

#include "core/text/format.h"

#include <time.h>

static void test_count(void **state) {
  (void)state;
  static const struct {
    int64_t count;
    const char *text;
  } cases[] = {
      {0, "0"},
      {7, "7"},
      {999, "999"},
      {1000, "1,000"},
      {12430, "12,430"},
      {12430000, "12,430,000"},
      {-1, "-1"},
      {-1000, "-1,000"},
      {INT64_MAX, "9,223,372,036,854,775,807"},
      {INT64_MIN, "-9,223,372,036,854,775,808"},
  };
  char out[FORMAT_MAX];
  for (size_t i = 0; i < COUNT(cases); i++)
    check_text(format_count(out, sizeof out, cases[i].count), cases[i].text, "case %zu", i);
}

static void test_bytes(void **state) {
  (void)state;
  static const struct {
    double bytes;
    const char *text;
  } cases[] = {
      {0, "0 B"},
      {80, "80 B"},
      {999, "999 B"},
      {1000, "1.0 kB"},
      {1024, "1.0 kB"},
      {12288, "12 kB"},
      {1023488, "1.0 MB"}, /* 999.5 kB: never four digits */
      {1.4 * 1073741824, "1.4 GB"},
      {210.0 * 1048576, "210 MB"},
      {9.96 * 1048576, "10 MB"},
      {18446744073709551615.0, "16 EB"},
      {1e300, ">1000000000 EB"},
      {-1e300, "->1000000000 EB"},
      {-2048, "-2.0 kB"},
  };
  char out[FORMAT_MAX];
  for (size_t i = 0; i < COUNT(cases); i++)
    check_text(format_bytes(out, sizeof out, cases[i].bytes), cases[i].text, "case %zu", i);
}

static void test_duration(void **state) {
  (void)state;
  static const struct {
    double seconds;
    const char *text;
  } cases[] = {
      {0, "0ms"},
      {0.0000001, "<1us"}, /* quick, but not zero */
      {0.000001, "1us"},
      {0.0000994, "99us"},
      {0.0000996, "0.1ms"},
      {0.0004, "0.4ms"},
      {0.00094, "0.9ms"},
      {0.00096, "1ms"},
      {-0.0004, "-0.4ms"},
      {0.012, "12ms"},
      {0.9994, "999ms"},
      {0.9996, "1.0s"},
      {3.1, "3.1s"},
      {9.94, "9.9s"},
      {9.96, "10s"}, /* not 9s, which would be a step back */
      {10, "10s"},
      {41, "41s"},
      {59.9, "59s"},
      {60, "1m 00s"},
      {845, "14m 05s"},
      {3599.9, "59m 59s"},
      {3600, "1h 00m"},
      {18120, "5h 02m"},
      {86399, "23h 59m"},
      {86400, "1d 0h"},
      {273600, "3d 4h"},
      {86400.0 * 9999, "9999d 0h"},
      {86400.0 * 10000, ">27y"},
      {1e300, ">27y"},
      {-3.1, "-3.1s"},
      {-845, "-14m 05s"},
  };
  char out[FORMAT_MAX];
  for (size_t i = 0; i < COUNT(cases); i++)
    check_text(format_duration(out, sizeof out, cases[i].seconds), cases[i].text, "case %zu", i);
}

/* A longer time never reads shorter: between the steps of a unit it grows or stays. */
static void test_duration_is_monotonic(void **state) {
  (void)state;
  char out[FORMAT_MAX];
  double before = 0;
  for (double s = 0.9996; s < 60; s += 0.007) {
    double shown = strtod(format_duration(out, sizeof out, s), NULL);
    assert_true(shown >= before);
    before = shown;
  }
}

static void test_time(void **state) {
  (void)state;
  char out[FORMAT_MAX];
  assert_string_equal(format_time(out, sizeof out, 1795528407123, true, false), "13:53:27");
  assert_string_equal(format_time(out, sizeof out, 1795528407123, true, true),
                      "2026-11-24 13:53:27");
  setenv("TZ", "XXX-05:30", 1); /* 5 h 30 min east */
  tzset();
  assert_string_equal(format_time(out, sizeof out, 1795528407123, false, false), "19:23:27");
  assert_string_equal(format_time(out, 4, 0, true, true), "?"); /* completely or not at all */
}

static void test_value(void **state) {
  (void)state;
  static const struct {
    struct value value;
    enum unit unit;
    bool plus;
    const char *text;
  } cases[] = {
      {{.type = VALUE_NONE}, UNIT_COUNT, false, "-"},
      {{.type = VALUE_NONE, .text = "needs pg_monitor"}, UNIT_COUNT, false, "?"},
      {{.type = VALUE_TEXT, .text = "idle"}, UNIT_NONE, true, "idle"},
      {{.type = VALUE_INT, .integer = 5432}, UNIT_NONE, false, "5432"},
      {{.type = VALUE_INT, .integer = 5432}, UNIT_COUNT, false, "5,432"},
      {{.type = VALUE_REAL, .real = 0.424}, UNIT_NONE, false, "0.42"},
      {{.type = VALUE_REAL, .real = 12.34}, UNIT_COUNT, false, "12.3"},
      {{.type = VALUE_REAL, .real = 12345.6}, UNIT_COUNT, false, "12,346"},
      {{.type = VALUE_INT, .integer = 2048}, UNIT_BYTES, false, "2.0 kB"},
      {{.type = VALUE_REAL, .real = 0.012}, UNIT_SECONDS, false, "12ms"},
      {{.type = VALUE_REAL, .real = 0.71}, UNIT_RATIO, false, "71%"},
      {{.type = VALUE_REAL, .real = 0}, UNIT_RATIO, false, "0%"},
      {{.type = VALUE_REAL, .real = 1}, UNIT_RATIO, false, "100%"},
      {{.type = VALUE_REAL, .real = 0.9996}, UNIT_RATIO, false, "99.9%"}, /* not a clean 100 % */
      {{.type = VALUE_REAL, .real = 0.0004}, UNIT_RATIO, false, "0.04%"}, /* and not nothing */
      {{.type = VALUE_REAL, .real = 0.0001}, UNIT_RATIO, false, "0.01%"},
      {{.type = VALUE_REAL, .real = 0.00004}, UNIT_RATIO, false, "0.004%"},
      {{.type = VALUE_REAL, .real = 0.000001}, UNIT_RATIO, false, "<0.001%"},
      {{.type = VALUE_REAL, .real = 0.00099}, UNIT_RATIO, false, "0.1%"},
      {{.type = VALUE_REAL, .real = 0.00996}, UNIT_RATIO, false, "1%"},
      {{.type = VALUE_REAL, .real = 1.204}, UNIT_RATIO, false, "120%"},
      {{.type = VALUE_REAL, .real = 84}, UNIT_PER_SECOND, true, "+84/s"},
      {{.type = VALUE_REAL, .real = -20}, UNIT_PER_SECOND, true, "-20/s"},
      {{.type = VALUE_REAL, .real = 0}, UNIT_PER_SECOND, true, "0/s"},
      {{.type = VALUE_REAL, .real = 0.4}, UNIT_PER_SECOND, false, "0.4/s"},
      {{.type = VALUE_REAL, .real = 1.0 / 60}, UNIT_PER_SECOND, true, "~0/s"}, /* not zero */
      {{.type = VALUE_REAL, .real = -0.01}, UNIT_PER_SECOND, true, "~0/s"},
      {{.type = VALUE_REAL, .real = 12430.4}, UNIT_PER_SECOND, false, "12,430/s"},
      {{.type = VALUE_REAL, .real = 1.2 * 1048576}, UNIT_BYTES_PER_SECOND, false, "1.2 MB/s"},
      {{.type = VALUE_REAL, .real = -4096}, UNIT_BYTES_PER_SECOND, true, "-4.0 kB/s"},
      {{.type = VALUE_INT, .at_least = true, .integer = 100}, UNIT_COUNT, false, "100+"},
      {{.type = VALUE_REAL, .at_least = true, .real = 0.94}, UNIT_RATIO, false, "94%+"},
      {{.type = VALUE_REAL, .from_s = 245, .real = 10800}, UNIT_SECONDS, false, "3h 00m from 4m"},
      {{.type = VALUE_REAL, .from_s = 5, .real = 41}, UNIT_SECONDS, false, "41s from 5s"},
      {{.type = VALUE_REAL, .from_s = 7200, .real = 864000}, UNIT_SECONDS, false, "10d 0h from 2h"},
  };
  char out[FORMAT_MAX];
  for (size_t i = 0; i < COUNT(cases); i++)
    check_text(format_value(out, sizeof out, cases[i].value, cases[i].unit, cases[i].plus),
               cases[i].text, "case %zu", i);
}

/* Numbers that no server should send: still text, within the buffer, and of the right sign. */
static void test_absurd_numbers(void **state) {
  (void)state;
  static const double numbers[] = {1e300, -1e300, 1e19, -1e19, 1e-300, -0.0};
  for (size_t i = 0; i < COUNT(numbers); i++) {
    for (unsigned unit = UNIT_NONE; unit <= UNIT_TIME; unit++) {
      char out[FORMAT_MAX], tiny[4];
      format_value(out, sizeof out, value_real(numbers[i]), (enum unit)unit, false);
      assert_true(strlen(out) > 0);
      if (numbers[i] > 1 && unit != UNIT_TIME)
        assert_null(strchr(out, '-'));
      format_value(tiny, sizeof tiny, value_real(numbers[i]), (enum unit)unit, true);
      assert_true(strlen(tiny) < sizeof tiny);
    }
  }
  char out[8];
  assert_string_equal(
      format_value(out, sizeof out, value_text("longer than that"), UNIT_NONE, false), "longer ");
}

static void a_number_of_things_has_its_plural(void **state) {
  char text[FORMAT_MAX];
  (void)state;
  assert_string_equal(format_counted(text, sizeof text, 1, "key", "keys"), "1 key");
  assert_string_equal(format_counted(text, sizeof text, 0, "key", "keys"), "0 keys");
  assert_string_equal(format_counted(text, sizeof text, 12430, "index", "indexes"),
                      "12,430 indexes");
}

/* As it was configured. */
static void test_limits(void **state) {
  (void)state;
  static const struct {
    double limit;
    enum unit unit;
    const char *text;
  } cases[] = {
      {0.0001, UNIT_RATIO, "0.01%"},
      {0.9, UNIT_RATIO, "90%"},
      {0.995, UNIT_RATIO, "99.5%"},
      {1.5, UNIT_RATIO, "150%"},
      {0.0015, UNIT_RATIO, "0.15%"},
      {0, UNIT_RATIO, "0%"},
      {0.07, UNIT_RATIO, "7%"},
      {5, UNIT_COUNT, "5"},
      {1e300, UNIT_RATIO, ">1000000000%"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char out[FORMAT_MAX];
    assert_string_equal(format_limit(out, sizeof out, cases[i].limit, cases[i].unit),
                        cases[i].text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_count),
      cmocka_unit_test(a_number_of_things_has_its_plural),
      cmocka_unit_test(test_bytes),
      cmocka_unit_test(test_time),
      cmocka_unit_test(test_duration),
      cmocka_unit_test(test_value),
      cmocka_unit_test(test_duration_is_monotonic),
      cmocka_unit_test(test_absurd_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
