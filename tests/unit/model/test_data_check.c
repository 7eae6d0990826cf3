/* Results of data checks: what is a finding, and its sentence. */
#include "model/judge/data_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct data_check share = {.unit = (char[]){"% null"},
                                        .threshold = {true, true, false, 5, 20, 0, false}};

static void expect(const struct data_check *check, const char *cell, enum severity severity,
                   const char *shown, const char *reason) {
  struct data_verdict verdict;
  data_check_judge(check, cell, &verdict);
  assert_string_equal(verdict.reason, reason);
  assert_string_equal(verdict.shown, shown);
  assert_int_equal(verdict.severity, severity);
}

static void test_above(void **state) {
  (void)state;
  expect(&share, "0", SEVERITY_OK, "0% null", "");
  expect(&share, "5", SEVERITY_OK, "5% null", "");
  expect(&share, "12", SEVERITY_WARN, "12% null", "12% null, above 5%");
  expect(&share, "12.3456", SEVERITY_WARN, "12.3% null", "12.3% null, above 5%");
  expect(&share, "20.5000", SEVERITY_CRIT, "20.5% null", "20.5% null, above 20%");
  /* it must not look like its limit */
  expect(&share, "5.0004", SEVERITY_WARN, "5.0004% null", "5.0004% null, above 5%");
}

static void test_below(void **state) {
  (void)state;
  const struct data_check rows = {.unit = (char[]){"rows"},
                                  .threshold = {true, true, true, 1000, 10, 0, false}};
  expect(&rows, "12430", SEVERITY_OK, "12,430 rows", "");
  expect(&rows, "999", SEVERITY_WARN, "999 rows", "999 rows, below 1,000");
  expect(&rows, "0", SEVERITY_CRIT, "0 rows", "0 rows, below 10");
}

static void test_units(void **state) {
  (void)state;
  const struct data_check age = {.unit = (char[]){"seconds"},
                                 .threshold = {true, false, false, 600, 0, 0, false}};
  const struct data_check size = {.unit = (char[]){"bytes"},
                                  .threshold = {false, true, false, 0, 1 << 20, 0, false}};
  const struct data_check bare = {.unit = (char[]){""}};
  expect(&age, "845", SEVERITY_WARN, "14m 05s", "14m 05s, above 10m 00s");
  expect(&size, "5242880", SEVERITY_CRIT, "5.0 MB", "5.0 MB, above 1.0 MB");
  expect(&bare, "-3.5", SEVERITY_OK, "-3.5", "");
  expect(&bare, "some text", SEVERITY_OK, "some text", "");
}

/* Never a false OK: what cannot be judged is UNKNOWN. */
static void test_not_known(void **state) {
  (void)state;
  expect(&share, NULL, SEVERITY_UNKNOWN, "", "no value: the result is NULL");
  expect(&share, "", SEVERITY_UNKNOWN, "", "\"\" is not a number");
  expect(&share, "NaN", SEVERITY_UNKNOWN, "NaN", "\"NaN\" is not a number");
  expect(&share, "12 rows", SEVERITY_UNKNOWN, "12 rows", "\"12 rows\" is not a number");
  expect(&share, "1e400", SEVERITY_UNKNOWN, "1e400", "\"1e400\" is not a number");
}

static void test_expected(void **state) {
  (void)state;
  const struct data_check schema = {.unit = (char[]){""}, .expect = (char[]){"d41d8cd9"}};
  char limits[100];
  expect(&schema, "d41d8cd9", SEVERITY_OK, "d41d8cd9", "");
  expect(&schema, "b1946ac9", SEVERITY_WARN, "b1946ac9", "\"b1946ac9\", expected \"d41d8cd9\"");
  expect(&schema, NULL, SEVERITY_UNKNOWN, "", "no value: the result is NULL");
  data_check_limits(&schema, limits, sizeof limits);
  assert_string_equal(limits, "not d41d8cd9");
  data_check_limits(&share, limits, sizeof limits);
  assert_string_equal(limits, "above 5%, critical 20%");
}

/* A long text of the server is cut, whole at its end. */
static void test_long(void **state) {
  (void)state;
  char cell[5000];
  struct data_verdict verdict;
  memset(cell, 'x', sizeof cell);
  cell[sizeof cell - 1] = '\0';
  data_check_judge(&share, cell, &verdict);
  assert_int_equal(verdict.severity, SEVERITY_UNKNOWN);
  assert_int_equal(strlen(verdict.shown), DATA_CHECK_TEXT_MAX - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_above),    cmocka_unit_test(test_below),
      cmocka_unit_test(test_units),    cmocka_unit_test(test_not_known),
      cmocka_unit_test(test_expected), cmocka_unit_test(test_long)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
