/* Exercises the sanitising of texts, their width, and the canvas that they are drawn on.
 * Holds: the result is valid UTF-8 without control characters, terminated, within its size and cut
 * at a whole character, and does not change when it is sanitised again; widths add up; each row of
 * a canvas is as wide as the canvas, and no half of a wide character is alone. */
#include "fuzz.h"

#include "core/text/text.h"
#include "ui/draw/canvas.h"

static void check_width(const char *clean, size_t length) {
  int total = 0, cells, used;
  for (size_t at = 0, step; (step = text_next(clean + at, &cells)) > 0; at += step) {
    assert(cells >= 0 && cells <= 2);
    total += cells;
  }
  assert(text_width(clean) == total);
  for (int room = 0; room <= total && room < 40; room++) {
    size_t fit = text_fit(clean, room, &used);
    assert(fit <= length && used <= room && used >= room - 1);
    char *prefix = strndup(clean, fit);
    assert(text_width(prefix) == used);
    free(prefix);
  }
}

static void check_sanitize(const char *text, size_t length, size_t size, bool ascii) {
  const size_t enough = length * 3 + 1;
  char *whole = malloc(enough), *cut = malloc(size), *again = malloc(enough);
  const size_t clean = text_sanitize(whole, enough, text, length, ascii);
  assert(clean < enough && strlen(whole) == clean);
  fuzz_check_clean(whole, clean, ascii);
  assert(text_sanitize(again, enough, whole, clean, ascii) == clean && !strcmp(again, whole));
  const size_t shorter = text_sanitize(cut, size, text, length, ascii);
  assert(shorter < size && strlen(cut) == shorter && strncmp(cut, whole, shorter) == 0);
  assert(shorter == clean || shorter + 4 >= size);
  fuzz_check_clean(cut, shorter, ascii);
  check_width(whole, clean);
  assert(text_contains(whole, cut) && text_contains(whole, ""));
  free(whole);
  free(cut);
  free(again);
}

static void check_canvas(const struct canvas *canvas) {
  for (int y = 0; y < canvas->height; y++)
    for (int x = 0; x < canvas->width; x++) {
      const struct cell *cell = canvas_cell(canvas, x, y), *right = canvas_cell(canvas, x + 1, y);
      const size_t length = strnlen(cell->text, CELL_BYTES);
      assert(length < CELL_BYTES);
      fuzz_check_clean(cell->text, length, canvas->ascii);
      const int width = text_width(cell->text);
      const bool wide = right && right->text[0] == '\0';
      if (length == 0)
        assert(x > 0 && text_width(canvas_cell(canvas, x - 1, y)->text) == 2);
      else
        assert(width == (wide ? 2 : 1));
    }
}

static void draw(struct fuzz_input *input, struct canvas *canvas) {
  const int x = (int8_t)fuzz_byte(input) % 32, y = (int8_t)fuzz_byte(input) % 8;
  const int max = (int8_t)fuzz_byte(input);
  const uint8_t kind = fuzz_byte(input);
  char *text = fuzz_text(input, '\0');
  int used = 0;
  switch (kind % 6) {
  case 0:
    used = canvas_text(canvas, x, y, max, 0, text);
    break;
  case 1:
    used = canvas_text_right(canvas, x, y, max, 0, text);
    break;
  case 2:
    used = canvas_printf(canvas, x, y, max, 0, "%s", text);
    break;
  case 3:
    canvas_fill(canvas, x, y, max, kind % 4, 0, '#');
    break;
  case 4:
    canvas_restyle(canvas, x, y, max, kind % 8, STYLE_SELECTED);
    break;
  default:
    canvas_box(canvas, x, y, max, kind % 8, 0);
  }
  assert(used >= 0 && used <= (max > 0 ? max : 0));
  check_canvas(canvas);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  const uint8_t flags = fuzz_byte(&input);
  const size_t room = (size_t)fuzz_byte(&input) + 1;
  check_sanitize((const char *)input.data, input.size, room, flags & 1);
  char *raw = strndup((const char *)input.data, input.size); /* not sanitised */
  assert(text_fit(raw, (int)room, NULL) <= strlen(raw) && text_width(raw) >= 0);
  free(raw);
  struct canvas *canvas = canvas_new(flags >> 3, (flags >> 1) & 3, flags & 1);
  while (input.size > 0)
    draw(&input, canvas);
  canvas_free(canvas);
  return 0;
}
