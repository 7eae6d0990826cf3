#include "clients/service/service_expect.h"

#include "core/json/json_tree.h"
#include "core/text/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { JSON_BYTES = 1 << 20, JSON_VALUES = 20000, JSON_DEPTH = 32, LINE_IN_REASON = 120 };

bool service_field_check(const char *name, struct err *err) {
  return (*name && *name != '.' && name[strlen(name) - 1] != '.' && !strstr(name, "..")) ||
         err_set(err, ERR_INVALID, "\"%.80s\" is not a field; write it like status or checks.db",
                 name);
}

/* ---- JSON */

static const json_t *child_of(const json_t *json, const char *name) {
  if (!json_is_array(json))
    return json_object_get(json, name);
  char *end;
  const unsigned long index = strtoul(name, &end, 10);
  return *name >= '0' && *name <= '9' && !*end ? json_array_get(json, index) : NULL;
}

static const json_t *field_of(const json_t *json, const char *path) {
  const json_t *whole = child_of(json, path);
  const char *dot = strchr(path, '.');
  if (whole || !dot)
    return whole;
  char first[128];
  if (snprintf(first, sizeof first, "%.*s", (int)(dot - path), path) >= (int)sizeof first)
    return NULL;
  const json_t *next = child_of(json, first);
  return next ? field_of(next, dot + 1) : NULL;
}

static bool is_number(const char *text, double *number) {
  char *end;
  *number = strtod(text, &end);
  return end != text && !*end;
}

static bool value_is(const json_t *json, const char *wanted) {
  double number;
  switch (json_typeof(json)) {
  case JSON_STRING:
    return strcmp(json_string_value(json), wanted) == 0;
  case JSON_INTEGER:
  case JSON_REAL:
    return is_number(wanted, &number) && number == json_number_value(json);
  case JSON_TRUE:
    return strcmp(wanted, "true") == 0;
  case JSON_FALSE:
    return strcmp(wanted, "false") == 0;
  case JSON_NULL:
    return strcmp(wanted, "null") == 0;
  default:
    return false;
  }
}

static void value_write(const json_t *json, char *out, size_t size) {
  if (json_is_object(json) || json_is_array(json)) {
    snprintf(out, size, "%s", json_is_object(json) ? "an object" : "an array");
    return;
  }
  char *text = json_dumps(json, JSON_ENCODE_ANY);
  text_sanitize(out, size, text ? text : "", text ? strlen(text) : 0, false);
  free(text);
}

static bool tree_holds(const json_t *tree, const struct service_wanted *wanted,
                       char lacks[SERVICE_LACKS_MAX]) {
  for (size_t i = 0; i < wanted->count; i++) {
    char value[48] = "missing";
    const json_t *field = field_of(tree, wanted->names[i]);
    if (field && value_is(field, wanted->items[i]))
      continue;
    if (field)
      value_write(field, value, sizeof value);
    snprintf(lacks, SERVICE_LACKS_MAX, "%.60s is %s (expected %.40s)", wanted->names[i], value,
             wanted->items[i]);
    return false;
  }
  return true;
}

bool service_json_holds(const char *body, size_t len, bool cut, const struct service_wanted *wanted,
                        char lacks[SERVICE_LACKS_MAX]) {
  static const struct json_limits limits = {JSON_BYTES, JSON_VALUES, JSON_DEPTH};
  struct err err;
  if (wanted->count == 0)
    return true;
  if (cut) {
    snprintf(lacks, SERVICE_LACKS_MAX, "its body is too long to be read as JSON: over %zu kB",
             len / 1024);
    return false;
  }
  json_t *tree = json_tree_new(body, len, &limits, &err);
  if (!tree) {
    int used = snprintf(lacks, SERVICE_LACKS_MAX, "its body is not JSON: ");
    text_sanitize(lacks + used, SERVICE_LACKS_MAX - (size_t)used, err.text, strlen(err.text),
                  false);
    return false;
  }
  const bool holds = tree_holds(tree, wanted, lacks);
  json_decref(tree);
  return holds;
}

/* ---- headers */

/* The value in a line of headers if it has that name; NULL if not. */
static const char *value_in(const char *line, const char *name) {
  const size_t len = strlen(name);
  if (strncasecmp(line, name, len) != 0 || line[len] != ':')
    return NULL;
  return line + len + 1 + strspn(line + len + 1, " \t");
}

static bool contains(const char *value, size_t len, const char *text) {
  const size_t wanted = strlen(text);
  for (size_t i = 0; i + wanted <= len; i++)
    if (strncasecmp(value + i, text, wanted) == 0)
      return true;
  return false;
}

/* HSTS of no time: the browser forgets it. */
static bool is_switched_off(const char *name, const char *value, size_t len, const char *text) {
  static const char zero[] = "max-age=0";
  if (strcasecmp(name, "strict-transport-security") != 0 || contains(text, strlen(text), zero))
    return false;
  for (size_t i = 0; i + sizeof zero - 1 <= len; i++)
    if (contains(value + i, sizeof zero - 1, zero) &&
        (i + sizeof zero - 1 == len || !isdigit((unsigned char)value[i + sizeof zero - 1])))
      return true;
  return false;
}

static bool header_holds(const char *headers, const char *name, const char *text,
                         char lacks[SERVICE_LACKS_MAX]) {
  snprintf(lacks, SERVICE_LACKS_MAX, "the header %.60s is missing", name);
  for (const char *line = headers; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    const char *value = value_in(line, name);
    if (!value)
      continue;
    const size_t len = strcspn(value, "\r\n");
    if (contains(value, len, text) && !is_switched_off(name, value, len, text))
      return true;
    char shown[64];
    text_sanitize(shown, sizeof shown, value, len, false);
    snprintf(lacks, SERVICE_LACKS_MAX, "the header %.48s is \"%s\" (expected: %.32s)", name, shown,
             text);
  }
  return false;
}

bool service_headers_hold(const char *headers, const struct service_wanted *wanted,
                          char lacks[SERVICE_LACKS_MAX]) {
  for (size_t i = 0; i < wanted->count; i++)
    if (!header_holds(headers, wanted->names[i], wanted->items[i], lacks))
      return false;
  return true;
}

/* ---- the body of a failure */

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void service_excerpt(const char *body, size_t len, char out[SERVICE_EXCERPT_MAX], bool *one_line) {
  while (len > 0 && is_space(*body))
    body++, len--;
  while (len > 0 && is_space(body[len - 1]))
    len--;
  *one_line = len > 0 && len <= LINE_IN_REASON && *body != '<' && !memchr(body, '\n', len);
  if (len > SERVICE_EXCERPT_MAX)
    len = SERVICE_EXCERPT_MAX;
  text_sanitize(out, SERVICE_EXCERPT_MAX, body, len, false);
}
