#include "core/number.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

static bool begins_number(const char *text) {
  return text && ((*text >= '0' && *text <= '9') || *text == '-');
}

bool number_int(const char *text, int64_t *number) {
  char *end;
  if (!begins_number(text))
    return false;
  errno = 0;
  long long parsed = strtoll(text, &end, 10);
  if (end == text || *end || errno)
    return false;
  *number = parsed;
  return true;
}

bool number_real(const char *text, double *number) {
  char *end;
  if (!begins_number(text))
    return false;
  double parsed = strtod(text, &end);
  if (end == text || *end || !isfinite(parsed))
    return false;
  *number = parsed;
  return true;
}

bool number_count(const char *text, int64_t *number) {
  int64_t parsed;
  if (!number_int(text, &parsed) || parsed < 0)
    return false;
  *number = parsed;
  return true;
}
