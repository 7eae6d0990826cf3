/* The texts of the option `queries`: PromQL, and how its value is shown and judged. Pure. */
#include "clients/prometheus/prometheus_query.h"

#include "support/core_test.h"

#include <string.h>

static void test_an_expression_alone(void **state) {
  static const char *const texts[] = {"up", "sum by (unit) (rate(x[5m]))", "a > bool b", "warn",
                                      "up unless on (crit) x"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct prometheus_query query;
    struct err err;
    assert_true(prometheus_query_parse(texts[i], &query, &err));
    assert_string_equal(query.expr, texts[i]);
    assert_int_equal(query.unit, UNIT_NONE);
    assert_false(query.threshold.has_warn || query.threshold.has_crit);
    prometheus_query_fini(&query);
  }
}

static void test_unit_and_limits(void **state) {
  struct prometheus_query query;
  struct err err;
  double limit;
  (void)state;
  assert_true(
      prometheus_query_parse("min(free) unit bytes\n below warn 2GB crit 1GB ", &query, &err));
  assert_string_equal(query.expr, "min(free)");
  assert_int_equal(query.unit, UNIT_BYTES);
  assert_int_equal(prometheus_query_judge(&query, 3e9, &limit), SEVERITY_OK);
  assert_int_equal(prometheus_query_judge(&query, 2e9, &limit), SEVERITY_WARN);
  assert_int_equal(prometheus_query_judge(&query, 0, &limit), SEVERITY_CRIT);
  assert_true(limit == 1 << 30);
  prometheus_query_fini(&query);
  assert_true(prometheus_query_parse("lag warn 5s unit seconds", &query, &err));
  assert_true(query.threshold.warn == 5);
  assert_int_equal(prometheus_query_judge(&query, 5, &limit), SEVERITY_OK);
  assert_int_equal(prometheus_query_judge(&query, 5.1, &limit), SEVERITY_WARN);
  prometheus_query_fini(&query);
}

static void test_what_is_wrong(void **state) {
  static const struct {
    const char *text, *words;
  } cases[] = {{"", "empty"},
               {"unit bytes", "empty"},
               {"up unit byte", "unknown unit \"byte\""},
               {"up below", "below needs"},
               {"up warn 2 crit 1", "crit is reached before warn"},
               {"up below warn 1 crit 2", "crit is reached before warn"},
               {"up warn many", "warn: "},
               {"up unit seconds warn 5GB", "warn: "},
               {"up unit time_ms warn 5", "no threshold"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct err err = {0};
    assert_false(prometheus_query_check(cases[i].text, &err));
    if (!strstr(err.text, cases[i].words))
      fail_msg("%s: %s", cases[i].text, err.text);
  }
}

static void test_names(void **state) {
  struct err err;
  (void)state;
  assert_true(prometheus_query_name_check("5xx per second", &err));
  assert_false(prometheus_query_name_check("", &err));
  assert_false(prometheus_query_name_check("a\033[31m", &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_expression_alone),
      cmocka_unit_test(test_unit_and_limits),
      cmocka_unit_test(test_what_is_wrong),
      cmocka_unit_test(test_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
