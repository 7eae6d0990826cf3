#include "config/config_expand.h"

#include "core/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { VARIABLE_NAME_MAX = 128 };

struct output {
  char *bytes;
  size_t used;
  const struct config_lookup *lookup;
  unsigned by;
};

static bool output_add(struct output *output, const char *text, size_t len, struct err *err) {
  if (len > CONFIG_TEXT_MAX - output->used)
    return err_set(err, ERR_LIMIT, "the value is longer than %d kB", CONFIG_TEXT_MAX >> 10);
  output->bytes = mem_resize(output->bytes, output->used + len + 1);
  memcpy(output->bytes + output->used, text, len);
  output->used += len;
  output->bytes[output->used] = '\0';
  return true;
}

static size_t name_length(const char *text) {
  size_t length = 0;
  if (!isdigit((unsigned char)*text))
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
      length++;
  return length;
}

/* "file:PATH" and "secret:NAME"; "file:-text" is a variable with a default. */
static bool is_reference(const char *text) {
  return (strncmp(text, "file:", 5) == 0 && text[5] != '-') ||
         (strncmp(text, "secret:", 7) == 0 && text[7] != '-');
}

static bool reference_add(struct output *output, const char *start, const char *end,
                          struct err *err) {
  if (!output->lookup)
    return err_set(err, ERR_INVALID, "\"${%.60s\": only variables are known here", start);
  char *reference = mem_printf("%.*s", (int)(end - start), start);
  char *value = output->lookup->find(output->lookup->arg, reference, &output->by, err);
  const bool good = value && output_add(output, value, strlen(value), err);
  if (value)
    explicit_bzero(value, strlen(value));
  free(value);
  free(reference);
  return good;
}

/* *at is after "${" and is moved after the "}". */
static bool variable_add(struct output *output, const char **at, struct err *err) {
  const char *start = *at, *end = strchr(start, '}');
  if (!end)
    return err_set(err, ERR_INVALID,
                   "\"${\" without a closing \"}\"; for a literal \"${\" write \"$${\"");
  if (is_reference(start)) {
    *at = end + 1;
    return reference_add(output, start, end, err);
  }
  size_t length = name_length(start);
  const char *rest = start + length;
  bool has_default = rest != end;
  if (length == 0 || length > VARIABLE_NAME_MAX || (has_default && strncmp(rest, ":-", 2) != 0))
    return err_set(
        err, ERR_INVALID,
        "\"${%.60s\" is not a variable reference; write ${VAR}, ${VAR:-text}, ${file:PATH} or "
        "${secret:NAME}",
        start);
  char name[VARIABLE_NAME_MAX + 1];
  memcpy(name, start, length);
  name[length] = '\0';
  *at = end + 1;
  const char *value = getenv(name);
  if (value && (*value || !has_default)) {
    output->by |= ORIGIN_VARIABLE;
    return output_add(output, value, strlen(value), err);
  }
  if (has_default)
    return output_add(output, rest + 2, (size_t)(end - rest - 2), err);
  return err_set(err, ERR_INVALID,
                 "the environment variable %s is not set; set it, or write ${%s:-default}", name,
                 name);
}

static bool expand_into(struct output *output, const char *text, struct err *err) {
  for (;;) {
    const char *dollar = strstr(text, "${");
    if (!dollar)
      return output_add(output, text, strlen(text), err);
    bool escaped = dollar > text && dollar[-1] == '$';
    if (!output_add(output, text, (size_t)(dollar - text) - escaped, err))
      return false;
    text = dollar + 2;
    bool good = escaped ? output_add(output, "${", 2, err) : variable_add(output, &text, err);
    if (!good)
      return false;
  }
}

char *config_expand(const char *text, size_t len, const struct config_lookup *lookup, unsigned *by,
                    struct err *err) {
  struct output output = {.bytes = mem_dup(""), .lookup = lookup};
  if (memchr(text, '\0', len)) {
    err_set(err, ERR_INVALID, "a value cannot contain a NUL byte");
  } else if (expand_into(&output, text, err)) {
    if (by)
      *by |= output.by;
    return output.bytes;
  }
  free(output.bytes);
  return NULL;
}
