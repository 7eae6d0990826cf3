#include "support/core_test.h"

#include "model/retention.h"

static void test_good(void **state) {
  (void)state;
  static const struct {
    const char *text, *column;
    int64_t age_ms;
  } cases[] = {
      {"created_at 90d", "created_at", 90 * 86400000LL},
      {"created_at   1h", "created_at", 3600000},
      {"the 'time'; -- 1m", "the 'time'; --", 60000},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct retention retention;
    struct err err;
    if (!retention_parse(cases[i].text, &retention, &err))
      fail_msg("%s", err.text);
    assert_string_equal(retention.column, cases[i].column);
    assert_int_equal(retention.age_ms, cases[i].age_ms);
    assert_true(retention_check(cases[i].text, &err));
  }
}

static void test_bad(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"", "is not a column and an age; use for example \"created_at 90d\""},
      {"created_at", "is not a column and an age"},
      {" 90d", "is not a column and an age"},
      {"created_at 90", "is not a duration"},
      {"created_at 90d ", "is not a duration"},
      {"created_at 59s", "59s is out of range: 1m to 36500d"},
      {"a23456789012345678901234567890123456789012345678901234567890abcd 1d",
       "is not a column and an age"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct err err = {0};
    assert_false(retention_check(cases[i].text, &err));
    if (!strstr(err.text, cases[i].says))
      fail_msg("\"%s\": %s", cases[i].text, err.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),
      cmocka_unit_test(test_bad),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
