/* How the styles look. */
#pragma once

#include "core/err.h"
#include "ui/draw/style.h"

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
  struct look selected; /* its attributes and, where set, its colours override a look's */
};

/* The built-in one: readable on dark and on light backgrounds. */
void theme_init(struct theme *theme);

/* The look of a cell of that style (with flags) on a terminal with that many colours: 256 or more,
 * 16, 8, or 0, which leaves attributes only. Colours of the look are numbers of that terminal's, in
 * foreground and background. Text with a background of its own is reversed where there are no
 * colours. */
struct look theme_look(const struct theme *theme, unsigned style, int colors);

/* The word for a style in a theme file: "border-focused"; of STYLE_COUNT: "selected". NULL beyond.
 */
const char *theme_style_name(unsigned style);
/* What it marks, in a few words; the table of docs/themes.md has the same. NULL beyond. */
const char *theme_style_meaning(unsigned style);

/* The RGB value of a palette colour (16..255); for the first 16, which the user may change,
 * xterm's. 0xRRGGBB. */
uint32_t theme_rgb(int color);

/* A theme file over the built-in theme: lines of `STYLE = [COLOUR] [on COLOUR] [bold] [dim]
 * [reverse] [underline]`, # begins a comment. Colours: default, black, red, ... bright-white,
 * 0..255, #rrggbb (the nearest of the palette). False with "NAME:LINE: what, and what was
 * expected". */
bool theme_parse(struct theme *theme, const char *name, const char *text, size_t len,
                 struct err *err) MUST_CHECK;
