#include "ui/draw/text_field.h"

#include <stdint.h>
#include <string.h>

/* The code point as UTF-8; "" if it cannot be typed. */
static void encode(uint32_t rune, char bytes[5]) {
  memset(bytes, 0, 5);
  if (rune < 0x20 || rune == 0x7f || rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000))
    return;
  if (rune < 0x80) {
    bytes[0] = (char)rune;
  } else if (rune < 0x800) {
    bytes[0] = (char)(0xC0 | rune >> 6);
    bytes[1] = (char)(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    bytes[0] = (char)(0xE0 | rune >> 12);
    bytes[1] = (char)(0x80 | (rune >> 6 & 0x3F));
    bytes[2] = (char)(0x80 | (rune & 0x3F));
  } else {
    bytes[0] = (char)(0xF0 | rune >> 18);
    bytes[1] = (char)(0x80 | (rune >> 12 & 0x3F));
    bytes[2] = (char)(0x80 | (rune >> 6 & 0x3F));
    bytes[3] = (char)(0x80 | (rune & 0x3F));
  }
}

static void type_rune(char *text, size_t size, uint32_t rune) {
  char bytes[5];
  size_t length = strlen(text);
  encode(rune, bytes);
  if (length + strlen(bytes) < size)
    memcpy(text + length, bytes, strlen(bytes) + 1);
}

static void type_backspace(char *text) {
  size_t length = strlen(text);
  while (length > 0 && ((unsigned char)text[length - 1] & 0xC0) == 0x80)
    length--;
  text[length > 0 ? length - 1 : 0] = '\0';
}

bool text_field_key(char *text, size_t size, struct key key, bool paste) {
  switch (key.code) {
  case KEY_CODE_PASTED:
    if (!paste)
      return false;
    type_rune(text, size, key.rune);
    return true;
  case KEY_CODE_RUNE:
    type_rune(text, size, key.rune);
    return true;
  case KEY_CODE_BACKSPACE:
  case KEY_CODE_DELETE:
    type_backspace(text);
    return true;
  case KEY_CODE_CTRL:
    if (key.rune != 'u')
      return false;
    *text = '\0';
    return true;
  default:
    return false;
  }
}
