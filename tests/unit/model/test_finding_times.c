/* Onset, the time at which it was seen, and the time of the alarm, told apart. */
#include "model/judge/finding_times.h"

#include "model_fixture.h"

static const char *times(struct model_fixture *fixture, const struct finding *finding) {
  static char text[FINDING_TIMES_MAX];
  return finding_times_text(text, finding, &fixture->model, fixture->now_ms, true);
}

static void wait_for(struct model_fixture *fixture, int64_t for_ms) {
  struct rule *rule = mem_new(sizeof *rule);
  *rule = (struct rule){mem_dup("kafka.lag"), {.has_warn = true, .warn = 5, .for_ms = for_ms}};
  fixture->config->rules = (struct rules){rule, 1};
}

static void publish_at(struct model_fixture *fixture, int64_t after_ms) {
  fixture->now_ms += after_ms;
  publish_lag(fixture, 1, value_int(9));
  judge(fixture, false);
}

static const struct finding *only(struct model_fixture *fixture) {
  assert_int_equal(fixture->model.findings->count, 1);
  return &fixture->model.findings->items[0];
}

static void test_at_once(void **state) {
  struct model_fixture *fixture = *state;
  publish_lag(fixture, 1, value_int(500));
  fixture->now_ms += 40; /* it is evaluated a little later */
  judge(fixture, false);
  const struct finding *finding = only(fixture);
  assert_int_equal(finding->seen_ms, finding->since_ms);
  assert_int_equal(finding->alarm_ms, finding->since_ms);
  assert_string_equal(times(fixture, finding), "");
}

/* With a `for`, the alarm is later than the onset, and stays where it is. */
static void test_after_a_for(void **state) {
  struct model_fixture *fixture = *state;
  wait_for(fixture, 5000);
  publish_at(fixture, 0);
  assert_true(only(fixture)->pending);
  assert_int_equal(only(fixture)->alarm_ms, 0);
  assert_string_equal(times(fixture, only(fixture)), "");
  publish_at(fixture, 2000);
  publish_at(fixture, 4000);
  assert_int_equal(only(fixture)->since_ms, 1000000);
  assert_int_equal(only(fixture)->seen_ms, 1000000);
  assert_int_equal(only(fixture)->alarm_ms, 1006000);
  assert_string_equal(times(fixture, only(fixture)), ", alarm at 00:16:46");
  const struct event *event = events_get(&fixture->model.events, 0);
  assert_int_equal(event->at_ms, 1006000); /* the same moment as the alarm */
  assert_int_equal(event_onset(event), 1000000);
  publish_at(fixture, 60000);
  assert_int_equal(only(fixture)->alarm_ms, 1006000);
}

/* The server knows an onset from before stacktop was started. */
static void test_it_lasted_already(void **state) {
  struct model_fixture *fixture = *state;
  struct sample *sample = lag_sample(fixture);
  struct row *row = lag_row(sample, 0, "group", NULL, value_int(0));
  row->severity = SEVERITY_CRIT;
  row->reason = "idle";
  row->lasted_ms = 840000;
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  judge(fixture, false);
  assert_int_equal(only(fixture)->since_ms, 160000);
  assert_string_equal(times(fixture, only(fixture)), ", seen at 00:16:40");
  fixture->model.wall_offset_ms = 3600000; /* the clock was set */
  assert_string_equal(times(fixture, only(fixture)), ", seen at 01:16:40");
  fixture->model.wall_offset_ms = 0;
  fixture->now_ms += 86400000;
  assert_string_equal(times(fixture, only(fixture)), ", seen at 1970-01-01 00:16:40");
}

/* An outage in between and another configuration change none of them. */
static void test_they_are_kept(void **state) {
  struct model_fixture *fixture = *state;
  wait_for(fixture, 5000);
  publish_at(fixture, 0);
  publish_at(fixture, 6000);
  fixture->now_ms += 1000;
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  judge(fixture, false);
  assert_null(only(fixture)->table);
  publish_at(fixture, 5000);
  assert_int_equal(only(fixture)->alarm_ms, 1006000);
  model_rebase(&fixture->model, fixture->config, (const size_t[]){0, 1});
  assert_int_equal(only(fixture)->seen_ms, 1000000);
  assert_int_equal(only(fixture)->alarm_ms, 1006000);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)
  const struct CMUnitTest tests[] = {TEST(test_at_once), TEST(test_after_a_for),
                                     TEST(test_it_lasted_already), TEST(test_they_are_kept)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
