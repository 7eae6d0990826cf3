#include "core/json/json_writer.h"
#include "report/alarms.h"

static void put_items(struct json_writer *json, const char *key, const struct alarm_items *items,
                      const char *count_key) {
  json_open(json, key, '[');
  for (size_t i = 0; i < items->count; i++) {
    const struct event_record *record = &items->items[i].record;
    json_line(json);
    json_open(json, NULL, '{');
    json_int(json, count_key, items->items[i].count);
    json_int(json, "at_ms", record->at_ms);
    json_text(json, "state", event_state_name(record->state));
    json_text(json, "severity", severity_name(record->severity));
    json_text_if(json, "kind", record->target_kind);
    json_text_if(json, "target", record->target);
    json_text_if(json, "table", record->table);
    json_text_if(json, "row", record->row);
    json_text_if(json, "column", record->column);
    json_text(json, "subject", record->subject);
    json_text(json, "text", record->text);
    json_close(json, '}');
  }
  json_close(json, ']');
}

void report_alarms_json(FILE *out, const struct alarm_report *report) {
  struct json_writer json = {.out = out, .lines = true};
  json_open(&json, NULL, '{');
  json_text(&json, "verdict", alarm_verdict_name(alarm_report_verdict(report)));
  json_int(&json, "asked_ms", report->asked_ms);
  json_int(&json, "from_ms", report->from_ms);
  json_int(&json, "until_ms", report->until_ms);
  json_int(&json, "observed_ms", report->observed_ms);
  json_int(&json, "alarms", report->alarms);
  json_real(&json, "average", alarm_report_average(report));
  json_int(&json, "average_limit", ALARM_AVERAGE_MOST);
  json_int(&json, "peak", report->peak);
  json_int(&json, "peak_limit", ALARM_PEAK_MOST);
  if (report->peak > 0)
    json_int(&json, "peak_ms", report->peak_ms);
  json_int(&json, "periods", report->windows);
  json_int(&json, "periods_above", report->windows_above);
  json_int(&json, "flood_periods", report->flood_windows);
  json_open(&json, "by_severity", '{');
  for (int i = SEVERITY_CRIT; i > SEVERITY_OK; i--)
    json_int(&json, severity_name((enum severity)i), report->by_severity[i]);
  json_close(&json, '}');
  json_int(&json, "silenced", report->by_severity[SEVERITY_OK]);
  json_int(&json, "acknowledgements", report->acknowledgements);
  json_int(&json, "silences", report->silences);
  json_int(&json, "acknowledged", report->acknowledged);
  if (report->acknowledged > 0)
    json_int(&json, "acknowledged_median_ms", report->acknowledged_ms);
  put_items(&json, "frequent", &report->often, "alarms");
  put_items(&json, "flapping", &report->flapping, "times");
  json_int(&json, "standing_count", report->standing.total);
  put_items(&json, "standing", &report->standing, "lasted_ms");
  put_items(&json, "causes", &report->causes, "folded");
  put_items(&json, "floods", &report->floods, "findings");
  json_close(&json, '}');
  putc('\n', out);
}
