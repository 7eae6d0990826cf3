/* Writes JSON as a stream: no tree is built, so that 100,000 rows take no memory.
 *
 * Strings become valid UTF-8: each byte that is not part of a character is U+FFFD. Characters that
 * would affect a terminal or deceive its reader (control characters, C1 too, bidi and zero-width
 * ones) are written as \uXXXX, because the output may be read without jq. */
#pragma once

#include "core/value.h"

#include <stdio.h>

struct json_writer {
  FILE *out;
  bool lines;  /* json_line breaks the line */
  bool follow; /* a value precedes on this level: a comma is needed */
  bool broken; /* a line break is needed */
  int depth;
};

/* key: the member's name in an object, NULL in an array and at the top. */
void json_open(struct json_writer *writer, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json_writer *writer, char bracket);                 /* '}' or ']' */
/* The next value starts a line. */
void json_line(struct json_writer *writer);

/* Whether a text is written unchanged: valid UTF-8 throughout. */
bool json_is_text(const char *text);
void json_text(struct json_writer *writer, const char *key, const char *text);
/* Writes nothing if text is NULL. */
void json_text_if(struct json_writer *writer, const char *key, const char *text);
/* At most `max` bytes of UTF-8 after the replacements, cut at a whole character. */
void json_text_cut(struct json_writer *writer, const char *key, const char *text, size_t max);
void json_int(struct json_writer *writer, const char *key, int64_t integer);
/* The shortest text that reads back as the same number, and as a real: "2.0". Must be finite. */
void json_real(struct json_writer *writer, const char *key, double real);
/* The shortest text that reads back as the same float, maybe without a point; NaN is null. */
void json_float(struct json_writer *writer, const char *key, float real);
void json_bool(struct json_writer *writer, const char *key, bool yes);
