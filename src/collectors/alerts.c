#include "collectors/alerts.h"

enum alert_column {
#define COLUMN(name, ...) name,
#include "collectors/alerts.def"
#undef COLUMN
  ALERT_COLUMN_COUNT
};

static const struct column_spec columns[ALERT_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "collectors/alerts.def"
#undef COLUMN
};

const struct table_spec alerts_table = {
    .id = "alerts", .title = "Alerts", .columns = columns, .column_count = ALERT_COLUMN_COUNT};

static struct value text_cell(struct sample *sample, const char *text) {
  return text && *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

static struct value seconds_cell(int64_t ms) {
  return ms < 0 ? value_none(NULL) : value_real((double)ms / 1000);
}

bool alert_row_add(struct sample *sample, struct table *table, const struct alert_row *alert) {
  struct row *row = sample_row(sample, table, alert->key, NULL);
  if (!row)
    return false;
  row->cells[ALERT_NAME] = text_cell(sample, alert->name);
  row->cells[ALERT_SUBJECT] = text_cell(sample, alert->subject);
  row->cells[ALERT_STATE] = text_cell(sample, alert->state);
  row->cells[ALERT_VALUE] = text_cell(sample, alert->value);
  row->cells[ALERT_LIMIT] = text_cell(sample, alert->limit);
  row->cells[ALERT_SINCE] = seconds_cell(alert->since_ms);
  row->cells[ALERT_AFTER] = seconds_cell(alert->for_ms > 0 ? alert->for_ms : -1);
  row->cells[ALERT_SEVERITY] =
      value_text(alert->severity == SEVERITY_CRIT ? "critical" : "warning");
  row->cells[ALERT_TEXT] = text_cell(sample, alert->text);
  row->cells[ALERT_RUNBOOK] = text_cell(sample, alert->runbook);
  row->cells[ALERT_LABELS] = text_cell(sample, alert->labels);
  row->cells[ALERT_CONDITION] = text_cell(sample, alert->condition);
  row->severity = alert->now;
  row->quiet = alert->quiet;
  if (alert->now != SEVERITY_OK) {
    row->reason = sample_copy(sample, alert->reason);
    row->lasted_ms = alert->since_ms > 0 ? alert->since_ms : 0;
  }
  return true;
}
