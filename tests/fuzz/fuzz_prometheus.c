/* Exercises what is read of the answers of a Prometheus and an Alertmanager.
 * The first byte says which answer the rest is: rules (r), targets (t), a query's results (q),
 * alerts (a) or silences (s) of the Alertmanager, the page of its own figures (m), or a query of
 * the configuration (c). Holds: what is not the answer is an error with words; texts are never
 * NULL, and bounded; no more is kept than there is room for; a value is finite or has a reason;
 * equal labels have equal keys; a label set that is written as JSON is read back as it was. */
#include "fuzz.h"

#include "clients/prometheus/alertmanager.h"
#include "clients/prometheus/prometheus_query.h"
#include "clients/prometheus/prometheus_targets.h"
#include "core/json/json_tree.h"

#include <math.h>
#include <string.h>

static void check_text(const char *text) {
  assert(text && strlen(text) <= PROMETHEUS_TEXT_MAX);
}

static void check_labels(const struct prometheus_labels *labels, struct arena *arena) {
  struct prometheus_labels again;
  char key[PROMETHEUS_KEY_MAX], key_again[PROMETHEUS_KEY_MAX];
  assert(labels->count <= PROMETHEUS_LABELS_MAX);
  for (size_t i = 0; i < labels->count; i++) {
    assert(strlen(labels->items[i].name) <= PROMETHEUS_LABEL_NAME_MAX);
    assert(strlen(labels->items[i].value) <= PROMETHEUS_LABEL_VALUE_MAX);
    assert(i == 0 || strcmp(labels->items[i - 1].name, labels->items[i].name) <= 0);
  }
  assert(labels->cut || prometheus_labels_within(labels, labels));
  assert(prometheus_labels_text(labels, arena, "alertname", NULL));
  if (labels->cut || labels->count == 0)
    return;
  if (!alertmanager_labels_parse(alertmanager_labels_json(labels, arena), arena, &again))
    return; /* a text that is cut within a character is none in JSON */
  prometheus_labels_key(labels, key);
  prometheus_labels_key(&again, key_again);
  assert(strcmp(key, key_again) == 0);
}

static void check_rules(const json_t *json, struct arena *arena) {
  struct prometheus_rules rules;
  struct err err = {0};
  if (!prometheus_rules_read(json, arena, &rules, &err)) {
    assert(err.kind != ERR_NONE && *err.text);
    return;
  }
  assert(rules.alert_count <= PROMETHEUS_ALERTS_MAX && rules.alert_count <= rules.alert_total);
  assert(rules.failing_count <= PROMETHEUS_FAILING_MAX && rules.failing_total <= rules.total);
  for (size_t i = 0; i < rules.alert_count; i++) {
    const struct prometheus_alert *alert = &rules.alerts[i];
    check_text(alert->name);
    check_text(alert->text);
    check_text(alert->runbook);
    check_text(alert->condition);
    check_text(alert->value);
    assert(alert->active_ms >= -1 && alert->for_ms >= 0);
    check_labels(&alert->labels, arena);
  }
  for (size_t i = 0; i < rules.failing_count; i++)
    check_text(rules.failing[i].error);
}

static void check_answer(const json_t *json, struct arena *arena) {
  struct prometheus_answer answer;
  struct err err = {0};
  if (!prometheus_answer_read(json, arena, &answer, &err)) {
    assert(err.kind != ERR_NONE && *err.text);
    return;
  }
  assert(answer.count <= PROMETHEUS_RESULTS_MAX && answer.count <= answer.total);
  for (size_t i = 0; i < answer.count; i++) {
    double number;
    const struct value value = answer.results[i].value;
    assert(value_number(value, &number) ? isfinite(number) : value.text && *value.text);
    check_labels(&answer.results[i].labels, arena);
  }
}

static void check_targets(const json_t *json, struct arena *arena) {
  struct prometheus_targets targets;
  struct err err = {0};
  if (!prometheus_targets_read(json, arena, &targets, &err)) {
    assert(*err.text);
    return;
  }
  assert(targets.count <= PROMETHEUS_TARGETS_MAX && targets.count <= targets.total);
  for (size_t i = 0; i < targets.count; i++) {
    const struct prometheus_scraped *one = &targets.items[i];
    check_text(one->health);
    check_text(one->error);
    assert(one->last_ms >= -1 && isfinite(one->duration_s) && one->duration_s >= -1);
    check_labels(&one->labels, arena);
  }
}

static void check_alerts(const json_t *json, struct arena *arena) {
  struct alertmanager_alerts alerts;
  struct err err = {0};
  if (!alertmanager_alerts_read(json, arena, &alerts, &err)) {
    assert(*err.text);
    return;
  }
  assert(alerts.count <= ALERTMANAGER_ALERTS_MAX && alerts.count <= alerts.total);
  for (size_t i = 0; i < alerts.count; i++)
    check_labels(&alerts.items[i].labels, arena);
  if (alerts.count > 0 && prometheus_label(&alerts.items[0].labels, "alertname")) {
    struct prometheus_alert known = {.firing = true,
                                     .labels = alerts.items[0].labels,
                                     .name =
                                         prometheus_label(&alerts.items[0].labels, "alertname")};
    alertmanager_apply(&alerts, &known, 1);
    assert(alerts.items[0].quiet != PROMETHEUS_HEARD || known.quiet == PROMETHEUS_HEARD);
  }
}

static void check_silences(const json_t *json, struct arena *arena) {
  struct alertmanager_silences silences;
  struct err err = {0};
  if (!alertmanager_silences_read(json, arena, &silences, &err)) {
    assert(*err.text);
    return;
  }
  for (size_t i = 0; i < silences.count; i++) {
    const struct alertmanager_silence *silence = &silences.items[i];
    assert(alertmanager_id_check(silence->id, &err) && silence->matchers);
    assert(!strchr(silence->id, '/'));
    check_text(silence->comment);
    check_labels(&silence->exact, arena);
  }
}

static void check_metrics(const char *text, size_t size) {
  struct prometheus_metrics metrics;
  prometheus_metrics_read(text, size, &metrics);
  assert(metrics.head_series >= -1 && metrics.samples >= -1 && metrics.start_ms >= -1);
  assert(metrics.memory >= -1 && metrics.dropped >= -1 && metrics.reload_ok >= -1);
}

static void check_query(const char *text) {
  struct prometheus_query query;
  struct err err = {0};
  double limit = 0;
  if (!prometheus_query_parse(text, &query, &err)) {
    assert(*err.text);
    return;
  }
  assert(*query.expr && strlen(query.expr) <= strlen(text));
  const enum severity severity = prometheus_query_judge(&query, 1, &limit);
  assert(severity == SEVERITY_OK || query.threshold.has_warn || query.threshold.has_crit);
  prometheus_query_fini(&query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct json_limits limits = {
      .bytes = 1 << 20, .values = 20000, .depth = 32, .as_reals = true, .without_nul = true};
  struct err err;
  struct arena arena;
  if (size == 0)
    return 0;
  char *text = malloc(size);
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  if (*data == 'm')
    check_metrics(text, size - 1);
  if (*data == 'c')
    check_query(text);
  json_t *json = json_tree_new(text, size - 1, &limits, &err);
  arena_init(&arena, 4 << 20);
  if (json && *data == 'r')
    check_rules(json, &arena);
  if (json && *data == 't')
    check_targets(json, &arena);
  if (json && *data == 'q')
    check_answer(json, &arena);
  if (json && *data == 'a')
    check_alerts(json, &arena);
  if (json && *data == 's')
    check_silences(json, &arena);
  arena_fini(&arena);
  json_decref(json);
  free(text);
  return 0;
}
