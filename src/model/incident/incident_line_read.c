#include "core/json/json_node.h"
#include "core/json/json_tree.h"
#include "model/incident/incident_line.h"

static bool entry_read(const struct json_node *top, struct incident_entry *entry) {
  const char *kind, *severity;
  int64_t version, level;
  *entry = (struct incident_entry){0};
  if (!json_read_int_or(top, "version", 0, 0, INT64_MAX, &version) ||
      !json_read_text(top, "kind", &kind) ||
      !json_read_int_or(top, "at_ms", 0, 0, INT64_MAX, &entry->at_ms) ||
      !json_read_text_or(top, "who", NULL, &entry->who) ||
      !json_read_text_or(top, "host", NULL, &entry->host) ||
      !json_read_int_or(top, "pid", 0, 0, INT64_MAX, &entry->pid) ||
      !json_read_int_or(top, "pid_start", 0, 0, INT64_MAX, &entry->pid_start) ||
      !json_read_text_or(top, "key", NULL, &entry->key) ||
      !json_read_int_or(top, "level", 0, 0, INCIDENT_LEVELS, &level) ||
      !json_read_text_or(top, "severity", "ok", &severity) ||
      !json_read_int_or(top, "step_ms", 0, INT64_MIN, INT64_MAX, &entry->step_ms))
    return false;
  const int found = incident_name_find(incident_kind_names, kind);
  if (version != INCIDENT_LINE_VERSION || found < 0)
    return json_node_fail(top, "version %d of \"%.20s\" is not known", (int)version, kind);
  entry->kind = (enum incident_kind)found;
  entry->level = (int)level;
  entry->severity = severity_parse(severity);
  return json_read_text_or(top, "subject", NULL, &entry->subject) &&
         json_read_text_or(top, "word", NULL, &entry->word) &&
         json_read_text_or(top, "text", NULL, &entry->text) &&
         json_read_text_or(top, "audit", NULL, &entry->audit) &&
         json_read_text_or(top, "action", NULL, &entry->action) &&
         json_read_text_or(top, "target", NULL, &entry->target) &&
         json_read_text_or(top, "proof", NULL, &entry->proof);
}

bool incident_line_take(struct incident *incident, const char *line, size_t len, struct err *err) {
  const struct json_limits limits = {
      .bytes = INCIDENT_LINE_MAX, .values = 64, .depth = 2, .without_nul = true};
  struct incident_entry entry;
  json_t *tree = json_tree_new(line, len, &limits, err);
  const struct json_node top = {.json = tree, .err = err};
  const bool good = tree && entry_read(&top, &entry);
  if (good)
    incident_take(incident, &entry);
  json_decref(tree);
  return good;
}
