#include "ui/terminal/osc52.h"

#include "core/mem.h"

#include <stdint.h>
#include <string.h>

static const char begin[] = "\033]52;c;", end[] = "\033\\";

static char *base64(char *out, const char *text, size_t length) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *bytes = (const unsigned char *)text;
  for (size_t i = 0; i < length; i += 3) {
    size_t left = length - i;
    uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                     (left > 2 ? bytes[i + 2] : 0);
    *out++ = digits[group >> 18];
    *out++ = digits[group >> 12 & 63];
    *out++ = left > 1 ? digits[group >> 6 & 63] : '=';
    *out++ = left > 2 ? digits[group & 63] : '=';
  }
  return out;
}

char *osc52_make(const char *text, size_t most, size_t *count) {
  size_t length = strnlen(text, most + 1);
  if (length > most) {
    length = most;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
      length--;
  }
  char *out = mem_new(sizeof begin + (length + 2) / 3 * 4 + sizeof end), *at = out;
  memcpy(at, begin, sizeof begin - 1);
  at = base64(at + sizeof begin - 1, text, length);
  memcpy(at, end, sizeof end);
  *count = (size_t)(at - out) + sizeof end - 1;
  return out;
}
