/* Which columns fit, how widths follow the values, and pairs. */
#include "model/sample.h"
#include "ui/table/pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct column_spec specs[] = {
    {.id = "name", .title = "NAME"},
    {.id = "state", .title = "STATE", .width = 7},
    {.id = "rate", .title = "RATE", .unit = UNIT_COUNT, .flags = COLUMN_SPARK, .priority = 1},
    {.id = "used", .title = "USED", .unit = UNIT_RATIO, .flags = COLUMN_GAUGE, .priority = 4},
    {.id = "query", .title = "QUERY", .flags = COLUMN_FLEX, .priority = 3},
    {.id = "never", .title = "NEVER", .unit = UNIT_COUNT, .priority = 1},
    {.id = "detail", .title = "DETAIL", .flags = COLUMN_DETAIL},
};
static const struct table_spec spec = {"t", "T", 0, specs, 7};

/* With the state after values of these widths. */
static void hold(struct columns_memory *memory, int name, int query) {
  *memory = (struct columns_memory){.held = {name, 5, 6, 4, query, 0, 9}, .text = {true, true}};
  memory->text[4] = true;
}

static void expect_fit(const struct columns_memory *memory, int width, const char *expected) {
  char text[256] = "";
  struct columns columns;
  columns_fit(memory, &spec, width, true, &columns);
  for (size_t i = 0; i < columns.count; i++) {
    const struct column_place *place = &columns.places[i];
    size_t at = strlen(text);
    snprintf(text + at, sizeof text - at, "%s%s:%d+%d", i ? " " : "", specs[place->column].id,
             place->width, place->extra);
  }
  assert_string_equal(text, expected);
}

static void test_fit(void **state) {
  (void)state;
  struct columns_memory memory;
  hold(&memory, 12, 80);
  expect_fit(&memory, 20, "name:12+0 state:7+0");
  expect_fit(&memory, 27, "name:12+0 state:7+0 rate:6+0");
  expect_fit(&memory, 36, "name:12+0 state:7+0 rate:6+8");
  expect_fit(&memory, 45, "name:12+0 state:7+0 rate:6+6 query:10+0");
  expect_fit(&memory, 100, "name:12+0 state:7+0 rate:6+12 used:4+10 query:39+0");
  expect_fit(&memory, 8, "name:5+0 state:7+0");
  expect_fit(&memory, 1, "name:5+0 state:7+0");
  expect_fit(&memory, -7, "name:5+0 state:7+0");
}

/* A column that explains what is wrong stays when the others are dropped, as long as it does so. */
static void test_columns_that_explain_stay(void **state) {
  (void)state;
  struct columns_memory memory;
  hold(&memory, 12, 80);
  memory.held[5] = 5;
  memory.tells_ms[5] = 1;
  expect_fit(&memory, 27, "name:12+0 state:7+0 never:5+0");
  expect_fit(&memory, 20, "name:6+0 state:7+0 never:5+0");
  memory.tells_ms[5] = 0;
  expect_fit(&memory, 27, "name:12+0 state:7+0 rate:6+0");

  static const struct column_spec told[] = {{.id = "name", .title = "NAME"},
                                            {.id = "blocks",
                                             .title = "BLOCKS",
                                             .unit = UNIT_COUNT,
                                             .flags = COLUMN_TELLS,
                                             .priority = 3}};
  static const struct table_spec told_spec = {"t", "T", 0, told, 2};
  struct value cells[] = {{.type = VALUE_TEXT, .text = "x"}, {.type = VALUE_INT, .integer = 2}};
  struct row row = {.key = "x", .severity = SEVERITY_OK, .cells = cells};
  const struct frame frame = {.now_ms = 1000};
  struct columns_memory seen = {0};
  columns_measure_begin(&seen);
  columns_measure_row(&seen, &frame, &told_spec, &row, SEVERITY_OK, 0);
  assert_int_equal(seen.tells_ms[1], 0); /* the row is well */
  row.severity = SEVERITY_WARN;
  columns_measure_row(&seen, &frame, &told_spec, &row, SEVERITY_OK, 0);
  columns_measure_end(&seen, &told_spec, frame.now_ms);
  assert_true(seen.tells_ms[1] > frame.now_ms);
  columns_measure_begin(&seen);
  cells[1].integer =
      0; /* blocks none: nothing to explain, once it has been like that for a while */
  columns_measure_row(&seen, &frame, &told_spec, &row, SEVERITY_OK, 0);
  columns_measure_end(&seen, &told_spec, frame.now_ms + COLUMNS_HOLD_MS + 1);
  assert_int_equal(seen.tells_ms[1], 0);
}

/* A column without any value gives way to those with values, even if it tells or is never dropped,
 * and comes back at once. */
static void test_empty_columns_give_way(void **state) {
  (void)state;
  struct columns_memory memory;
  hold(&memory, 12, 80);
  memory.held[5] = 20; /* what was wrong is over */
  memory.tells_ms[5] = 1;
  memory.vacant[5] = true;
  expect_fit(&memory, 27, "name:12+0 state:7+0 rate:6+0");
  memory.vacant[5] = false;
  expect_fit(&memory, 45, "name:12+0 state:7+0 never:20+0");

  static const struct column_spec told[] = {
      {.id = "name", .title = "NAME"},
      {.id = "error", .title = "ERROR", .flags = COLUMN_TELLS | COLUMN_FLEX, .priority = 3}};
  static const struct table_spec told_spec = {"t", "T", 0, told, 2};
  struct value cells[] = {{.type = VALUE_TEXT, .text = "x"}, {.type = VALUE_TEXT, .text = "bad"}};
  const struct row row = {.key = "x", .severity = SEVERITY_WARN, .cells = cells};
  /* what has said what is wrong keeps its place for more than a minute */
  const int64_t times[] = {10000, 75000, 10001 + COLUMNS_HOLD_MS, 11000 + COLUMNS_HOLD_MS};
  const bool vacant[] = {false, false, true, false};
  struct columns_memory seen = {0};
  for (size_t i = 0; i < 4; i++) {
    cells[1].text = i == 0 || i == 3 ? "bad" : "";
    columns_measure_begin(&seen);
    columns_measure_row(&seen, &(struct frame){.now_ms = times[i]}, &told_spec, &row, SEVERITY_OK,
                        0);
    columns_measure_end(&seen, &told_spec, times[i]);
    assert_int_equal(seen.vacant[1], vacant[i]);
    assert_true(seen.text[1]); /* aligned as before */
    assert_true(seen.held[1] == (i == 2 ? 0 : 3));
  }
}

/* Of many rows, a few long texts are not worth a place, unless one of them is in a row that is not
 * OK; a 0 explains nothing. */
static void test_columns_with_few_values_give_way(void **state) {
  (void)state;
  static const struct column_spec told[] = {
      {.id = "name", .title = "NAME"},
      {.id = "query", .title = "QUERY", .flags = COLUMN_FLEX},
      {.id = "blocks", .title = "BLOCKS", .unit = UNIT_COUNT, .flags = COLUMN_TELLS}};
  static const struct table_spec told_spec = {"t", "T", 0, told, 3};
  enum { ROWS = 12, NOW_MS = 2 * COLUMNS_HOLD_MS };
  static const struct {
    size_t filled;
    bool loud, vacant;
    int64_t blocks;
  } cases[] = {{3, false, false, 0}, {2, false, true, 0}, {2, true, false, 0}, {2, false, true, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct columns_memory seen = {0};
    columns_measure_begin(&seen);
    for (size_t r = 0; r < ROWS; r++) {
      struct value cells[] = {value_text("x"), value_text(r < cases[i].filled ? "SELECT" : ""),
                              value_int(r % 2 ? cases[i].blocks : 0)};
      const struct row row = {.key = "x",
                              .severity = cases[i].loud && r == 0 ? SEVERITY_WARN : SEVERITY_OK,
                              .cells = cells};
      columns_measure_row(&seen, &(struct frame){.now_ms = NOW_MS}, &told_spec, &row, SEVERITY_OK,
                          0);
    }
    columns_measure_end(&seen, &told_spec, NOW_MS);
    assert_int_equal(seen.vacant[1], cases[i].vacant);
    assert_int_equal(seen.vacant[2], cases[i].blocks == 0);
  }
}

/* Without headings a number of the second rank cannot be understood. */
static void test_without_headings(void **state) {
  (void)state;
  struct columns_memory memory;
  struct columns columns;
  hold(&memory, 12, 80);
  columns_fit(&memory, &spec, 100, false, &columns);
  assert_int_equal(columns.count, 4);
  assert_string_equal(specs[columns.places[2].column].id, "rate");
  assert_string_equal(specs[columns.places[3].column].id, "query");
}

static void test_places(void **state) {
  (void)state;
  struct columns_memory memory;
  struct columns columns;
  hold(&memory, 12, 10);
  columns_fit(&memory, &spec, 100, true, &columns);
  assert_int_equal(columns.count, 5);
  assert_int_equal(columns.places[1].x, 14);
  assert_false(columns.places[1].right);
  assert_true(columns.places[2].right);
  assert_int_equal(columns.places[3].x, columns.places[2].x + 6 + 1 + 24 + 2);
  assert_int_equal(columns.rest_x + columns.rest_width, 100);
}

static const struct table_spec *const tables[] = {&spec};

static void measure(struct columns_memory *memory, int64_t count, int64_t now_ms) {
  struct sample *sample = sample_new(tables, 1);
  struct frame frame = {.now_ms = now_ms};
  struct row *row = sample_row(sample, &sample->tables[0], "k", NULL);
  row->cells[0] = value_text("name");
  if (count >= 0)
    row->cells[2] = value_int(count);
  columns_measure_begin(memory);
  columns_measure_row(memory, &frame, &spec, row, SEVERITY_OK, 2);
  columns_measure_end(memory, &spec, now_ms);
  sample_free(sample);
}

/* Widths grow at once, shrink after a while; so does a column that has become empty. */
static void test_memory(void **state) {
  (void)state;
  struct columns_memory memory = {0};
  measure(&memory, 99, 0);
  assert_int_equal(memory.held[0], 6);
  assert_int_equal(memory.held[2], 2);
  measure(&memory, 1000, 1000);
  assert_int_equal(memory.held[2], 5);
  measure(&memory, 99, 2000);
  assert_int_equal(memory.held[2], 5);
  measure(&memory, -1, COLUMNS_HOLD_MS);
  assert_int_equal(memory.held[2], 5);
  measure(&memory, 1000, COLUMNS_HOLD_MS + 500);
  measure(&memory, 99, COLUMNS_HOLD_MS + 2000);
  assert_int_equal(memory.held[2], 5);
  measure(&memory, 99, 2 * COLUMNS_HOLD_MS + 1000);
  assert_int_equal(memory.held[2], 2);
  measure(&memory, -1, 3 * COLUMNS_HOLD_MS + 2000);
  assert_int_equal(memory.held[2], 0);
}

/* Who it is comes before numbers while a finding is about one of the rows, cut if need be. */
static void test_names_come_before_numbers(void **state) {
  (void)state;
  static const struct column_spec named[] = {
      {.id = "pid", .title = "PID"},
      {.id = "for", .title = "FOR", .unit = UNIT_COUNT, .priority = 1},
      {.id = "app", .title = "APP", .flags = COLUMN_FLEX | COLUMN_NAMES, .priority = 5}};
  static const struct table_spec named_spec = {"t", "T", 0, named, 3};
  struct value cells[] = {value_text("4711"), value_int(1234567), value_text("ecap-pool-worker")};
  const struct row row = {.key = "4711", .cells = cells};
  struct columns columns;
  for (int i = 0; i < 2; i++) {
    struct columns_memory memory = {0};
    columns_measure_begin(&memory);
    columns_measure_row(&memory, &(struct frame){.now_ms = 1}, &named_spec, &row,
                        i == 0 ? SEVERITY_OK : SEVERITY_WARN, 0);
    columns_measure_end(&memory, &named_spec, 1);
    columns_fit(&memory, &named_spec, 15, true, &columns);
    assert_int_equal(columns.count, 2);
    assert_int_equal(columns.places[1].column, i == 0 ? 1 : 2);
  }
}

/* What a person chose: its order, its widths, and nothing else but what tells what is wrong. */
static void test_a_choice(void **state) {
  (void)state;
  struct columns_memory memory;
  hold(&memory, 12, 80);
  memory.order = (struct columns_order){3, {4, 6, 2}, {15, 0, 0}};
  expect_fit(&memory, 60, "name:12+0 query:15+0 detail:9+0 rate:6+11");
  expect_fit(&memory, 40, "name:12+0 query:15+0 detail:9+0");
  expect_fit(&memory, 20, "name:10+0 detail:9+0");
  memory.order = (struct columns_order){2, {5, 0}, {0, 6}};
  expect_fit(&memory, 60, "name:6+0 never:5+0"); /* though it is empty */
  memory.tells_ms[1] = 1;
  expect_fit(&memory, 60, "name:6+0 never:5+0 state:7+0");
}

static const struct column_spec summary[] = {
    {.id = "a", .title = "first"},
    {.id = "b", .title = "second", .flags = COLUMN_SPARK, .priority = 2},
    {.id = "c", .title = "third", .priority = 3},
    {.id = "d", .title = "border", .flags = COLUMN_HEADLINE},
    {.id = "e", .title = "bar", .unit = UNIT_RATIO, .flags = COLUMN_HEADLINE | COLUMN_GAUGE},
};
static const struct table_spec summary_spec = {"s", "S", TABLE_SUMMARY, summary, 5};

static void test_pairs(void **state) {
  (void)state;
  struct pairs pairs;
  struct columns_memory memory = {.held = {3, 3, 3, 5, 3}};
  pairs_fit(&memory, &summary_spec, PAIRS_REST, 80, 1, &pairs);
  assert_int_equal(pairs.count, 3);
  assert_int_equal(pairs.width, 9 + 2 + 21 + 2 + 9);
  pairs_fit(&memory, &summary_spec, PAIRS_REST, 35, 1, &pairs); /* without the sparkline */
  assert_int_equal(pairs.count, 3);
  assert_int_equal(pairs.items[1].extra, 0);
  pairs_fit(&memory, &summary_spec, PAIRS_REST, 25, 1, &pairs); /* the lowest rank goes */
  assert_int_equal(pairs.count, 2);
  pairs_fit(&memory, &summary_spec, PAIRS_REST, 25, 2, &pairs);
  assert_int_equal(pairs.count, 3);
  assert_int_equal(pairs.items[2].line, 1);
  pairs_fit(&memory, &summary_spec, PAIRS_REST, 3, 2, &pairs);
  assert_int_equal(pairs.count, 0);
  pairs_fit(&memory, &summary_spec, PAIRS_HEADLINE, 40, 1, &pairs);
  assert_int_equal(pairs.count, 2);
  assert_int_equal(pairs.items[1].title_width, 0);
  assert_int_equal(pairs.items[1].extra, 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fit),
      cmocka_unit_test(test_columns_that_explain_stay),
      cmocka_unit_test(test_empty_columns_give_way),
      cmocka_unit_test(test_columns_with_few_values_give_way),
      cmocka_unit_test(test_without_headings),
      cmocka_unit_test(test_places),
      cmocka_unit_test(test_memory),
      cmocka_unit_test(test_names_come_before_numbers),
      cmocka_unit_test(test_a_choice),
      cmocka_unit_test(test_pairs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
