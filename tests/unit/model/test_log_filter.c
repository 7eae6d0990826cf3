#include "support/core_test.h"

#include "model/log/log_filter.h"

static bool passes(const struct log_filter_spec *spec, enum log_level level, const char *text) {
  struct err err = {0};
  struct log_filter *filter = log_filter_new(spec, &err);
  if (!filter)
    fail_msg("%s", err.text);
  struct log_filter *copy = log_filter_dup(filter);
  const struct log_record record = {
      .text = text, .len = (uint32_t)strlen(text), .level = (uint8_t)level, .json = text[0] == '{'};
  const bool yes = log_filter_passes(filter, &record);
  assert_int_equal(log_filter_passes(copy, &record), yes);
  log_filter_free(filter);
  log_filter_free(copy);
  return yes;
}

static void test_passes(void **state) {
  (void)state;
  struct log_filter_spec spec = {0};
  assert_true(passes(&spec, LOG_LEVEL_NONE, "anything"));
  spec.level = LOG_LEVEL_WARN;
  assert_false(passes(&spec, LOG_LEVEL_NONE, "x"));
  assert_false(passes(&spec, LOG_LEVEL_INFO, "x"));
  assert_true(passes(&spec, LOG_LEVEL_WARN, "x"));
  assert_true(passes(&spec, LOG_LEVEL_FATAL, "x"));
  spec = (struct log_filter_spec){.grep = "time ?out", .exclude = "healthz"};
  assert_true(passes(&spec, LOG_LEVEL_NONE, "a Timeout"));
  assert_false(passes(&spec, LOG_LEVEL_NONE, "a timeout of /healthz"));
  assert_false(passes(&spec, LOG_LEVEL_NONE, "fine"));
}

static void test_conditions(void **state) {
  (void)state;
  static const char line[] = "{\"status\":500,\"path\":\"/api/v1\",\"user\":\"root\",\"duration\":"
                             "\"7.50\",\"ok\":false,\"deep\":{\"n\":3}}";
  static const struct {
    const char *condition;
    bool passes;
  } cases[] = {
      {"status=500", true},   {"status=500.0", true}, {"status!=500", false},
      {"status>=500", true},  {"status>500", false},  {"status<1e3", true},
      {"duration>5", true}, /* a number in quotes is one */
      {"duration=7.5", true}, {"user=root", true},    {"user=Root", false},
      {"user!=bob", true},    {"user>5", false}, /* not a number */
      {"ok=false", true},     {"deep.n<=3", true},    {"path~^/api", true},
      {"path!~^/api", false}, {"none=1", false},      {"none!=1", false},
      {"user=", false},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct log_filter_spec spec = {.conditions = &cases[i].condition, .condition_count = 1};
    if (passes(&spec, LOG_LEVEL_NONE, line) != cases[i].passes)
      fail_msg("%s", cases[i].condition);
    assert_false(passes(&spec, LOG_LEVEL_NONE, "status=500 user=root, no JSON"));
  }
  static const char *const both[] = {"status=500", "user=bob"};
  const struct log_filter_spec spec = {.conditions = both, .condition_count = 2};
  assert_false(passes(&spec, LOG_LEVEL_NONE, line));
}

static void test_invalid(void **state) {
  (void)state;
  static const char *const conditions[][2] = {
      {"status", "field \"status\": use a form such as status=500, user!=root, duration>5 or "
                 "path~^/api"},
      {"=5", "field \"=5\": use a form such as status=500, user!=root, duration>5 or path~^/api"},
      {"a>b", "field \"a>b\": \"b\" is not a number"},
      {"a~(", "field \"a~(\": at character 2: missing closing parenthesis"},
  };
  struct err err;
  for (size_t i = 0; i < COUNT(conditions); i++) {
    const struct log_filter_spec spec = {.conditions = conditions[i], .condition_count = 1};
    assert_null(log_filter_new(&spec, &err));
    check_text(err.text, conditions[i][1], "%s", conditions[i][0]);
  }
  assert_null(log_filter_new(&(struct log_filter_spec){.grep = "("}, &err));
  assert_string_equal(err.text, "grep: at character 2: missing closing parenthesis");
  static const char *const many[LOG_CONDITIONS_MAX + 1] = {"a=1", "a=1", "a=1", "a=1", "a=1",
                                                           "a=1", "a=1", "a=1", "a=1"};
  const struct log_filter_spec spec = {.conditions = many, .condition_count = COUNT(many)};
  assert_null(log_filter_new(&spec, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
}

static void test_text(void **state) {
  (void)state;
  char out[LOG_FILTER_TEXT_MAX];
  static const char *const conditions[] = {"status>=500"};
  struct log_filter *filter = log_filter_new(&(struct log_filter_spec){.grep = "time\x1Bzout",
                                                                       .level = LOG_LEVEL_WARN,
                                                                       .conditions = conditions,
                                                                       .condition_count = 1,
                                                                       .source = "api"},
                                             NULL);
  assert_non_null(filter);
  assert_string_equal(log_filter_text(filter, out),
                      "level warn or worse, /time\xEF\xBF\xBDzout/, status>=500, source api");
  assert_true(log_filter_wants_source(filter, "API-1"));
  assert_false(log_filter_wants_source(filter, "worker"));
  assert_false(log_filter_is_empty(filter));
  assert_string_equal(log_filter_spec(filter)->conditions[0], "status>=500");
  log_filter_free(filter);
  assert_string_equal(log_filter_text(NULL, out), "");
  assert_true(log_filter_is_empty(NULL));
  filter = log_filter_new(&(struct log_filter_spec){.grep = ""}, NULL);
  assert_true(log_filter_is_empty(filter));
  log_filter_free(filter);
  log_filter_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_passes),
      cmocka_unit_test(test_conditions),
      cmocka_unit_test(test_invalid),
      cmocka_unit_test(test_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
