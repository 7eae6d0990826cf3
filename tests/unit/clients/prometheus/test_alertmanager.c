/* Answers of the Alertmanager's API, and the body of a silence. Pure. */
#include "clients/prometheus/alertmanager.h"

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
      .bytes = 1 << 20, .values = 10000, .depth = 64, .as_reals = true, .without_nul = true};
  struct err err;
  json_decref(bench->json);
  bench->json = json_tree_new(text, strlen(text), &limits, &err);
  if (!bench->json)
    fail_msg("%s: %s", text, err.text);
  return bench->json;
}

static struct prometheus_labels labels_of(struct bench *bench, const char *text) {
  struct prometheus_labels labels;
  assert_true(prometheus_labels_read(parsed(bench, text), &bench->arena, &labels));
  return labels;
}

#define ALERT(labels, state, by) \
  "{\"labels\":{\"alertname\":\"A\"" labels "},\"status\":{\"state\":\"" state "\"," by "}}"

#define BY(how) "\"" how "\":[\"s\"]"
// clang-format off
static const char several_alerts[] =
    "[" ALERT(",\"i\":\"1\",\"cluster\":\"x\"", "suppressed", BY("silencedBy"))
    "," ALERT(",\"i\":\"2\"", "suppressed", BY("inhibitedBy"))
    "," ALERT(",\"i\":\"3\",\"replica\":\"b\"", "active", "\"silencedBy\":[]")
    "," ALERT(",\"i\":\"3\",\"replica\":\"a\"", "suppressed", BY("silencedBy")) "]";
// clang-format on

static void test_what_is_quiet(void **state) {
  struct bench *bench = *state;
  struct alertmanager_alerts alerts;
  struct err err;
  struct prometheus_alert known[] = {
      {.name = "A",
       .firing = true,
       .labels = labels_of(bench, "{\"alertname\":\"A\",\"i\":\"1\"}")},
      {.name = "A",
       .firing = true,
       .labels = labels_of(bench, "{\"alertname\":\"A\",\"i\":\"2\"}")},
      {.name = "A",
       .firing = true,
       .labels = labels_of(bench, "{\"alertname\":\"A\",\"i\":\"3\"}")},
      {.name = "A", .labels = labels_of(bench, "{\"alertname\":\"A\",\"i\":\"1\"}")},
      {.name = "B", .firing = true, .labels = labels_of(bench, "{\"alertname\":\"B\"}")},
  };
  assert_true(
      alertmanager_alerts_read(parsed(bench, several_alerts), &bench->arena, &alerts, &err));
  assert_int_equal(alerts.count, 4);
  alertmanager_apply(&alerts, known, 5);
  assert_int_equal(known[0].quiet, PROMETHEUS_SILENCED);
  assert_int_equal(known[1].quiet, PROMETHEUS_INHIBITED);
  assert_int_equal(known[2].quiet, PROMETHEUS_HEARD); /* one of the two replicas is heard */
  assert_int_equal(known[3].quiet, PROMETHEUS_HEARD); /* it does not fire */
  assert_int_equal(known[4].quiet, PROMETHEUS_HEARD);
}

static void test_answers_of_others(void **state) {
  static const char *const texts[] = {"{}",
                                      "{\"status\":\"success\",\"data\":[]}",
                                      "[1]",
                                      "[{\"labels\":{}}]",
                                      "[{\"labels\":[],\"status\":{}}]",
                                      "[{\"id\":\"../../x\",\"status\":{\"state\":\"active\"}}]"};
  struct bench *bench = *state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct alertmanager_alerts alerts;
    struct alertmanager_silences silences;
    struct err err = {0};
    const json_t *json = parsed(bench, texts[i]);
    assert_false(alertmanager_alerts_read(json, &bench->arena, &alerts, &err));
    assert_int_equal(err.kind, ERR_PROTOCOL);
    assert_false(alertmanager_silences_read(json, &bench->arena, &silences, &err));
    assert_int_equal(err.kind, ERR_PROTOCOL);
  }
}

static void test_silences(void **state) {
  struct bench *bench = *state;
  struct alertmanager_silences silences;
  struct err err;
  assert_true(alertmanager_silences_read(
      parsed(
          bench,
          "[{\"id\":\"a-1\",\"status\":{\"state\":\"active\"},\"createdBy\":\"me\",\"comment\":"
          "\"c\",\"startsAt\":\"1970-01-01T00:00:01Z\",\"endsAt\":\"1970-01-01T01:00:01Z\","
          "\"matchers\":[{\"name\":\"alertname\",\"value\":\"A\",\"isRegex\":false,\"isEqual\":"
          "true},{\"name\":\"i\",\"value\":\"1\",\"isRegex\":false}]},"
          "{\"id\":\"b\",\"status\":{\"state\":\"pending\"},\"matchers\":[{\"name\":\"x\","
          "\"value\":\"d.*\",\"isRegex\":true},{\"name\":\"y\",\"value\":\"\",\"isEqual\":false}]},"
          "{\"id\":\"c\",\"status\":{\"state\":\"expired\"},\"matchers\":[]}]"),
      &bench->arena, &silences, &err));
  assert_int_equal(silences.count, 2);
  assert_string_equal(silences.items[0].matchers, "alertname=A, i=1");
  assert_int_equal(silences.items[0].exact.count, 2);
  assert_int_equal(silences.items[0].end_ms, 3601000);
  assert_string_equal(silences.items[1].matchers, "x=~d.*, y!=");
  assert_int_equal(silences.items[1].exact.count, 0);
}

static void test_the_body_of_a_silence(void **state) {
  struct bench *bench = *state;
  const struct prometheus_labels labels =
      labels_of(bench, "{\"job\":\"a\\\"b\\u001b\",\"alertname\":\"A\"}");
  struct prometheus_labels again;
  char *body = alertmanager_silence_body(&labels, 1000, 61500, "ops", "disk\nis replaced");
  assert_string_equal(
      body,
      "{\"matchers\":[{\"name\":\"alertname\",\"value\":\"A\",\"isRegex\":false,\"isEqual\":true},"
      "{\"name\":\"job\",\"value\":\"a\\\"b\\u001B\",\"isRegex\":false,\"isEqual\":true}],"
      "\"startsAt\":\"1970-01-01T00:00:01.000Z\",\"endsAt\":\"1970-01-01T00:01:01.500Z\","
      "\"createdBy\":\"ops\",\"comment\":\"disk\\nis replaced\"}");
  free(body);
  const char *json = alertmanager_labels_json(&labels, &bench->arena);
  assert_true(alertmanager_labels_parse(json, &bench->arena, &again));
  assert_int_equal(again.count, 2);
  assert_true(prometheus_labels_within(&labels, &again));
  assert_false(alertmanager_labels_parse("{}", &bench->arena, &again));
  assert_false(alertmanager_labels_parse("nothing", &bench->arena, &again));
}

static void test_ids(void **state) {
  struct bench *bench = *state;
  struct err err;
  assert_string_equal(alertmanager_silence_id(parsed(bench, "{\"silenceID\":\"ace75c7e-ed83\"}")),
                      "ace75c7e-ed83");
  assert_null(alertmanager_silence_id(parsed(bench, "{\"silenceID\":\"../alerts\"}")));
  assert_null(alertmanager_silence_id(parsed(bench, "{}")));
  assert_false(alertmanager_id_check("-x", &err));
  assert_false(alertmanager_id_check("", &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_what_is_quiet, setup, teardown),
      cmocka_unit_test_setup_teardown(test_answers_of_others, setup, teardown),
      cmocka_unit_test_setup_teardown(test_silences, setup, teardown),
      cmocka_unit_test_setup_teardown(test_the_body_of_a_silence, setup, teardown),
      cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
