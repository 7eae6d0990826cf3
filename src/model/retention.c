#include "model/retention.h"

#include "core/quantity.h"

#include <stdio.h>
#include <string.h>

bool retention_parse(const char *text, struct retention *retention, struct err *err) {
  const char *blank = strrchr(text, ' ');
  size_t length = blank ? (size_t)(blank - text) : 0;
  while (length > 0 && text[length - 1] == ' ')
    length--;
  if (length == 0 || length >= RETENTION_COLUMN_MAX)
    return err_set(err, ERR_INVALID,
                   "\"%.80s\" is not a column and an age; use for example \"created_at 90d\"",
                   text);
  snprintf(retention->column, sizeof retention->column, "%.*s", (int)length, text);
  return duration_parse_within(blank + 1, RETENTION_MIN_MS, RETENTION_MAX_MS, &retention->age_ms,
                               err);
}

bool retention_check(const char *text, struct err *err) {
  struct retention retention;
  return retention_parse(text, &retention, err);
}
