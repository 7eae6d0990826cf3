/* Restarts as far as they were watched. */
#include "model/restarts.h"

#include "support/core_test.h"

static void test_before_the_first_look_only_the_newest_is_known(void **state) {
  struct restarts restarts = {.known = -1};
  (void)state;
  restarts_take(&restarts, 50, 990, 1000);
  assert_int_equal(restarts.count, 1);
  assert_int_equal(restarts_since(&restarts, 0), 1);
  assert_true(restarts_recent(&restarts, 1000) == 10);
  assert_true(restarts_recent(&restarts, 990 + RESTARTS_RECENT_S) == -1);
  assert_true(restarts_recent(&restarts, 900) == 0); /* a clock that was set back */
}

static void test_each_is_counted_once(void **state) {
  struct restarts restarts = {.known = -1};
  (void)state;
  restarts_take(&restarts, 0, -1, 1000);
  assert_int_equal(restarts.count, 0);
  assert_true(restarts_recent(&restarts, 1000) == -1);
  restarts_take(&restarts, 1, 1001, 1002);
  restarts_take(&restarts, 1, 1001, 1004);
  restarts_take(&restarts, 4, 1007, 1008); /* two of them at some time after 1004 */
  assert_int_equal(restarts.count, 4);
  assert_int_equal(restarts_since(&restarts, 1004), 3);
  assert_int_equal(restarts_since(&restarts, 1005), 1);
}

static void test_a_start_by_a_person_begins_again(void **state) {
  struct restarts restarts = {.known = -1};
  (void)state;
  restarts_take(&restarts, 7, 990, 1000);
  restarts_take(&restarts, -1, 995, 1001); /* it did not say */
  assert_int_equal(restarts.count, 1);
  restarts_take(&restarts, 0, 1002, 1003);
  assert_int_equal(restarts.count, 0);
  restarts_take(&restarts, 1, 1004, 1005);
  assert_int_equal(restarts.count, 1);
}

static void test_the_newest_are_kept(void **state) {
  struct restarts restarts = {.known = 0};
  (void)state;
  restarts_take(&restarts, INT64_MAX, 990, 1000);
  assert_int_equal(restarts.count, RESTARTS_KEPT);
  restarts = (struct restarts){.known = 0};
  for (int i = 1; i <= 20; i++)
    restarts_take(&restarts, i, 1000 + i, 1000 + i);
  assert_int_equal(restarts.count, RESTARTS_KEPT);
  assert_int_equal(restarts_since(&restarts, 1013), RESTARTS_KEPT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_before_the_first_look_only_the_newest_is_known),
      cmocka_unit_test(test_each_is_counted_once),
      cmocka_unit_test(test_a_start_by_a_person_begins_again),
      cmocka_unit_test(test_the_newest_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
