/* When a rule fires: its limit, its time, and what an interruption of the watching means. */
#include "collectors/alert/alert_kept.h"
#include "collectors/alert/alert_state.h"

#include "collectors/alerts.h"
#include "support/core_test.h"

#include "core/mem.h"
#include "model/judge/model_evaluate.h"

enum { INTERVAL_MS = 2000, FOR_MS = 300000 };

struct fixture {
  struct config *config;
  struct model model;
  struct target *rule_target;
  struct alert_rule rule;
  struct alert_memory memory;
  const struct collector *kafka;
  int64_t now_ms;
  struct sample *sample; /* of the rule, as last evaluated */
};

static void set(struct target *target, const char *name, const char *text) {
  struct err err;
  for (size_t i = 0; i < target->kind->option_count; i++)
    if (strcmp(target->kind->options[i].name, name) == 0) {
      option_value_fini(&target->values[i]);
      assert_true(option_parse(&target->kind->options[i], text, &target->values[i], &err));
      target->values[i].set = true;
    }
}

static struct target *add_target(struct fixture *fixture, const struct collector *collector,
                                 const char *name) {
  struct target *target = target_new(&collector->kind, name);
  target->interval_ms = INTERVAL_MS;
  target->timeout_ms = INTERVAL_MS / 2;
  config_add(fixture->config, target);
  return target;
}

static int setup(void **state) {
  struct fixture *fixture = mem_new(sizeof *fixture);
  fixture->config = config_new();
  fixture->kafka = collector_find("kafka");
  add_target(fixture, fixture->kafka, "main");
  add_target(fixture, fixture->kafka, "other");
  fixture->rule_target = add_target(fixture, collector_find("alert"), "lag");
  set(fixture->rule_target, "metric", "kafka.lag");
  set(fixture->rule_target, "above", "100");
  set(fixture->rule_target, "for", "5m");
  model_init(&fixture->model, fixture->config);
  fixture->now_ms = 1000000;
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  sample_free(fixture->sample);
  alert_memory_fini(&fixture->memory);
  model_fini(&fixture->model);
  config_free(fixture->config);
  free(fixture);
  return 0;
}

static void read_rule(struct fixture *fixture) {
  struct err err;
  if (!alert_rule_read(&fixture->rule, fixture->rule_target, &err))
    fail_msg("%s", err.text);
}

/* A group with that lag, and a partition below it with the same; below 0: not known. */
static void publish(struct fixture *fixture, size_t index, int64_t lag) {
  struct sample *sample = sample_new(fixture->kafka->tables, fixture->kafka->table_count);
  struct table *table = sample_table(sample, fixture->rule.condition.table->id);
  static const char *const keys[] = {"orders", "orders/0"};
  for (size_t i = 0; i < 2; i++) {
    struct row *row = sample_row(sample, table, keys[i], i ? keys[0] : NULL);
    row->cells[0] = value_text(row->key);
    row->cells[fixture->rule.condition.column] =
        lag < 0 ? value_none("the group has no coordinator") : value_int(lag);
  }
  sample->taken_ms = fixture->now_ms;
  model_publish(&fixture->model, index, sample, fixture->now_ms);
}

static void evaluate_rule(struct fixture *fixture, bool one_pass) {
  sample_free(fixture->sample);
  fixture->sample = alert_state_sample(&fixture->rule, &fixture->memory, &fixture->model, one_pass,
                                       fixture->now_ms);
}

static const char *text_in(const struct fixture *fixture, size_t row, const char *column) {
  const struct table *table = &fixture->sample->tables[0];
  assert_true(row < table->row_count);
  const struct value value = table->rows[row].cells[table_column(table->spec, column)];
  return value.type == VALUE_TEXT ? value.text : "";
}

static void test_it_waits_and_fires(void **state) {
  struct fixture *fixture = *state;
  read_rule(fixture);
  publish(fixture, 0, 5000);
  publish(fixture, 1, 7);
  evaluate_rule(fixture, false);
  assert_int_equal(fixture->sample->tables[0].row_count,
                   1); /* the partition is no row of its own */
  assert_string_equal(text_in(fixture, 0, "state"), "pending");
  assert_string_equal(text_in(fixture, 0, "subject"), "main orders");
  assert_int_equal(fixture->sample->tables[0].rows[0].severity, SEVERITY_OK);
  fixture->now_ms += FOR_MS;
  publish(fixture, 0, 5000);
  publish(fixture, 1, 7);
  evaluate_rule(fixture, false);
  assert_string_equal(text_in(fixture, 0, "state"), "firing");
  assert_string_equal(fixture->sample->tables[0].rows[0].reason,
                      "main orders: lag 5,000, above 100");
  assert_int_equal(fixture->sample->tables[0].rows[0].severity, SEVERITY_WARN);
  assert_int_equal(fixture->sample->tables[0].rows[0].lasted_ms, FOR_MS);
}

static void test_it_ends(void **state) {
  struct fixture *fixture = *state;
  read_rule(fixture);
  publish(fixture, 0, 5000);
  publish(fixture, 1, 99);
  evaluate_rule(fixture, false);
  publish(fixture, 0, 100); /* not above it */
  evaluate_rule(fixture, false);
  assert_string_equal(text_in(fixture, 0, "state"), "ok");
  assert_string_equal(text_in(fixture, 0, "value"), "100");
  fixture->now_ms += FOR_MS;
  publish(fixture, 0, 5000); /* the time begins again */
  publish(fixture, 1, 99);
  evaluate_rule(fixture, false);
  assert_string_equal(text_in(fixture, 0, "state"), "pending");
}

static void test_an_interruption_keeps_the_time(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  read_rule(fixture);
  publish(fixture, 0, 5000);
  publish(fixture, 1, 7);
  evaluate_rule(fixture, false);
  err_set(&err, ERR_TIMEOUT, "no answer");
  model_fail(&fixture->model, 0, &err, fixture->now_ms += 2000);
  publish(fixture, 1, 7);
  evaluate_rule(fixture, false); /* of the other target it is known */
  assert_string_equal(text_in(fixture, 0, "state"), "ok");
  fixture->now_ms += FOR_MS;
  publish(fixture, 0, 5000);
  publish(fixture, 1, 7);
  evaluate_rule(fixture, false);
  assert_string_equal(text_in(fixture, 0, "state"), "firing");
}

static void test_a_check_does_not_wait(void **state) {
  struct fixture *fixture = *state;
  read_rule(fixture);
  assert_true(alert_state_waits(&fixture->rule, &fixture->model));
  model_attempt(&fixture->model, 0, fixture->now_ms);
  publish(fixture, 0, 5000);
  publish(fixture, 1, -1);
  assert_false(alert_state_waits(&fixture->rule, &fixture->model));
  fixture->model.wants_all_judged = true;
  evaluate_rule(fixture, true);
  assert_string_equal(text_in(fixture, 0, "state"), "firing");
  assert_non_null(strstr(fixture->sample->tables[0].rows[0].reason, "seen once"));
  assert_string_equal(text_in(fixture, 1, "text"), "orders: the group has no coordinator");
  assert_int_equal(fixture->sample->tables[0].rows[1].severity, SEVERITY_UNKNOWN);
}

static void test_one_row_of_one_target(void **state) {
  struct fixture *fixture = *state;
  set(fixture->rule_target, "target", "ma*");
  set(fixture->rule_target, "row", "orders/0");
  set(fixture->rule_target, "text", "{row} of {target}: {value} > {limit}");
  struct err err;
  assert_false(alert_text_check("{row} {", &err));
  read_rule(fixture);
  publish(fixture, 0, 101);
  publish(fixture, 1, 101);
  evaluate_rule(fixture, false);
  assert_int_equal(fixture->sample->tables[0].row_count, 1);
  assert_string_equal(text_in(fixture, 0, "text"), "orders/0 of main: 101 > 100");
}

static void test_the_state_of_a_target(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  option_value_fini(&fixture->rule_target->values[0]); /* no metric */
  fixture->rule_target->values[0] = (struct option_value){0};
  set(fixture->rule_target, "for", "0s");
  set(fixture->rule_target, "is", "warning");
  set(fixture->rule_target, "target", "main");
  assert_false(alert_rule_read(&fixture->rule, fixture->rule_target, &err)); /* above is set */
  option_value_fini(&fixture->rule_target->values[1]);                       /* no above */
  fixture->rule_target->values[1] = (struct option_value){0};
  read_rule(fixture);
  err_set(&err, ERR_REFUSED, "refused");
  model_fail(&fixture->model, 0, &err, fixture->now_ms);
  model_evaluate(&fixture->model, fixture->now_ms, false);
  evaluate_rule(fixture, false);
  assert_string_equal(text_in(fixture, 0, "state"), "firing");
  assert_string_equal(text_in(fixture, 0, "value"), "critical");
}

static void test_more_rows_than_are_kept(void **state) {
  struct fixture *fixture = *state;
  read_rule(fixture);
  struct sample *sample = sample_new(fixture->kafka->tables, fixture->kafka->table_count);
  struct table *table = sample_table(sample, fixture->rule.condition.table->id);
  for (int i = 0; i < ALERT_INSTANCES_MAX + 5; i++) {
    char key[16];
    snprintf(key, sizeof key, "g%d", i);
    struct row *row = sample_row(sample, table, key, NULL);
    row->cells[0] = value_text(row->key);
    row->cells[fixture->rule.condition.column] = value_int(1000);
  }
  sample->taken_ms = fixture->now_ms;
  model_publish(&fixture->model, 0, sample, fixture->now_ms);
  evaluate_rule(fixture, false);
  assert_int_equal(fixture->sample->tables[0].row_count, ALERT_INSTANCES_MAX);
  assert_non_null(strstr(fixture->sample->notes[0].text, "5 more"));
}

/* What a new program takes of it after a pause; the model is that of a start. */
static bool restart(struct fixture *fixture, int64_t pause_ms, struct err *err) {
  char *kept = alert_kept_make(&fixture->rule, &fixture->memory, &fixture->model, 7);
  assert_null(strchr(kept, '\n'));
  alert_memory_fini(&fixture->memory);
  model_fini(&fixture->model);
  model_init(&fixture->model, fixture->config);
  fixture->now_ms += pause_ms;
  read_rule(fixture);
  const bool good =
      alert_kept_take(&fixture->rule, &fixture->memory, &fixture->model, kept, pause_ms, 7, err);
  free(kept);
  return good;
}

static void hold(struct fixture *fixture) {
  read_rule(fixture);
  publish(fixture, 0, 5000);
  publish(fixture, 1, 7);
  evaluate_rule(fixture, false);
}

static void test_a_short_restart_keeps_the_time(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  hold(fixture);
  assert_true(restart(fixture, FOR_MS, &err));
  for (int i = 0; i < 10; i++) /* nothing was collected yet */
    evaluate_rule(fixture, false);
  publish(fixture, 0, 5000);
  publish(fixture, 1, 7);
  evaluate_rule(fixture, false);
  assert_string_equal(text_in(fixture, 0, "state"), "firing");
}

static void test_what_ended_meanwhile_is_forgotten(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  hold(fixture);
  assert_true(restart(fixture, 1000, &err));
  for (int i = 0; i < 3; i++) {
    publish(fixture, 0, 5);
    publish(fixture, 1, 7);
    evaluate_rule(fixture, false);
  }
  assert_int_equal(fixture->memory.count, 0);
}

static void test_a_long_restart_starts_again(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  hold(fixture);
  assert_false(restart(fixture, ALERT_PAUSE_MAX_MS + 1, &err));
  assert_non_null(strstr(err.text, "nothing was watched for 5m"));
  assert_int_equal(fixture->memory.count, 0);
}

static void test_another_condition_starts_again(void **state) {
  struct fixture *fixture = *state;
  struct err err;
  hold(fixture);
  set(fixture->rule_target, "above", "200");
  char *kept = alert_kept_make(&fixture->rule, &fixture->memory, &fixture->model, 0);
  alert_memory_fini(&fixture->memory);
  set(fixture->rule_target, "above", "100");
  read_rule(fixture);
  assert_false(
      alert_kept_take(&fixture->rule, &fixture->memory, &fixture->model, kept, 0, 0, &err));
  assert_non_null(strstr(err.text, "its condition has been changed"));
  assert_int_equal(fixture->memory.count, 0);
  free(kept);
  assert_false(alert_kept_take(&fixture->rule, &fixture->memory, &fixture->model, "{", 0, 0, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_it_waits_and_fires, setup, teardown),
      cmocka_unit_test_setup_teardown(test_it_ends, setup, teardown),
      cmocka_unit_test_setup_teardown(test_an_interruption_keeps_the_time, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_check_does_not_wait, setup, teardown),
      cmocka_unit_test_setup_teardown(test_one_row_of_one_target, setup, teardown),
      cmocka_unit_test_setup_teardown(test_the_state_of_a_target, setup, teardown),
      cmocka_unit_test_setup_teardown(test_more_rows_than_are_kept, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_short_restart_keeps_the_time, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_ended_meanwhile_is_forgotten, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_long_restart_starts_again, setup, teardown),
      cmocka_unit_test_setup_teardown(test_another_condition_starts_again, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
