#include "model/alarm/alarm_mark.h"

#include "core/json/json_writer.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *alarm_kind_name(enum alarm_kind kind) {
  return kind == ALARM_ACKNOWLEDGED ? "acknowledged" : "silenced";
}

void alarm_marks_fini(struct alarm_marks *marks) {
  free(marks->items);
  *marks = (struct alarm_marks){0};
}

void alarm_marks_remove(struct alarm_marks *marks, size_t index) {
  memmove(&marks->items[index], &marks->items[index + 1],
          (marks->count - index - 1) * sizeof *marks->items);
  marks->count--;
}

static bool is_same(const struct alarm_mark *a, const struct alarm_mark *b) {
  return a->kind == b->kind && strcmp(a->key, b->key) == 0 &&
         strcmp(a->platform, b->platform) == 0 && strcmp(a->environment, b->environment) == 0;
}

bool alarm_marks_add(struct alarm_marks *marks, const struct alarm_mark *mark, struct err *err) {
  for (size_t i = 0; i < marks->count; i++)
    if (is_same(&marks->items[i], mark)) {
      marks->items[i] = *mark;
      return true;
    }
  if (marks->count == ALARM_MARKS_MAX)
    return err_set(err, ERR_LIMIT,
                   "%d acknowledgements and silences stand: remove some, or use a pattern such as "
                   "'fleet/web/*'",
                   ALARM_MARKS_MAX);
  marks->items = mem_resize(marks->items, (marks->count + 1) * sizeof *marks->items);
  marks->items[marks->count++] = *mark;
  return true;
}

bool alarm_marks_expire(struct alarm_marks *marks, int64_t wall_ms) {
  const size_t before = marks->count;
  for (size_t i = marks->count; i-- > 0;)
    if (marks->items[i].until_ms <= wall_ms)
      alarm_marks_remove(marks, i);
  return marks->count != before;
}

/* ---- the file */

char *alarm_marks_make(const struct alarm_marks *marks) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out)
    mem_failed();
  struct json_writer json = {.out = out, .lines = true};
  json_open(&json, NULL, '{');
  json_int(&json, "version", ALARM_FILE_VERSION);
  json_open(&json, "marks", '[');
  for (size_t i = 0; i < marks->count; i++) {
    const struct alarm_mark *mark = &marks->items[i];
    json_line(&json);
    json_open(&json, NULL, '{');
    json_text(&json, "mark", alarm_kind_name(mark->kind));
    json_text(&json, "id", mark->id);
    json_text(&json, "key", mark->key);
    json_bool(&json, "pattern", mark->pattern);
    json_text(&json, "most", severity_name(mark->most));
    json_text(&json, "who", mark->who);
    json_text(&json, "reason", mark->reason);
    json_text(&json, "platform", mark->platform);
    json_text(&json, "environment", mark->environment);
    json_int(&json, "at_ms", mark->at_ms);
    json_int(&json, "until_ms", mark->until_ms);
    json_close(&json, '}');
  }
  json_close(&json, ']');
  json_close(&json, '}');
  fputc('\n', out);
  fclose(out);
  return text;
}

/* ---- keys */

const char *alarm_key_of(char out[ALARM_KEY_MAX], const char *kind, const char *target,
                         const char *table, const char *row, const char *column) {
  snprintf(out, ALARM_KEY_MAX, "%s/%s/%s/%s/%s", kind ? kind : "", target ? target : "",
           table ? table : "", row ? row : "", column ? column : "");
  for (size_t end = strlen(out); end > 0 && out[end - 1] == '/';)
    out[--end] = '\0';
  return out;
}

const char *alarm_key(char out[ALARM_KEY_MAX], const struct target *target,
                      const struct finding *finding) {
  return alarm_key_of(out, target->kind->kind, target->name, finding->table, finding->row,
                      finding->column);
}

/* The last * takes as little as it can, and more where the rest does not match. */
bool alarm_pattern_matches(const char *pattern, const char *text) {
  const char *star = NULL, *from = NULL;
  while (*text) {
    if (*pattern == '*') {
      star = pattern++;
      from = text;
    } else if (*pattern == *text) {
      pattern++;
      text++;
    } else if (star) {
      pattern = star + 1;
      text = ++from;
    } else {
      return false;
    }
  }
  return pattern[strspn(pattern, "*")] == '\0';
}

bool alarm_mark_is_of(const struct alarm_mark *mark, const char *key) {
  return mark->pattern ? alarm_pattern_matches(mark->key, key) : strcmp(mark->key, key) == 0;
}

static bool is_kept_text(const char *kept, size_t size, const char *text) {
  return strncmp(kept, text ? text : "", size - 1) == 0;
}

bool alarm_mark_is_for(const struct alarm_mark *mark, const char *platform,
                       const char *environment) {
  return is_kept_text(mark->platform, sizeof mark->platform, platform) &&
         is_kept_text(mark->environment, sizeof mark->environment, environment);
}
