#include "clients/host/host_name.h"

#include "core/text/text.h"

#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 character at text, by its first byte; 1 for an invalid one. */
static size_t character_length(const char *text) {
  const unsigned char first = (unsigned char)*text;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  for (size_t i = 1; i < length; i++)
    if (((unsigned char)text[i] & 0xC0) != 0x80)
      return 1; /* a NUL ends it here, too */
  return length;
}

/* What the terminal's sanitising leaves alone is printable. A character that takes no cell is
 * invisible. */
static bool is_shown(const char *text, size_t length) {
  char safe[16];
  if (*text == '\\')
    return false;
  const size_t used = text_sanitize(safe, sizeof safe, text, length, false);
  return used == length && memcmp(safe, text, length) == 0 && text_width(safe) > 0;
}

const char *host_name_show(char *out, size_t size, const char *name) {
  size_t used = 0;
  while (*name) {
    const size_t length = character_length(name);
    if (is_shown(name, length)) {
      if (used + length >= size)
        break;
      memcpy(out + used, name, length);
      used += length;
    } else {
      if (used + HOST_NAME_FACTOR * length >= size)
        break;
      for (size_t i = 0; i < length; i++)
        used += (size_t)snprintf(out + used, size - used, "\\x%02x", (unsigned char)name[i]);
    }
    name += length;
  }
  out[used] = '\0';
  return out;
}

static int digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool host_name_read(char *out, size_t size, const char *text) {
  size_t used = 0;
  while (*text) {
    char byte = *text++;
    if (byte == '\\') {
      if (text[0] != 'x' || digit(text[1]) < 0 || digit(text[2]) < 0)
        return false;
      byte = (char)(digit(text[1]) * 16 + digit(text[2]));
      text += 3;
    }
    if (byte == '\0' || used + 1 >= size)
      return false;
    out[used++] = byte;
  }
  out[used] = '\0';
  return true;
}
