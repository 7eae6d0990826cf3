/* It is parsed only to know that it is JSON. What is shown is the text itself, so that no number
 * changes. */
#include "collectors/kafka/kafka_json.h"

#include "core/json/json_tree.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 100, LINE_MAX_BYTES = 32 << 10 };

struct lines {
  bool (*take)(void *arg, const char *line, size_t length);
  void *arg;
  char *line; /* heap */
  size_t used, depth;
  bool stopped;
};

static void put(struct lines *lines, char byte) {
  if (lines->used < LINE_MAX_BYTES)
    lines->line[lines->used++] = byte;
}

static void line_end(struct lines *lines) {
  if (!lines->stopped && lines->used > 0)
    lines->stopped = !lines->take(lines->arg, lines->line, lines->used);
  lines->used = 0;
}

static void line_begin(struct lines *lines) {
  line_end(lines);
  for (size_t i = 0; i < 2 * lines->depth; i++)
    put(lines, ' ');
}

static const char *put_string(struct lines *lines, const char *at) {
  put(lines, *at++);
  while (*at && *at != '"') {
    if (*at == '\\' && at[1])
      put(lines, *at++);
    put(lines, *at++);
  }
  put(lines, '"');
  return *at ? at + 1 : at;
}

/* An empty object or array stays on its line. */
static const char *put_open(struct lines *lines, const char *at) {
  const char *next = at + 1 + strspn(at + 1, " \t\r\n");
  put(lines, *at);
  if (*next == '}' || *next == ']') {
    put(lines, *next);
    return next + 1;
  }
  lines->depth++;
  line_begin(lines);
  return next;
}

static const char *put_token(struct lines *lines, const char *at) {
  switch (*at) {
  case '"':
    return put_string(lines, at);
  case '{':
  case '[':
    return put_open(lines, at);
  case '}':
  case ']':
    lines->depth--;
    line_begin(lines);
    put(lines, *at);
    return at + 1;
  case ',':
    put(lines, ',');
    line_begin(lines);
    return at + 1;
  case ':':
    put(lines, ':');
    put(lines, ' ');
    return at + 1;
  case ' ':
  case '\t':
  case '\r':
  case '\n':
    return at + 1;
  default:
    put(lines, *at);
    return at + 1;
  }
}

static bool is_json(const char *text) {
  const struct json_limits limits = {
      .bytes = 1 << 20, .values = 10000, .depth = DEPTH_MAX, .as_reals = true};
  struct err err;
  json_t *json = json_tree_new(text, strlen(text), &limits, &err);
  json_decref(json);
  return json != NULL;
}

bool kafka_json_lines(const char *text, bool (*take)(void *arg, const char *line, size_t length),
                      void *arg) {
  const char *at = text + strspn(text, " \t\r\n");
  if ((*at != '{' && *at != '[') || !is_json(at))
    return false;
  struct lines lines = {.take = take, .arg = arg, .line = mem_new(LINE_MAX_BYTES)};
  while (*at && !lines.stopped)
    at = put_token(&lines, at);
  line_end(&lines);
  free(lines.line);
  return true;
}
