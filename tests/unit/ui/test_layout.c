/* The places of panes: no overlap, no gap, a minimum for each, at any size. */
#include "ui/panes/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check(int width, int height, size_t count, const struct pane_need *needs) {
  struct layout layout;
  struct rect area = {0, 2, width, height};
  static unsigned char covered[CANVAS_SIDE_MAX][CANVAS_SIDE_MAX];
  memset(covered, 0, sizeof covered);
  layout_columns(&layout, area, count);
  layout_rows(&layout, area, needs, count);
  if (layout.tabs)
    return;
  for (size_t i = 0; i < count; i++) {
    const struct rect *rect = &layout.rects[i];
    assert_true(rect->height >= 3);
    assert_true(rect->x >= 0 && rect->x + rect->width <= width);
    assert_true(rect->y >= 2 && rect->y + rect->height <= 2 + height);
    for (int y = rect->y; y < rect->y + rect->height; y++)
      for (int x = rect->x; x < rect->x + rect->width; x++)
        assert_int_equal(covered[y][x]++, 0);
  }
  for (int y = 2; y < 2 + height; y++)
    for (int x = 0; x < width; x++)
      assert_int_equal(covered[y][x], 1);
}

static void test_all_sizes(void **state) {
  (void)state;
  const struct pane_need needs[] = {{3, SEVERITY_CRIT}, {8, SEVERITY_OK}, {40, SEVERITY_WARN},
                                    {0, SEVERITY_OK},   {9, SEVERITY_OK}, {6, SEVERITY_OK},
                                    {500, SEVERITY_OK}};
  for (int width = 30; width < 320; width += 7)
    for (int height = 3; height < 90; height += 5)
      for (size_t count = 1; count <= 7; count++)
        check(width, height, count, needs);
}

/* One kind of targets and the events: it has the whole width, and the remaining height. */
static void test_one_kind(void **state) {
  (void)state;
  struct layout layout;
  const struct pane_need needs[] = {{.lines = 3, .chart_least = 4, .chart_most = 90},
                                    {.lines = 6, .takes_rest = true}};
  layout_columns(&layout, (struct rect){0, 2, 200, 47}, 2);
  layout_rows(&layout, (struct rect){0, 2, 200, 47}, needs, 2);
  assert_int_equal(layout.columns, 1);
  assert_int_equal(layout.rects[0].width, 200);
  assert_int_equal(layout.rects[1].height, 6 + 2);
  assert_int_equal(layout.rects[0].height, 47 - 8);
}

static void test_shape(void **state) {
  (void)state;
  struct layout layout;
  layout_columns(&layout, (struct rect){0, 2, 80, 21}, 6);
  assert_false(layout.tabs);
  assert_int_equal(layout.columns, 2);
  layout_columns(&layout, (struct rect){0, 2, 60, 36}, 6);
  assert_int_equal(layout.columns, 1);
  assert_false(layout.tabs);
  layout_columns(&layout, (struct rect){0, 2, 40, 10}, 6);
  assert_true(layout.tabs);
  layout_columns(&layout, (struct rect){0, 2, 300, 70}, 6);
  assert_int_equal(layout.columns, 3);
}

/* Panes with findings get their height before the others. */
static void test_the_worst_first(void **state) {
  (void)state;
  struct layout layout;
  struct rect area = {0, 0, 60, 20};
  struct pane_need needs[] = {{30, SEVERITY_OK}, {30, SEVERITY_CRIT}};
  layout_columns(&layout, area, 2);
  layout_rows(&layout, area, needs, 2);
  assert_true(layout.rects[1].height > layout.rects[0].height);
  needs[1].lines = 3;
  layout_rows(&layout, area, needs, 2);
  assert_int_equal(layout.rects[1].height, 3 + 2);
}

/* Lines that no pane needs are for charts, as far as these can use them, then for the events, as
 * far as these are worth it. */
static void test_charts_fill_what_is_free(void **state) {
  (void)state;
  struct layout layout;
  struct rect area = {0, 0, 60, 44};
  struct pane_need needs[] = {{.lines = 5, .chart_least = 4, .chart_most = 8},
                              {.lines = 5},
                              {.lines = 2, .takes_rest = true}};
  layout_columns(&layout, area, 3);
  layout_rows(&layout, area, needs, 3);
  assert_int_equal(layout.rects[0].height, 44 - 6 - 13);
  assert_int_equal(layout.rects[1].height, 5 + 1);
  assert_int_equal(layout.rects[2].height, 44 / 4 + 2); /* beyond that, a chart shows more */
  area.height = 22;
  layout_rows(&layout, area, needs, 3);
  assert_int_equal(layout.rects[0].height, 22 - 6 - 4);
  assert_int_equal(layout.rects[2].height, 4); /* as much as it needs */
  area.height = 4 + 5 + 5 + 2 + 5;             /* room for one chart: the sick pane has it */
  needs[1] = (struct pane_need){
      .lines = 5, .severity = SEVERITY_CRIT, .urgent = 3, .chart_least = 4, .chart_most = 8};
  layout_rows(&layout, area, needs, 3);
  assert_int_equal(layout.rects[0].height, 5 + 1);
  assert_int_equal(layout.rects[1].height, 5 + 5 + 1);
}

/* What is wrong is visible before anything else gets more than its minimum. */
static void test_urgent_lines_come_first(void **state) {
  (void)state;
  struct layout layout;
  struct rect area = {0, 0, 60, 20};
  struct pane_need needs[] = {
      {.lines = 30}, {.lines = 30, .severity = SEVERITY_WARN, .urgent = 10}, {.lines = 30}};
  layout_columns(&layout, area, 3);
  layout_rows(&layout, area, needs, 3);
  assert_true(layout.rects[1].height >= 10 + 1);
  assert_true(layout.rects[0].height >= 3 && layout.rects[2].height >= 3);
}

/* More panes than fit below each other get another column before they become tabs. */
static void test_another_column_before_tabs(void **state) {
  (void)state;
  struct layout layout;
  layout_columns(&layout, (struct rect){0, 2, 120, 20}, 14);
  assert_false(layout.tabs);
  assert_int_equal(layout.columns, 3);
  layout_columns(&layout, (struct rect){0, 2, 80, 20}, 14);
  assert_true(layout.tabs);
}

/* As configured: no gap, no overlap, by weights; too small a screen has the usual layout. */
static void test_arranged(void **state) {
  (void)state;
  struct layout layout;
  const struct layout_places rows[] = {{1, {2, 0}, {1, 3}, 2}, {2, {1}, {1}, 1}};
  assert_true(layout_arrange(&layout, (struct rect){0, 2, 120, 30}, rows, 2));
  assert_int_equal(layout.rects[2].width, 30);
  assert_int_equal(layout.rects[0].x, 30);
  assert_int_equal(layout.rects[0].width, 90);
  assert_int_equal(layout.rects[0].height, 10);
  assert_int_equal(layout.rects[1].y, 12);
  assert_int_equal(layout.rects[1].height, 20);
  assert_false(layout_arrange(&layout, (struct rect){0, 2, 80, 30}, rows, 2));
  assert_false(layout_arrange(&layout, (struct rect){0, 2, 120, 9}, rows, 2));
  assert_false(layout_arrange(&layout, (struct rect){0, 2, 120, 9}, rows, 0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_sizes),
      cmocka_unit_test(test_one_kind),
      cmocka_unit_test(test_shape),
      cmocka_unit_test(test_the_worst_first),
      cmocka_unit_test(test_charts_fill_what_is_free),
      cmocka_unit_test(test_urgent_lines_come_first),
      cmocka_unit_test(test_another_column_before_tabs),
      cmocka_unit_test(test_arranged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
