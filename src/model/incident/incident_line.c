#include "model/incident/incident_line.h"

#include "core/json/json_writer.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <string.h>

static void text_put(struct json_writer *json, const char *key, const char *text) {
  if (text)
    json_text_cut(json, key, text, INCIDENT_TEXT_MAX);
}

const char *incident_at(char out[INCIDENT_AT_MAX], int64_t at_ms) {
  char time[FORMAT_MAX];
  format_time(time, sizeof time, at_ms, true, true);
  char *blank = strchr(time, ' ');
  if (blank)
    *blank = 'T';
  snprintf(out, INCIDENT_AT_MAX, "%sZ", time);
  return out;
}

char *incident_line(const struct incident_entry *entry) {
  char *text = NULL, at[INCIDENT_AT_MAX];
  size_t len = 0;
  struct json_writer json = {.out = open_memstream(&text, &len)};
  if (!json.out)
    mem_failed();
  json_open(&json, NULL, '{');
  json_int(&json, "version", INCIDENT_LINE_VERSION);
  json_text(&json, "kind", incident_kind_names[entry->kind]);
  json_text(&json, "at", incident_at(at, entry->at_ms));
  json_int(&json, "at_ms", entry->at_ms);
  text_put(&json, "who", entry->who);
  text_put(&json, "host", entry->host);
  if (entry->pid) {
    json_int(&json, "pid", entry->pid);
    json_int(&json, "pid_start", entry->pid_start);
  }
  text_put(&json, "key", entry->key);
  if (entry->level)
    json_int(&json, "level", entry->level);
  if (entry->kind == INCIDENT_FINDING || entry->kind == INCIDENT_EVENT)
    json_text(&json, "severity", severity_name(entry->severity));
  if (entry->step_ms)
    json_int(&json, "step_ms", entry->step_ms);
  text_put(&json, "subject", entry->subject);
  text_put(&json, "word", entry->word);
  text_put(&json, "text", entry->text);
  text_put(&json, "audit", entry->audit);
  text_put(&json, "action", entry->action);
  text_put(&json, "target", entry->target);
  text_put(&json, "proof", entry->proof);
  json_close(&json, '}');
  if (fclose(json.out) != 0)
    mem_failed();
  return text;
}
