/* JSON, written as it is said: no tree is built, so that 100,000 rows cost no memory.
 *
 * Strings become valid UTF-8 whatever a server sent: each byte that belongs to no character is
 * U+FFFD. What would act on a terminal or deceive its reader (control characters, C1 too, bidi and
 * zero-width ones) is written as \uXXXX, for a person may look at it without jq. */
#pragma once

#include "core/value.h"

#include <stdio.h>

struct json_writer {
  FILE *out;
  bool lines;  /* json_line breaks the line */
  bool follow; /* something stands before on this level: a comma is due */
  bool broken; /* a line break is due */
  int depth;
};

/* key: the member's name in an object, NULL in an array and at the top. */
void json_open(struct json_writer *writer, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json_writer *writer, char bracket);                 /* '}' or ']' */
/* What comes next starts a line. */
void json_line(struct json_writer *writer);

/* Whether a text is written as it is: valid UTF-8 throughout. */
bool json_is_text(const char *text);
void json_text(struct json_writer *writer, const char *key, const char *text);
/* Nothing at all where text is NULL. */
void json_text_if(struct json_writer *writer, const char *key, const char *text);
/* At most `max` bytes of UTF-8 after the replacements, cut at a whole character. */
void json_text_cut(struct json_writer *writer, const char *key, const char *text, size_t max);
void json_int(struct json_writer *writer, const char *key, int64_t integer);
/* The shortest that reads back as the same number and as a real: "2.0". Must be finite. */
void json_real(struct json_writer *writer, const char *key, double real);
/* The shortest that reads back as the same float, maybe without a point; NaN is null. */
void json_float(struct json_writer *writer, const char *key, float real);
void json_bool(struct json_writer *writer, const char *key, bool yes);
