#include "ui/draw/canvas.h"

#include "core/mem.h"
#include "core/text/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of the widest canvas fits, at three bytes per cell; more would be cut anyway. */
enum { TEXT_BYTES_MAX = 4096 };

static const char replacement[] = "\xEF\xBF\xBD";

static int clamp(int value, int low, int high) {
  return value < low ? low : value > high ? high : value;
}

struct canvas *canvas_new(int width, int height, bool ascii) {
  struct canvas *canvas = mem_new(sizeof *canvas);
  canvas->width = clamp(width, 0, CANVAS_SIDE_MAX);
  canvas->height = clamp(height, 0, CANVAS_SIDE_MAX);
  canvas->ascii = ascii;
  canvas->cells = mem_new((size_t)canvas->width * (size_t)canvas->height * sizeof *canvas->cells);
  canvas_clear(canvas);
  return canvas;
}

void canvas_free(struct canvas *canvas) {
  if (!canvas)
    return;
  free(canvas->cells);
  free(canvas);
}

void canvas_clear(struct canvas *canvas) {
  canvas->cursor_x = canvas->cursor_y = canvas->selected_end = -1;
  size_t count = (size_t)canvas->width * (size_t)canvas->height;
  for (size_t i = 0; i < count; i++)
    canvas->cells[i] = (struct cell){.text = " ", .style = STYLE_TEXT};
}

static struct cell *cell_at(const struct canvas *canvas, int x, int y) {
  if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
    return NULL;
  return &canvas->cells[(size_t)y * (size_t)canvas->width + (size_t)x];
}

const struct cell *canvas_cell(const struct canvas *canvas, int x, int y) {
  return cell_at(canvas, x, y);
}

static void cell_blank(struct cell *cell) {
  memcpy(cell->text, " ", 2);
}

/* Overwriting one half of a wide character removes the other half. */
static void cell_clear_halves(struct canvas *canvas, int x, int y) {
  struct cell *cell = cell_at(canvas, x, y), *right = cell_at(canvas, x + 1, y);
  if (cell && cell->text[0] == '\0') {
    struct cell *left = cell_at(canvas, x - 1, y);
    if (left)
      cell_blank(left);
    cell_blank(cell);
  }
  if (cell && right && right->text[0] == '\0')
    cell_blank(right);
}

/* Puts a cluster of `width` cells (1 or 2), both of which are on the canvas or clipped together. */
static void cell_put(struct canvas *canvas, int x, int y, unsigned style, const char *text,
                     size_t length, int width) {
  struct cell *cell = cell_at(canvas, x, y);
  struct cell *second = width == 2 ? cell_at(canvas, x + 1, y) : NULL;
  if (!cell || (width == 2 && !second))
    return;
  cell_clear_halves(canvas, x, y);
  if (second)
    cell_clear_halves(canvas, x + 1, y);
  bool fits = length < CELL_BYTES;
  if (!fits) {
    text = canvas->ascii ? "?" : replacement;
    length = strlen(text);
  }
  memcpy(cell->text, text, length);
  cell->text[length] = '\0';
  cell->style = (uint16_t)style;
  if (second) {
    memcpy(second->text, fits ? "" : " ", fits ? 1 : 2);
    second->style = (uint16_t)style;
  }
}

/* Draws `cells` cells of sanitised text. */
static void draw_clean(struct canvas *canvas, int x, int y, unsigned style, const char *text,
                       int cells) {
  int used = 0;
  for (;;) {
    int width;
    size_t step = text_next(text, &width);
    if (step == 0 || used + width > cells)
      return;
    if (width > 0)
      cell_put(canvas, x + used, y, style, text, step, width);
    used += width;
    text += step;
  }
}

/* The cells that the sanitised text needs within max; *cut says whether an ellipsis must end it
 * (and is counted). */
static int measure(const char *clean, int max, bool *cut) {
  int used;
  *cut = clean[text_fit(clean, max, &used)] != '\0';
  if (*cut && max < 2) {
    *cut = false;
    return used;
  }
  if (*cut) {
    text_fit(clean, max - 1, &used);
    used++;
  }
  return used;
}

static int draw(struct canvas *canvas, int x, int y, int max, unsigned style, const char *text,
                bool right) {
  char clean[TEXT_BYTES_MAX];
  int room = canvas->width - x;
  if (max > room)
    max = room;
  if (max <= 0 || y < 0 || y >= canvas->height)
    return 0;
  text_sanitize(clean, sizeof clean, text, strnlen(text, TEXT_BYTES_MAX), canvas->ascii);
  bool cut;
  int used = measure(clean, max, &cut);
  if (right)
    x += max - used;
  draw_clean(canvas, x, y, style, clean, cut ? used - 1 : used);
  if (cut)
    canvas_glyph(canvas, x + used - 1, y, style, "\xE2\x80\xA6", '~');
  return used;
}

int canvas_text(struct canvas *canvas, int x, int y, int max, unsigned style, const char *text) {
  return draw(canvas, x, y, max, style, text, false);
}

int canvas_text_right(struct canvas *canvas, int x, int y, int max, unsigned style,
                      const char *text) {
  return draw(canvas, x, y, max, style, text, true);
}

int canvas_printf(struct canvas *canvas, int x, int y, int max, unsigned style, const char *format,
                  ...) {
  char text[TEXT_BYTES_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return canvas_text(canvas, x, y, max, style, text);
}

void canvas_cursor(struct canvas *canvas, int x, int y) {
  canvas->cursor_x = clamp(x, 0, canvas->width - 1);
  canvas->cursor_y = clamp(y, 0, canvas->height - 1);
}

/* Lines, blocks (U+2500 to U+259F) and braille (U+2800 to U+28FF). */
static bool is_decoration(const char *glyph) {
  const unsigned char *byte = (const unsigned char *)glyph;
  return byte[0] == 0xE2 &&
         ((byte[1] >= 0x94 && byte[1] <= 0x95) || (byte[1] == 0x96 && byte[2] < 0xA0) ||
          (byte[1] >= 0xA0 && byte[1] <= 0xA3));
}

void canvas_glyph(struct canvas *canvas, int x, int y, unsigned style, const char *glyph,
                  char twin) {
  if (canvas->bare && is_decoration(glyph))
    twin = ' ';
  if (canvas->ascii || canvas->bare)
    cell_put(canvas, x, y, style, &twin, 1, 1);
  else
    cell_put(canvas, x, y, style, glyph, strlen(glyph), 1);
}

void canvas_fill(struct canvas *canvas, int x, int y, int width, int height, unsigned style,
                 char fill) {
  int right = clamp(width, 0, canvas->width) + x, bottom = clamp(height, 0, canvas->height) + y;
  for (int row = y; row < bottom; row++)
    for (int column = x; column < right; column++)
      cell_put(canvas, column, row, style, &fill, 1, 1);
}

void canvas_restyle(struct canvas *canvas, int x, int y, int width, int height, unsigned set) {
  if (set & STYLE_SELECTED && (y != canvas->selected_end || x != canvas->cursor_x))
    canvas_cursor(canvas, x, y); /* the first line of several */
  if (set & STYLE_SELECTED)
    canvas->selected_end = y + height;
  for (int row = y; row < y + height && row < canvas->height; row++) {
    for (int column = x; column < x + width && column < canvas->width; column++) {
      struct cell *cell = cell_at(canvas, column, row);
      if (cell)
        cell->style |= (uint16_t)set;
    }
  }
}

void canvas_rule(struct canvas *canvas, int x, int y, int width, unsigned style) {
  for (int i = 0; i < width && x + i < canvas->width; i++)
    canvas_glyph(canvas, x + i, y, style, "\xE2\x94\x80", '-');
}

void canvas_box(struct canvas *canvas, int x, int y, int width, int height, unsigned style) {
  if (width < 2 || height < 2)
    return;
  int right = x + width - 1, bottom = y + height - 1;
  canvas_rule(canvas, x + 1, y, width - 2, style);
  canvas_rule(canvas, x + 1, bottom, width - 2, style);
  for (int row = y + 1; row < bottom; row++) {
    canvas_glyph(canvas, x, row, style, "\xE2\x94\x82", '|');
    canvas_glyph(canvas, right, row, style, "\xE2\x94\x82", '|');
  }
  canvas_glyph(canvas, x, y, style, "\xE2\x94\x8C", '+');
  canvas_glyph(canvas, right, y, style, "\xE2\x94\x90", '+');
  canvas_glyph(canvas, x, bottom, style, "\xE2\x94\x94", '+');
  canvas_glyph(canvas, right, bottom, style, "\xE2\x94\x98", '+');
}
