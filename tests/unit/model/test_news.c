/* The event log when much happens at once. */
#include "model/event/news.h"

#include "model/alarm/flood.h"
#include "model_fixture.h"

enum { TARGETS = 6 }; /* more than fit at once */

static int many_setup(void **state) {
  struct model_fixture *fixture = mem_new(sizeof *fixture);
  fixture->config = config_new();
  for (int i = 0; i < TARGETS; i++) {
    char name[16];
    snprintf(name, sizeof name, "t%d", i);
    struct target *target = target_new(&model_kind, name);
    target->interval_ms = 2000;
    target->timeout_ms = 1000;
    config_add(fixture->config, target);
  }
  model_init(&fixture->model, fixture->config);
  fixture->now_ms = 1000000;
  *state = fixture;
  return 0;
}

/* That many groups with a lag that is a warning; the one in the middle is worse. */
static void publish_groups(struct model_fixture *fixture, size_t target_index, int count,
                           int64_t worst) {
  struct sample *sample = lag_sample(fixture);
  for (int i = 0; i < count; i++) {
    char key[16];
    snprintf(key, sizeof key, "g%d", i);
    lag_row(sample, 0, key, NULL, value_int(i == count / 2 ? worst : 500));
  }
  model_publish(&fixture->model, target_index, sample, fixture->now_ms);
}

static void check_event(struct model_fixture *fixture, size_t age, enum severity severity,
                        const char *subject, const char *text) {
  const struct event *event = events_get(&fixture->model.events, age);
  assert_non_null(event);
  assert_string_equal(event->text, text);
  assert_string_equal(event->subject, subject);
  assert_int_equal(event->severity, severity);
}

/* A flood is one event, with the number of the others; what is worse has its own. */
static void test_storm(void **state) {
  struct model_fixture *fixture = *state;
  publish_groups(fixture, 1, 645, 5000);
  judge(fixture, false);
  assert_int_equal(fixture->model.findings->count, 645);
  assert_int_equal(findings_count(fixture->model.findings, SEVERITY_WARN), 644);
  assert_int_equal(fixture->model.events.count, 3);
  check_event(fixture, 0, SEVERITY_CRIT, "main g322", "lag 5,000, above 1,000");
  check_event(fixture, 1, SEVERITY_WARN, "main g0", "lag 500, above 100 (and 643 more under it)");
  check_event(fixture, 2, SEVERITY_OK, "stacktop",
              "flood: 644 findings like this one, further ones are not events: main g0: lag 500, "
              "above 100");
  fixture->now_ms += 2000;
  publish_groups(fixture, 1, 645, 5000); /* no event */
  judge(fixture, false);
  assert_int_equal(fixture->model.events.count, 3);

  fixture->now_ms += 2000;
  model_publish(&fixture->model, 1, lag_sample(fixture), fixture->now_ms);
  judge(fixture, false);
  assert_int_equal(fixture->model.events.count, 5);
  check_event(fixture, 0, SEVERITY_OK, "main g322", "resolved after 4.0s: lag 5,000, above 1,000");
  check_event(fixture, 1, SEVERITY_OK, "main g0", "resolved after 4.0s: lag 500, above 100");
}

/* One that becomes worse than its flood has an event, and one that joins it has none. */
static void test_in_a_flood(void **state) {
  struct model_fixture *fixture = *state;
  publish_groups(fixture, 1, FLOOD_LEAST - 1, 500);
  judge(fixture, false);
  assert_int_equal(fixture->model.events.count, FLOOD_LEAST - 1);
  publish_groups(fixture, 1, FLOOD_LEAST + 3, 500);
  judge(fixture, false);
  assert_int_equal(fixture->model.events.count, FLOOD_LEAST); /* the flood itself */
  publish_groups(fixture, 1, FLOOD_LEAST + 3, 5000);
  judge(fixture, false);
  assert_int_equal(fixture->model.events.count, FLOOD_LEAST + 1);
  assert_int_equal(events_get(&fixture->model.events, 0)->severity, SEVERITY_CRIT);
}

/* Also of several targets of a kind. */
static void test_storm_everywhere(void **state) {
  struct model_fixture *fixture = *state;
  for (size_t target_index = 0; target_index + 1 < TARGETS; target_index++)
    publish_groups(fixture, target_index, 300, 5000);
  fail_slot(fixture, TARGETS - 1, ERR_REFUSED, "refused");
  judge(fixture, false);
  assert_int_equal(fixture->model.events.count, TARGETS + 2);
  check_event(fixture, 0, SEVERITY_CRIT, "t5", "refused");
  for (size_t i = 1; i < TARGETS; i++)
    assert_int_equal(events_get(&fixture->model.events, i)->severity, SEVERITY_CRIT);
  check_event(fixture, TARGETS, SEVERITY_WARN, "t0 g0",
              "lag 500, above 100 (and 1494 more under it)");
}

/* Critical ones have an event each, up to a number. */
static void test_critical_ones(void **state) {
  struct model_fixture *fixture = *state;
  for (int count = FLOOD_LEAST_CRIT - 1; count <= FLOOD_LEAST_CRIT; count++) {
    fixture->now_ms += 1000;
    struct sample *sample = lag_sample(fixture);
    for (int i = 0; i < count; i++) {
      char key[16];
      snprintf(key, sizeof key, "g%d", i);
      lag_row(sample, 0, key, NULL, value_int(5000));
    }
    model_publish(&fixture->model, count % 2, sample, fixture->now_ms);
    judge(fixture, false);
    assert_int_equal(fixture->model.events.count, FLOOD_LEAST_CRIT - (count % 2 ? 1 : 0));
  }
}

/* A row that has not ended, and that others look after, is not resolved. */
static void test_quiet_is_not_resolved(void **state) {
  struct model_fixture *fixture = *state;
  publish_groups(fixture, 1, 1, 5000);
  judge(fixture, false);
  fixture->now_ms += 2000;
  struct sample *sample = lag_sample(fixture);
  lag_row(sample, 0, "g0", NULL, value_int(5))->quiet = "silenced";
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
  judge(fixture, false);
  check_event(fixture, 0, SEVERITY_OK, "main g0", "silenced after 2.0s: lag 5,000, above 1,000");
  assert_true(events_get(&fixture->model.events, 0)->change);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, model_setup, model_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_storm),
      TEST(test_in_a_flood),
      TEST(test_critical_ones),
      TEST(test_quiet_is_not_resolved),
      cmocka_unit_test_setup_teardown(test_storm_everywhere, many_setup, model_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
