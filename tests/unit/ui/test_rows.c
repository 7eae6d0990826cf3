/* Trees of rows: order, sorting, filters. */
#include "model/sample.h"
#include "ui/table/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct column_spec columns[] = {
    {.id = "name", .title = "NAME"},
    {.id = "size", .title = "SIZE", .unit = UNIT_COUNT},
    {.id = "port", .title = "PORT"},
};
static const struct table_spec spec = {"things", "Things", 0, columns, 3};

static struct sample *make(void) {
  static const struct table_spec *const specs[] = {&spec};
  return sample_new(specs, 1);
}

static void add(struct sample *sample, const char *key, const char *parent, struct value size) {
  struct row *row = sample_row(sample, &sample->tables[0], key, parent);
  row->cells[0] = value_text(row->key);
  row->cells[1] = size;
  row->cells[2] = value_int(8000 + (int)strlen(key));
}

/* "a b/c b" with / before the depth's children, + behind closed ones. */
static void expect(const struct sample *sample, struct rows_query query, const char *expected) {
  char text[512] = "";
  struct ordered_row *rows;
  size_t count = rows_order(&sample->tables[0], &query, &rows);
  for (size_t i = 0; i < count; i++) {
    size_t at = strlen(text);
    snprintf(text + at, sizeof text - at, "%s%.*s%s", i ? " " : "", rows[i].depth, "////////",
             rows[i].row->key);
    at += strlen(text + at);
    if (rows[i].hidden)
      snprintf(text + at, sizeof text - at, "+%zu", rows[i].hidden);
  }
  free(rows);
  assert_string_equal(text, expected);
}

static bool closed(const void *context, const struct row *row, int depth, size_t children) {
  (void)context;
  (void)row;
  (void)children;
  return depth == 0;
}

static struct sample *make_tree(void) {
  struct sample *s = make();
  add(s, "g1", NULL, value_int(5));
  add(s, "g1t1", "g1", value_int(4));
  add(s, "g1t1p0", "g1t1", value_int(1));
  add(s, "g2", NULL, value_int(50));
  add(s, "g1t2", "g1", value_int(9));
  add(s, "g1t1p1", "g1t1", value_int(3));
  add(s, "orphan", "nobody", value_none("why"));
  return s;
}

static void test_tree(void **state) {
  (void)state;
  struct sample *s = make_tree();
  expect(s, (struct rows_query){.sort_column = -1}, "g1 /g1t1 //g1t1p0 //g1t1p1 /g1t2 g2 orphan");
  expect(s, (struct rows_query){.sort_column = -1, .open = {closed, NULL}},
         "g1 /g1t1+2 /g1t2 g2 orphan");
  sample_free(s);
}

static void test_sort(void **state) {
  (void)state;
  struct sample *s = make_tree();
  expect(s, (struct rows_query){.sort_column = 1}, "g2 g1 /g1t2 /g1t1 //g1t1p1 //g1t1p0 orphan");
  /* Unknown values stay at the end. */
  expect(s, (struct rows_query){.sort_column = 1, .inverted = true},
         "g1 /g1t1 //g1t1p0 //g1t1p1 /g1t2 g2 orphan");
  expect(s, (struct rows_query){.sort_column = 0, .inverted = true},
         "orphan g2 g1 /g1t2 /g1t1 //g1t1p1 //g1t1p0");
  sample_free(s);
}

static void test_filter(void **state) {
  (void)state;
  struct sample *s = make_tree();
  expect(s, (struct rows_query){.sort_column = -1, .filter = "P1", .open = {closed, NULL}},
         "g1 /g1t1 //g1t1p1");
  expect(s, (struct rows_query){.sort_column = -1, .filter = "8002"}, "g1 g2");
  expect(s, (struct rows_query){.sort_column = -1, .filter = "zzz"}, "");
  expect(s, (struct rows_query){.sort_column = -1, .filter = ""},
         "g1 /g1t1 //g1t1p0 //g1t1p1 /g1t2 g2 orphan");
  sample_free(s);
  s = make();
  add(s, "ÄRGER", NULL, value_int(1));
  expect(s, (struct rows_query){.sort_column = -1, .filter = "ärg"}, "ÄRGER");
  sample_free(s);
}

static void test_hidden_harm_is_reported(void **state) {
  (void)state;
  struct sample *s = make_tree();
  s->tables[0].rows[5].severity = SEVERITY_CRIT;
  struct ordered_row *rows;
  struct rows_query query = {.sort_column = -1, .open = {closed, NULL}};
  assert_int_equal(rows_order(&s->tables[0], &query, &rows), 5);
  assert_int_equal(rows[1].hidden_severity, SEVERITY_CRIT);
  assert_int_equal(rows[0].hidden_severity, SEVERITY_OK);
  assert_ptr_equal(rows[1].root, rows[0].row);
  free(rows);
  sample_free(s);
}

/* Same keys, a parent of itself, a parent after its child, a long chain: nothing loops. */
static void test_broken_trees(void **state) {
  (void)state;
  struct sample *s = make();
  expect(s, (struct rows_query){.sort_column = 1}, "");
  add(s, "a", "a", value_int(1));
  add(s, "b", "c", value_int(1));
  add(s, "c", "b", value_int(1));
  add(s, "a", NULL, value_int(2));
  add(s, "d", "a", value_int(2));
  expect(s, (struct rows_query){.sort_column = -1}, "a /d b /c a");
  sample_free(s);
  s = make();
  char key[16], parent[16] = "";
  for (int i = 0; i < 5000; i++) {
    snprintf(key, sizeof key, "%d", i);
    add(s, key, *parent ? parent : NULL, value_int(i));
    memcpy(parent, key, sizeof key);
  }
  struct ordered_row *rows;
  struct rows_query query = {.sort_column = 1};
  assert_int_equal(rows_order(&s->tables[0], &query, &rows), 5000);
  assert_int_equal(rows[4999].depth, 4999);
  free(rows);
  sample_free(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tree),         cmocka_unit_test(test_sort),
      cmocka_unit_test(test_filter),       cmocka_unit_test(test_hidden_harm_is_reported),
      cmocka_unit_test(test_broken_trees),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
