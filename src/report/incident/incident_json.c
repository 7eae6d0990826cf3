#include "core/json/json_writer.h"
#include "model/incident/incident_line.h"
#include "report/incident/incident_report.h"

#include <stdlib.h>

static void put_entry(struct json_writer *json, const struct incident_entry *entry) {
  char at[INCIDENT_AT_MAX], text[INCIDENT_SENTENCE_MAX];
  json_line(json);
  json_open(json, NULL, '{');
  json_int(json, "at_ms", entry->at_ms);
  json_text(json, "at", incident_at(at, entry->at_ms));
  json_text(json, "kind", incident_kind_names[entry->kind]);
  json_text_if(json, "who", entry->who);
  if (entry->kind == INCIDENT_FINDING || entry->kind == INCIDENT_EVENT)
    json_text(json, "severity", severity_name(entry->severity));
  if (entry->level)
    json_int(json, "level", entry->level);
  json_text_if(json, "subject", entry->subject);
  json_text_if(json, "word", entry->word);
  json_text_if(json, "text", entry->text);
  json_text_if(json, "audit", entry->audit);
  json_text_if(json, "action", entry->action);
  json_text_if(json, "target", entry->target);
  json_text_if(json, "proof", entry->proof);
  json_text(json, "sentence", incident_entry_text(text, entry));
  json_close(json, '}');
}

static void int_if(struct json_writer *json, const char *key, int64_t value) {
  if (value > 0)
    json_int(json, key, value);
}

static void put_facts(struct json_writer *json, const struct incident *incident) {
  struct incident_facts facts;
  incident_facts_init(&facts, incident);
  json_open(json, "facts", '{');
  json_int(json, "detected_ms", facts.detected_ms);
  if (facts.first) {
    const struct incident_entry *first = &incident->entries[facts.first->first];
    json_text_if(json, "detected_by", first->subject);
    json_text_if(json, "detected_text", first->text);
  }
  json_int(json, "respond_by_ms", incident_respond_by(incident));
  int_if(json, "responded_ms", incident->responded_ms);
  int_if(json, "identified_ms", facts.identified_ms);
  int_if(json, "mitigated_ms", facts.mitigated_ms);
  int_if(json, "recovered_ms", facts.recovered_ms);
  int_if(json, "resolved_ms", facts.resolved_ms);
  json_int(json, "open_findings", (int64_t)facts.open);
  json_text_if(json, "summary", facts.summary);
  json_close(json, '}');
  incident_facts_fini(&facts);
}

bool report_incident_json(FILE *out, const struct incident *incident,
                          const struct incident_report_options *options) {
  struct json_writer json = {.out = out, .lines = true};
  size_t *order = incident_order(incident);
  json_open(&json, NULL, '{');
  json_int(&json, "version", 1);
  json_text(&json, "id", incident->id);
  json_text(&json, "title", incident->title);
  json_int(&json, "level", incident->level);
  json_text(&json, "status",
            incident->closed_ms ? "closed" : incident_status_names[incident->status]);
  json_int(&json, "opened_ms", incident->opened_ms);
  int_if(&json, "closed_ms", incident->closed_ms);
  json_int(&json, "now_ms", options->now_ms);
  json_int(&json, "unread_lines", (int64_t)incident->unread);
  json_open(&json, "roles", '[');
  for (size_t i = 0; i < incident->role_count; i++) {
    json_open(&json, NULL, '{');
    json_text(&json, "role", incident->roles[i].name);
    json_text(&json, "who", incident->roles[i].who);
    json_close(&json, '}');
  }
  json_close(&json, ']');
  put_facts(&json, incident);
  json_open(&json, "timeline", '[');
  for (size_t i = 0; i < incident->count; i++)
    put_entry(&json, &incident->entries[order[i]]);
  json_close(&json, ']');
  json_close(&json, '}');
  fputc('\n', out);
  free(order);
  return !ferror(out);
}
