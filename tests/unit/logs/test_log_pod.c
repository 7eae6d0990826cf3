#include "support/core_test.h"

#include "logs/log_pod.h"

static int sign_of(int number) {
  return (number > 0) - (number < 0);
}

/* Some kubelets leave zeros at the end of a fraction away: 'Z' is not more than a digit. */
static void test_times_of_different_lengths(void **state) {
  (void)state;
  static const struct {
    const char *one, *other;
    int order;
  } cases[] = {
      {"2026-11-27T10:00:00.5Z", "2026-11-27T10:00:00.51Z", -1},
      {"2026-11-27T10:00:00.5Z", "2026-11-27T10:00:00.500000000Z", 0},
      {"2026-11-27T10:00:00Z", "2026-11-27T10:00:00.000000001Z", -1},
      {"2026-11-27T10:00:00Z", "2026-11-27T10:00:00Z", 0},
      {"2026-11-27T10:00:00.45Z", "2026-11-27T10:00:00.5Z", -1},
      {"2026-11-27T10:00:00.999999999Z", "2026-11-27T10:00:01Z", -1},
      {"2026-11-27T10:00:00.5+01:00", "2026-11-27T10:00:00.50+01:00", 0},
      {"", "2026-11-27T10:00:00Z", -1},
      {"2026", "2026", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(sign_of(log_pod_stamp_compare(cases[i].one, cases[i].other)), cases[i].order);
    assert_int_equal(sign_of(log_pod_stamp_compare(cases[i].other, cases[i].one)), -cases[i].order);
  }
}

static void test_names(void **state) {
  (void)state;
  char *name = log_pod_name(&(struct log_pod_place){.pod = "api-1", .container = "main"});
  assert_string_equal(name, "api-1/main");
  free(name);
  name = log_pod_name(&(struct log_pod_place){.pod = "api-1", .container = "main", .alone = true});
  assert_string_equal(name, "api-1");
  free(name);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_times_of_different_lengths),
                                     cmocka_unit_test(test_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
