#include "support/core_test.h"

#include "core/value.h"

#include <math.h>

static void test_no_nan(void **state) {
  (void)state;
  static const double bad[] = {NAN, -NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct value value = value_real(bad[i]);
    assert_int_equal(value.type, VALUE_NONE);
    assert_string_equal(value.text, "not a number");
  }
  assert_int_equal(value_real(0.5).type, VALUE_REAL);
}

static void test_number(void **state) {
  (void)state;
  double number = -1;
  assert_true(value_number(value_int(3), &number) && number == 3);
  assert_true(value_number(value_real(0.5), &number) && number == 0.5);
  assert_false(value_number(value_text("3"), &number));
  assert_false(value_number(value_none("why"), &number));
}

/* A forecast that reaches far says from what it is. */
static void test_forecast(void **state) {
  (void)state;
  assert_int_equal(value_forecast(600, 600).from_s, 0);
  assert_int_equal(value_forecast(1800, 600).from_s, 0);
  assert_int_equal(value_forecast(1801, 600).from_s, 600);
  assert_true(value_forecast(1801, 600).real == 1801);
  assert_int_equal(value_forecast(3, 0.2).from_s, 1);
  assert_int_equal(value_forecast(1e9, 1e6).from_s, UINT16_MAX);
  assert_int_equal(value_forecast(0, 0).from_s, 0);
  assert_int_equal(value_forecast(NAN, 600).type, VALUE_NONE);
  assert_int_equal(value_at_least(value_forecast(1801, 600)).from_s, 600);
}

static int sign(int number) {
  return (number > 0) - (number < 0);
}

/* In ascending order; those of the same rank compare as equal. */
static void test_compare(void **state) {
  (void)state;
  const struct {
    struct value value;
    int rank;
  } ordered[] = {
      {value_none(NULL), 0},
      {value_none("why"), 0},
      {value_int(INT64_MIN), 1},
      {value_real(-1.5), 2},
      {value_int(-1), 3},
      {value_int(0), 4},
      {value_real(0), 4},
      {value_real(0.5), 5},
      {value_int(1), 6},
      {value_real(1), 6},
      {value_int(INT64_MAX - 1), 7},
      {value_int(INT64_MAX), 8},
      {value_text(""), 9},
      {value_text("B"), 10},
      {value_text("a"), 11},
      {value_text("a"), 11},
      {value_text("ab"), 12},
  };
  for (size_t i = 0; i < COUNT(ordered); i++)
    for (size_t j = 0; j < COUNT(ordered); j++)
      assert_int_equal(sign(value_compare(ordered[i].value, ordered[j].value)),
                       sign(ordered[i].rank - ordered[j].rank));
}

static void test_units(void **state) {
  (void)state;
  enum unit unit;
  for (unsigned i = UNIT_NONE; i <= UNIT_TIME; i++) {
    assert_true(unit_parse(unit_name((enum unit)i), &unit));
    assert_int_equal(unit, i);
  }
  assert_false(unit_parse("furlongs", &unit));
  assert_string_equal(unit_name(UNIT_BYTES_PER_SECOND), "bytes_per_second");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_nan),   cmocka_unit_test(test_number),
      cmocka_unit_test(test_forecast), cmocka_unit_test(test_compare),
      cmocka_unit_test(test_units),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
