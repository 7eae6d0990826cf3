/* What holds for the cells of every canvas. */
#pragma once

#include "core/text/text.h"
#include "ui/draw/canvas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Each cell has one printable character of one or two cells, and a style that exists. */
static inline void screen_check_cells(const struct canvas *canvas) {
  for (int y = 0; y < canvas->height; y++) {
    for (int x = 0; x < canvas->width; x++) {
      const struct cell *cell = canvas_cell(canvas, x, y);
      int cells = 0;
      if (cell->text[0] == '\0') {
        assert_true(x > 0);
        continue;
      }
      size_t step = text_next(cell->text, &cells);
      assert_int_equal(step, strlen(cell->text));
      assert_true(cells == 1 || (cells == 2 && canvas_cell(canvas, x + 1, y)->text[0] == '\0'));
      assert_true((unsigned char)cell->text[0] >= 0x20 && cell->text[0] != 0x7f);
      assert_true((cell->style & STYLE_MASK) < STYLE_COUNT);
    }
  }
}
