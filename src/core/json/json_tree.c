#include "core/json/json_tree.h"

#include "core/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Counts the values in the text, without checking its syntax. */
static bool within_limits(const char *text, size_t len, const struct json_limits *limits,
                          struct err *err) {
  size_t values = 1, depth = 0;
  bool inside = false;
  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    if (inside) {
      i += c == '\\';
      inside = c != '"';
    } else if (c == '"') {
      inside = true;
    } else if (c == ',' || c == '[' || c == '{') {
      values++;
      depth += c != ',';
    } else if ((c == ']' || c == '}') && depth > 0) {
      depth--;
    }
    if (values > limits->values)
      return err_set(err, ERR_LIMIT, "more than %zu values", limits->values);
    if (depth > limits->depth)
      return err_set(err, ERR_LIMIT, "more than %zu levels deep", limits->depth);
  }
  return true;
}

static char *replace_nul(const char *text, size_t len) {
  static const char nul[] = "u0000", stand_in[] = "ufffd";
  char *copy = mem_new(len + 1);
  memcpy(copy, text, len);
  for (size_t i = 0; i + 1 < len; i++) {
    if (copy[i] != '\\')
      continue;
    i++; /* what is escaped is no escape itself */
    if (len - i >= strlen(nul) && memcmp(copy + i, nul, strlen(nul)) == 0)
      memcpy(copy + i, stand_in, strlen(stand_in));
  }
  return copy;
}

json_t *json_tree_new(const char *text, size_t len, const struct json_limits *limits,
                      struct err *err) {
  if (len > limits->bytes) {
    err_set(err, ERR_LIMIT, "%zu bytes; at most %zu are allowed", len, limits->bytes);
    return NULL;
  }
  if (!within_limits(text, len, limits, err))
    return NULL;
  json_error_t error;
  const size_t flags = JSON_REJECT_DUPLICATES | (limits->as_reals ? JSON_DECODE_INT_AS_REAL : 0);
  char *clean = limits->without_nul ? replace_nul(text, len) : NULL;
  json_t *tree = json_loadb(clean ? clean : text, len, flags, &error);
  free(clean);
  if (!tree)
    err_set(err, ERR_INVALID, "line %d, column %d: %s", error.line, error.column, error.text);
  return tree;
}
