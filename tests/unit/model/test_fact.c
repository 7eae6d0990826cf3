#include "model_fixture.h"

static void publish(struct model_fixture *fixture, const char *server, const char *start,
                    const char *role) {
  struct sample *sample = lag_sample(fixture);
  sample_fact(sample, FACT_SERVER, server);
  sample_fact(sample, FACT_START, start);
  sample_fact(sample, FACT_ROLE, role);
  model_publish(&fixture->model, 1, sample, fixture->now_ms);
}

static void expect(struct model_fixture *fixture, size_t count, const char *text) {
  assert_int_equal(fixture->model.events.count, count);
  const struct event *event = events_get(&fixture->model.events, 0);
  assert_string_equal(event->text, text);
  assert_string_equal(event->subject, "main");
  assert_true(event->change && event->severity == SEVERITY_OK);
}

static void test_a_change_is_an_event(void **state) {
  struct model_fixture *fixture = *state;
  publish(fixture, "A", "run 1", "primary");
  publish(fixture, "A", "run 1", "primary");
  assert_int_equal(fixture->model.events.count, 0);
  publish(fixture, "A", "run 2", "primary");
  expect(fixture, 1, "restarted");
  publish(fixture, "A", "run 2", "standby");
  expect(fixture, 2, "role changed from primary to standby");
  publish(fixture, "B", "run 7", "standby"); /* its start differs, too */
  expect(fixture, 3, "different server: was A, now B");
}

static void test_an_unknown_value_is_not_a_change(void **state) {
  struct model_fixture *fixture = *state;
  publish(fixture, NULL, NULL, NULL);
  publish(fixture, "A", "run 1", "primary");
  publish(fixture, NULL, "", NULL);
  assert_int_equal(fixture->model.events.count, 0);
  publish(fixture, "A", "run 2", NULL); /* a sample without it does not hide it */
  expect(fixture, 1, "restarted");
}

/* However long it could not be asked. */
static void test_a_restart_is_seen_through_an_outage(void **state) {
  struct model_fixture *fixture = *state;
  publish(fixture, "A", "run 1", "primary");
  struct err err = {0};
  (void)err_set(&err, ERR_REFUSED, "refused");
  model_fail(&fixture->model, 1, &err, fixture->now_ms);
  fixture->now_ms += 3600000;
  publish(fixture, "A", "run 2", "primary");
  assert_int_equal(fixture->model.events.count, 2); /* "answers again", and */
  assert_string_equal(events_get(&fixture->model.events, 0)->text, "restarted");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_change_is_an_event, model_setup, model_teardown),
      cmocka_unit_test_setup_teardown(test_an_unknown_value_is_not_a_change, model_setup,
                                      model_teardown),
      cmocka_unit_test_setup_teardown(test_a_restart_is_seen_through_an_outage, model_setup,
                                      model_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
