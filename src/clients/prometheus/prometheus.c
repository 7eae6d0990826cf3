#include "clients/prometheus/prometheus.h"

#include "core/number.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAID_MAX = 180 };

static const char *text_of(const json_t *json, const char *name) {
  const char *text = json_string_value(json_object_get(json, name));
  return text ? text : "";
}

static const char *keep(struct arena *arena, const char *text) {
  const size_t length = strlen(text);
  return arena_text(arena, text, length < PROMETHEUS_TEXT_MAX ? length : PROMETHEUS_TEXT_MAX);
}

const json_t *prometheus_data(const json_t *json, struct err *err) {
  const json_t *data = json_object_get(json, "data");
  const char *status = text_of(json, "status"), *error = text_of(json, "error");
  if (strcmp(status, "success") == 0 && data)
    return data;
  if (strcmp(status, "error") == 0 && *error)
    err_set(err, ERR_INVALID, "%.*s", SAID_MAX, error);
  else
    err_set(err, ERR_PROTOCOL, "the answer is not one of Prometheus: does url lead to its API?");
  return NULL;
}

const char *prometheus_version(const json_t *json, struct err *err) {
  const json_t *data = prometheus_data(json, err);
  const char *version = text_of(data, "version");
  if (data && !*version)
    err_set(err, ERR_PROTOCOL, "the answer is not one of Prometheus: it has no version");
  return data && *version ? version : NULL;
}

/* ---- times */

static int two_digits(const char *text) {
  return isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1])
             ? (text[0] - '0') * 10 + text[1] - '0'
             : -1;
}

/* "Z" or "+02:00", in seconds. */
static bool offset_read(const char *text, int64_t *offset_s) {
  *offset_s = 0;
  if (strcmp(text, "Z") == 0)
    return true;
  if (strlen(text) != 6 || !strchr("+-", *text) || text[3] != ':')
    return false;
  const int hours = two_digits(text + 1), minutes = two_digits(text + 4);
  *offset_s = (int64_t)(hours * 60 + minutes) * (*text == '-' ? -60 : 60);
  return hours >= 0 && minutes >= 0;
}

int64_t prometheus_time_ms(const char *text) {
  struct tm tm = {0};
  int64_t offset_s, ms = 0;
  const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
  if (!rest || tm.tm_year < 70) /* "0001-...": never */
    return -1;
  if (*rest == '.')
    for (int digit = 100; isdigit((unsigned char)*++rest); digit /= 10)
      ms += digit * (*rest - '0');
  if (!offset_read(rest, &offset_s))
    return -1;
  const int64_t at = ((int64_t)timegm(&tm) - offset_s) * 1000 + ms;
  return at >= 0 ? at : -1;
}

/* ---- rules and their alerts */

static const char *first_of(const json_t *json, const char *one, const char *other) {
  const char *text = text_of(json, one);
  return *text ? text : text_of(json, other);
}

static int64_t duration_ms(const json_t *rule) {
  const double seconds = json_number_value(json_object_get(rule, "duration"));
  return seconds > 0 && seconds < 1e9 ? (int64_t)(seconds * 1000) : 0;
}

/* "1e+00" is shown as "1". */
static const char *number_shown(struct arena *arena, const char *text) {
  double number;
  return number_real(text, &number) ? arena_printf(arena, "%.6g", number) : keep(arena, text);
}

static void take_alert(const json_t *json, const json_t *rule, struct arena *arena,
                       struct prometheus_rules *rules) {
  struct prometheus_alert alert = {0};
  const json_t *annotations = json_object_get(json, "annotations");
  const char *state = text_of(json, "state");
  if (!prometheus_labels_read(json_object_get(json, "labels"), arena, &alert.labels) ||
      !(alert.name = prometheus_label(&alert.labels, "alertname")) ||
      (strcmp(state, "firing") != 0 && strcmp(state, "pending") != 0))
    return;
  rules->alert_total++;
  if (rules->alert_count == PROMETHEUS_ALERTS_MAX || arena->exhausted)
    return;
  prometheus_labels_key(&alert.labels, alert.key);
  alert.firing = *state == 'f';
  alert.value = number_shown(arena, text_of(json, "value"));
  alert.active_ms = prometheus_time_ms(text_of(json, "activeAt"));
  alert.for_ms = duration_ms(rule);
  alert.text = keep(arena, first_of(annotations, "summary", "description"));
  alert.runbook = keep(arena, first_of(annotations, "runbook_url", "runbook"));
  alert.condition = keep(arena, text_of(rule, "query"));
  rules->alerts[rules->alert_count++] = alert;
}

static void take_failing(const json_t *rule, const char *group, bool alerting, struct arena *arena,
                         struct prometheus_rules *rules) {
  const char *error = text_of(rule, "lastError");
  rules->failing_total++;
  if (rules->failing_count < PROMETHEUS_FAILING_MAX)
    rules->failing[rules->failing_count++] =
        (struct prometheus_failing){.name = keep(arena, text_of(rule, "name")),
                                    .group = keep(arena, group),
                                    .error = keep(arena, *error ? error : "it does not say why"),
                                    .alerting = alerting};
}

static void take_rule(const json_t *rule, const char *group, struct arena *arena,
                      struct prometheus_rules *rules) {
  const json_t *alerts = json_object_get(rule, "alerts");
  const bool alerting = json_is_array(alerts) || strcmp(text_of(rule, "type"), "alerting") == 0;
  size_t i;
  const json_t *alert;
  rules->total++;
  if (strcmp(text_of(rule, "health"), "err") == 0)
    take_failing(rule, group, alerting, arena, rules);
  json_array_foreach(alerts, i, alert) {
    take_alert(alert, rule, arena, rules);
  }
}

bool prometheus_rules_read(const json_t *json, struct arena *arena, struct prometheus_rules *rules,
                           struct err *err) {
  const json_t *data = prometheus_data(json, err), *groups = json_object_get(data, "groups");
  size_t i, k;
  const json_t *group, *rule;
  *rules = (struct prometheus_rules){0};
  if (!data)
    return false;
  if (!json_is_array(groups))
    return err_set(err, ERR_PROTOCOL, "the answer has no groups of rules");
  rules->alerts = arena_alloc(arena, PROMETHEUS_ALERTS_MAX * sizeof *rules->alerts);
  rules->failing = arena_alloc(arena, PROMETHEUS_FAILING_MAX * sizeof *rules->failing);
  if (!rules->alerts || !rules->failing)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  json_array_foreach(groups, i, group) {
    json_array_foreach(json_object_get(group, "rules"), k, rule) {
      take_rule(rule, text_of(group, "name"), arena, rules);
    }
  }
  return true;
}

/* ---- the answer to a query */

static struct value number_of(const json_t *text) {
  const char *said = json_string_value(text);
  double number;
  if (said && strcmp(said, "NaN") == 0)
    return value_none("not a number (NaN)");
  if (said && (strcmp(said, "+Inf") == 0 || strcmp(said, "Inf") == 0))
    return value_none("infinite (+Inf)");
  if (said && strcmp(said, "-Inf") == 0)
    return value_none("infinite (-Inf)");
  return number_real(said, &number) ? value_real(number)
                                    : value_none("the answer has no number there");
}

static void take_warnings(const json_t *json, struct arena *arena,
                          struct prometheus_answer *answer) {
  const json_t *each;
  size_t i;
  json_array_foreach(json_object_get(json, "warnings"), i, each) {
    if (json_is_string(each) && answer->warning_count < PROMETHEUS_WARNINGS_MAX)
      answer->warnings[answer->warning_count++] = keep(arena, json_string_value(each));
  }
}

/* {"metric": {...}, "value": [1795821493.446, "1"]}; a native histogram has no value. */
static bool take_result(const json_t *json, struct arena *arena, struct prometheus_answer *answer,
                        struct err *err) {
  struct prometheus_result result;
  const json_t *value = json_object_get(json, "value");
  if (!prometheus_labels_read(json_object_get(json, "metric"), arena, &result.labels))
    return err_set(err, ERR_PROTOCOL, "the answer has a result without labels");
  result.value = value ? number_of(json_array_get(value, 1)) : value_none("it is a histogram");
  answer->total++;
  if (answer->count < answer->most && !arena->exhausted)
    answer->results[answer->count++] = result;
  return true;
}

bool prometheus_results_read(const json_t *json, struct arena *arena, size_t most,
                             struct prometheus_answer *answer, struct err *err) {
  const json_t *data = prometheus_data(json, err), *result = json_object_get(data, "result"), *each;
  const char *type = text_of(data, "resultType");
  size_t i;
  *answer = (struct prometheus_answer){.scalar = strcmp(type, "scalar") == 0, .most = most};
  if (!data)
    return false;
  if (strcmp(type, "matrix") == 0 || strcmp(type, "string") == 0)
    return err_set(err, ERR_INVALID, "the expression is a %s and not a vector or a number",
                   *type == 'm' ? "range" : "text");
  if (!json_is_array(result) || (!answer->scalar && strcmp(type, "vector") != 0))
    return err_set(err, ERR_PROTOCOL, "the answer is not that of a query");
  const size_t all = json_array_size(result);
  answer->results = arena_alloc(arena, ((all < most ? all : most) + 1) * sizeof *answer->results);
  if (!answer->results)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  take_warnings(json, arena, answer);
  if (answer->scalar) {
    answer->results[0] = (struct prometheus_result){.value = number_of(json_array_get(result, 1))};
    answer->count = answer->total = 1;
    return true;
  }
  json_array_foreach(result, i, each) {
    if (!take_result(each, arena, answer, err))
      return false;
  }
  return true;
}

bool prometheus_answer_read(const json_t *json, struct arena *arena,
                            struct prometheus_answer *answer, struct err *err) {
  return prometheus_results_read(json, arena, PROMETHEUS_RESULTS_MAX, answer, err);
}

/* ---- its own figures */

/* A counter or gauge of at least 0 as an integer; -1 if it is none. */
static int64_t count_in(const char *text, size_t length) {
  char copy[64];
  double number;
  while (length > 0 && *text == ' ') {
    text++;
    length--;
  }
  const char *blank = memchr(text, ' ', length); /* before a timestamp */
  length = blank ? (size_t)(blank - text) : length;
  if (length == 0 || length >= sizeof copy)
    return -1;
  memcpy(copy, text, length);
  copy[length] = '\0';
  return number_real(copy, &number) && number >= 0 && number < 9e18 ? (int64_t)number : -1;
}

static void take_line(const char *line, size_t length, struct prometheus_metrics *metrics) {
  const struct {
    const char *name;
    int64_t *into;
    bool seconds;
  } names[] = {
      {"prometheus_tsdb_head_series", &metrics->head_series},
      {"prometheus_tsdb_head_samples_appended_total", &metrics->samples},
      {"prometheus_notifications_dropped_total", &metrics->dropped},
      {"process_resident_memory_bytes", &metrics->memory},
      {"process_start_time_seconds", &metrics->start_ms, true},
      {"prometheus_config_last_reload_successful", &metrics->reload_ok},
      {"prometheus_config_last_reload_success_timestamp_seconds", &metrics->reload_time, true}};
  const char *end = line;
  while (end < line + length && *end != '{' && *end != ' ')
    end++;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strlen(names[i].name) != (size_t)(end - line) ||
        memcmp(names[i].name, line, (size_t)(end - line)) != 0)
      continue;
    const char *labels = end < line + length && *end == '{' ? memrchr(line, '}', length) : NULL;
    const char *value = labels ? labels + 1 : end;
    int64_t number = count_in(value, (size_t)(line + length - value));
    if (number < 0 || number > INT64_MAX / 1000)
      return;
    number *= names[i].seconds ? 1000 : 1;
    /* of each type of samples, or of each Alertmanager */
    *names[i].into = *names[i].into < 0               ? number
                     : *names[i].into > INT64_MAX / 2 ? *names[i].into
                                                      : *names[i].into + number;
  }
}

void prometheus_metrics_read(const char *text, size_t length, struct prometheus_metrics *metrics) {
  *metrics = (struct prometheus_metrics){-1, -1, -1, -1, -1, -1, -1};
  for (const char *end = text + length; text && text < end;) {
    const char *line_end = memchr(text, '\n', (size_t)(end - text));
    const size_t line = (size_t)((line_end ? line_end : end) - text);
    if (line > 0 && *text != '#')
      take_line(text, line, metrics);
    text += line + 1;
  }
}
