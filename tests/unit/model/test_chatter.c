/* Findings that come and go, hysteresis, and what is folded under its cause. */
#include "model/alarm/chatter.h"
#include "model/alarm/flood.h"

#include "model_fixture.h"

static void see(struct model_fixture *fixture, int64_t lag) {
  fixture->now_ms += 2000;
  publish_lag(fixture, 1, value_int(lag));
  judge(fixture, false);
}

static size_t alarms(const struct model_fixture *fixture) {
  size_t count = 0;
  for (size_t i = 0; i < fixture->model.events.count; i++) {
    const struct event *event = events_get(&fixture->model.events, i);
    count += !event->change && event->severity != SEVERITY_OK;
  }
  return count;
}

static const struct event *last(const struct model_fixture *fixture) {
  return events_get(&fixture->model.events, 0);
}

static void flap(struct model_fixture *fixture) {
  for (int i = 0; i < CHATTER_CHANGES / 2; i++) {
    see(fixture, 500);
    see(fixture, 5);
  }
}

/* It stays, says so, and is no event until it is calm. */
static void test_flapping(void **state) {
  struct model_fixture *fixture = *state;
  flap(fixture);
  const struct findings *findings = fixture->model.findings;
  assert_int_equal(findings->count, 1);
  assert_string_equal(findings->items[0].sentence,
                      "lag 500, above 100 (not now; flapping: 8 changes in 5 min)");
  assert_int_equal(findings->items[0].severity, SEVERITY_WARN);
  assert_int_equal(findings_row(findings, 1, "groups", "group"), SEVERITY_WARN);
  assert_true(last(fixture)->change);
  assert_string_equal(last(fixture)->text, "flapping, its further changes are not events: 8 "
                                           "changes in 5 min: lag 500, above 100");
  const size_t count = fixture->model.events.count, told = alarms(fixture);
  for (int i = 0; i < 20; i++)
    flap(fixture);
  assert_int_equal(fixture->model.events.count, count);
  assert_int_equal(alarms(fixture), told);
  see(fixture, 700);
  assert_non_null(strstr(fixture->model.findings->items[0].sentence, "lag 700, above 100 (flap"));
  see(fixture, 5);
  for (int i = 0; i < CHATTER_WINDOW_MS / 2000 + 1; i++)
    see(fixture, 5);
  assert_int_equal(fixture->model.findings->count, 0);
  assert_non_null(strstr(last(fixture)->text, "resolved after "));
  see(fixture, 500); /* and it begins again */
  assert_int_equal(alarms(fixture), told + 1);
}

/* What becomes worse than the flapping was is an alarm, and stays as bad while it flaps. */
static void test_flapping_gets_worse(void **state) {
  struct model_fixture *fixture = *state;
  flap(fixture);
  const size_t told = alarms(fixture);
  see(fixture, 5000);
  assert_int_equal(alarms(fixture), told + 1);
  assert_int_equal(last(fixture)->severity, SEVERITY_CRIT);
  see(fixture, 5);
  assert_int_equal(fixture->model.findings->items[0].severity, SEVERITY_CRIT);
  see(fixture, 500);
  see(fixture, 5000);
  assert_int_equal(alarms(fixture), told + 1);
}

/* One that stays is not flapping any more, and still there. */
static void test_flapping_ends_as_a_fault(void **state) {
  struct model_fixture *fixture = *state;
  flap(fixture);
  for (int i = 0; i < CHATTER_WINDOW_MS / 2000 + 2; i++)
    see(fixture, 500);
  assert_int_equal(fixture->model.findings->count, 1);
  assert_string_equal(fixture->model.findings->items[0].sentence, "lag 500, above 100");
  assert_string_equal(last(fixture)->text, "no longer flapping: no change for 5 min");
}

static void fail_and_return(struct model_fixture *fixture) {
  fixture->now_ms += 2000;
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  judge(fixture, false);
  see(fixture, 5);
}

/* A server that comes and goes. */
static void test_an_outage_flaps(void **state) {
  struct model_fixture *fixture = *state;
  for (int i = 0; i < CHATTER_CHANGES / 2; i++)
    fail_and_return(fixture);
  const size_t count = fixture->model.events.count;
  for (int i = 0; i < 10; i++)
    fail_and_return(fixture);
  assert_int_equal(fixture->model.events.count, count);
  assert_int_equal(model_target_severity(&fixture->model, 1, fixture->now_ms), SEVERITY_CRIT);
  assert_non_null(strstr(fixture->model.findings->items[0].sentence, "refused (not now; flapping"));
  for (int i = 0; i < CHATTER_WINDOW_MS / 2000 + 1; i++)
    see(fixture, 5);
  assert_int_equal(fixture->model.findings->count, 0);
  fail_and_return(fixture);
  assert_int_equal(last(fixture)->severity, SEVERITY_OK);
  assert_non_null(strstr(last(fixture)->text, "up again"));
}

/* ---- hysteresis */

static void rule_set(struct model_fixture *fixture, struct threshold threshold) {
  struct rule *rule = mem_new(sizeof *rule);
  *rule = (struct rule){.metric = mem_dup("kafka.lag"), .threshold = threshold};
  fixture->config->rules = (struct rules){rule, 1};
}

static void test_clear(void **state) {
  struct model_fixture *fixture = *state;
  rule_set(fixture, (struct threshold){.has_warn = true,
                                       .warn = 100,
                                       .has_crit = true,
                                       .crit = 1000,
                                       .has_clear = true,
                                       .clear = 80});
  see(fixture, 90);
  assert_int_equal(fixture->model.findings->count, 0);
  see(fixture, 5000);
  see(fixture, 90);
  assert_int_equal(fixture->model.findings->count, 1);
  assert_string_equal(fixture->model.findings->items[0].sentence,
                      "lag 90, was above 100: ends at 80");
  assert_int_equal(fixture->model.findings->items[0].severity, SEVERITY_WARN);
  see(fixture, 120);
  see(fixture, 81);
  assert_int_equal(fixture->model.events.count, 1);
  see(fixture, 80);
  assert_int_equal(fixture->model.findings->count, 0);
}

static void test_clear_for(void **state) {
  struct model_fixture *fixture = *state;
  rule_set(fixture, (struct threshold){.has_warn = true, .warn = 100, .clear_for_ms = 6000});
  see(fixture, 500);
  see(fixture, 5);
  see(fixture, 5);
  assert_string_equal(fixture->model.findings->items[0].sentence,
                      "lag 5, was above 100: ends after 6.0s");
  see(fixture, 500); /* the time begins again */
  see(fixture, 5);
  see(fixture, 5);
  see(fixture, 5);
  assert_int_equal(fixture->model.findings->count, 1);
  see(fixture, 5);
  assert_int_equal(fixture->model.findings->count, 0);
}

/* ---- causes */

static void both(struct model_fixture *fixture, bool cache_fails, int64_t lag) {
  fixture->now_ms += 2000;
  if (cache_fails)
    fail_slot(fixture, 0, ERR_REFUSED, "refused");
  else
    publish_lag(fixture, 0, value_int(5));
  publish_lag(fixture, 1, value_int(lag));
  judge(fixture, false);
}

static int cause_setup(void **state) {
  model_setup(state);
  struct model_fixture *fixture = *state;
  struct target *main = fixture->config->targets[1];
  main->depends_on = mem_new(sizeof *main->depends_on);
  main->depends_on[main->depends_count++] = mem_dup("kafka:cache");
  return 0;
}

static void test_a_cause_explains(void **state) {
  struct model_fixture *fixture = *state;
  both(fixture, true, 500);
  const struct findings *findings = fixture->model.findings;
  assert_int_equal(findings->count, 2);
  assert_int_equal(findings->items[0].folded, 1);
  assert_int_equal(findings->items[1].under, 1);
  assert_int_equal(fixture->model.events.count, 1);
  assert_string_equal(last(fixture)->text, "refused (and 1 more under it)");
  both(fixture, false, 500);
  assert_int_equal(alarms(fixture), 1);
  both(fixture, false, 5); /* it recovers a little later: no event of it */
  assert_string_equal(last(fixture)->text, "up again after 2.0s: refused");
}

/* What stays after its cause is a fault of its own. */
static void test_what_outlives_its_cause(void **state) {
  struct model_fixture *fixture = *state;
  both(fixture, true, 500);
  for (int i = 0; i < FLOOD_GRACE_MS / 2000 - 1; i++)
    both(fixture, false, 500);
  assert_int_equal(alarms(fixture), 1);
  both(fixture, false, 500);
  assert_int_equal(alarms(fixture), 2);
  assert_string_equal(last(fixture)->subject, "main group");
  both(fixture, false, 5);
  assert_non_null(strstr(last(fixture)->text, "resolved after"));
}

/* What was there before its supposed cause was an event, and its end is one. */
static void test_older_than_its_cause(void **state) {
  struct model_fixture *fixture = *state;
  both(fixture, false, 500);
  assert_int_equal(alarms(fixture), 1);
  both(fixture, true, 500);
  both(fixture, false, 500);
  both(fixture, false, 5);
  assert_non_null(strstr(last(fixture)->text, "resolved after"));
  assert_int_equal(alarms(fixture), 2);
}

/* Targets that depend on each other explain nothing, and end nothing. */
static void test_a_circle(void **state) {
  struct model_fixture *fixture = *state;
  struct target *cache = fixture->config->targets[0];
  cache->depends_on = mem_new(sizeof *cache->depends_on);
  cache->depends_on[cache->depends_count++] = mem_dup("kafka:main");
  fixture->now_ms += 2000;
  fail_slot(fixture, 0, ERR_REFUSED, "refused");
  fail_slot(fixture, 1, ERR_REFUSED, "refused");
  judge(fixture, false);
  assert_int_equal(fixture->model.findings->count, 2);
  assert_true(alarms(fixture) >= 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)
#define CAUSE(name) cmocka_unit_test_setup_teardown(name, cause_setup, model_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_flapping),
      TEST(test_flapping_gets_worse),
      TEST(test_flapping_ends_as_a_fault),
      TEST(test_an_outage_flaps),
      TEST(test_clear),
      TEST(test_clear_for),
      CAUSE(test_a_cause_explains),
      CAUSE(test_what_outlives_its_cause),
      CAUSE(test_older_than_its_cause),
      CAUSE(test_a_circle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
