#include "clients/prometheus/alertmanager.h"

#include "core/json/json_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char not_one[] = "the answer is not one of the Alertmanager";

static const char *text_of(const json_t *json, const char *name) {
  const char *text = json_string_value(json_object_get(json, name));
  return text ? text : "";
}

static const char *keep(struct arena *arena, const char *text) {
  const size_t length = strlen(text);
  return arena_text(arena, text, length < PROMETHEUS_TEXT_MAX ? length : PROMETHEUS_TEXT_MAX);
}

/* ---- alerts */

static enum prometheus_quiet quiet_of(const json_t *status) {
  if (strcmp(text_of(status, "state"), "suppressed") != 0)
    return PROMETHEUS_HEARD;
  return json_array_size(json_object_get(status, "silencedBy")) > 0 ? PROMETHEUS_SILENCED
                                                                    : PROMETHEUS_INHIBITED;
}

bool alertmanager_alerts_read(const json_t *json, struct arena *arena,
                              struct alertmanager_alerts *alerts, struct err *err) {
  const json_t *each;
  size_t i;
  *alerts = (struct alertmanager_alerts){.total = json_array_size(json)};
  if (!json_is_array(json))
    return err_set(err, ERR_PROTOCOL, "%s", not_one);
  const size_t most =
      alerts->total < ALERTMANAGER_ALERTS_MAX ? alerts->total : ALERTMANAGER_ALERTS_MAX;
  alerts->items = arena_alloc(arena, (most ? most : 1) * sizeof *alerts->items);
  if (!alerts->items)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  json_array_foreach(json, i, each) {
    struct alertmanager_alert alert;
    const json_t *status = json_object_get(each, "status");
    if (!json_is_object(status) ||
        !prometheus_labels_read(json_object_get(each, "labels"), arena, &alert.labels))
      return err_set(err, ERR_PROTOCOL, "%s", not_one);
    alert.quiet = quiet_of(status);
    if (alerts->count < most)
      alerts->items[alerts->count++] = alert;
  }
  return true;
}

void alertmanager_apply(const struct alertmanager_alerts *alerts, struct prometheus_alert *known,
                        size_t count) {
  for (size_t i = 0; i < count; i++) {
    size_t same = 0, quiet = 0;
    for (size_t k = 0; known[i].firing && k < alerts->count; k++) {
      const struct alertmanager_alert *alert = &alerts->items[k];
      const char *name = prometheus_label(&alert->labels, "alertname");
      if (!name || strcmp(name, known[i].name) != 0 ||
          !prometheus_labels_within(&known[i].labels, &alert->labels))
        continue;
      same++;
      quiet += alert->quiet != PROMETHEUS_HEARD;
      known[i].quiet = alert->quiet;
    }
    if (same == 0 || quiet < same)
      known[i].quiet = PROMETHEUS_HEARD;
  }
}

/* ---- silences */

static const char *operator_of(const json_t *matcher) {
  const bool regex = json_is_true(json_object_get(matcher, "isRegex"));
  const bool other = json_is_false(json_object_get(matcher, "isEqual")); /* absent before 0.22 */
  return regex ? (other ? "!~" : "=~") : other ? "!=" : "=";
}

static bool matchers_read(const json_t *matchers, struct arena *arena,
                          struct alertmanager_silence *silence) {
  json_t *exact = json_object();
  const json_t *each;
  size_t i;
  bool all = true;
  silence->matchers = "";
  json_array_foreach(matchers, i, each) {
    const char *name = text_of(each, "name"), *value = text_of(each, "value");
    const char *operator= operator_of(each);
    if (i < PROMETHEUS_LABELS_MAX)
      silence->matchers = arena_printf(arena, "%s%s%.256s%s%.512s", silence->matchers,
                                       *silence->matchers ? ", " : "", name, operator, value);
    all = all && strcmp(operator, "=") == 0 && !json_object_get(exact, name) &&
          json_object_set_new(exact, name, json_string(value)) == 0;
  }
  const bool good = prometheus_labels_read(exact, arena, &silence->exact);
  json_decref(exact);
  if (!all || !good || silence->exact.cut)
    silence->exact = (struct prometheus_labels){.cut = true};
  return json_is_array(matchers);
}

bool alertmanager_silence_read(const json_t *json, struct arena *arena,
                               struct alertmanager_silence *silence, struct err *err) {
  const char *id = text_of(json, "id");
  *silence = (struct alertmanager_silence){
      .id = keep(arena, id),
      .state = keep(arena, text_of(json_object_get(json, "status"), "state")),
      .creator = keep(arena, text_of(json, "createdBy")),
      .comment = keep(arena, text_of(json, "comment")),
      .start_ms = prometheus_time_ms(text_of(json, "startsAt")),
      .end_ms = prometheus_time_ms(text_of(json, "endsAt"))};
  return (alertmanager_id_check(id, NULL) && *silence->state &&
          matchers_read(json_object_get(json, "matchers"), arena, silence)) ||
         err_set(err, ERR_PROTOCOL, "%s", not_one);
}

bool alertmanager_silences_read(const json_t *json, struct arena *arena,
                                struct alertmanager_silences *silences, struct err *err) {
  const json_t *each;
  size_t i;
  *silences = (struct alertmanager_silences){0};
  if (!json_is_array(json))
    return err_set(err, ERR_PROTOCOL, "%s", not_one);
  silences->items = arena_alloc(arena, ALERTMANAGER_SILENCES_MAX * sizeof *silences->items);
  if (!silences->items)
    return err_set(err, ERR_LIMIT, "the answer is too large");
  json_array_foreach(json, i, each) {
    struct alertmanager_silence silence;
    if (!alertmanager_silence_read(each, arena, &silence, err))
      return false;
    if (strcmp(silence.state, "expired") == 0) /* kept for five days */
      continue;
    silences->total++;
    if (silences->count < ALERTMANAGER_SILENCES_MAX && !arena->exhausted)
      silences->items[silences->count++] = silence;
  }
  return true;
}

static const char *time_text(char out[32], int64_t ms) {
  const time_t seconds = (time_t)(ms / 1000);
  char base[24];
  struct tm tm;
  gmtime_r(&seconds, &tm);
  strftime(base, sizeof base, "%Y-%m-%dT%H:%M:%S", &tm);
  snprintf(out, 32, "%s.%03dZ", base, (int)(ms % 1000));
  return out;
}

char *alertmanager_silence_body(const struct prometheus_labels *labels, int64_t start_ms,
                                int64_t end_ms, const char *creator, const char *comment) {
  char start[32], end[32], *text = NULL;
  json_t *matchers = json_array();
  bool good = true;
  for (size_t i = 0; i < labels->count; i++)
    good = json_array_append_new(
               matchers, json_pack("{s:s,s:s,s:b,s:b}", "name", labels->items[i].name, "value",
                                   labels->items[i].value, "isRegex", 0, "isEqual", 1)) == 0 &&
           good;
  json_t *body = json_pack("{s:o,s:s,s:s,s:s,s:s}", "matchers", matchers, "startsAt",
                           time_text(start, start_ms), "endsAt", time_text(end, end_ms),
                           "createdBy", creator, "comment", comment);
  if (good && body)
    text = json_dumps(body, JSON_COMPACT);
  json_decref(body);
  return text;
}

const char *alertmanager_labels_json(const struct prometheus_labels *labels, struct arena *arena) {
  json_t *json = json_object();
  for (size_t i = 0; i < labels->count; i++)
    json_object_set_new(json, labels->items[i].name, json_string(labels->items[i].value));
  char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
  const char *kept = text ? arena_text(arena, text, strlen(text)) : "";
  free(text);
  json_decref(json);
  return kept;
}

bool alertmanager_labels_parse(const char *text, struct arena *arena,
                               struct prometheus_labels *labels) {
  const struct json_limits limits = {
      .bytes = 1 << 20, .values = 4 * PROMETHEUS_LABELS_MAX, .depth = 4};
  struct err ignored;
  json_t *json = json_tree_new(text, strlen(text), &limits, &ignored);
  const bool good = json && prometheus_labels_read(json, arena, labels);
  json_decref(json);
  return good && !labels->cut && labels->count > 0;
}

bool alertmanager_id_check(const char *text, struct err *err) {
  static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
  const size_t length = strlen(text);
  return (length > 0 && length < ALERTMANAGER_ID_MAX && *text != '-' &&
          strspn(text, allowed) == length) ||
         err_set(err, ERR_INVALID, "\"%.64s\" is not the id of a silence", text);
}

const char *alertmanager_silence_id(const json_t *json) {
  const char *id = text_of(json, "silenceID");
  return alertmanager_id_check(id, NULL) ? id : NULL;
}
