/* The example files load with the options of the issue that asked for them. The test of the whole
 * program finds options that a collector does not know yet. */
#include "config/config_fixture.h"

static void load(const char *path, size_t targets) {
  struct config_errors errors;
  config_errors_init(&errors, path);
  struct config *config = config_load(path, &fixture_schema, &errors);
  config_errors_print(&errors, stderr);
  assert_non_null(config);
  assert_int_equal(config->target_count, targets);
  config_errors_fini(&errors);
  config_free(config);
}

static void test_examples(void **state) {
  (void)state;
  unsetenv("ECAP_ENVIRONMENT");
  unsetenv("ECAP_DATABASE_URL");
  unsetenv("ECAP_KAFKA_BOOTSTRAP_SERVERS");
  load("../../../examples/minimal.yaml", 2); /* tests run in their own folder */
  load("../../../examples/ecap.yaml", 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
