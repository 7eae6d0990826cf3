/* The filter of a pane as it is typed. */
#include "ui/view_state.h"

#include <string.h>

static void type_rune(struct pane *pane, uint32_t rune) {
  char bytes[5] = {0};
  size_t length = strlen(pane->filter);
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
  if (length + strlen(bytes) < sizeof pane->filter)
    memcpy(pane->filter + length, bytes, strlen(bytes) + 1);
}

static void type_backspace(struct pane *pane) {
  size_t length = strlen(pane->filter);
  while (length > 0 && ((unsigned char)pane->filter[length - 1] & 0xC0) == 0x80)
    length--;
  pane->filter[length > 0 ? length - 1 : 0] = '\0';
}

bool filter_key(struct view *view, struct pane *pane, struct key key) {
  switch (key.code) {
  case KEY_CODE_RUNE:
  case KEY_CODE_PASTED:
    type_rune(pane, key.rune);
    return true;
  case KEY_CODE_BACKSPACE:
  case KEY_CODE_DELETE:
    if (!*pane->filter)
      view->typing = false;
    type_backspace(pane);
    return true;
  case KEY_CODE_CTRL:
    if (key.rune != 'u')
      return false;
    *pane->filter = '\0';
    return true;
  case KEY_CODE_ESC:
    *pane->filter = '\0';
    view->typing = false;
    return true;
  case KEY_CODE_ENTER:
    view->typing = false;
    return true;
  case KEY_CODE_TAB:
  case KEY_CODE_BACKTAB:
    view->typing = false;
    return false;
  default:
    return false;
  }
}
