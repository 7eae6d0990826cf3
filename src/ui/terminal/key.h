/* A key that was pressed, as the terminal decoded it. */
#pragma once

#include <stdint.h>

enum key_code {
  KEY_CODE_NONE,
  KEY_CODE_RUNE,   /* a character, in `rune`; Space and the plain letters, too */
  KEY_CODE_PASTED, /* a printable character, in `rune`, that was pasted: only for text fields */
  KEY_CODE_ENTER,
  KEY_CODE_ESC,
  KEY_CODE_TAB,
  KEY_CODE_BACKTAB,
  KEY_CODE_BACKSPACE,
  KEY_CODE_DELETE,
  KEY_CODE_UP,
  KEY_CODE_DOWN,
  KEY_CODE_LEFT,
  KEY_CODE_RIGHT,
  KEY_CODE_HOME,
  KEY_CODE_END,
  KEY_CODE_PAGE_UP,
  KEY_CODE_PAGE_DOWN,
  KEY_CODE_FUNCTION, /* F1 to F12: its number in `rune` */
  KEY_CODE_CTRL,  /* Ctrl and a letter, in `rune` as 'a'..'z' (Ctrl-I, -M and -H are Tab, Enter and
                     Backspace) */
  KEY_CODE_CLICK, /* the left button of the mouse was pressed on the cell x, y */
  KEY_CODE_WHEEL_UP,
  KEY_CODE_WHEEL_DOWN, /* over the cell x, y */
};

struct key {
  enum key_code code;
  uint32_t rune; /* a Unicode code point */
  int x, y;      /* CLICK, WHEEL: from 0, 0 at the top left */
};
