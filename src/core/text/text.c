#include "core/text/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

/* Replaces what cannot be shown; '?' in ASCII. */
static const char stand_in[] = "\xEF\xBF\xBD";

/* Formatting characters that reorder or hide text: bidi controls, zero-width and tag characters
 * could make a server's text look like a different one. */
static bool is_deceptive(int32_t code) {
  return (code >= 0x200B && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || code == 0x061C ||
         (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE0FFF);
}

static bool is_printable(int32_t code) {
  switch (utf8proc_category(code)) {
  case UTF8PROC_CATEGORY_CC:
  case UTF8PROC_CATEGORY_CF:
  case UTF8PROC_CATEGORY_CS:
  case UTF8PROC_CATEGORY_CO:
  case UTF8PROC_CATEGORY_CN:
  case UTF8PROC_CATEGORY_ZL:
  case UTF8PROC_CATEGORY_ZP:
    return false;
  default:
    return !is_deceptive(code);
  }
}

static bool put(char *out, size_t size, size_t *at, const char *bytes, size_t count) {
  if (*at + count >= size)
    return false;
  memcpy(out + *at, bytes, count);
  *at += count;
  return true;
}

size_t text_sanitize(char *out, size_t size, const char *text, size_t len, bool ascii) {
  size_t at = 0;
  bool room = true;
  for (size_t i = 0; i < len && room;) {
    unsigned char byte = (unsigned char)text[i];
    if (byte >= 0x20 && byte < 0x7F) {
      room = put(out, size, &at, text + i, 1);
      i++;
      continue;
    }
    if (byte == '\n' || byte == '\t' || byte == '\r') {
      room = put(out, size, &at, " ", 1);
      i++;
      continue;
    }
    utf8proc_int32_t code;
    utf8proc_ssize_t taken =
        utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(len - i), &code);
    bool good = taken > 0 && is_printable(code);
    size_t step = taken > 0 ? (size_t)taken : 1;
    if (ascii)
      room = put(out, size, &at, "?", 1);
    else if (good)
      room = put(out, size, &at, text + i, step);
    else
      room = put(out, size, &at, stand_in, sizeof stand_in - 1);
    i += step;
  }
  out[at] = '\0';
  return at;
}

static int code_width(int32_t code) {
  return code < 0x80 ? (code >= 0x20 && code < 0x7F) : utf8proc_charwidth(code);
}

/* The bytes of the code point at text; an invalid byte counts as one narrow character. */
static size_t code_next(const char *text, int32_t *code) {
  const unsigned char first = (unsigned char)*text;
  if (first < 0x80) { /* most of it: a screen is measured with every frame */
    *code = first;
    return first != 0;
  }
  utf8proc_int32_t decoded;
  utf8proc_ssize_t taken = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &decoded);
  *code = taken > 0 ? decoded : 0xFFFD;
  return taken > 0 ? (size_t)taken : 1;
}

/* Terminals place cells by code point, so a cluster here is a base and the zero-width ones that
 * follow it, not a Unicode grapheme cluster: a terminal shows a flag or a family in two or more
 * cells. */
size_t text_next(const char *text, int *cells) {
  int32_t code = 0;
  if (text[0] >= 0x20 && text[0] < 0x7F && (unsigned char)text[1] < 0x80) {
    *cells = 1;
    return 1;
  }
  size_t taken = code_next(text, &code);
  *cells = taken ? code_width(code) : 0;
  if (taken == 0)
    return 0;
  for (;;) {
    size_t more = code_next(text + taken, &code);
    if (more == 0 || code < 0x300 || code_width(code) != 0)
      return taken;
    taken += more;
  }
}

size_t text_fit(const char *text, int cells, int *used) {
  size_t at = 0;
  int total = 0;
  for (;;) {
    int width;
    size_t step = text_next(text + at, &width);
    if (step == 0 || total + width > cells)
      break;
    at += step;
    total += width;
  }
  if (used)
    *used = total;
  return at;
}

size_t text_break(const char *text, int cells) {
  const size_t fit = text_fit(text, cells, NULL);
  size_t end = fit;
  while (text[fit] && end > 0 && text[end] != ' ')
    end--;
  return end > 0 ? end : fit;
}

int text_width(const char *text) {
  int used;
  text_fit(text, INT32_MAX / 2, &used);
  return used;
}

bool text_contains(const char *text, const char *needle) {
  for (;; text++) {
    const char *at = text, *wanted = needle;
    while (*wanted) {
      int32_t a = 0, b = 0;
      size_t a_step = code_next(at, &a), b_step = code_next(wanted, &b);
      if (a_step == 0 || utf8proc_tolower(a) != utf8proc_tolower(b))
        break;
      at += a_step;
      wanted += b_step;
    }
    if (!*wanted)
      return true;
    if (!*text)
      return false;
  }
}

size_t text_last_line(char *out, size_t size, const char *text, size_t len) {
  while (len > 0 && strchr("\r\n\t ", text[len - 1]))
    len--;
  size_t start = len;
  while (start > 0 && text[start - 1] != '\n')
    start--;
  snprintf(out, size, "%.*s", (int)(len - start), text + start);
  return len - start;
}

size_t text_trim_end(const char *text, size_t end) {
  while (end > 0 && isspace((unsigned char)text[end - 1]))
    end--;
  return end;
}

bool text_last_word(const char *text, size_t *end, char *out, size_t size) {
  const size_t stop = text_trim_end(text, *end);
  size_t start = stop;
  while (start > 0 && !isspace((unsigned char)text[start - 1]))
    start--;
  if (start == stop || stop - start >= size)
    return false;
  memcpy(out, text + start, stop - start);
  out[stop - start] = '\0';
  *end = start;
  return true;
}
