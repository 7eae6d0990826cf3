/* How the styles look. */
#pragma once

#include "core/err.h"
#include "ui/style.h"

#include <stddef.h>
#include <stdint.h>

enum look_attribute { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_REVERSE = 4, LOOK_UNDERLINE = 8 };

enum { LOOK_DEFAULT = -1 }; /* the terminal's own colour */

struct look {
  int16_t foreground, background;       /* 0..255 of the xterm palette, or LOOK_DEFAULT */
  int16_t foreground_16, background_16; /* the nearest of the 16 (on a terminal with 8 colours:
                                           0..7) */
  uint16_t attributes;
};

struct theme {
  struct look looks[STYLE_COUNT];
  struct look selected; /* its background and attributes lie over a look's own */
};

/* The built-in one: readable on dark and on light grounds. */
void theme_init(struct theme *theme);

/* A theme file over the built-in one: lines of `STYLE = [COLOUR] [on COLOUR] [bold] [dim] [reverse]
 * [underline]`, # begins a remark. Colours: default, black, red, ... bright-white, 0..255, #rrggbb
 * (the nearest of the palette). False with "NAME:LINE: what, and what was expected". */
bool theme_parse(struct theme *theme, const char *name, const char *text, size_t len,
                 struct err *err) MUST_CHECK;
