#include "core/json/json_writer.h"
#include "report/events.h"

void report_event_json(FILE *out, const struct event_record *record) {
  struct json_writer json = {.out = out};
  json_open(&json, NULL, '{');
  json_int(&json, "id", record->id);
  json_int(&json, "at_ms", record->at_ms);
  if (record->state == EVENT_STATE_ENDED || record->state == EVENT_STATE_UNSEEN) {
    json_int(&json, "end_ms", record->end_ms);
    json_int(&json, "lasted_ms", record->lasted_ms);
  }
  if (record->seen_ms)
    json_int(&json, "seen_ms", record->seen_ms);
  json_text(&json, "event", event_kind_name(record->kind));
  json_text(&json, "state", event_state_name(record->state));
  json_text(&json, "severity", severity_name(record->severity));
  json_text_if(&json, "kind", record->target_kind);
  json_text_if(&json, "target", record->target);
  json_text_if(&json, "table", record->table);
  json_text_if(&json, "row", record->row);
  json_text_if(&json, "column", record->column);
  json_text(&json, "subject", record->subject);
  json_text(&json, "text", record->text);
  json_text_if(&json, "operator", record->who);
  json_text_if(&json, "result", record->result);
  json_close(&json, '}');
  putc('\n', out);
}
