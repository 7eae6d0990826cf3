/* Reads the file of marks. */
#include "model/alarm/alarm_mark.h"

#include "core/json/json_node.h"
#include "core/json/json_tree.h"

#include <stdio.h>
#include <string.h>

static bool text_keep(const struct json_node *node, const char *key, char *out, size_t size) {
  const char *text;
  if (!json_read_text(node, key, &text))
    return false;
  snprintf(out, size, "%s", text);
  return strlen(text) < size || json_node_fail(node, "%s is too long", key);
}

static bool mark_read(const struct json_node *node, struct alarm_mark *mark) {
  const char *kind, *most;
  *mark = (struct alarm_mark){0};
  if (!json_expect(node, json_is_object(node->json), "an object") ||
      !json_read_text(node, "mark", &kind) || !json_read_text(node, "most", &most) ||
      !text_keep(node, "id", mark->id, sizeof mark->id) ||
      !text_keep(node, "key", mark->key, sizeof mark->key) ||
      !text_keep(node, "who", mark->who, sizeof mark->who) ||
      !text_keep(node, "reason", mark->reason, sizeof mark->reason) ||
      !text_keep(node, "platform", mark->platform, sizeof mark->platform) ||
      !text_keep(node, "environment", mark->environment, sizeof mark->environment) ||
      !json_read_bool_or(node, "pattern", false, &mark->pattern) ||
      !json_read_int_or(node, "at_ms", 0, 0, INT64_MAX, &mark->at_ms) ||
      !json_read_int_or(node, "until_ms", 0, 0, INT64_MAX, &mark->until_ms))
    return false;
  mark->most = severity_parse(most);
  mark->kind = strcmp(kind, "silenced") == 0 ? ALARM_SILENCED : ALARM_ACKNOWLEDGED;
  return mark->kind == ALARM_SILENCED || strcmp(kind, "acknowledged") == 0 ||
         json_node_fail(node, "unknown mark \"%.40s\"", kind);
}

static bool marks_read(const struct json_node *top, struct alarm_marks *marks, struct err *err) {
  struct json_node array;
  size_t count;
  int64_t version;
  if (!json_expect(top, json_is_object(top->json), "an object") ||
      !json_read_int_or(top, "version", 0, 0, INT64_MAX, &version) ||
      !json_read_array(top, "marks", &array, &count))
    return false;
  if (version != ALARM_FILE_VERSION)
    return json_node_fail(top, "version %lld; this stacktop reads version %d", (long long)version,
                          ALARM_FILE_VERSION);
  for (size_t i = 0; i < count; i++) {
    struct json_node element = json_element(&array, i);
    struct alarm_mark mark;
    if (!mark_read(&element, &mark) || !alarm_marks_add(marks, &mark, err))
      return false;
  }
  return true;
}

bool alarm_marks_read(struct alarm_marks *marks, const char *text, size_t len, struct err *err) {
  static const struct json_limits limits = {
      .bytes = ALARM_BYTES_MAX, .values = 20 * ALARM_MARKS_MAX, .depth = 8};
  json_t *json = json_tree_new(text, len, &limits, err);
  const struct json_node top = {.json = json, .err = err};
  *marks = (struct alarm_marks){0};
  const bool good = json && marks_read(&top, marks, err);
  if (!good)
    alarm_marks_fini(marks);
  json_decref(json);
  return good;
}
