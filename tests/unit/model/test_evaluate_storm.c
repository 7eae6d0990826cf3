/* More findings than are kept: which ones are kept, and what is said about the others. */
#include "model_fixture.h"

enum { STORM_ROWS = 1000, TINY_BYTES = 4000 };

static int tiny_setup(void **state) {
  model_setup(state);
  ((struct model_fixture *)*state)->model.findings_bytes_max = TINY_BYTES;
  return 0;
}

/* That many rows with that lag, "row/0" and on. */
static void add_rows(struct sample *sample, int count, int64_t lag) {
  for (int i = 0; i < count; i++) {
    char key[40];
    snprintf(key, sizeof key, "row/%d", i);
    lag_row(sample, 0, key, NULL, value_int(lag));
  }
}

static void publish_storm(struct model_fixture *fixture, size_t target_index) {
  struct sample *sample = lag_sample(fixture);
  add_rows(sample, STORM_ROWS, 500);
  model_publish(&fixture->model, target_index, sample, fixture->now_ms);
}

static void configure(struct model_fixture *fixture, const char *metric,
                      struct threshold threshold) {
  struct rules *rules = &fixture->config->rules;
  rules->items = mem_new(sizeof *rules->items);
  rules->items[0] = (struct rule){mem_dup(metric), threshold};
  rules->count = 1;
}

/* Of its rows. */
static size_t count_of(const struct findings *findings, size_t target_index) {
  size_t count = 0;
  for (size_t i = 0; i < findings->count; i++)
    count += findings->items[i].target_index == target_index && findings->items[i].row;
  return count;
}

static void check_severity(struct model_fixture *fixture, size_t target_index,
                           enum severity severity) {
  judge(fixture, false);
  assert_int_equal(model_target_severity(&fixture->model, target_index, fixture->now_ms), severity);
}

/* However many findings an earlier target has: a finding of a whole target is never lost. */
static void test_hides_no_outage(void **state) {
  struct model_fixture *fixture = *state;
  publish_storm(fixture, 0);
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  check_severity(fixture, 1, SEVERITY_CRIT);
  assert_true(fixture->model.findings->count < STORM_ROWS);
  assert_string_equal(fixture->model.findings->items[0].sentence, "refused");
}

static void test_hides_no_fault(void **state) {
  struct model_fixture *fixture = *state;
  publish_storm(fixture, 0);
  struct sample *sample = lag_sample(fixture);
  sample_fault(sample, "groups", SEVERITY_UNKNOWN, "offsets of 12 of 18 partitions");
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  check_severity(fixture, 1, SEVERITY_UNKNOWN);
}

static void test_hides_no_old_data(void **state) {
  struct model_fixture *fixture = *state;
  model_publish(&fixture->model, 1, lag_sample(fixture), fixture->now_ms);
  fixture->now_ms += 60000;
  publish_storm(fixture, 0);
  check_severity(fixture, 1, SEVERITY_UNKNOWN);
}

static void test_hides_no_unjudged(void **state) {
  struct model_fixture *fixture = *state;
  fixture->model.wants_all_judged = true;
  configure(fixture, "redis.hit", (struct threshold){.below = true, .has_warn = true, .warn = 0.5});
  publish_storm(fixture, 0);
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "group", NULL, value_int(1))->cells[LAG_HIT] = value_none("too new");
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  check_severity(fixture, 1, SEVERITY_UNKNOWN);
}

/* The most harmful are kept, whichever target they belong to, and the others are counted. */
static void test_keeps_the_worst(void **state) {
  struct model_fixture *fixture = *state;
  publish_storm(fixture, 0);
  struct sample *sample = lag_sample(fixture);
  add_rows(sample, STORM_ROWS, 400);
  lag_row(sample, 0, "last", NULL, value_int(5000));
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  const struct findings *findings = judge(fixture, false);
  assert_string_equal(findings->items[0].row, "last");
  assert_int_equal(findings->items[1].target_index, 0); /* 500 is further beyond 100 than 400 */
  assert_int_equal(count_of(findings, 1), 1);

  size_t kept = count_of(findings, 0);
  assert_true(kept > 5 && kept < 100);
  char sentence[100];
  snprintf(sentence, sizeof sentence,
           "%zu more findings in Groups are not listed: too many to keep", STORM_ROWS - kept);
  assert_string_equal(findings_find(findings, 0, "groups", NULL, "cut:warn")->sentence, sentence);
  const struct finding *cut = findings_find(findings, 1, "groups", NULL, "cut:warn");
  assert_int_equal(cut->severity, SEVERITY_WARN);
  assert_string_equal(cut->subject, "main");
  assert_string_equal(cut->sentence,
                      "1,000 more findings in Groups are not listed: too many to keep");
  assert_true(findings_count_is_least(findings, SEVERITY_WARN));
  assert_false(findings_count_is_least(findings, SEVERITY_CRIT));
}

/* None of its findings is kept: that makes neither the target nor a row of it OK. */
static void test_all_of_a_target_cut(void **state) {
  struct model_fixture *fixture = *state;
  publish_storm(fixture, 0);
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "group", NULL, value_int(101));
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  check_severity(fixture, 1, SEVERITY_WARN);
  const struct findings *findings = fixture->model.findings;
  assert_int_equal(count_of(findings, 1), 0);
  assert_int_equal(findings_row(findings, 1, "groups", NULL), SEVERITY_WARN);
  assert_int_equal(findings_row(findings, 1, "groups", "group"), SEVERITY_UNKNOWN);
  assert_int_equal(findings_row(findings, 1, "summary", "group"), SEVERITY_OK);
  assert_string_equal(findings_find(findings, 1, "groups", NULL, "cut:warn")->sentence,
                      "1 more finding in Groups is not listed: too many to keep");
}

/* A finding that is no longer listed is not resolved, and has kept its age when it is listed again.
 */
static void test_ends_nothing(void **state) {
  struct model_fixture *fixture = *state;
  struct events *events = &fixture->model.events;
  publish_lag(fixture, 1, value_int(200));
  judge(fixture, false);
  fixture->now_ms += 1000;
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "group", NULL, value_int(200));
  add_rows(sample, STORM_ROWS, 900);
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  judge(fixture, false);
  assert_null(findings_find(fixture->model.findings, 1, "groups", "group", "lag"));
  assert_true(events->count > 1);
  for (size_t i = 0; i < events->count; i++)
    assert_true(events_get(events, i)->change || events_get(events, i)->severity == SEVERITY_WARN);
  fixture->now_ms += 1000;
  publish_lag(fixture, 1, value_int(200));
  const struct findings *findings = judge(fixture, false);
  assert_int_equal(findings->count, 1);
  assert_int_equal(findings->items[0].since_ms, 1000000);
  assert_int_equal(fixture->model.held->count, 0);
}

/* The storm outlives an outage: the findings remembered during it have the same limit. */
static void test_held_is_bounded(void **state) {
  struct model_fixture *fixture = *state;
  publish_storm(fixture, 0);
  judge(fixture, false);
  size_t kept = fixture->model.findings->count;
  fixture->model.findings_bytes_max = TINY_BYTES / 4;
  fail_slot(fixture, 0, ERR_REFUSED, "refused");
  judge(fixture, false);
  assert_true(fixture->model.held->count > 0 && fixture->model.held->count < kept);
}

/* Pending ones come last; of those that are cut none counts either, until it is old enough. */
static void test_pending(void **state) {
  struct model_fixture *fixture = *state;
  configure(fixture, "kafka.lag", (struct threshold){.has_warn = true, .warn = 5, .for_ms = 5000});
  for (int round = 0; round < 3; round++) {
    publish_storm(fixture, 0);
    publish_lag(fixture, 1, value_int(6)); /* the least of all: it is never kept */
    const struct findings *findings = judge(fixture, false);
    const bool old = round == 2;
    const struct finding *cut = findings_find(findings, 1, "groups", NULL, "cut:warn:pending");
    assert_int_equal(cut && cut->pending, !old);
    assert_int_equal(findings_count_is_least(findings, SEVERITY_WARN), old);
    for (size_t target_index = 0; target_index < 2; target_index++)
      assert_int_equal(model_target_severity(&fixture->model, target_index, fixture->now_ms),
                       old ? SEVERITY_WARN : SEVERITY_OK);
    assert_int_equal(findings_count(findings, SEVERITY_WARN) > 5, old);
    fixture->now_ms += 2500;
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, tiny_setup, model_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_hides_no_outage),   TEST(test_hides_no_fault),  TEST(test_hides_no_old_data),
      TEST(test_hides_no_unjudged), TEST(test_keeps_the_worst), TEST(test_all_of_a_target_cut),
      TEST(test_ends_nothing),      TEST(test_held_is_bounded), TEST(test_pending),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
