/* A line that opens a page: which lines are for pages, and what is wrong with one. */
#include "app/dashboard/page_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct page_spec whole = {.id = "test.whole", .kind = "test"};
static const struct page_spec of_row = {.id = "test.row", .kind = "test", .row_of = "rows"};
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
  struct request request;
  struct err err;
  assert_true(page_line_read(line, &model, &request, &err));
  assert_int_equal(err.kind, ERR_NONE);
  assert_int_equal(request.kind, REQUEST_PAGE_OPEN);
  assert_ptr_equal(request.page, &whole);
  assert_int_equal(request.subject.target_index, target);
  assert_null(request.subject.table);
}

static void expect_error(const char *line, const char *words) {
  struct request request;
  struct err err;
  assert_true(page_line_read(line, &model, &request, &err));
  assert_non_null(strstr(err.text, words));
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
  expect_error("test.row cache", "select the row");
  model.page_count = MODEL_PAGES_MAX;
  expect_error("test.whole cache", "too many pages");
  model.page_count = 0;
}

static void test_other_lines(void **state) {
  struct request request;
  struct err err;
  (void)state;
  assert_false(page_line_read("", &model, &request, &err));
  assert_false(page_line_read("redis.flush-db cache", &model, &request, &err));
  assert_false(page_line_read("test.whole 'open", &model, &request, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_page_of_the_target, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_is_wrong, setup, teardown),
      cmocka_unit_test_setup_teardown(test_other_lines, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
