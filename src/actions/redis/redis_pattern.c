#include "actions/redis/redis_pattern.h"

#include <stddef.h>
#include <string.h>

/* The end of a class "[...]": "\]" does not close it, and an unclosed one extends to the end. */
static const char *skip_class(const char *at) {
  for (at++; *at && *at != ']'; at++)
    if (*at == '\\' && at[1])
      at++;
  return *at ? at + 1 : at;
}

/* The characters that a key must contain for the pattern to match it. */
static size_t count_literals(const char *pattern) {
  size_t count = 0;
  for (const char *at = pattern; *at;) {
    if (*at == '[') {
      at = skip_class(at);
    } else if (*at == '*' || *at == '?') {
      at++;
    } else {
      at += *at == '\\' && at[1] ? 2 : 1;
      count++;
    }
  }
  return count;
}

bool redis_pattern_check(const char *text, struct err *err) {
  if (strlen(text) > REDIS_PATTERN_MAX)
    return err_set(err, ERR_INVALID, "a pattern of more than %d bytes", REDIS_PATTERN_MAX);
  if (count_literals(text) > 0)
    return true;
  return err_set(
      err, ERR_INVALID,
      "\"%.60s\" names no key in particular, and may match all of them: give it at least "
      "a prefix, as in cache:*",
      text);
}
