/* Large digits, five lines high or a multiple, for a wall display. In ASCII they are made of '#'.
 */
#pragma once

#include "ui/draw/canvas.h"

enum { DIGITS_HEIGHT = 5 };

/* Cells of the text at that scale (1, 2, ...): digits, '+', 'O' and 'K'; others are blank. */
int digits_width(const char *text, int scale);
/* Draws it from its top left; returns its width. */
int digits_draw(struct canvas *canvas, int x, int y, int scale, unsigned style, const char *text);
