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

/* Its own interval; else the longer one of the file and of the kind. */
static void test_the_interval(void **state) {
  (void)state;
  static const struct target_kind cheap = {.kind = "cheap"},
                                  costly = {.kind = "costly", .interval_ms = 15000};
  static const struct {
    const struct target_kind *kind;
    int64_t own_ms, file_ms, wanted_ms;
  } cases[] = {{&cheap, 0, 2000, 2000},
               {&cheap, 500, 2000, 500},
               {&costly, 0, 2000, 15000},
               {&costly, 0, 60000, 60000},
               {&costly, 1000, 2000, 1000}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct target *target = target_new(cases[i].kind, "a");
    target->interval_ms = cases[i].own_ms;
    target_settle_interval(target, cases[i].file_ms);
    assert_int_equal(target->interval_ms, cases[i].wanted_ms);
    target_free(target);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_target),
                                     cmocka_unit_test(test_the_interval)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
