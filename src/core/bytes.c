#include "core/bytes.h"

#include <utf8proc.h>

static bool is_plain(utf8proc_int32_t code) {
  return code == '\n' || code == '\t' || code == '\r' ||
         (code >= 0x20 && code != 0x7F && !(code >= 0x80 && code < 0xA0));
}

const char *bytes_text(struct arena *arena, const void *bytes, size_t len, size_t most, bool *cut) {
  static const char digits[] = "0123456789ABCDEF";
  const utf8proc_uint8_t *from = bytes;
  *cut = len > most;
  if (*cut)
    len = most;
  char *out = arena_alloc(arena, 4 * len + 1), *to = out;
  if (!out)
    return "";
  for (size_t at = 0; at < len;) {
    utf8proc_int32_t code;
    const utf8proc_ssize_t step = utf8proc_iterate(from + at, (utf8proc_ssize_t)(len - at), &code);
    if (step > 0 && is_plain(code)) {
      for (utf8proc_ssize_t i = 0; i < step; i++)
        *to++ = (char)from[at++];
      continue;
    }
    for (size_t end = at + (step > 0 ? (size_t)step : 1); at < end; at++) {
      *to++ = '\\';
      *to++ = 'x';
      *to++ = digits[from[at] >> 4];
      *to++ = digits[from[at] & 15];
    }
  }
  *to = '\0';
  return out;
}
