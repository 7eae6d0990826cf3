/* A line that opens a page: which lines are for pages, and what is wrong with one. */
#include "app/dashboard/page_line.h"
#include "core/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct page_spec whole = {.id = "test.whole", .kind = "test"};
static char *key_of_name(const char *name);
static bool about(const char *table, const char *key) {
  (void)table;
  return strcmp(key, "other") != 0;
}
static const struct page_spec of_row = {
    .id = "test.row", .kind = "test", .row_of = "rows", .about = about, .key_of_name = key_of_name};
static const struct page_spec *const pages[] = {&whole, &of_row, NULL};
static const struct target_kind kind = {.kind = "test"}, other_kind = {.kind = "other"};

static struct model model;

static int setup(void **state) {
  struct config *config = config_new();
  config_add(config, target_new(&other_kind, "cache"));
  config_add(config, target_new(&kind, "cache"));
  config_add(config, target_new(&kind, "a b"));
  model_init(&model, config);
  model.pages = pages;
  *state = config;
  return 0;
}

static int teardown(void **state) {
  model_fini(&model);
  config_free(*state);
  return 0;
}

static void expect_opened(const char *line, size_t target) {
  struct page_line read;
  struct err err;
  assert_true(page_line_read(line, &model, &read, &err));
  assert_int_equal(err.kind, ERR_NONE);
  assert_int_equal(read.request.kind, REQUEST_PAGE_OPEN);
  assert_ptr_equal(read.request.page, &whole);
  assert_int_equal(read.request.subject.target_index, target);
  assert_null(read.request.subject.table);
}

static void expect_error(const char *line, const char *words) {
  struct page_line read;
  struct err err;
  assert_true(page_line_read(line, &model, &read, &err));
  assert_non_null(strstr(err.text, words));
  page_line_fini(&read);
}

static const struct column_spec columns[] = {{.id = "name", .title = "NAME"}};
static const struct table_spec rows_table = {
    .id = "rows", .title = "Rows", .columns = columns, .column_count = 1};
static const struct table_spec *const tables[] = {&rows_table};

static char *key_of_name(const char *name) {
  return *name == '#' ? mem_printf("key of %s", name) : NULL;
}

static void expect_row(const char *line, const char *key, const char *label) {
  struct page_line read;
  struct err err;
  assert_true(page_line_read(line, &model, &read, &err));
  assert_string_equal(err.text, "");
  assert_string_equal(read.request.subject.table, "rows");
  assert_int_equal(read.request.subject.key_count, 1);
  assert_string_equal(read.request.subject.keys[0], key);
  assert_string_equal(read.request.text, label);
  assert_int_equal(read.request.subject.target_index, 1);
  page_line_fini(&read);
}

static void test_a_page_of_a_row(void **state) {
  (void)state;
  expect_error("test.row cache 1", "open the page that has them");
  struct sample *sample = sample_new(tables, 1);
  struct row *row = sample_row(sample, &sample->tables[0], "1234/5", NULL);
  assert_non_null(row);
  row->cells[0] = value_text("pid 1234");
  row = sample_row(sample, &sample->tables[0], "other", NULL);
  assert_non_null(row);
  row->cells[0] = value_text("not this");
  model_publish(&model, 1, sample, 1000);
  expect_row("test.row cache 1234", "1234/5", "pid 1234");
  expect_row("test.row cache 'pid 1234'", "1234/5", "pid 1234");
  expect_row("test.row cache 1234/5", "1234/5", "pid 1234");
  expect_row("test.row cache '#7'", "key of #7", "#7");
  expect_error("test.row cache 77", "no row of rows is named \"77\"; there are: pid 1234");
  expect_error("test.row cache other", "test.row is not about other");
  expect_error("test.row cache", "takes the name of one target and of one row of rows");
  expect_error("test.row cache 1 2", "takes the name of one target and of one row of rows");
  expect_error("test.row 'a b' 1234", "open the page that has them");
}

static void test_a_page_of_the_target(void **state) {
  (void)state;
  expect_opened("test.whole cache", 1);
  expect_opened("  test.whole 'a b' ", 2);
}

static void test_what_is_wrong(void **state) {
  (void)state;
  expect_error("test.whole", "takes the name of one target");
  expect_error("test.whole cache more", "takes the name of one target");
  expect_error("test.whole nobody", "no target nobody of the kind test");
  model.page_count = MODEL_PAGES_MAX;
  expect_error("test.whole cache", "too many pages");
  model.page_count = 0;
}

static void test_other_lines(void **state) {
  struct page_line read;
  struct err err;
  (void)state;
  assert_false(page_line_read("", &model, &read, &err));
  assert_false(page_line_read("redis.flush-db cache", &model, &read, &err));
  assert_false(page_line_read("test.whole 'open", &model, &read, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_page_of_a_row, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_page_of_the_target, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_is_wrong, setup, teardown),
      cmocka_unit_test_setup_teardown(test_other_lines, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
