/* Answers of Prometheus' HTTP API (v1). Pure. All texts are copied to the arena, cut where they are
 * too long; bytes of a server: sanitise them for display. */
#pragma once

#include "clients/prometheus/prometheus_labels.h"
#include "core/err.h"
#include "core/value.h"

#include <stdint.h>

enum {
  PROMETHEUS_TEXT_MAX = 2048,
  PROMETHEUS_ALERTS_MAX = 1000,  /* kept of a server; further ones are counted */
  PROMETHEUS_FAILING_MAX = 200,  /* rules */
  PROMETHEUS_RESULTS_MAX = 1000, /* of a query */
  PROMETHEUS_WARNINGS_MAX = 4,
};

/* The `data` of {"status": "success", "data": ...}; NULL with err if the answer is anything else.
 */
const json_t *prometheus_data(const json_t *json, struct err *err);
/* The version in the answer to buildinfo; NULL with err. Belongs to the tree. */
const char *prometheus_version(const json_t *json, struct err *err);
/* "2026-11-27T23:18:01.632510205Z" in milliseconds since 1970; -1 if it is not such a time. */
int64_t prometheus_time_ms(const char *text);

/* What has become of a firing alert in the Alertmanager. */
enum prometheus_quiet { PROMETHEUS_HEARD, PROMETHEUS_SILENCED, PROMETHEUS_INHIBITED };

struct prometheus_alert {
  struct prometheus_labels labels; /* without `alertname` it would be none */
  char key[PROMETHEUS_KEY_MAX];
  const char *name; /* the label alertname */
  bool firing;      /* else pending */
  const char *value;
  int64_t active_ms; /* since when the condition holds, wall time; -1: not known */
  int64_t for_ms;
  const char *text, *runbook; /* of its annotations; "" */
  const char *condition;      /* the rule's expression */
  enum prometheus_quiet quiet;
};

struct prometheus_failing {
  const char *name, *group, *error;
  bool alerting; /* else it records */
};

struct prometheus_rules {
  struct prometheus_alert *alerts;
  size_t alert_count, alert_total;
  struct prometheus_failing *failing;
  size_t failing_count, failing_total;
  size_t total; /* rules */
};
/* The answer to /api/v1/rules. False with err if it is not one. */
bool prometheus_rules_read(const json_t *json, struct arena *arena, struct prometheus_rules *rules,
                           struct err *err) MUST_CHECK;

struct prometheus_result {
  struct prometheus_labels labels;
  struct value value; /* none with the reason for NaN and infinite ones */
};
struct prometheus_answer {
  struct prometheus_result *results;
  size_t count, total, most;
  bool scalar; /* a number without labels: it is one result */
  const char *warnings[PROMETHEUS_WARNINGS_MAX];
  size_t warning_count;
};
/* The answer to /api/v1/query. False with err if it is not one, or if it is neither a vector nor a
 * scalar. */
bool prometheus_answer_read(const json_t *json, struct arena *arena,
                            struct prometheus_answer *answer, struct err *err) MUST_CHECK;
/* The same with another limit of the results that are kept. */
bool prometheus_results_read(const json_t *json, struct arena *arena, size_t most,
                             struct prometheus_answer *answer, struct err *err) MUST_CHECK;

/* Of the page /metrics; -1: not in it. */
struct prometheus_metrics {
  int64_t head_series;
  int64_t samples; /* appended since the start */
  int64_t dropped; /* notifications that did not reach an Alertmanager */
  int64_t memory;
  int64_t start_ms;
  int64_t reload_ok;   /* 1: the last reload of the configuration succeeded */
  int64_t reload_time; /* when the last one succeeded, milliseconds since 1970 */
};
void prometheus_metrics_read(const char *text, size_t length, struct prometheus_metrics *metrics);
