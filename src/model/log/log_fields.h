/* The fields of a log line that is a JSON object. Pure and without allocation: read a line when it
 * is drawn. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { LOG_FIELDS_MAX = 48, LOG_FIELDS_BYTES = 8 << 10, LOG_FIELDS_DEPTH = 6 };

struct log_field {
  const char *name;  /* of a member of a member: "request.duration"; terminated */
  const char *value; /* a text without its quotes and escapes; else as it is written: "5.2", "true",
                        "null", "[1,2]"; terminated */
  bool text;         /* it was a text */
};

/* Texts are in `bytes`, and as clean as a record's text. */
struct log_fields {
  struct log_field items[LOG_FIELDS_MAX];
  size_t count;
  bool more; /* there were more fields or bytes than this keeps */
  char bytes[LOG_FIELDS_BYTES];
};

/* False: not a JSON object, and fields->count is 0. A line that was cut gives the fields before the
 * cut. */
bool log_fields_read(struct log_fields *fields, const char *text, size_t len);
/* The value; NULL: it has no such field. */
const char *log_fields_find(const struct log_fields *fields, const char *name);
/* The message: the field "message", "msg", "event" or "log"; NULL: it has none. */
const char *log_fields_message(const struct log_fields *fields);
/* One line for display: the message ("msg", "message", ...), then the other fields as name=value,
 * without time and level. Cut at a whole character; terminated. Returns the bytes written. */
size_t log_fields_brief(const struct log_fields *fields, char *out, size_t size);
