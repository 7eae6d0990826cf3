/* Conditions over what targets have published: whether they hold, and what is not known. */
#include "model_fixture.h"

#include "model/judge/condition.h"

static const struct target_kind *kind_at(size_t i, const struct table_spec *const **tables,
                                         size_t *count) {
  *tables = model_specs;
  *count = COUNT(model_specs);
  return i == 0 ? &model_kind : NULL;
}
static const struct condition_lookup lookup = {.kind = kind_at};

static struct condition read_good(struct condition_words words) {
  struct condition condition;
  struct err err;
  if (!condition_read(&condition, &words, &lookup, &err))
    fail_msg("%s", err.text);
  return condition;
}

static void read_bad(struct condition_words words, const char *part) {
  struct condition condition;
  struct err err;
  assert_false(condition_read(&condition, &words, &lookup, &err));
  if (!strstr(err.text, part))
    fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static struct condition_result judged(struct model_fixture *fixture, struct condition condition,
                                      bool every) {
  struct condition_result result;
  condition_judge(&result, &condition, every, &fixture->model, judge(fixture, true),
                  fixture->now_ms);
  return result;
}

static void test_one_is_enough_or_every(void **state) {
  struct model_fixture *fixture = *state;
  const struct condition high =
      read_good((struct condition_words){.metric = "kafka.lag", .above = "100"});
  publish_lag(fixture, 0, value_int(500));
  publish_lag(fixture, 1, value_int(50));
  struct condition_result result = judged(fixture, high, false);
  assert_int_equal(result.answer, CONDITION_YES);
  assert_int_equal(result.held, 1);
  assert_string_equal(result.words, "cache group: 500");
  result = judged(fixture, high, true);
  assert_int_equal(result.answer, CONDITION_NO);
  assert_string_equal(result.words, "main group: 50"); /* what prevents it */
}

static void test_what_is_not_known_does_not_hold(void **state) {
  struct model_fixture *fixture = *state;
  const struct condition low =
      read_good((struct condition_words){.metric = "kafka.lag", .below = "100"});
  assert_int_equal(judged(fixture, low, false).answer, CONDITION_NOT_KNOWN);
  publish_lag(fixture, 0, value_int(50));
  assert_int_equal(judged(fixture, low, false).answer, CONDITION_YES);
  assert_int_equal(judged(fixture, low, true).answer, CONDITION_NOT_KNOWN); /* main is absent */
  publish_lag(fixture, 1, value_none("the group has no coordinator"));
  struct condition_result result = judged(fixture, low, true);
  assert_int_equal(result.answer, CONDITION_NOT_KNOWN);
  assert_non_null(strstr(result.words, "no coordinator"));
  publish_lag(fixture, 1, value_int(20));
  assert_int_equal(judged(fixture, low, true).answer, CONDITION_YES);
  fail_slot(fixture, 1, ERR_REFUSED, "nothing listens");
  result = judged(fixture, low, true);
  assert_int_equal(result.answer, CONDITION_NOT_KNOWN);
  assert_non_null(strstr(result.words, "nothing listens"));
  const struct condition none =
      read_good((struct condition_words){.metric = "kafka.lag", .row = "other", .below = "100"});
  assert_int_equal(judged(fixture, none, false).answer, CONDITION_NOT_KNOWN);
}

static void test_a_state(void **state) {
  struct model_fixture *fixture = *state;
  const struct condition critical =
      read_good((struct condition_words){.is = "critical", .target = "main"});
  const struct condition ok = read_good((struct condition_words){.is = "ok", .target = "main"});
  assert_int_equal(judged(fixture, ok, true).answer, CONDITION_NOT_KNOWN);
  publish_lag(fixture, 1, value_int(5));
  assert_int_equal(judged(fixture, ok, true).answer, CONDITION_YES);
  assert_int_equal(judged(fixture, critical, false).answer, CONDITION_NO);
  publish_lag(fixture, 1, value_int(500)); /* a warning is neither */
  assert_int_equal(judged(fixture, ok, true).answer, CONDITION_NO);
  assert_int_equal(judged(fixture, critical, false).answer, CONDITION_NO);
  fail_slot(fixture, 1, ERR_REFUSED, "nothing listens");
  assert_int_equal(judged(fixture, ok, true).answer, CONDITION_NO);
  const struct condition_result result = judged(fixture, critical, false);
  assert_int_equal(result.answer, CONDITION_YES);
  assert_string_equal(result.words, "main is critical");
}

static void test_words(void **state) {
  (void)state;
  char text[CONDITION_TEXT_MAX];
  const struct condition metric = read_good((struct condition_words){
      .metric = "kafka.lag", .target = "main", .row = "a*", .above = "10k"});
  assert_string_equal(condition_text(text, &metric), "kafka.lag of main a* above 10,000");
  const struct condition warning =
      read_good((struct condition_words){.is = "warning", .target = "x"});
  assert_string_equal(condition_text(text, &warning), "x is warning or worse");
  const struct condition ok = read_good((struct condition_words){.is = "ok", .target = "x"});
  assert_string_equal(condition_text(text, &ok), "x is ok");
  read_bad((struct condition_words){.metric = "kafka.lg", .above = "1"}, "did you mean");
  read_bad((struct condition_words){.metric = "kafka.lag"}, "either above or below");
  read_bad((struct condition_words){.is = "critcal", .target = "x"}, "is not one of");
  read_bad((struct condition_words){.is = "ok"}, "is needs target");
  read_bad((struct condition_words){.is = "ok", .target = "x", .row = "y"}, "need a metric");
  read_bad((struct condition_words){.target = "x"}, "either metric or is");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_one_is_enough_or_every, model_setup, model_teardown),
      cmocka_unit_test_setup_teardown(test_what_is_not_known_does_not_hold, model_setup,
                                      model_teardown),
      cmocka_unit_test_setup_teardown(test_a_state, model_setup, model_teardown),
      cmocka_unit_test(test_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
