#include "model/judge/model_evaluate.h"
#include "model_fixture.h"

static void test_states(void **state) {
  struct model_fixture *fixture = *state;
  struct model *model = &fixture->model;
  const struct target_state *target = &model->targets[1];
  assert_int_equal(target_state_condition(target, fixture->now_ms), TARGET_WAITING);
  assert_int_equal(target_state_age(target, fixture->now_ms), -1);
  assert_int_equal(model_target_severity(model, 1, fixture->now_ms), SEVERITY_UNKNOWN);
  assert_int_equal(model_severity(model, fixture->now_ms), SEVERITY_UNKNOWN);

  model_attempt(model, 1, fixture->now_ms);
  assert_int_equal(target->started_ms, fixture->now_ms);
  fixture->now_ms += 10;
  publish_lag(fixture, 1, value_int(1));
  assert_int_equal(target_state_condition(target, fixture->now_ms), TARGET_LIVE);
  assert_int_equal(target->started_ms, 0);
  assert_int_equal(target->attempted_ms, fixture->now_ms);
  assert_int_equal(target->samples, 1);
  assert_int_equal(target_state_age(target, fixture->now_ms + 7), 7);
  assert_int_equal(target_state_condition(target, fixture->now_ms + 5000), TARGET_LIVE);
  assert_int_equal(target_state_condition(target, fixture->now_ms + 5001), TARGET_STALE);

  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  fixture->now_ms += 2000;
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  assert_int_equal(target_state_condition(target, fixture->now_ms), TARGET_DOWN);
  assert_int_equal(target->failures, 2);
  assert_int_equal(target->failing_ms, fixture->now_ms - 2000);
  assert_non_null(target->sample); /* the last good one stays, with its age */
  publish_lag(fixture, 1, value_int(1));
  assert_int_equal(target_state_condition(target, fixture->now_ms), TARGET_LIVE);
  assert_int_equal(target->failures, 0);
  assert_int_equal(target->failing_ms, 0);
  assert_int_equal(target->samples, 2);
}

/* `check` waits for the slowest: the answers of the others are not stale for that reason. */
static void test_asked_once(void **state) {
  struct model_fixture *fixture = *state;
  model_ask_once(&fixture->model);
  assert_int_equal(target_state_condition(&fixture->model.targets[1], fixture->now_ms),
                   TARGET_WAITING);
  publish_lag(fixture, 1, value_int(500));
  fixture->now_ms += 60000;
  assert_int_equal(target_state_condition(&fixture->model.targets[1], fixture->now_ms),
                   TARGET_LIVE);
  assert_string_equal(judge(fixture, true)->items[0].sentence, "lag 500, above 100");
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  assert_int_equal(target_state_condition(&fixture->model.targets[1], fixture->now_ms),
                   TARGET_DOWN);
}

static void test_generation_grows(void **state) {
  struct model_fixture *fixture = *state;
  uint64_t before = fixture->model.generation;
  publish_lag(fixture, 0, value_int(1));
  assert_true(fixture->model.generation > before);
  before = fixture->model.generation;
  fail_slot(fixture, 0, ERR_REFUSED, "refused");
  assert_true(fixture->model.generation > before);
  before = fixture->model.generation;
  judge(fixture, false);
  assert_true(fixture->model.generation > before);
}

static void last_event(struct model_fixture *fixture, size_t count, enum severity severity,
                       const char *subject, const char *text) {
  assert_int_equal(fixture->model.events.count, count);
  const struct event *event = events_get(&fixture->model.events, 0);
  assert_string_equal(event->text, text);
  assert_string_equal(event->subject, subject);
  assert_int_equal(event->severity, severity);
  assert_int_equal(event->at_ms, fixture->now_ms);
}

static void test_events(void **state) {
  struct model_fixture *fixture = *state;
  publish_lag(fixture, 1, value_int(500));
  judge(fixture, false);
  last_event(fixture, 1, SEVERITY_WARN, "main group", "lag 500, above 100");
  fixture->now_ms += 2000;
  publish_lag(fixture, 1, value_int(600)); /* the same trouble: no event */
  judge(fixture, false);
  assert_int_equal(fixture->model.events.count, 1);
  fixture->now_ms += 2000;
  publish_lag(fixture, 1, value_int(5000)); /* it got worse */
  judge(fixture, false);
  last_event(fixture, 2, SEVERITY_CRIT, "main group", "lag 5,000, above 1,000");
  publish_lag(fixture, 1, value_int(500)); /* better, but not resolved */
  judge(fixture, false);
  assert_int_equal(fixture->model.events.count, 2);
  fixture->now_ms += 2000;
  publish_lag(fixture, 1, value_int(5));
  judge(fixture, false);
  last_event(fixture, 3, SEVERITY_OK, "main group", "resolved after 6.0s: lag 500, above 100");

  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  judge(fixture, false);
  last_event(fixture, 4, SEVERITY_CRIT, "main", "refused");
  fixture->now_ms += 41000;
  publish_lag(fixture, 1, value_int(5));
  judge(fixture, false);
  last_event(fixture, 5, SEVERITY_OK, "main", "up again after 41s: refused");
}

/* One outage may fail in several ways in turn: an event is added only when it is worse than
 * reported. */
static void test_an_outage_is_reported_once(void **state) {
  struct model_fixture *fixture = *state;
  static const enum err_kind kinds[] = {ERR_TIMEOUT, ERR_PROTOCOL, ERR_TIMEOUT, ERR_PROTOCOL,
                                        ERR_REFUSED};
  for (size_t i = 0; i < COUNT(kinds); i++) {
    fixture->now_ms += 2000;
    fail_slot(fixture, 1, kinds[i], i == 0 ? "no answer" : "other words");
    judge(fixture, false);
    assert_int_equal(fixture->model.events.count, 1);
  }
  publish_lag(fixture, 1, value_int(5));
  judge(fixture, false);
  fail_slot(fixture, 1, ERR_PROTOCOL, "garbage"); /* the next outage */
  judge(fixture, false);
  last_event(fixture, 3, SEVERITY_UNKNOWN, "main", "garbage");
  fail_slot(fixture, 1, ERR_REFUSED, "refused"); /* worse */
  judge(fixture, false);
  last_event(fixture, 4, SEVERITY_CRIT, "main", "refused");
}

/* While a target is down it is not known whether its rows' troubles are resolved. */
static void test_no_recovery_while_down(void **state) {
  struct model_fixture *fixture = *state;
  publish_lag(fixture, 1, value_int(500));
  judge(fixture, false);
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  judge(fixture, false);
  last_event(fixture, 2, SEVERITY_CRIT, "main", "refused");
}

/* A trouble that an outage hides is the same trouble afterwards: no event, and as old as it is. */
static void test_trouble_outlasts_an_outage(void **state) {
  struct model_fixture *fixture = *state;
  const int64_t start = fixture->now_ms;
  publish_lag(fixture, 1, value_int(500));
  judge(fixture, false);
  for (size_t i = 0; i < 3; i++) { /* several evaluations, and the last lacks fresh data */
    fixture->now_ms += 2000;
    fail_slot(fixture, 1, ERR_REFUSED, "refused");
    assert_int_equal(judge(fixture, false)->count, 1);
  }
  fixture->now_ms += 2000;
  publish_lag(fixture, 1, value_int(500));
  fixture->now_ms += 60000;
  judge(fixture, false);
  publish_lag(fixture, 1, value_int(600));
  const struct findings *findings = judge(fixture, false);
  assert_int_equal(findings->count, 1);
  assert_int_equal(findings->items[0].since_ms, start);
  assert_int_equal(fixture->model.events.count, 3); /* the trouble, the outage, its end */
}

static void test_trouble_ends_in_an_outage(void **state) {
  struct model_fixture *fixture = *state;
  publish_lag(fixture, 1, value_int(500));
  judge(fixture, false);
  fixture->now_ms += 2000;
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  judge(fixture, false);
  fixture->now_ms += 2000;
  judge(fixture, false);
  fixture->now_ms += 2000;
  publish_lag(fixture, 1, value_int(5));
  assert_int_equal(judge(fixture, false)->count, 0);
  last_event(fixture, 4, SEVERITY_OK, "main group", "resolved after 6.0s: lag 500, above 100");
  judge(fixture, false); /* reported once */
  assert_int_equal(fixture->model.events.count, 4);
}

/* Old data is the result of a pause or of our suspended process: nothing has happened to the
 * target. */
static void test_stale_adds_no_event(void **state) {
  struct model_fixture *fixture = *state;
  publish_lag(fixture, 1, value_int(5));
  judge(fixture, false);
  fixture->now_ms += 60000;
  assert_int_equal(judge(fixture, false)->count, 1);
  assert_int_equal(fixture->model.events.count, 0);
}

/* However many children precede it: a root's event is the visible one. */
static void test_roots_have_history(void **state) {
  struct model_fixture *fixture = *state;
  struct sample *sample = lag_sample(fixture);
  char key[32];
  lag_row(sample, 0, "first", NULL, value_int(1));
  for (size_t i = 0; i < HISTORY_RINGS_MAX; i++) {
    snprintf(key, sizeof key, "first/%zu", i);
    lag_row(sample, 0, key, "first", value_int(1));
  }
  lag_row(sample, 0, "last", NULL, value_int(1));
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  const struct history *history = fixture->model.targets[1].history;
  assert_non_null(history_find(history, 0, "first", LAG_LAG));
  assert_non_null(history_find(history, 0, "first/0", LAG_LAG));
  assert_non_null(history_find(history, 0, "last", LAG_LAG));
}

static void test_history(void **state) {
  struct model_fixture *fixture = *state;
  const struct target_state *target = &fixture->model.targets[1];
  publish_lag(fixture, 1, value_int(1));
  publish_lag(fixture, 1, value_none("no commit yet"));
  publish_lag(fixture, 1, value_real(2.5));
  const struct history_ring *ring = history_find(target->history, 0, "group", LAG_LAG);
  assert_non_null(ring);
  assert_true(history_value(ring, 0) == 2.5F);
  assert_true(isnan(history_value(ring, 1))); /* unknown is not zero */
  assert_true(history_value(ring, 2) == 1);
  assert_null(history_find(target->history, 0, "group", LAG_HIT)); /* keeps none */
}

/* A time without data is a gap in the chart. */
static void test_history_of_an_outage(void **state) {
  struct model_fixture *fixture = *state;
  publish_lag(fixture, 1, value_int(1));
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  publish_lag(fixture, 1, value_int(2));
  const struct history_ring *ring =
      history_find(fixture->model.targets[1].history, 0, "group", LAG_LAG);
  assert_int_equal(ring->count, 4);
  assert_true(history_value(ring, 0) == 2);
  assert_true(isnan(history_value(ring, 1)));
  assert_true(isnan(history_value(ring, 2)));
  assert_true(history_value(ring, 3) == 1);
}

static void test_no_targets(void **state) {
  (void)state;
  struct config *config = config_new();
  struct model model;
  model_init(&model, config);
  model_evaluate(&model, 1, true);
  assert_int_equal(model_severity(&model, 1), SEVERITY_OK);
  assert_int_equal(model.findings->count, 0);
  model_fini(&model);
  config_free(config);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_states),
      TEST(test_asked_once),
      TEST(test_generation_grows),
      TEST(test_events),
      TEST(test_an_outage_is_reported_once),
      TEST(test_trouble_outlasts_an_outage),
      TEST(test_trouble_ends_in_an_outage),
      TEST(test_stale_adds_no_event),
      TEST(test_roots_have_history),
      TEST(test_history),
      TEST(test_history_of_an_outage),
      TEST(test_no_recovery_while_down),
      cmocka_unit_test(test_no_targets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
