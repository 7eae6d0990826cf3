/* The dashboard for a screen reader: no decoration on any page, and the cursor where a person is.
 */
#include "model/judge/model_evaluate.h"
#include "ui/screen_fixture.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct reader {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
};

static int setup(void **state) {
  struct reader *reader = mem_new(sizeof *reader);
  fixture_init(&reader->fixture, SCENE_INCIDENT, false);
  fixture_run(&reader->fixture);
  reader->view = view_new(&(struct view_options){.utc = true});
  reader->canvas = canvas_new(120, 36, false);
  reader->canvas->bare = true;
  *state = reader;
  return 0;
}

static int teardown(void **state) {
  struct reader *reader = *state;
  canvas_free(reader->canvas);
  view_free(reader->view);
  fixture_fini(&reader->fixture);
  free(reader);
  return 0;
}

static void press(struct reader *reader, const char *keys) {
  view_draw(reader->view, &reader->fixture.model, FIXTURE_NOW, reader->canvas);
  while (*keys) {
    view_key(reader->view, &reader->fixture.model, FIXTURE_NOW, screen_next_key(&keys));
    view_draw(reader->view, &reader->fixture.model, FIXTURE_NOW, reader->canvas);
  }
}

/* The line that the cursor is on, as a screen reader reads it. */
static const char *line_of(const struct reader *reader) {
  static char line[CANVAS_SIDE_MAX * CELL_BYTES];
  size_t at = 0;
  if (reader->canvas->cursor_y < 0)
    return "";
  for (int x = 0; x < reader->canvas->width; x++)
    at += (size_t)snprintf(line + at, sizeof line - at, "%s",
                           canvas_cell(reader->canvas, x, reader->canvas->cursor_y)->text);
  return line;
}

static void expect(const struct reader *reader, const char *words) {
  if (!strstr(line_of(reader), words))
    fail_msg("\"%s\" is not in the cursor's line: %s", words, line_of(reader));
}

static bool is_decoration(const char *text) {
  const unsigned char *byte = (const unsigned char *)text;
  return byte[0] == 0xE2 &&
         ((byte[1] >= 0x94 && byte[1] <= 0x95) || (byte[1] == 0x96 && byte[2] < 0xA0) ||
          (byte[1] >= 0xA0 && byte[1] <= 0xA3));
}

static void test_no_decoration(void **state) {
  static const char *const pages[] = {
      "",   "1", "2<Enter><Right>", "3<Enter>", "4<Enter>",  "5<Enter>",
      "3i", "?", "6<Enter>",        "f",        "3<Enter>c", "/act"};
  struct reader *reader = *state;
  for (size_t page = 0; page < sizeof pages / sizeof *pages; page++) {
    press(reader, pages[page]);
    for (int y = 0; y < reader->canvas->height; y++)
      for (int x = 0; x < reader->canvas->width; x++)
        if (is_decoration(canvas_cell(reader->canvas, x, y)->text))
          fail_msg("page %s: %s at %d, %d", pages[page], canvas_cell(reader->canvas, x, y)->text, x,
                   y);
    press(reader, "<Esc><Esc><Esc><Esc>");
  }
}

static void test_the_cursor_is_on_the_selected_row(void **state) {
  struct reader *reader = *state;
  press(reader, ""); /* the worst finding is selected */
  expect(reader, "8123");
  press(reader, "1");
  expect(reader, "dashboard");
  press(reader, "<Down>");
  expect(reader, "api");
  press(reader, "<Home>");
  expect(reader, "dashboard");
  press(reader, "f");
  expect(reader, "!!");
  press(reader, "<Esc>:unl");
  expect(reader, ":unl");
  assert_int_equal(reader->canvas->cursor_y, reader->canvas->height - 1);
  assert_int_equal(reader->canvas->cursor_x, 5); /* behind what is typed */
  press(reader, "<Esc>/act");
  expect(reader, "/act");
}

static void test_one_pane_at_a_time(void **state) {
  struct reader *reader = *state;
  press(reader, "1");
  assert_true(screen_has(reader->canvas, "[1 Services"));
  assert_false(screen_has(reader->canvas, "SESSION"));
  press(reader, "3");
  assert_true(screen_has(reader->canvas, "SESSION"));
}

/* Without --screen-reader the cursor is there too, though it is not seen. */
static void test_cursor_of_the_usual_screen(void **state) {
  struct reader *reader = *state;
  reader->canvas->bare = false;
  press(reader, "1");
  expect(reader, "dashboard");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_no_decoration, setup, teardown),
      cmocka_unit_test_setup_teardown(test_the_cursor_is_on_the_selected_row, setup, teardown),
      cmocka_unit_test_setup_teardown(test_one_pane_at_a_time, setup, teardown),
      cmocka_unit_test_setup_teardown(test_cursor_of_the_usual_screen, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
