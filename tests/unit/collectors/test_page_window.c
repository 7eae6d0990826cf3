/* The window of a page's figures: opened, marked, ended; and collections that fail. */
#include "support/core_test.h"

#include "collectors/page_window.h"

static struct page_window window;
static struct page_focus focus;

static void collect(int64_t at_s, bool good) {
  page_window_start(&window, &focus, false, at_s * 1000000, at_s * 1000);
  if (good)
    page_window_keep(&window);
}

static void assert_window(int64_t from_s, int64_t to_s, const char *kind) {
  assert_int_equal(page_window_from(&window).integer, from_s * 1000);
  assert_int_equal(page_window_to(&window).integer, to_s * 1000);
  assert_true(page_window_seconds(&window) == (double)(to_s - from_s));
  assert_string_equal(page_window_kind(&window), kind);
}

static int begin(void **state) {
  (void)state;
  window = (struct page_window){0};
  focus = (struct page_focus){0};
  return 0;
}

static void marks(void **state) {
  (void)state;
  collect(1, true);
  assert_true(window.begins && window.moves);
  assert_window(1, 1, "since opened");
  collect(2, true);
  assert_true(!window.begins && window.moves);
  assert_window(1, 2, "since opened");
  focus.marks++;
  collect(3, true);
  assert_true(window.begins && window.moves);
  assert_window(3, 3, "since the mark");
  collect(4, true);
  focus.marks++;
  collect(5, true);
  assert_true(!window.begins && window.moves);
  assert_window(3, 5, "between marks");
  collect(6, true);
  assert_true(!window.begins && !window.moves);
  assert_window(3, 5, "between marks");
  focus.marks++;
  collect(7, true);
  assert_true(window.begins);
  assert_window(7, 7, "since the mark");
}

/* The mark is set by the next collection that succeeds. */
static void failures(void **state) {
  (void)state;
  collect(1, false);
  collect(2, true);
  assert_true(window.begins);
  assert_window(2, 2, "since opened");
  focus.marks++;
  collect(3, false);
  collect(4, true);
  assert_true(window.begins);
  assert_window(4, 4, "since the mark");
  focus.marks++;
  collect(5, false);
  collect(6, true);
  assert_true(window.moves);
  assert_window(4, 6, "between marks");
}

/* Pressed twice between two collections: what there was is ended; three times: a new one. */
static void several_at_once(void **state) {
  (void)state;
  collect(1, true);
  focus.marks += 2;
  collect(2, true);
  assert_true(!window.begins && window.moves);
  assert_window(1, 2, "between marks");
  focus.marks += 3;
  collect(3, true);
  assert_true(window.begins);
  assert_window(3, 3, "since the mark");
}

/* Counters of another run of the server cannot be compared, also after the window has ended. */
static void fresh(void **state) {
  (void)state;
  collect(1, true);
  focus.marks += 2;
  collect(2, true);
  page_window_start(&window, &focus, true, 3000000, 3000);
  page_window_keep(&window);
  assert_true(window.begins && window.moves);
  assert_window(3, 3, "between marks");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(marks, begin),
      cmocka_unit_test_setup(failures, begin),
      cmocka_unit_test_setup(several_at_once, begin),
      cmocka_unit_test_setup(fresh, begin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
