#include "support/core_test.h"

#include "core/mem.h"
#include "model/judge/rules.h"

static const struct threshold high = {.has_warn = true, .warn = 80, .has_crit = true, .crit = 90};
static const struct threshold low = {
    .has_warn = true, .warn = 0.8, .has_crit = true, .crit = 0.5, .below = true};
static const struct threshold warn_only = {.has_warn = true, .warn = 80};
static const struct threshold crit_only = {.has_crit = true, .crit = 90};
/* The worse state wins, even if they were written the wrong way round. */
static const struct threshold reversed = {
    .has_warn = true, .warn = 90, .has_crit = true, .crit = 80};

static void test_judge(void **state) {
  (void)state;
  const struct {
    const struct threshold *threshold;
    struct value value;
    enum severity severity;
  } cases[] = {
      {&high, value_real(80), SEVERITY_OK},
      {&high, value_real(80.01), SEVERITY_WARN},
      {&high, value_int(90), SEVERITY_WARN},
      {&high, value_int(91), SEVERITY_CRIT},
      {&low, value_real(0.8), SEVERITY_OK},
      {&low, value_real(0.79), SEVERITY_WARN},
      {&low, value_real(0.4), SEVERITY_CRIT},
      {&low, value_int(0), SEVERITY_CRIT},
      {&warn_only, value_int(1000), SEVERITY_WARN},
      {&crit_only, value_int(85), SEVERITY_OK},
      {&crit_only, value_int(91), SEVERITY_CRIT},
      {&reversed, value_int(95), SEVERITY_CRIT},
      {&high, value_text("99"), SEVERITY_OK},
      {&high, value_none("needs rights"), SEVERITY_OK},
      {&low, value_none(NULL), SEVERITY_OK}, /* an unknown value is not low */
      {NULL, value_int(1000), SEVERITY_OK},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_int_equal(threshold_judge(cases[i].threshold, cases[i].value), cases[i].severity);
}

static void test_find(void **state) {
  (void)state;
  struct rules rules = {.items = mem_new(2 * sizeof *rules.items), .count = 2};
  rules.items[0] = (struct rule){mem_dup("disk.used"), {.has_warn = true, .warn = 0.7}};
  rules.items[1] = (struct rule){mem_dup("kafka.lag"), {0}}; /* switched off */
  const struct column_spec used = {.id = "used", .metric = "disk.used", .threshold = high};
  const struct column_spec lag = {.id = "lag", .metric = "kafka.lag", .threshold = high};
  const struct column_spec free = {.id = "free", .metric = "disk.free", .threshold = low};
  const struct column_spec none = {.id = "none", .metric = "disk.none"};
  const struct column_spec plain = {.id = "plain", .threshold = high};
  struct rules no = {0}, own = {.items = mem_new(2 * sizeof *own.items), .count = 2};
  own.items[0] = (struct rule){mem_dup("kafka.lag"), {.has_crit = true, .crit = 5}};
  own.items[1] = (struct rule){mem_dup("disk.free"), {0}};
  assert_true(rules_find(&no, &rules, &used)->warn == 0.7); /* configured, before the default */
  assert_false(rules_find(&no, &rules, &used)->has_crit);
  assert_null(rules_find(&no, &rules, &lag));
  assert_ptr_equal(rules_find(&no, &rules, &free), &free.threshold);
  assert_null(rules_find(&no, &rules, &none));
  assert_null(rules_find(&no, &rules, &plain));
  assert_true(rules_find(&own, &rules, &lag)->crit == 5); /* the target's, before the global one */
  assert_null(rules_find(&own, &rules, &free));           /* switched off for it alone */
  assert_true(rules_find(&own, &rules, &used)->warn == 0.7);
  rules_fini(&own);
  rules_fini(&rules);
  assert_int_equal(rules.count, 0);
}

/* A column's default is not expected to be judged, unless it was configured with the column. */
static void test_asked(void **state) {
  (void)state;
  const struct column_spec usual = {.metric = "a.b", .threshold = {.has_warn = true, .warn = 1}},
                           own = {.metric = "a.b",
                                  .threshold = {.has_warn = true, .warn = 1, .asked = true}},
                           empty = {.metric = "a.b", .threshold = {.asked = true}};
  char name[] = "a.b";
  struct rule on = {name, {.has_crit = true, .crit = 5}}, off = {name, {0}};
  const struct rules none = {0}, has = {&on, 1}, has_off = {&off, 1};
  assert_false(rules_asked(&none, &none, &usual));
  assert_true(rules_asked(&none, &none, &own));
  assert_false(rules_asked(&none, &none, &empty));
  assert_true(rules_asked(&has, &none, &usual));
  assert_true(rules_asked(&none, &has, &usual));
  assert_false(rules_asked(&has_off, &none, &own)); /* "off" */
}

static void test_a_threshold_fits_together(void **state) {
  (void)state;
  struct err err;
  assert_true(threshold_check(&(struct threshold){0}, &err));
  assert_true(threshold_check(
      &(struct threshold){.has_warn = true, .warn = 1, .has_crit = true, .crit = 2}, &err));
  assert_false(threshold_check(
      &(struct threshold){.has_warn = true, .warn = 2, .has_crit = true, .crit = 1}, &err));
  assert_string_equal(err.text, "crit is reached before warn");
  assert_false(threshold_check(
      &(struct threshold){.has_warn = true, .warn = 1, .has_crit = true, .crit = 2, .below = true},
      &err));
  assert_false(threshold_check(&(struct threshold){.below = true}, &err));
  assert_false(threshold_check(&(struct threshold){.for_ms = 1000}, &err));
  assert_string_equal(err.text, "for needs warn or crit");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_threshold_fits_together),
      cmocka_unit_test(test_judge),
      cmocka_unit_test(test_find),
      cmocka_unit_test(test_asked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
