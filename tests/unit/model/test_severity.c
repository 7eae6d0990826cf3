#include "support/core_test.h"

#include "model/judge/severity.h"

static void test_severities(void **state) {
  (void)state;
  static const struct {
    enum severity severity;
    const char *name;
    int exit;
  } all[] = {{SEVERITY_OK, "ok", 0},
             {SEVERITY_UNKNOWN, "unknown", 3},
             {SEVERITY_WARN, "warn", 1},
             {SEVERITY_CRIT, "crit", 2}};
  for (size_t i = 0; i < COUNT(all); i++) {
    assert_string_equal(severity_name(all[i].severity), all[i].name);
    assert_int_equal(severity_parse(all[i].name), all[i].severity);
    assert_int_equal(severity_exit(all[i].severity), all[i].exit);
    for (size_t j = 0; j <= i; j++) /* ordered from good to bad */
      assert_int_equal(severity_worse(all[i].severity, all[j].severity), all[i].severity);
  }
  assert_int_equal(severity_parse("fine"), SEVERITY_UNKNOWN);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_severities)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
