/* A grid of cells: views draw on it, the terminal shows it, and tests compare it.
 *
 * Every text goes through text_sanitize here, so a server's text never reaches the terminal
 * unchanged. Text that does not fit is cut; drawing outside is harmless. x and y count from 0 at
 * the top left. */
#pragma once

#include "ui/draw/style.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  CELL_BYTES = 16,        /* of one grapheme cluster; a longer one is shown as U+FFFD */
  CANVAS_SIDE_MAX = 1000, /* columns or rows; a larger terminal is used in part */
};

struct cell {
  char text[CELL_BYTES]; /* UTF-8, terminated; "" is the second half of a wide character */
  uint16_t style;        /* enum style, and flags */
};

struct canvas {
  int width, height;
  bool ascii; /* only ASCII is drawn */
  /* For a screen reader: no borders, blocks and braille, which would be read out; other signs of
   * the view are ASCII. */
  bool bare;
  int selected_end;       /* the line after those that were selected last */
  int cursor_x, cursor_y; /* where the terminal's cursor stands; -1: nowhere */
  struct cell *cells;
};

struct rect {
  int x, y, width, height;
};

/* Blank. ascii: texts and the canvas' own lines stay within ASCII. */
struct canvas *canvas_new(int width, int height, bool ascii);
void canvas_free(struct canvas *canvas);
void canvas_clear(struct canvas *canvas);
/* NULL outside. */
const struct cell *canvas_cell(const struct canvas *canvas, int x, int y);

/* Draws the text's first `max` cells (to the edge if max is greater); returns the cells used. A
 * text that is cut ends in "…" (in ASCII "~"), unless max is less than 2. */
int canvas_text(struct canvas *canvas, int x, int y, int max, unsigned style, const char *text);
int canvas_printf(struct canvas *canvas, int x, int y, int max, unsigned style, const char *format,
                  ...) __attribute__((format(printf, 6, 7)));
/* Ends at the cell before x + max; cut as above. */
int canvas_text_right(struct canvas *canvas, int x, int y, int max, unsigned style,
                      const char *text);
void canvas_fill(struct canvas *canvas, int x, int y, int width, int height, unsigned style,
                 char fill);
/* Adds flags to the style of existing cells: `set` is or-ed in. The selected row gets the cursor.
 */
void canvas_restyle(struct canvas *canvas, int x, int y, int width, int height, unsigned set);
/* Puts the cursor there: where something is typed. */
void canvas_cursor(struct canvas *canvas, int x, int y);
/* One of the view's own signs, and its substitute where only ASCII is drawn. The glyph takes one
 * cell and is not sanitised: never pass a server's text. */
void canvas_glyph(struct canvas *canvas, int x, int y, unsigned style, const char *glyph,
                  char twin);
/* A line of `width` cells to the right, as borders have it. */
void canvas_rule(struct canvas *canvas, int x, int y, int width, unsigned style);
/* A border; its inside is unchanged. */
void canvas_box(struct canvas *canvas, int x, int y, int width, int height, unsigned style);
