/* Bars, sparklines, ages. */
#include "ui/draw/widget.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *line(const struct canvas *canvas, char *out, size_t size) {
  size_t at = 0;
  for (int x = 0; x < canvas->width; x++)
    at += (size_t)snprintf(out + at, size - at, "%s", canvas_cell(canvas, x, 0)->text);
  return out;
}

static void expect_gauge(double ratio, const char *expected) {
  char text[64];
  struct canvas *canvas = canvas_new(10, 1, true);
  widget_gauge(canvas, 0, 0, 10, STYLE_OK, ratio);
  assert_string_equal(line(canvas, text, sizeof text), expected);
  canvas_free(canvas);
}

static void test_gauge(void **state) {
  (void)state;
  expect_gauge(0, "..........");
  expect_gauge(0.5, "=====.....");
  expect_gauge(1, "==========");
  expect_gauge(0.001, "=.........");
  expect_gauge(0.999, "=========.");
  expect_gauge(-3, "..........");
  expect_gauge(7, "==========");
}

static void push(struct history_ring *ring, float value) {
  ring->values[ring->next] = value;
  ring->next = (uint16_t)((ring->next + 1) % HISTORY_LENGTH);
  ring->count = ring->count < HISTORY_LENGTH ? (uint16_t)(ring->count + 1) : HISTORY_LENGTH;
}

static const char *spark(const struct history_ring *ring, int width, char *out, size_t size) {
  struct canvas *canvas = canvas_new(width, 1, true);
  widget_spark(canvas, 0, 0, width, STYLE_SPARK, ring);
  line(canvas, out, size);
  canvas_free(canvas);
  return out;
}

static void test_spark(void **state) {
  (void)state;
  char text[256];
  struct history_ring ring = {0};
  assert_string_equal(spark(NULL, 6, text, sizeof text), "      ");
  assert_string_equal(spark(&ring, 6, text, sizeof text), "      ");
  push(&ring, 0);
  push(&ring, 4);
  push(&ring, NAN);
  push(&ring, 10);
  assert_string_equal(spark(&ring, 6, text, sizeof text), "  _. ^");
  /* Negative and constant values do no harm. */
  push(&ring, -5);
  assert_string_equal(spark(&ring, 6, text, sizeof text), " _. ^_");
}

static void expect_cell(const struct canvas *canvas, int x, int y, const char *text) {
  assert_string_equal(canvas_cell(canvas, x, y)->text, text);
}

static void test_chart(void **state) {
  (void)state;
  static const float values[] = {0, 10, NAN, 1, 5};
  struct history_ring ring = {0};
  struct canvas *canvas = canvas_new(6, 3, true);
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    push(&ring, values[i]);
  assert_true(widget_chart_top(&ring, 0) == 10);
  assert_true(widget_chart_top(&ring, 20) == 20);
  assert_int_equal(widget_chart(canvas, (struct rect){0, 0, 6, 3}, STYLE_SPARK, &ring, 10, 1), 5);
  for (int y = 0; y < 3; y++)
    expect_cell(canvas, 2, y, "|");
  expect_cell(canvas, 1, 2, "_"); /* a zero is known: it is not blank */
  expect_cell(canvas, 3, 2, " ");
  expect_cell(canvas, 5, 0, " ");
  expect_cell(canvas, 5, 1, ".");
  expect_cell(canvas, 5, 2, "|");
  canvas_free(canvas);
}

/* Once the ring is full, a new value changes the last cell only, or the line moves by one: the
 * history is never bundled in another way. */
static void check_calm(int width) {
  char before[256], after[256];
  struct history_ring ring = {0};
  uint32_t seed = 7;
  int moved = 0;
  for (int i = 0; i < 5 * HISTORY_LENGTH; i++) {
    seed = seed * 1664525u + 1013904223u;
    push(&ring, (float)((seed >> 16 & 0x1f) + 32 * (unsigned)(i / 13 % 7)) / 256);
    spark(&ring, width, after, sizeof after);
    const char *old = before + strspn(before, " "), *new = after + strspn(after, " ");
    size_t length = strlen(new) - 2; /* except for the newest, and the one that was it */
    if (i > 2 * HISTORY_LENGTH && strncmp(old, new, length) != 0) {
      moved++;
      assert_int_equal(strncmp(old + 1, new, length), 0);
    }
    memcpy(before, after, sizeof before);
  }
  assert_true(moved > 0 && moved <= 3 * HISTORY_LENGTH * width / HISTORY_LENGTH);
}

static void test_spark_is_calm(void **state) {
  (void)state;
  for (int width = 6; width <= 30; width++)
    check_calm(width);
}

/* How often cells other than the newest bar's change, in 120 samples. */
static int moves_of_chart(int width, int cells) {
  enum { HEIGHT = 4, MOVING = 4 };
  struct history_ring ring = {0};
  struct canvas *canvas = canvas_new(width, HEIGHT, true);
  char before[HISTORY_LENGTH + 1] = "", after[HISTORY_LENGTH + 1] = "";
  uint32_t seed = 7;
  int moves = 0;
  for (int i = 0; i < 3 * HISTORY_LENGTH; i++) {
    seed = seed * 1664525u + 1013904223u;
    push(&ring, (float)(seed >> 16 & 0x3ff));
    canvas_clear(canvas);
    const int samples =
        widget_chart(canvas, (struct rect){0, 0, width, HEIGHT}, STYLE_SPARK, &ring, 1024, cells);
    assert_in_range(samples, 1, HISTORY_LENGTH);
    memset(after, 0, sizeof after);
    for (int x = 0; x < width - MOVING; x++)
      for (int y = 0; y < HEIGHT; y++) /* the height of the bar, in eighths or so */
        after[x] = (char)(after[x] * 3 + canvas_cell(canvas, x, y)->text[0]);
    moves += i >= 2 * HISTORY_LENGTH && memcmp(before, after, sizeof after) != 0;
    memcpy(before, after, sizeof after);
  }
  canvas_free(canvas);
  return moves;
}

static void test_a_chart_of_wide_bars_is_calm(void **state) {
  (void)state;
  for (int width = 61; width <= HISTORY_LENGTH; width++) {
    assert_true(moves_of_chart(width, 1) > HISTORY_LENGTH * 9 / 10);
    assert_int_equal(moves_of_chart(width, 4), HISTORY_LENGTH / 4);
  }
  assert_int_equal(moves_of_chart(40, 4), HISTORY_LENGTH / 12); /* 3 values in a cell */
}

static void test_age(void **state) {
  (void)state;
  char text[AGE_MAX];
  assert_string_equal(age_text(text, -5), "0s");
  assert_string_equal(age_text(text, 14999), "14s");
  assert_string_equal(age_text(text, 60000), "1m");
  assert_string_equal(age_text(text, 3599999), "59m");
  assert_string_equal(age_text(text, 7200000), "2h");
  assert_string_equal(age_text(text, INT64_C(86400000) * 3), "3d");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gauge),
      cmocka_unit_test(test_spark),
      cmocka_unit_test(test_chart),
      cmocka_unit_test(test_spark_is_calm),
      cmocka_unit_test(test_a_chart_of_wide_bars_is_calm),
      cmocka_unit_test(test_age),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
