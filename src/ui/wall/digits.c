#include "ui/wall/digits.h"

#include <string.h>

enum { PIXELS = 3, PIXEL_CELLS = 2 /* a cell is about twice as high as it is wide */ };

/* Lines of three pixels, from the top, as octal digits. */
static const struct {
  char letter;
  unsigned lines;
} glyphs[] = {
    {'0', 075557}, {'1', 026227}, {'2', 071747}, {'3', 071717}, {'4', 055711},
    {'5', 074717}, {'6', 074757}, {'7', 071111}, {'8', 075757}, {'9', 075717},
    {'+', 002720}, {'O', 075557}, {'K', 055655},
};

static unsigned lines_of(char letter) {
  for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++)
    if (glyphs[i].letter == letter)
      return glyphs[i].lines;
  return 0;
}

int digits_width(const char *text, int scale) {
  const int count = (int)strlen(text);
  return count > 0 ? (count * (PIXELS + 1) - 1) * PIXEL_CELLS * scale : 0;
}

static void pixel_draw(struct canvas *canvas, int x, int y, int scale, unsigned style) {
  for (int line = 0; line < scale; line++)
    for (int cell = 0; cell < PIXEL_CELLS * scale; cell++)
      canvas_glyph(canvas, x + cell, y + line, style, "█", '#');
}

int digits_draw(struct canvas *canvas, int x, int y, int scale, unsigned style, const char *text) {
  for (size_t i = 0; text[i]; i++) {
    const unsigned lines = lines_of(text[i]);
    const int left = x + (int)i * (PIXELS + 1) * PIXEL_CELLS * scale;
    for (int line = 0; line < DIGITS_HEIGHT; line++)
      for (int pixel = 0; pixel < PIXELS; pixel++)
        if (lines >> (3 * (DIGITS_HEIGHT - 1 - line) + (PIXELS - 1 - pixel)) & 1)
          pixel_draw(canvas, left + pixel * PIXEL_CELLS * scale, y + line * scale, scale, style);
  }
  return digits_width(text, scale);
}
