/* Answers of the Alertmanager's HTTP API (v2), and the body of a silence. Pure. */
#pragma once

#include "clients/prometheus/prometheus.h"

enum {
  ALERTMANAGER_ALERTS_MAX = 2000,
  ALERTMANAGER_SILENCES_MAX = 1000,
  ALERTMANAGER_ID_MAX = 64,
};

struct alertmanager_alert {
  struct prometheus_labels labels;
  enum prometheus_quiet quiet;
};
struct alertmanager_alerts {
  struct alertmanager_alert *items;
  size_t count, total;
};
/* The answer to /api/v2/alerts. False with err if it is not one. */
bool alertmanager_alerts_read(const json_t *json, struct arena *arena,
                              struct alertmanager_alerts *alerts, struct err *err) MUST_CHECK;
/* Marks the firing alerts that the Alertmanager has silenced or inhibited. It may have added labels
 * (external_labels); an alert is quiet if all that have its labels are. */
void alertmanager_apply(const struct alertmanager_alerts *alerts, struct prometheus_alert *known,
                        size_t count);

struct alertmanager_silence {
  const char *id, *state, *creator, *comment;
  const char *matchers; /* "alertname=Down, job=~db.*" */
  int64_t start_ms, end_ms;
  /* Its matchers as labels; NULL items where one is not an exact equality. */
  struct prometheus_labels exact;
};
struct alertmanager_silences {
  struct alertmanager_silence *items;
  size_t count, total;
};
/* One silence, as an element of /api/v2/silences or the answer to /api/v2/silence/ID. */
bool alertmanager_silence_read(const json_t *json, struct arena *arena,
                               struct alertmanager_silence *silence, struct err *err) MUST_CHECK;
/* The answer to /api/v2/silences. */
bool alertmanager_silences_read(const json_t *json, struct arena *arena,
                                struct alertmanager_silences *silences, struct err *err) MUST_CHECK;

/* The body of POST /api/v2/silences: all labels, exact. The caller frees it. NULL: they are not
 * valid UTF-8. */
char *alertmanager_silence_body(const struct prometheus_labels *labels, int64_t start_ms,
                                int64_t end_ms, const char *creator, const char *comment);
/* The labels of a text that alertmanager_labels_json wrote. */
bool alertmanager_labels_parse(const char *text, struct arena *arena,
                               struct prometheus_labels *labels);
/* All labels as one JSON object: an identity of a plan. In the arena. */
const char *alertmanager_labels_json(const struct prometheus_labels *labels, struct arena *arena);
/* {"silenceID": "..."}; NULL if it is not one, or not an id. Belongs to the tree. */
const char *alertmanager_silence_id(const json_t *json);
/* Letters, digits and '-' only. */
bool alertmanager_id_check(const char *text, struct err *err) MUST_CHECK;
