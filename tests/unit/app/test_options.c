/* The command line: what is taken, and the sentence for what is not. */
#include "app/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 12 };

/* Splits at spaces: no argument of these tests has one. */
static bool parse(const char *line, struct options *options, struct err *err) {
  static char copy[256];
  char *argv[WORDS_MAX + 1] = {NULL};
  int argc = 0;
  snprintf(copy, sizeof copy, "stacktop %s", line);
  for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest)) && argc < WORDS_MAX;)
    argv[argc++] = word;
  return options_parse(options, argc, argv, err);
}

static struct options good(const char *line) {
  struct options options;
  struct err err;
  if (!parse(line, &options, &err))
    fail_msg("%s: %s", line, err.text);
  return options;
}

static void bad(const char *line, const char *words) {
  struct options options;
  struct err err = {0};
  if (parse(line, &options, &err))
    fail_msg("was taken: %s", line);
  if (!strstr(err.text, words))
    fail_msg("%s: \"%s\" does not say \"%s\"", line, err.text, words);
}

static void test_modes(void **state) {
  (void)state;
  assert_int_equal(good("").mode, MODE_DASHBOARD);
  assert_int_equal(good("-c x.yaml").mode, MODE_DASHBOARD);
  assert_int_equal(good("check").mode, MODE_CHECK);
  assert_int_equal(good("-c x.yaml check").mode, MODE_CHECK);
  assert_int_equal(good("config --default").mode, MODE_CONFIG);
  assert_int_equal(good("-h nonsense").mode, MODE_HELP);
  assert_int_equal(good("check --version").mode, MODE_VERSION);
}

static void test_values(void **state) {
  (void)state;
  struct options options =
      good("check --config=a.yaml --only redis:cache --timeout 1500ms --json -UC");
  assert_string_equal(options.config, "a.yaml");
  assert_string_equal(options.only, "redis:cache");
  assert_int_equal(options.timeout_ms, 1500);
  assert_true(options.json && options.no_unicode && options.no_color && !options.utc);
  options = good("--utc");
  assert_true(options.utc && !options.json);
  assert_null(options.config);
  assert_int_equal(options.timeout_ms, 0);
}

static void test_refused(void **state) {
  (void)state;
  bad("chek", "unknown command \"chek\"");
  bad("check twice", "unexpected argument \"twice\"");
  bad("check -- more", "unexpected argument \"more\"");
  bad("-x", "unknown option -x");
  bad("--nonsense", "unknown option --nonsense");
  bad("-c", "-c wants a value");
  bad("check --only", "--only wants a value");
  bad("check --timeout soon", "\"soon\" is no duration");
  bad("check --timeout 0s", "out of range");
  bad("check --timeout 2h", "out of range");
  bad("--json", "--json belongs to `stacktop check`");
  bad("config --only redis", "--only belongs to `stacktop check`");
  bad("check --default", "--default belongs to `stacktop config`");
}

static void test_no_color(void **state) {
  (void)state;
  setenv("NO_COLOR", "", 1);
  assert_false(good("").no_color);
  setenv("NO_COLOR", "1", 1);
  assert_true(good("").no_color);
  unsetenv("NO_COLOR");
  assert_false(good("").no_color);
}

int main(void) {
  unsetenv("NO_COLOR");
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_modes), cmocka_unit_test(test_values),
                                     cmocka_unit_test(test_refused),
                                     cmocka_unit_test(test_no_color)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
