/* Acknowledgements and silences: which findings they cover, and until when. */
#include "model/alarm/alarm_mark.h"

#include "model_fixture.h"

static struct alarm_mark mark_of(enum alarm_kind kind, const char *key, enum severity most,
                                 int64_t until_ms) {
  struct alarm_mark mark = {.kind = kind, .id = "1", .most = most, .until_ms = until_ms};
  snprintf(mark.key, sizeof mark.key, "%s", key);
  snprintf(mark.who, sizeof mark.who, "ann@b1");
  snprintf(mark.reason, sizeof mark.reason, "looking");
  mark.pattern = strchr(key, '*') != NULL;
  return mark;
}

static void add(struct alarm_marks *marks, struct alarm_mark mark) {
  struct err err;
  assert_true(alarm_marks_add(marks, &mark, &err));
}

static const struct finding *first(struct model_fixture *fixture) {
  judge(fixture, false);
  assert_int_equal(fixture->model.findings->count, 1);
  return &fixture->model.findings->items[0];
}

static void test_a_worse_one_calls_again(void **state) {
  struct model_fixture *fixture = *state;
  struct alarm_marks marks = {0};
  add(&marks, mark_of(ALARM_ACKNOWLEDGED, "kafka/main/groups/group/lag", SEVERITY_WARN, 5000000));
  fixture->model.alarm_marks = &marks;
  publish_lag(fixture, 1, value_int(500));
  assert_int_equal(first(fixture)->quiet, FINDING_ACKNOWLEDGED);
  assert_string_equal(first(fixture)->quiet_who, "ann@b1");
  assert_true(finding_calls(first(fixture)));
  publish_lag(fixture, 1, value_int(5000));
  assert_int_equal(first(fixture)->quiet, FINDING_LOUD);
  publish_lag(fixture, 1, value_int(500));
  assert_int_equal(first(fixture)->quiet, FINDING_ACKNOWLEDGED);
  fixture->now_ms = 4999999;
  publish_lag(fixture, 1, value_int(500));
  assert_int_equal(first(fixture)->quiet, FINDING_ACKNOWLEDGED);
  fixture->model.wall_offset_ms = 1; /* it ends by wall time */
  assert_int_equal(first(fixture)->quiet, FINDING_LOUD);
  alarm_marks_fini(&marks);
}

static void test_a_silence_by_pattern(void **state) {
  struct model_fixture *fixture = *state;
  struct alarm_marks marks = {0};
  add(&marks, mark_of(ALARM_SILENCED, "kafka/cache*", SEVERITY_CRIT, 5000000));
  fixture->model.alarm_marks = &marks;
  fail_slot(fixture, 0, ERR_REFUSED, "refused");
  publish_lag(fixture, 1, value_int(500));
  const struct findings *findings = judge(fixture, false);
  assert_int_equal(findings->count, 2);
  assert_int_equal(findings->items[0].quiet, FINDING_SILENCED); /* of cache, CRIT */
  assert_false(finding_calls(&findings->items[0]));
  assert_int_equal(findings->items[1].quiet, FINDING_LOUD);
  assert_int_equal(findings_count(findings, SEVERITY_CRIT), 1); /* it counts all the same */
  assert_int_equal(findings_count_calling(findings, SEVERITY_CRIT), 0);
  assert_int_equal(findings_count_quiet(findings, FINDING_SILENCED), 1);
  assert_int_equal(model_severity(&fixture->model, fixture->now_ms), SEVERITY_CRIT);
  fixture->model.leaves_out_quiet = true;
  assert_int_equal(model_severity(&fixture->model, fixture->now_ms), SEVERITY_WARN);
  alarm_marks_fini(&marks);
}

/* Another configuration with the same state directory has other targets of that name. */
static void test_of_another_environment(void **state) {
  struct model_fixture *fixture = *state;
  struct alarm_marks marks = {0};
  struct alarm_mark mark = mark_of(ALARM_SILENCED, "kafka/*", SEVERITY_CRIT, 5000000);
  snprintf(mark.environment, sizeof mark.environment, "staging");
  add(&marks, mark);
  fixture->model.alarm_marks = &marks;
  publish_lag(fixture, 1, value_int(500));
  assert_int_equal(first(fixture)->quiet, FINDING_LOUD);
  alarm_marks_fini(&marks);
}

static void test_patterns(void **state) {
  static const struct {
    const char *pattern, *text;
    bool matches;
  } cases[] = {
      {"a/b", "a/b", true},
      {"a/*", "a/b/c", true},
      {"a/*", "a", false},
      {"*", "", true},
      {"", "", true},
      {"", "a", false},
      {"*/lag", "a/b/lag", true},
      {"*/lag", "a/b/lags", false},
      {"a*b*c", "a1b2b3c", true},
      {"a*b*c", "a1b2b3", false},
      {"a[b]?", "a[b]?", true},
      {"a?", "ab", false},
      {"**", "abc", true},
      {"*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++)
    if (alarm_pattern_matches(cases[i].pattern, cases[i].text) != cases[i].matches)
      fail_msg("%s %s", cases[i].pattern, cases[i].text);
}

static void test_keys(void **state) {
  struct model_fixture *fixture = *state;
  char key[ALARM_KEY_MAX];
  const struct target *target = fixture->config->targets[1];
  struct finding finding = {.table = "groups", .row = "a b/c", .column = "lag"};
  assert_string_equal(alarm_key(key, target, &finding), "kafka/main/groups/a b/c/lag");
  finding = (struct finding){0};
  assert_string_equal(alarm_key(key, target, &finding), "kafka/main");
  finding = (struct finding){.column = "age"};
  assert_string_equal(alarm_key(key, target, &finding), "kafka/main///age");
}

static void test_the_file(void **state) {
  struct alarm_marks marks = {0}, read;
  struct err err;
  (void)state;
  add(&marks, mark_of(ALARM_SILENCED, "kafka/\xC3\xA4 \"*", SEVERITY_CRIT, 7000));
  add(&marks, mark_of(ALARM_ACKNOWLEDGED, "kafka/main", SEVERITY_WARN, 8000));
  add(&marks, mark_of(ALARM_ACKNOWLEDGED, "kafka/main", SEVERITY_CRIT, 9000)); /* replaces it */
  assert_int_equal(marks.count, 2);
  char *text = alarm_marks_make(&marks);
  assert_true(alarm_marks_read(&read, text, strlen(text), &err));
  char *again = alarm_marks_make(&read);
  assert_string_equal(text, again);
  assert_true(read.items[0].pattern);
  assert_int_equal(read.items[1].most, SEVERITY_CRIT);
  assert_true(alarm_marks_expire(&read, 7000));
  assert_int_equal(read.count, 1);
  assert_false(alarm_marks_expire(&read, 7000));
  alarm_marks_fini(&read);
  for (size_t length = 0; length + 2 < strlen(text); length++) /* never half of it */
    assert_false(alarm_marks_read(&read, text, length, &err));
  static const char newer[] = "{\"version\":2,\"marks\":[]}";
  assert_false(alarm_marks_read(&read, newer, strlen(newer), &err));
  assert_non_null(strstr(err.text, "version 2"));
  free(text);
  free(again);
  alarm_marks_fini(&marks);
}

static void test_there_is_a_limit(void **state) {
  struct alarm_marks marks = {0};
  struct err err;
  (void)state;
  for (int i = 0; i < ALARM_MARKS_MAX; i++) {
    char key[32];
    snprintf(key, sizeof key, "kafka/%d", i);
    add(&marks, mark_of(ALARM_SILENCED, key, SEVERITY_WARN, 1));
  }
  const struct alarm_mark more = mark_of(ALARM_SILENCED, "kafka/more", SEVERITY_WARN, 1);
  assert_false(alarm_marks_add(&marks, &more, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
  char *text = alarm_marks_make(&marks);
  struct alarm_marks read;
  assert_true(alarm_marks_read(&read, text, strlen(text), &err)); /* within the file's limits */
  alarm_marks_fini(&read);
  free(text);
  alarm_marks_fini(&marks);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_worse_one_calls_again, model_setup, model_teardown),
      cmocka_unit_test_setup_teardown(test_a_silence_by_pattern, model_setup, model_teardown),
      cmocka_unit_test_setup_teardown(test_of_another_environment, model_setup, model_teardown),
      cmocka_unit_test_setup_teardown(test_keys, model_setup, model_teardown),
      cmocka_unit_test(test_patterns),
      cmocka_unit_test(test_the_file),
      cmocka_unit_test(test_there_is_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
