/* A rule in PromQL: its instances, its time, and what an answer that is none means. */
#include "collectors/alert/alert_promql.h"

#include "collectors/alerts.h"
#include "support/core_test.h"

#include "core/json/json_tree.h"
#include "core/mem.h"
#include "model/judge/model_evaluate.h"

#include <string.h>

enum { FOR_MS = 60000 };

struct fixture {
  struct config *config;
  struct model model;
  struct target *target;
  struct alert_rule rule;
  struct alert_memory memory;
  struct sample *sample;
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

static int setup(void **state) {
  struct fixture *fixture = mem_new(sizeof *fixture);
  struct err err;
  fixture->config = config_new();
  config_add(fixture->config, target_new(&collector_find("prometheus")->kind, "main"));
  fixture->target = target_new(&collector_find("alert")->kind, "rule");
  config_add(fixture->config, fixture->target);
  set(fixture->target, "expr", "up == 0");
  set(fixture->target, "prometheus", "main");
  set(fixture->target, "for", "1m");
  set(fixture->target, "text", "{label.i} is {value}");
  if (!alert_rule_read(&fixture->rule, fixture->target, &err))
    fail_msg("%s", err.text);
  assert_string_equal(fixture->rule.prometheus->name, "main");
  model_init(&fixture->model, fixture->config);
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

/* results: elements of a vector; NULL: the server does not answer. */
static void evaluate_at(struct fixture *fixture, int64_t now_ms, const char *results) {
  const struct json_limits limits = {
      .bytes = 1 << 20, .values = 10000, .depth = 16, .as_reals = true};
  struct err err;
  err_set(&err, ERR_REFUSED, "refused");
  char *text = results ? mem_printf("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
                                    "\"result\":[%s]}}",
                                    results)
                       : NULL;
  json_t *json = text ? json_tree_new(text, strlen(text), &limits, &err) : NULL;
  sample_free(fixture->sample);
  fixture->sample =
      alert_promql_sample(&fixture->rule, &fixture->memory, &fixture->model, false, now_ms,
                          &(struct web_answer){.json = json, .err = text ? NULL : &err});
  json_decref(json);
  free(text);
}

static const char *cell(const struct fixture *fixture, size_t row, const char *column) {
  const struct table *table = &fixture->sample->tables[0];
  const struct value value = table->rows[row].cells[table_column(table->spec, column)];
  return value.type == VALUE_TEXT ? value.text : "";
}

#define RESULT(i, value) \
  "{\"metric\":{\"__name__\":\"up\",\"i\":\"" i "\"},\"value\":[1,\"" value "\"]}"

static void test_each_result_waits_for_its_own_time(void **state) {
  struct fixture *fixture = *state;
  evaluate_at(fixture, 1000, RESULT("a", "0"));
  assert_string_equal(cell(fixture, 0, "state"), "pending");
  assert_int_equal(fixture->sample->tables[0].rows[0].severity, SEVERITY_OK);
  evaluate_at(fixture, 1000 + FOR_MS, RESULT("b", "0") "," RESULT("a", "0"));
  assert_int_equal(fixture->sample->tables[0].row_count, 2);
  assert_string_equal(cell(fixture, 0, "state"), "pending");
  assert_string_equal(cell(fixture, 1, "state"), "firing");
  assert_string_equal(cell(fixture, 1, "subject"), "i=a");
  assert_string_equal(fixture->sample->tables[0].rows[1].reason, "i=a: a is 0");
  evaluate_at(fixture, 2000 + FOR_MS, "");
  assert_string_equal(cell(fixture, 0, "state"), "ok");
  evaluate_at(fixture, 3000 + FOR_MS, RESULT("a", "0"));
  assert_string_equal(cell(fixture, 0, "state"), "pending");
}

static void test_an_answer_that_is_none_neither_fires_nor_resolves(void **state) {
  struct fixture *fixture = *state;
  evaluate_at(fixture, 1000, RESULT("a", "0"));
  evaluate_at(fixture, 2000, NULL);
  assert_int_equal(fixture->sample->tables[0].row_count, 1);
  assert_string_equal(cell(fixture, 0, "state"), "unknown");
  assert_int_equal(fixture->sample->tables[0].rows[0].severity, SEVERITY_UNKNOWN);
  assert_string_equal(fixture->sample->tables[0].rows[0].reason, "not evaluated: main: refused");
  evaluate_at(fixture, 1000 + FOR_MS, RESULT("a", "0"));
  assert_string_equal(cell(fixture, 0, "state"), "firing");
}

static void test_a_result_that_is_repeated_counts_once(void **state) {
  struct fixture *fixture = *state;
  evaluate_at(fixture, 1000, RESULT("a", "0") "," RESULT("a", "1"));
  assert_int_equal(fixture->sample->tables[0].row_count, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_each_result_waits_for_its_own_time, setup, teardown),
      cmocka_unit_test_setup_teardown(test_an_answer_that_is_none_neither_fires_nor_resolves, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(test_a_result_that_is_repeated_counts_once, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
