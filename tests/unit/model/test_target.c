#include "support/core_test.h"

#include "model/target.h"

static void test_target(void **state) {
  (void)state;
  static const struct option options[] = {
      {.name = "slow", .type = OPTION_DURATION, .fallback = "2s"},
      {.name = "address", .type = OPTION_TEXT},
  };
  static const struct target_kind kind = {.kind = "k", .options = options, .option_count = 2};
  struct target *target = target_new(&kind, "api");
  assert_string_equal(target->name, "api");
  assert_int_equal(target_number(target, "slow"), 2000); /* the fallback */
  assert_null(target_text(target, "address"));
  assert_false(target_option(target, "address")->set);
  target_free(target);
  target_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_target)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
