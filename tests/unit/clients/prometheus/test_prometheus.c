/* Answers of Prometheus' API: good, old, hostile and wrong ones. Pure. */
#include "clients/prometheus/prometheus_targets.h"

#include "core/json/json_tree.h"
#include "support/core_test.h"

#include <string.h>

struct bench {
  struct arena arena;
  json_t *json;
};

static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  arena_init(&bench->arena, 8 << 20);
  *state = bench;
  return 0;
}

static int teardown(void **state) {
  struct bench *bench = *state;
  json_decref(bench->json);
  arena_fini(&bench->arena);
  free(bench);
  return 0;
}

static json_t *parsed(struct bench *bench, const char *text) {
  const struct json_limits limits = {
      .bytes = 1 << 20, .values = 100000, .depth = 64, .as_reals = true, .without_nul = true};
  struct err err;
  json_decref(bench->json);
  bench->json = json_tree_new(text, strlen(text), &limits, &err);
  if (!bench->json)
    fail_msg("%s: %s", text, err.text);
  return bench->json;
}

#define DATA(data) "{\"status\":\"success\",\"data\":" data "}"
#define RULES(rules) DATA("{\"groups\":[{\"name\":\"g\",\"rules\":[" rules "]}]}")

static const char down[] = RULES(
    "{\"state\":\"firing\",\"name\":\"Down\",\"query\":\"up == "
    "0\",\"duration\":60,\"health\":\"ok\","
    "\"type\":\"alerting\",\"alerts\":[{\"labels\":{\"job\":\"db\",\"alertname\":\"Down\","
    "\"severity\":\"page\"},\"annotations\":{\"summary\":\"\\u001b[31mred\\nline\",\"runbook\":"
    "\"r\"},"
    "\"state\":\"firing\",\"activeAt\":\"2026-11-27T23:18:01.632510205Z\",\"value\":\"1e+00\"}]}");

static void test_an_alert(void **state) {
  struct bench *bench = *state;
  struct prometheus_rules rules;
  struct err err;
  assert_true(prometheus_rules_read(parsed(bench, down), &bench->arena, &rules, &err));
  assert_int_equal(rules.alert_count, 1);
  const struct prometheus_alert *alert = &rules.alerts[0];
  assert_string_equal(alert->name, "Down");
  assert_true(alert->firing);
  assert_string_equal(alert->value, "1");
  assert_string_equal(alert->condition, "up == 0");
  assert_string_equal(alert->runbook, "r");
  assert_int_equal(alert->for_ms, 60000);
  assert_int_equal(alert->active_ms, INT64_C(1795821481632));
  assert_string_equal(prometheus_labels_text(&alert->labels, &bench->arena, NULL, NULL),
                      "alertname=Down, job=db, severity=page");
  assert_string_equal(
      prometheus_labels_text(&alert->labels, &bench->arena, "alertname", "severity"), "job=db");
}

static void test_rules_that_fail_and_rules_of_old_versions(void **state) {
  struct bench *bench = *state;
  struct prometheus_rules rules;
  struct err err;
  assert_true(prometheus_rules_read(
      parsed(bench, RULES("{\"name\":\"a\",\"health\":\"err\",\"lastError\":\"many-to-many\"},"
                          "{\"name\":\"b\",\"health\":\"err\",\"alerts\":[]},"
                          "{\"name\":\"c\",\"query\":\"x\",\"alerts\":[{\"labels\":{\"alertname\":"
                          "\"c\"},\"state\":\"pending\"}]},{}")),
      &bench->arena, &rules, &err));
  assert_int_equal(rules.total, 4);
  assert_int_equal(rules.failing_total, 2);
  assert_string_equal(rules.failing[0].error, "many-to-many");
  assert_false(rules.failing[0].alerting);
  assert_string_equal(rules.failing[1].error, "it does not say why");
  assert_true(rules.failing[1].alerting);
  assert_int_equal(rules.alert_count, 1);
  assert_false(rules.alerts[0].firing);
  assert_int_equal(rules.alerts[0].active_ms, -1);
  assert_string_equal(rules.alerts[0].text, "");
}

static void test_more_alerts_than_are_kept(void **state) {
  struct bench *bench = *state;
  struct prometheus_rules rules;
  struct err err;
  json_t *json = parsed(bench, down);
  json_t *alerts = json_object_get(
      json_array_get(
          json_object_get(
              json_array_get(json_object_get(json_object_get(json, "data"), "groups"), 0), "rules"),
          0),
      "alerts");
  for (int i = 0; i < PROMETHEUS_ALERTS_MAX + 9; i++)
    json_array_append_new(alerts, json_deep_copy(json_array_get(alerts, 0)));
  assert_true(prometheus_rules_read(json, &bench->arena, &rules, &err));
  assert_int_equal(rules.alert_count, PROMETHEUS_ALERTS_MAX);
  assert_int_equal(rules.alert_total, PROMETHEUS_ALERTS_MAX + 10);
}

static void test_answers_of_others(void **state) {
  static const struct {
    const char *text;
    enum err_kind kind;
    const char *words;
  } cases[] = {
      {"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}", ERR_INVALID,
       "parse error"},
      {"{\"message\":\"Unauthorized\"}", ERR_PROTOCOL, "not one of Prometheus"},
      {"{\"status\":\"success\"}", ERR_PROTOCOL, "not one of Prometheus"},
      {"{\"status\":1,\"data\":{}}", ERR_PROTOCOL, "not one of Prometheus"},
      {"[]", ERR_PROTOCOL, "not one of Prometheus"},
      {DATA("[]"), ERR_PROTOCOL, ""},
      {DATA("{\"groups\":3,\"resultType\":\"map\",\"version\":7}"), ERR_PROTOCOL, ""},
  };
  struct bench *bench = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct prometheus_rules rules;
    struct prometheus_answer answer;
    struct err err = {0};
    const json_t *json = parsed(bench, cases[i].text);
    assert_false(prometheus_rules_read(json, &bench->arena, &rules, &err));
    assert_int_equal(err.kind, cases[i].kind);
    assert_non_null(strstr(err.text, cases[i].words));
    assert_false(prometheus_answer_read(json, &bench->arena, &answer, &err));
    assert_int_equal(err.kind, cases[i].kind);
    assert_null(prometheus_version(json, &err));
    assert_int_equal(err.kind, cases[i].kind);
  }
}

static void test_results_of_a_query(void **state) {
  struct bench *bench = *state;
  struct prometheus_answer answer;
  struct err err;
  assert_true(prometheus_answer_read(
      parsed(
          bench,
          "{\"status\":\"success\",\"warnings\":[\"a store is down\",3],\"data\":{\"resultType\":"
          "\"vector\",\"result\":[{\"metric\":{\"b\":\"2\",\"a\":\"1\"},\"value\":[1.5,\"0.25\"]},"
          "{\"metric\":{},\"value\":[1,\"NaN\"]},{\"metric\":{\"x\":\"y\"},\"value\":[1,\"+Inf\"]},"
          "{\"metric\":{\"h\":\"1\"},\"histogram\":[1,{}]},{\"metric\":{},\"value\":[1,2]}]}}"),
      &bench->arena, &answer, &err));
  assert_int_equal(answer.count, 5);
  assert_int_equal(answer.warning_count, 1);
  assert_true(answer.results[0].value.type == VALUE_REAL && answer.results[0].value.real == 0.25);
  assert_string_equal(answer.results[0].labels.items[0].name, "a");
  for (size_t i = 1; i < 5; i++) {
    assert_int_equal(answer.results[i].value.type, VALUE_NONE);
    assert_non_null(answer.results[i].value.text);
  }
  assert_true(prometheus_answer_read(
      parsed(bench, DATA("{\"resultType\":\"scalar\",\"result\":[1,\"7\"]}")), &bench->arena,
      &answer, &err));
  assert_true(answer.scalar && answer.count == 1 && answer.results[0].value.real == 7);
  assert_false(
      prometheus_answer_read(parsed(bench, DATA("{\"resultType\":\"matrix\",\"result\":[]}")),
                             &bench->arena, &answer, &err));
  assert_non_null(strstr(err.text, "a range"));
  assert_false(prometheus_answer_read(
      parsed(bench, DATA("{\"resultType\":\"vector\",\"result\":[{\"value\":[1,\"1\"]}]}")),
      &bench->arena, &answer, &err));
}

static void test_labels_are_one_identity(void **state) {
  struct bench *bench = *state;
  struct prometheus_labels one, same, other;
  char key[PROMETHEUS_KEY_MAX], key_same[PROMETHEUS_KEY_MAX], key_other[PROMETHEUS_KEY_MAX];
  assert_true(
      prometheus_labels_read(parsed(bench, "{\"a\":\"1\",\"b\":\"2\"}"), &bench->arena, &one));
  assert_true(
      prometheus_labels_read(parsed(bench, "{\"b\":\"2\",\"a\":\"1\"}"), &bench->arena, &same));
  assert_true(prometheus_labels_read(parsed(bench, "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}"),
                                     &bench->arena, &other));
  prometheus_labels_key(&one, key);
  prometheus_labels_key(&same, key_same);
  prometheus_labels_key(&other, key_other);
  assert_string_equal(key, key_same);
  assert_string_not_equal(key, key_other);
  assert_true(prometheus_labels_within(&one, &other));
  assert_false(prometheus_labels_within(&other, &one));
  assert_false(prometheus_labels_read(parsed(bench, "{\"a\":1}"), &bench->arena, &one));
  assert_false(prometheus_labels_read(parsed(bench, "[]"), &bench->arena, &one));
}

static void test_labels_that_are_too_many_or_too_long_are_no_identity(void **state) {
  struct bench *bench = *state;
  struct prometheus_labels labels;
  char name[16];
  json_t *json = parsed(bench, "{}");
  for (int i = 0; i <= PROMETHEUS_LABELS_MAX; i++) {
    snprintf(name, sizeof name, "l%d", i);
    json_object_set_new(json, name, json_string("v"));
  }
  assert_true(prometheus_labels_read(json, &bench->arena, &labels));
  assert_true(labels.cut && labels.count == PROMETHEUS_LABELS_MAX);
  char *text = malloc(PROMETHEUS_LABEL_VALUE_MAX + 2);
  memset(text, 'x', PROMETHEUS_LABEL_VALUE_MAX + 1);
  text[PROMETHEUS_LABEL_VALUE_MAX + 1] = '\0';
  json = parsed(bench, "{}");
  json_object_set_new(json, "a", json_string(text));
  free(text);
  assert_true(prometheus_labels_read(json, &bench->arena, &labels));
  assert_true(labels.cut);
}

static void test_times(void **state) {
  (void)state;
  assert_int_equal(prometheus_time_ms("1970-01-01T00:00:01Z"), 1000);
  assert_int_equal(prometheus_time_ms("1970-01-01T02:00:01.5+02:00"), 1500);
  assert_int_equal(prometheus_time_ms("0001-01-01T00:00:00Z"), -1);
  assert_int_equal(prometheus_time_ms("2026-11-27"), -1);
  assert_int_equal(prometheus_time_ms("2026-11-27T23:18:01"), -1);
  assert_int_equal(prometheus_time_ms("2026-11-27T23:18:01Zoo"), -1);
  assert_int_equal(prometheus_time_ms(""), -1);
  assert_int_equal(prometheus_time_ms(NULL), -1);
}

static void test_its_own_figures(void **state) {
  static const char page[] = "# HELP prometheus_tsdb_head_series x\n"
                             "prometheus_tsdb_head_series 374\n"
                             "prometheus_tsdb_head_series_created_total 9\n"
                             "prometheus_tsdb_head_samples_appended_total{type=\"float\"} 1e+03\n"
                             "prometheus_tsdb_head_samples_appended_total{type=\"h} i\"} 5\n"
                             "process_start_time_seconds 1.79582148e+09\n"
                             "prometheus_config_last_reload_successful 0\n"
                             "process_resident_memory_bytes NaN\n"
                             "prometheus_notifications_dropped_total";
  struct prometheus_metrics metrics;
  (void)state;
  prometheus_metrics_read(page, strlen(page), &metrics);
  assert_int_equal(metrics.head_series, 374);
  assert_int_equal(metrics.samples, 1005);
  assert_int_equal(metrics.start_ms, INT64_C(1795821480000));
  assert_int_equal(metrics.reload_ok, 0);
  assert_int_equal(metrics.memory, -1);
  assert_int_equal(metrics.dropped, -1);
  assert_int_equal(metrics.reload_time, -1);
  prometheus_metrics_read(NULL, 0, &metrics);
  assert_int_equal(metrics.head_series, -1);
}

static void test_targets_that_are_down_come_first(void **state) {
  struct bench *bench = *state;
  struct prometheus_targets targets;
  struct err err;
  assert_true(prometheus_targets_read(
      parsed(bench,
             DATA("{\"activeTargets\":[{\"labels\":{\"job\":\"a\",\"instance\":\"1\"},\"health\":"
                  "\"up\",\"lastScrapeDuration\":0.5,\"lastScrape\":\"1970-01-01T00:00:01Z\"},"
                  "{\"labels\":{\"job\":\"b\"},\"health\":\"down\",\"lastError\":\"refused\"},"
                  "{\"labels\":{}}]}")),
      &bench->arena, &targets, &err));
  assert_int_equal(targets.count, 3);
  assert_string_equal(targets.items[0].error, "refused");
  assert_int_equal(targets.items[0].last_ms, -1);
  assert_true(targets.items[0].duration_s == -1);
  assert_string_equal(targets.items[1].health, "unknown");
  assert_int_equal(targets.items[2].last_ms, 1000);
  assert_string_not_equal(targets.items[0].key, targets.items[1].key);
  assert_false(prometheus_targets_read(parsed(bench, DATA("{}")), &bench->arena, &targets, &err));
  assert_false(prometheus_targets_read(parsed(bench, DATA("{\"activeTargets\":[1]}")),
                                       &bench->arena, &targets, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_an_alert, setup, teardown),
      cmocka_unit_test_setup_teardown(test_rules_that_fail_and_rules_of_old_versions, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(test_more_alerts_than_are_kept, setup, teardown),
      cmocka_unit_test_setup_teardown(test_answers_of_others, setup, teardown),
      cmocka_unit_test_setup_teardown(test_results_of_a_query, setup, teardown),
      cmocka_unit_test_setup_teardown(test_labels_are_one_identity, setup, teardown),
      cmocka_unit_test_setup_teardown(test_labels_that_are_too_many_or_too_long_are_no_identity,
                                      setup, teardown),
      cmocka_unit_test_setup_teardown(test_targets_that_are_down_come_first, setup, teardown),
      cmocka_unit_test(test_times),
      cmocka_unit_test(test_its_own_figures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
