#include "core/json/json_node.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_DEPTH = 16, KEY_SHOWN = 40 };

/* "targets[2].tables[0]": from the top down. */
static void place(const struct json_node *node, char *text, size_t size) {
  const struct json_node *way[PLACE_DEPTH];
  size_t depth = 0;
  for (; node->above && depth < PLACE_DEPTH; node = node->above)
    way[depth++] = node;
  size_t at = 0;
  text[0] = '\0';
  while (depth-- > 0 && at < size) {
    const struct json_node *step = way[depth];
    int length = step->key
                     ? snprintf(text + at, size - at, "%s%.*s", at ? "." : "", KEY_SHOWN, step->key)
                     : snprintf(text + at, size - at, "[%zu]", step->index);
    at += length > 0 ? (size_t)length : 0;
  }
}

bool json_node_fail(const struct json_node *node, const char *format, ...) {
  char where[160], what[128];
  place(node, where, sizeof where);
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  return err_set(node->err, ERR_INVALID, "%s%s%s", where, *where ? ": " : "", what);
}

struct json_node json_member(const struct json_node *node, const char *key) {
  json_t *json = json_object_get(node->json, key);
  return (struct json_node){
      .json = json_is_null(json) ? NULL : json, .above = node, .key = key, .err = node->err};
}

struct json_node json_element(const struct json_node *node, size_t index) {
  return (struct json_node){
      .json = json_array_get(node->json, index), .above = node, .index = index, .err = node->err};
}

bool json_expect(const struct json_node *node, bool right, const char *what) {
  return right || json_node_fail(node, "expected %s", what);
}

bool json_read_text(const struct json_node *node, const char *key, const char **text) {
  struct json_node member = json_member(node, key);
  *text = json_string_value(member.json);
  return json_expect(&member, *text, "a text");
}

bool json_read_text_or(const struct json_node *node, const char *key, const char *fallback,
                       const char **text) {
  if (json_member(node, key).json)
    return json_read_text(node, key, text);
  *text = fallback;
  return true;
}

bool json_read_int_or(const struct json_node *node, const char *key, int64_t fallback, int64_t min,
                      int64_t max, int64_t *integer) {
  struct json_node member = json_member(node, key);
  *integer = fallback;
  if (!member.json)
    return true;
  if (!json_expect(&member, json_is_integer(member.json), "an integer"))
    return false;
  *integer = json_integer_value(member.json);
  return (*integer >= min && *integer <= max) ||
         json_node_fail(&member, "expected an integer from %" PRId64 " to %" PRId64, min, max);
}

bool json_read_bool_or(const struct json_node *node, const char *key, bool fallback, bool *yes) {
  struct json_node member = json_member(node, key);
  *yes = member.json ? json_is_true(member.json) : fallback;
  return json_expect(&member, !member.json || json_is_boolean(member.json), "true or false");
}

bool json_read_real(const struct json_node *node, const char *key, bool *there, double *real) {
  struct json_node member = json_member(node, key);
  *there = member.json;
  *real = json_number_value(member.json);
  return json_expect(&member, !member.json || json_is_number(member.json), "a number");
}

bool json_read_array(const struct json_node *node, const char *key, struct json_node *array,
                     size_t *count) {
  *array = json_member(node, key);
  *count = json_array_size(array->json);
  return json_expect(array, !array->json || json_is_array(array->json), "an array");
}
