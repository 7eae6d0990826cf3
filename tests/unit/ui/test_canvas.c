/* The canvas: widths, cutting, overwriting, and nothing unprintable. */
#include "core/text/text.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *row(const struct canvas *canvas, int y, char *out, size_t size) {
  size_t at = 0;
  for (int x = 0; x < canvas->width; x++)
    at += (size_t)snprintf(out + at, size - at, "%s", canvas_cell(canvas, x, y)->text);
  return out;
}

static void expect_row(const char *text, int max, bool ascii, int used, const char *expected) {
  char line[256];
  struct canvas *canvas = canvas_new(8, 1, ascii);
  assert_int_equal(canvas_text(canvas, 0, 0, max, STYLE_WARN, text), used);
  assert_string_equal(row(canvas, 0, line, sizeof line), expected);
  canvas_free(canvas);
}

static void test_text_is_cut(void **state) {
  (void)state;
  expect_row("abc", 8, false, 3, "abc     ");
  expect_row("abcdefgh", 8, false, 8, "abcdefgh");
  expect_row("abcdefghi", 8, false, 8, "abcdefg…");
  expect_row("abcdefghi", 100, false, 8, "abcdefg…");
  expect_row("abcdefghi", 8, true, 8, "abcdefg~");
  expect_row("abc", 2, false, 2, "a…      ");
  expect_row("abc", 1, false, 1, "a       ");
  expect_row("abc", 0, false, 0, "        ");
  expect_row("abc", -3, false, 0, "        ");
  expect_row("", 8, false, 0, "        ");
}

static void test_wide_characters(void **state) {
  (void)state;
  expect_row("客户客户", 8, false, 8, "客户客户");
  expect_row("客户客户x", 8, false, 7, "客户客… ");
  expect_row("客户", 3, false, 3, "客…     ");
  expect_row("客户", 8, true, 2, "??      ");
  expect_row("e\xCC\x81!", 8, false, 2, "e\xCC\x81!      ");
  /* A mark without a letter takes no cell. */
  expect_row("\xCC\x81x", 8, false, 1, "x       ");
  /* A cluster too long for a cell has a stand-in. */
  expect_row("e\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81z", 8, false, 2,
             "\xEF\xBF\xBDz      ");
}

static void test_halves_go_together(void **state) {
  (void)state;
  char line[64];
  struct canvas *canvas = canvas_new(6, 1, false);
  canvas_text(canvas, 0, 0, 6, STYLE_TEXT, "客户客");
  canvas_text(canvas, 1, 0, 1, STYLE_TEXT, "x");
  assert_string_equal(row(canvas, 0, line, sizeof line), " x户客");
  canvas_text(canvas, 4, 0, 1, STYLE_TEXT, "y");
  assert_string_equal(row(canvas, 0, line, sizeof line), " x户y ");
  canvas_text(canvas, 1, 0, 2, STYLE_TEXT, "户");
  assert_string_equal(row(canvas, 0, line, sizeof line), " 户 y ");
  /* Half of one does not fit at the edge. */
  canvas_text(canvas, 5, 0, 2, STYLE_TEXT, "户");
  assert_string_equal(row(canvas, 0, line, sizeof line), " 户 y ");
  canvas_free(canvas);
}

static void test_nothing_hostile_comes_through(void **state) {
  (void)state;
  char line[256];
  struct canvas *canvas = canvas_new(20, 1, false);
  canvas_text(canvas, 0, 0, 20, STYLE_TEXT, "\x1b[31mA\x9b\x07\xE2\x80\xAE\xff\nB\x7f");
  for (const char *at = row(canvas, 0, line, sizeof line); *at; at++)
    assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
  assert_null(strstr(line, "\xE2\x80\xAE"));
  canvas_free(canvas);
}

static void test_drawing_outside_is_harmless(void **state) {
  (void)state;
  struct canvas *canvas = canvas_new(4, 2, false);
  canvas_text(canvas, -2, 0, 4, STYLE_TEXT, "abcd");
  canvas_text(canvas, 9, 0, 4, STYLE_TEXT, "abcd");
  canvas_text(canvas, 0, 7, 4, STYLE_TEXT, "abcd");
  canvas_fill(canvas, -5, -5, 100, 100, STYLE_TEXT, '.');
  canvas_restyle(canvas, -5, -5, 100, 100, STYLE_SELECTED);
  canvas_box(canvas, -1, -1, 9, 9, STYLE_BORDER);
  canvas_rule(canvas, -1, 0, 100, STYLE_BORDER);
  canvas_glyph(canvas, 4, 2, STYLE_TEXT, "x", 'x');
  assert_null(canvas_cell(canvas, 4, 0));
  assert_null(canvas_cell(canvas, 0, -1));
  canvas_free(canvas);
  canvas = canvas_new(0, 0, false);
  canvas_text(canvas, 0, 0, 4, STYLE_TEXT, "abcd");
  canvas_free(canvas);
  canvas = canvas_new(100000, 3, false);
  assert_int_equal(canvas->width, CANVAS_SIDE_MAX);
  canvas_free(canvas);
}

static void test_right_and_styles(void **state) {
  (void)state;
  char line[64];
  struct canvas *canvas = canvas_new(8, 1, false);
  assert_int_equal(canvas_text_right(canvas, 1, 0, 6, STYLE_CRIT, "42"), 2);
  assert_string_equal(row(canvas, 0, line, sizeof line), "     42 ");
  assert_int_equal(canvas_cell(canvas, 5, 0)->style, STYLE_CRIT);
  canvas_restyle(canvas, 5, 0, 1, 1, STYLE_SELECTED | STYLE_STRONG);
  assert_int_equal(canvas_cell(canvas, 5, 0)->style, STYLE_CRIT | STYLE_SELECTED | STYLE_STRONG);
  assert_int_equal(canvas_cell(canvas, 6, 0)->style, STYLE_CRIT);
  canvas_free(canvas);
}

static void test_boxes_have_twins(void **state) {
  (void)state;
  char line[64];
  struct canvas *canvas = canvas_new(4, 3, true);
  canvas_box(canvas, 0, 0, 4, 3, STYLE_BORDER);
  assert_string_equal(row(canvas, 0, line, sizeof line), "+--+");
  assert_string_equal(row(canvas, 1, line, sizeof line), "|  |");
  canvas_free(canvas);
  canvas = canvas_new(4, 3, false);
  canvas_box(canvas, 0, 0, 4, 3, STYLE_BORDER);
  assert_string_equal(row(canvas, 2, line, sizeof line), "└──┘");
  canvas_free(canvas);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text_is_cut),
      cmocka_unit_test(test_wide_characters),
      cmocka_unit_test(test_halves_go_together),
      cmocka_unit_test(test_nothing_hostile_comes_through),
      cmocka_unit_test(test_drawing_outside_is_harmless),
      cmocka_unit_test(test_right_and_styles),
      cmocka_unit_test(test_boxes_have_twins),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
