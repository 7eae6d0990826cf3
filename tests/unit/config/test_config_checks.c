/* `checks:` of a target: what is read, and what its printed form gives again. */
#include "config/config_fixture.h"
#include "config/print/config_dump.h"

#include <stdio.h>

#define HEAD                    \
  "postgres:\n"                 \
  "  - name: ecap\n"            \
  "    dsn: \"service=ecap\"\n" \
  "    checks:\n"

static void test_all_of_it(void **state) {
  (void)state;
  struct config *config = fixture_good(HEAD "      - name: null share\n"
                                            "        sql: SELECT 1, 2\n"
                                            "        unit: \"% null\"\n"
                                            "        warn: 5%\n"
                                            "        crit: \"20\"\n"
                                            "        per_row: true\n"
                                            "        interval: 1h\n"
                                            "        timeout: 3s\n"
                                            "      - name: newest\n"
                                            "        sql: SELECT 1\n"
                                            "        unit: seconds\n"
                                            "        below: true\n"
                                            "        warn: 10m\n"
                                            "      - {name: schema, sql: SELECT 2, expect: abc}\n");
  const struct target *target = config->targets[0];
  assert_int_equal(target->check_count, 3);
  const struct data_check *share = &target->checks[0], *newest = &target->checks[1];
  assert_string_equal(share->name, "null share");
  assert_string_equal(share->sql, "SELECT 1, 2");
  assert_true(share->per_row && share->threshold.has_warn && share->threshold.has_crit);
  assert_true(share->threshold.warn == 5 && share->threshold.crit == 20);
  assert_int_equal(share->interval_ms, 3600000);
  assert_int_equal(share->timeout_ms, 3000);
  assert_true(newest->threshold.below && newest->threshold.warn == 600);
  assert_false(newest->threshold.has_crit);
  assert_int_equal(newest->interval_ms, 300000); /* the default */
  assert_string_equal(target->checks[2].expect, "abc");

  char *dump, *again;
  size_t size;
  FILE *out = open_memstream(&dump, &size);
  config_dump(out, config, &fixture_schema);
  fclose(out);
  config_free(config);
  config = fixture_good(dump);
  out = open_memstream(&again, &size);
  config_dump(out, config, &fixture_schema);
  fclose(out);
  assert_string_equal(dump, again);
  assert_non_null(strstr(dump, "        warn: 10m\n        below: true\n"));
  free(dump);
  free(again);
  config_free(config);
}

/* Only a kind whose collector runs them has them. */
static void test_of_another_kind(void **state) {
  (void)state;
  static const char text[] = "redis:\n  - {name: r, url: \"redis://h\", checks: []}\n";
  struct config_errors errors;
  config_errors_init(&errors, "f");
  assert_null(config_parse("f", text, strlen(text), &fixture_schema, &errors));
  config_errors_fini(&errors);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_of_it),
                                     cmocka_unit_test(test_of_another_kind)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
