#include "collectors/prometheus/prometheus_rows.h"

#include "clients/prometheus/prometheus_contract.h"
#include "collectors/alerts.h"
#include "core/map.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 32 << 20 };

/* What is counted: the parts of the summary. */
struct rules_part {
  int64_t firing, pending, rules, failing;
};
struct quiet_part {
  int64_t silenced;
};
struct up_part {
  int64_t up, down;
};
enum { PART_RULES, PART_QUIET, PART_UP, PART_METRICS, PART_COUNT };
#define RULES(member) FIGURE_FIELD(PART_RULES, struct rules_part, member)
#define QUIET(member) FIGURE_FIELD(PART_QUIET, struct quiet_part, member)
#define UP(member) FIGURE_FIELD(PART_UP, struct up_part, member)
#define METRICS(member) FIGURE_FIELD(PART_METRICS, struct prometheus_metrics, member)

enum summary_column {
#define COLUMN(name, ...) name,
#include "prometheus_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};
static const struct column_spec columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "prometheus_summary.def"
#undef COLUMN
};
static const struct table_spec summary_table = {.id = PROMETHEUS_SUMMARY_TABLE,
                                                .title = "Prometheus",
                                                .flags = TABLE_SUMMARY,
                                                .columns = columns,
                                                .column_count = SUMMARY_COLUMN_COUNT};

const struct table_spec *const prometheus_tables[PROMETHEUS_TABLES] = {
    &summary_table, &alerts_table, &prometheus_queries_table};

struct reading {
  const struct prometheus_answers *answers;
  struct sample *sample;
  struct arena arena; /* of what the answers say */
  const char *version;
  struct prometheus_rules known;
  struct alertmanager_alerts alertmanager;
  struct rules_part rules;
  struct quiet_part quiet;
  struct up_part up;
  struct prometheus_metrics metrics;
  bool has[PART_COUNT];
  const char *none[PART_COUNT]; /* why a part is not known */
};

static const void *part_of(const void *answer, int part, const char **none) {
  const struct reading *reading = answer;
  const void *const parts[] = {&reading->rules, &reading->quiet, &reading->up, &reading->metrics};
  if (reading->has[part])
    return parts[part];
  *none = reading->none[part];
  return NULL;
}

static const struct figures figures = {
    .table = &summary_table, .part = part_of, .unsaid = "not on its page /metrics"};

static void lacks(struct reading *reading, int part, const char *what, const struct err *err) {
  reading->none[part] = sample_printf(reading->sample, "%s: %s", what, err->text);
}

/* ---- reading */

static void read_rules(struct reading *reading) {
  const struct web_asked *asked = reading->answers->rules;
  struct err err = asked->err;
  if (err.kind == ERR_NONE &&
      prometheus_rules_read(asked->json, &reading->arena, &reading->known, &err)) {
    reading->has[PART_RULES] = true;
    return;
  }
  reading->known = (struct prometheus_rules){0};
  lacks(reading, PART_RULES, PROMETHEUS_RULES_PATH, &err);
  lacks(reading, PART_QUIET, PROMETHEUS_RULES_PATH, &err);
  sample_fault(reading->sample, alerts_table.id, SEVERITY_UNKNOWN, "cannot list the alerts: %s",
               err.text);
}

static void read_alertmanager(struct reading *reading) {
  const struct web_asked *asked = reading->answers->alertmanager;
  struct err err;
  if (!asked) {
    reading->none[PART_QUIET] = NULL; /* does not apply */
    return;
  }
  err = asked->err;
  if (err.kind == ERR_NONE &&
      alertmanager_alerts_read(asked->json, &reading->arena, &reading->alertmanager, &err)) {
    reading->has[PART_QUIET] = reading->has[PART_RULES];
    if (reading->alertmanager.count < reading->alertmanager.total)
      sample_note(reading->sample, alerts_table.id, NULL,
                  "%zu of %zu alerts of the Alertmanager are read: others are shown as firing",
                  reading->alertmanager.count, reading->alertmanager.total);
    alertmanager_apply(&reading->alertmanager, reading->known.alerts, reading->known.alert_count);
    return;
  }
  lacks(reading, PART_QUIET, "Alertmanager", &err);
  sample_fault(reading->sample, alerts_table.id, SEVERITY_UNKNOWN,
               "Alertmanager: %s: which alerts are silenced is not known", err.text);
}

/* {value="1"} 12, {value="0"} 1; no result: no targets. */
static void read_up(struct reading *reading) {
  const struct web_asked *asked = reading->answers->up;
  struct prometheus_answer answer;
  struct err err = asked->err;
  if (err.kind != ERR_NONE ||
      !prometheus_answer_read(asked->json, &reading->arena, &answer, &err)) {
    lacks(reading, PART_UP, "query", &err);
    return;
  }
  reading->has[PART_UP] = true;
  for (size_t i = 0; i < answer.count; i++) {
    const char *value = prometheus_label(&answer.results[i].labels, "value");
    double number;
    if (!value || !value_number(answer.results[i].value, &number) || number < 0 || number > 1e12)
      continue;
    *(strcmp(value, "1") == 0 ? &reading->up.up : &reading->up.down) += (int64_t)number;
  }
}

static void read_metrics(struct reading *reading) {
  const struct web_asked *asked = reading->answers->metrics;
  if (asked->err.kind != ERR_NONE) {
    lacks(reading, PART_METRICS, "/metrics", &asked->err);
    return;
  }
  prometheus_metrics_read(asked->body, asked->body_len, &reading->metrics);
  reading->has[PART_METRICS] = true;
}

/* A Prometheus before 2.14 has no buildinfo: its rules are then the proof. */
static bool read_proof(struct reading *reading, struct err *err) {
  const struct prometheus_answers *answers = reading->answers;
  struct prometheus_rules ignored;
  const char *version =
      answers->build->err.kind == ERR_NONE ? prometheus_version(answers->build->json, err) : NULL;
  if (answers->build->err.kind != ERR_NONE)
    *err = answers->build->err;
  if (version)
    reading->version = arena_text(&reading->arena, version, strnlen(version, 64));
  if (version || (answers->build->status == 404 && answers->rules->err.kind == ERR_NONE &&
                  prometheus_rules_read(answers->rules->json, &reading->arena, &ignored, err)))
    return true;
  if (answers->ready->status == 503)
    return err_set(err, ERR_PROTOCOL, "it is not ready: %.120s",
                   answers->ready->body && *answers->ready->body ? answers->ready->body
                                                                 : "HTTP status 503");
  return false;
}

/* ---- rows of the alerts */

/* By convention `none` is an alert that always fires, to prove that alerts arrive (Watchdog), and
 * `info` one that sends no notification. */
static enum severity severity_of(const struct prometheus_alert *alert, bool *counts) {
  static const char *const critical[] = {"critical", "page", "emergency", "fatal",
                                         "disaster", "crit", NULL};
  const char *label = prometheus_label(&alert->labels, "severity");
  *counts = !label || (strcmp(label, "none") != 0 && strcmp(label, "info") != 0);
  for (size_t i = 0; label && critical[i]; i++)
    if (strcmp(label, critical[i]) == 0)
      return SEVERITY_CRIT;
  return SEVERITY_WARN;
}

enum { RANK_CRITICAL, RANK_WARNING, RANK_SHOWN, RANK_PENDING, RANK_QUIET };

static int rank_of(const struct prometheus_alert *alert) {
  bool counts;
  const enum severity severity = severity_of(alert, &counts);
  if (!alert->firing)
    return RANK_PENDING;
  if (alert->quiet != PROMETHEUS_HEARD)
    return RANK_QUIET;
  return !counts ? RANK_SHOWN : severity == SEVERITY_CRIT ? RANK_CRITICAL : RANK_WARNING;
}

static int by_harm(const void *a, const void *b) {
  const struct prometheus_alert *left = a, *right = b;
  const int ranks = rank_of(left) - rank_of(right);
  const int names = ranks ? ranks : strcmp(left->name, right->name);
  return names ? names : strcmp(left->key, right->key);
}

static bool add_alert(struct reading *reading, struct table *table,
                      const struct prometheus_alert *alert) {
  struct sample *sample = reading->sample;
  struct arena *arena = &sample->arena;
  const int64_t since_ms = reading->answers->now_ms - alert->active_ms;
  bool counts;
  const enum severity severity = severity_of(alert, &counts);
  const bool quiet = alert->quiet != PROMETHEUS_HEARD;
  const char *subject = prometheus_labels_text(&alert->labels, arena, "alertname", "severity");
  const char *said = *alert->text ? alert->text : *subject ? subject : alert->condition;
  const char *text = alert->quiet == PROMETHEUS_INHIBITED
                         ? sample_printf(sample, "inhibited by another alert: %s", said)
                         : said;
  return alert_row_add(
      sample, table,
      &(struct alert_row){.key = alert->key,
                          .name = alert->name,
                          .subject = subject,
                          .state = !alert->firing ? "pending"
                                   : quiet        ? "silenced"
                                                  : "firing",
                          .value = alert->value,
                          .since_ms = alert->active_ms < 0 ? -1
                                      : since_ms > 0       ? since_ms
                                                           : 0,
                          .for_ms = alert->for_ms,
                          .severity = severity,
                          .text = text,
                          .runbook = alert->runbook,
                          .labels =
                              prometheus_labels_text(&alert->labels, arena, "alertname", NULL),
                          .condition = alert->condition,
                          .now = alert->firing && !quiet && counts ? severity : SEVERITY_OK,
                          .quiet = !alert->firing || !quiet               ? NULL
                                   : alert->quiet == PROMETHEUS_INHIBITED ? "inhibited"
                                                                          : "silenced",
                          .reason = said == subject || !*subject
                                        ? text
                                        : sample_printf(sample, "%s (%s)", text, subject)});
}

static bool add_failing(struct reading *reading, struct table *table,
                        const struct prometheus_failing *failing, size_t index) {
  struct sample *sample = reading->sample;
  return alert_row_add(
      sample, table,
      &(struct alert_row){
          .key = sample_printf(sample, "rule/%s/%s/%zu", failing->group, failing->name, index),
          .name = failing->name,
          .subject = sample_printf(sample, "group %s", failing->group),
          .state = "unknown",
          .since_ms = -1,
          .severity = SEVERITY_WARN,
          .text = failing->error,
          .now = SEVERITY_UNKNOWN,
          .reason = sample_printf(sample, "the rule%s cannot be evaluated: %s",
                                  failing->alerting ? "" : " that records it", failing->error)});
}

static void count(struct reading *reading, const struct prometheus_alert *alert) {
  reading->rules.pending += !alert->firing;
  reading->rules.firing += alert->firing && alert->quiet == PROMETHEUS_HEARD;
  reading->quiet.silenced += alert->firing && alert->quiet != PROMETHEUS_HEARD;
}

static void fill_alerts(struct reading *reading, struct table *table) {
  struct prometheus_rules *known = &reading->known;
  struct map seen = {0};
  bool room = true, listed = false;
  if (known->alert_count > 1)
    qsort(known->alerts, known->alert_count, sizeof *known->alerts, by_harm);
  for (size_t i = 0; i <= known->alert_count; i++) {
    const struct prometheus_alert *alert = i < known->alert_count ? &known->alerts[i] : NULL;
    if (!listed && (!alert || rank_of(alert) > RANK_WARNING)) { /* what fires is worse */
      for (size_t k = 0; room && k < known->failing_count; k++)
        room = add_failing(reading, table, &known->failing[k], k);
      listed = true;
    }
    if (!alert || !map_add(&seen, alert->key, i)) /* two rules with the same name and labels */
      continue;
    count(reading, alert);
    room = room && add_alert(reading, table, alert);
  }
  map_fini(&seen);
  reading->rules.rules = (int64_t)known->total;
  reading->rules.failing = (int64_t)known->failing_total;
  if (known->alert_count < known->alert_total)
    sample_fault(reading->sample, table->spec->id, SEVERITY_UNKNOWN, "%zu of %zu alerts are read",
                 known->alert_count, known->alert_total);
}

/* ---- the summary */

static struct value reload_cell(const struct reading *reading) {
  if (!reading->has[PART_METRICS])
    return value_none(reading->none[PART_METRICS]);
  return reading->metrics.reload_ok < 0 ? value_none("not on its page /metrics")
                                        : value_text(reading->metrics.reload_ok ? "ok" : "failed");
}

static struct value ready_cell(struct reading *reading) {
  const struct web_asked *ready = reading->answers->ready;
  if (ready->err.kind == ERR_NONE)
    return value_text("yes");
  if (ready->status != 503)
    return value_none(sample_printf(reading->sample, "/-/ready: %s", ready->err.text));
  sample_fault(reading->sample, NULL, SEVERITY_CRIT, "it is not ready (HTTP status 503)");
  return value_text("no");
}

static void fill_summary(struct reading *reading, struct counters *before) {
  struct sample *sample = reading->sample;
  struct row *row = sample_row(sample, &sample->tables[0], reading->answers->name, NULL);
  struct counters now;
  struct rates rates;
  assert(row); /* one row fits into any ceiling */
  counters_read(&now, &figures, reading, reading->answers->now_us);
  if (reading->has[PART_METRICS])
    snprintf(now.run, sizeof now.run, "%lld", (long long)reading->metrics.start_ms);
  rates_make(&rates, before, &now);
  if (reading->has[PART_METRICS])
    *before = now;
  figures_fill(sample, row->cells, &figures, reading, &rates);
  row->cells[SUMMARY_NAME] = value_text(row->key);
  row->cells[SUMMARY_RELOAD] = reload_cell(reading);
  row->cells[SUMMARY_READY] = ready_cell(reading);
  row->cells[SUMMARY_LATENCY] = reading->has[PART_RULES]
                                    ? value_real((double)reading->answers->rules->answer_us / 1e6)
                                    : value_none(reading->none[PART_RULES]);
  row->cells[SUMMARY_VERSION] = *reading->version
                                    ? value_text(sample_copy(sample, reading->version))
                                    : value_none("it does not say: before 2.14");
  if (reading->has[PART_METRICS] && reading->metrics.reload_ok == 0) {
    row->severity = SEVERITY_WARN;
    row->reason = "its last reload of the configuration failed: it runs with the one before";
  }
}

struct sample *prometheus_sample(const struct prometheus_answers *answers, struct counters *before,
                                 struct err *err) {
  struct reading reading = {.answers = answers, .version = ""};
  arena_init(&reading.arena, ARENA_MAX);
  if (!read_proof(&reading, err)) {
    arena_fini(&reading.arena);
    return NULL;
  }
  reading.sample = sample_new(prometheus_tables, PROMETHEUS_TABLES);
  read_rules(&reading);
  read_alertmanager(&reading);
  read_up(&reading);
  read_metrics(&reading);
  fill_alerts(&reading, &reading.sample->tables[1]);
  fill_summary(&reading, before);
  prometheus_queries_fill(reading.sample, &reading.sample->tables[2], answers, &reading.arena);
  if (reading.arena.exhausted)
    sample_fault(reading.sample, NULL, SEVERITY_UNKNOWN,
                 "the answers are too large: a part is cut");
  reading.sample->server =
      sample_printf(reading.sample, "Prometheus%s%s", *reading.version ? " " : "", reading.version);
  arena_fini(&reading.arena);
  return reading.sample;
}
