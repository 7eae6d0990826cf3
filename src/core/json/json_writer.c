#include "core/json/json_writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The bytes of the character at text, or 0 if it is invalid: RFC 3629's table, so neither overlong
 * forms nor surrogates. Stops at the terminator, which is not a continuation byte. */
static size_t character_at(const unsigned char *text, uint32_t *code) {
  unsigned char first = text[0];
  size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (first > 0xF4 || length == 0)
    return 0;
  *code = length == 1 ? first : first & (0x7Fu >> length);
  for (size_t i = 1; i < length; i++) {
    if ((text[i] & 0xC0) != 0x80)
      return 0;
    *code = *code << 6 | (text[i] & 0x3Fu);
  }
  bool overlong = (length == 3 && *code < 0x800) || (length == 4 && *code < 0x10000);
  bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
  return overlong || surrogate || *code > 0x10FFFF ? 0 : length;
}

bool json_is_text(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  for (uint32_t code; *at;) {
    size_t length = character_at(at, &code);
    if (length == 0)
      return false;
    at += length;
  }
  return true;
}

static bool must_escape(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x61C ||
         (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
         (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE0FFF);
}

static void write_escaped(FILE *out, uint32_t code) {
  switch (code) {
  case '"':
    fputs("\\\"", out);
    return;
  case '\\':
    fputs("\\\\", out);
    return;
  case '\n':
    fputs("\\n", out);
    return;
  case '\t':
    fputs("\\t", out);
    return;
  default:
    break;
  }
  if (code < 0x10000) {
    fprintf(out, "\\u%04" PRIx32, code);
    return;
  }
  code -= 0x10000;
  fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF));
}

static bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

static void write_string(FILE *out, const char *text, size_t max) {
  static const char stand_in[] = "\xEF\xBF\xBD";
  const unsigned char *at = (const unsigned char *)text;
  putc_unlocked('"', out);
  for (size_t left = max; *at;) {
    size_t plain = 0;
    while (plain < left && is_plain(at[plain]))
      plain++;
    if (plain) {
      fwrite_unlocked(at, 1, plain, out);
      at += plain;
      left -= plain;
      continue;
    }
    uint32_t code = 0;
    size_t length = character_at(at, &code);
    size_t meant = length ? length : sizeof stand_in - 1;
    if (meant > left)
      break;
    if (length == 0)
      fputs(stand_in, out);
    else if (length == 1 || must_escape(code))
      write_escaped(out, code);
    else
      fwrite_unlocked(at, 1, length, out);
    at += length ? length : 1;
    left -= meant;
  }
  putc_unlocked('"', out);
}

/* Writes the separator before the next value, and its name. */
static void begin(struct json_writer *writer, const char *key) {
  FILE *out = writer->out;
  if (writer->follow)
    putc_unlocked(',', out);
  if (writer->broken) {
    putc_unlocked('\n', out);
    for (int i = 0; i < writer->depth; i++)
      putc_unlocked(' ', out);
  }
  writer->broken = false;
  writer->follow = true;
  if (!key)
    return;
  write_string(out, key, SIZE_MAX);
  putc_unlocked(':', out);
}

void json_line(struct json_writer *writer) {
  writer->broken = writer->lines;
}

void json_open(struct json_writer *writer, const char *key, char bracket) {
  begin(writer, key);
  putc_unlocked(bracket, writer->out);
  writer->follow = false;
  writer->depth++;
}

void json_close(struct json_writer *writer, char bracket) {
  writer->depth--;
  writer->broken = false;
  putc_unlocked(bracket, writer->out);
  writer->follow = true;
}

void json_text(struct json_writer *writer, const char *key, const char *text) {
  json_text_cut(writer, key, text, SIZE_MAX);
}

void json_text_if(struct json_writer *writer, const char *key, const char *text) {
  if (text)
    json_text(writer, key, text);
}

void json_text_cut(struct json_writer *writer, const char *key, const char *text, size_t max) {
  begin(writer, key);
  write_string(writer->out, text, max);
}

void json_int(struct json_writer *writer, const char *key, int64_t integer) {
  begin(writer, key);
  fprintf(writer->out, "%" PRId64, integer);
}

void json_real(struct json_writer *writer, const char *key, double real) {
  char digits[32];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, real);
    if (strtod(digits, NULL) == real)
      break;
  }
  begin(writer, key);
  fputs(digits, writer->out);
  if (!strpbrk(digits, ".e"))
    fputs(".0", writer->out); /* otherwise it would be read as an integer */
}

void json_float(struct json_writer *writer, const char *key, float real) {
  char digits[32] = "null";
  real = real == 0 ? 0 : real; /* -0 would be read as an integer, which has no such sign */
  for (int precision = 6; isfinite(real) && precision <= 9; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, (double)real);
    if ((float)strtod(digits, NULL) == real)
      break;
  }
  begin(writer, key);
  fputs(digits, writer->out);
}

void json_bool(struct json_writer *writer, const char *key, bool yes) {
  begin(writer, key);
  fputs(yes ? "true" : "false", writer->out);
}
