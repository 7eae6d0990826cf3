#include "clients/postgres/pg_text.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

static bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

size_t pg_unescape(const char *escaped, char *out, size_t size) {
  size_t length = 0;
  while (*escaped && length + 1 < size) {
    if (*escaped == '\\' && is_octal(escaped[1]) && is_octal(escaped[2]) && is_octal(escaped[3])) {
      int byte = (escaped[1] - '0') * 64 + (escaped[2] - '0') * 8 + (escaped[3] - '0');
      out[length++] = (char)(unsigned char)byte;
      escaped += 4;
    } else {
      escaped += *escaped == '\\' && escaped[1] == '\\';
      out[length++] = *escaped++;
    }
  }
  out[length] = '\0';
  return length;
}

/* The length of the character that begins there; 0 if it is invalid; -1 if it is cut off by the
 * end. Overlong forms, surrogates and code points beyond U+10FFFF are invalid. */
static int utf8_length(const unsigned char *at, size_t left) {
  static const struct {
    unsigned char mask, head;
    unsigned least;
  } forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
  size_t more = 0;
  while (more < 4 && (*at & forms[more].mask) != forms[more].head)
    more++;
  if (more == 4)
    return 0;
  unsigned code = *at & (unsigned char)~forms[more].mask;
  for (size_t i = 1; i <= more; i++) {
    if (i == left)
      return -1;
    if ((at[i] & 0xC0) != 0x80)
      return 0;
    code = code << 6 | (at[i] & 0x3FU);
  }
  bool good = code >= forms[more].least && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  return good ? (int)more + 1 : 0;
}

/* Whole pieces only. */
static bool put(char *out, size_t size, size_t *used, const void *piece, size_t length) {
  if (*used + length >= size)
    return false;
  memcpy(out + *used, piece, length);
  *used += length;
  return true;
}

static size_t keep_utf8(const char *bytes, size_t length, char *out, size_t size) {
  size_t used = 0;
  for (size_t i = 0; i < length;) {
    int own = utf8_length((const unsigned char *)bytes + i, length - i);
    bool room = own > 0 ? put(out, size, &used, bytes + i, (size_t)own)
                        : own == 0 && put(out, size, &used, replacement, sizeof replacement - 1);
    if (!room)
      break;
    i += own > 0 ? (size_t)own : 1;
  }
  out[used] = '\0';
  return used;
}

/* PostgreSQL's names of the encodings that libc converts; NULL for what is or may be UTF-8, or is
 * unknown. */
static const char *iconv_name(const char *encoding) {
  static const char *const names[][2] = {
      {"LATIN1", "ISO-8859-1"},
      {"LATIN2", "ISO-8859-2"},
      {"LATIN3", "ISO-8859-3"},
      {"LATIN4", "ISO-8859-4"},
      {"LATIN5", "ISO-8859-9"},
      {"LATIN6", "ISO-8859-10"},
      {"LATIN7", "ISO-8859-13"},
      {"LATIN8", "ISO-8859-14"},
      {"LATIN9", "ISO-8859-15"},
      {"LATIN10", "ISO-8859-16"},
      {"ISO_8859_5", "ISO-8859-5"},
      {"ISO_8859_6", "ISO-8859-6"},
      {"ISO_8859_7", "ISO-8859-7"},
      {"ISO_8859_8", "ISO-8859-8"},
      {"WIN866", "CP866"},
      {"WIN874", "CP874"},
      {"WIN1250", "CP1250"},
      {"WIN1251", "CP1251"},
      {"WIN1252", "CP1252"},
      {"WIN1253", "CP1253"},
      {"WIN1254", "CP1254"},
      {"WIN1255", "CP1255"},
      {"WIN1256", "CP1256"},
      {"WIN1257", "CP1257"},
      {"WIN1258", "CP1258"},
      {"KOI8R", "KOI8-R"},
      {"KOI8U", "KOI8-U"},
      {"EUC_JP", "EUC-JP"},
      {"EUC_JIS_2004", "EUC-JISX0213"},
      {"EUC_CN", "GB2312"},
      {"EUC_KR", "EUC-KR"},
      {"EUC_TW", "EUC-TW"},
  };
  for (size_t i = 0; encoding && i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i][0], encoding) == 0)
      return names[i][1];
  return NULL;
}

/* NULL if libc cannot convert it, as in a container without its modules; iconv_open's error value
 * is not a pointer. */
static iconv_t converter_open(const char *name) {
  iconv_t converter = iconv_open("UTF-8", name);
  return (intptr_t)converter == -1 ? NULL : converter;
}

static size_t convert(iconv_t converter, const char *bytes, size_t length, char *out, size_t size) {
  char *from, *to = out;
  memcpy(&from, &bytes, sizeof from); /* iconv would change nothing, but does not report it */
  size_t left = length, room = size - 1;
  while (left > 0 && iconv(converter, &from, &left, &to, &room) == (size_t)-1) {
    if (errno != EILSEQ || room < sizeof replacement - 1)
      break; /* cut off, or no room */
    memcpy(to, replacement, sizeof replacement - 1);
    to += sizeof replacement - 1;
    room -= sizeof replacement - 1;
    from++;
    left--;
  }
  *to = '\0';
  return (size_t)(to - out);
}

size_t pg_utf8(const char *bytes, size_t length, const char *encoding, char *out, size_t size) {
  const char *name = iconv_name(encoding);
  bool ascii = true;
  for (size_t i = 0; i < length && ascii; i++)
    ascii = (unsigned char)bytes[i] < 0x80;
  iconv_t converter = !ascii && name ? converter_open(name) : NULL;
  if (!converter)
    return keep_utf8(bytes, length, out, size);
  size_t used = convert(converter, bytes, length, out, size);
  iconv_close(converter);
  return used;
}

size_t pg_name_utf8(const char *name, const char *encoding, char *out, size_t size) {
  size_t length = strlen(name);
  for (size_t i = 0; i < length;) {
    int own = utf8_length((const unsigned char *)name + i, length - i);
    if (own <= 0)
      return pg_utf8(name, length, encoding, out, size);
    i += (size_t)own;
  }
  return keep_utf8(name, length, out, size);
}
