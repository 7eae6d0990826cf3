/* JSON as a tree: what is refused before the tree is made, and typed access with the place in each
 * error. */
#include "core/json/json_node.h"
#include "core/json/json_tree.h"
#include "support/core_test.h"

#include <string.h>

static const struct json_limits few = {.bytes = 64, .values = 5, .depth = 3};
static struct err err;

static json_t *tree(const char *text, const struct json_limits *limits) {
  err = (struct err){0};
  json_t *json = json_tree_new(text, strlen(text), limits, &err);
  assert_true((json != NULL) == (err.kind == ERR_NONE));
  return json;
}

static void expect_refused(const char *text, enum err_kind kind, const char *words) {
  json_t *json = tree(text, &few);
  assert_null(json);
  if (err.kind != kind || !strstr(err.text, words))
    fail_msg("%s: %s", text, err.text);
}

static void test_within_the_limits(void **state) {
  static const char *const texts[] = {"[]", "[1,2,3,4]", "[[[1]]]", "{\"a\":{\"b\":[]}}",
                                      /* what stands in a text does not count */
                                      "[\"[[[[[[,,,,,,\\\"[[[\"]"};
  (void)state;
  for (size_t i = 0; i < COUNT(texts); i++) {
    json_t *json = tree(texts[i], &few);
    if (!json)
      fail_msg("%s: %s", texts[i], err.text);
    json_decref(json);
  }
}

static void test_beyond_the_limits(void **state) {
  char longest[66];
  (void)state;
  expect_refused("[1,2,3,4,5]", ERR_LIMIT, "more than 5 values");
  expect_refused("[[[[1]]]]", ERR_LIMIT, "more than 3 levels deep");
  memset(longest, ' ', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  expect_refused(longest, ERR_LIMIT, "65 bytes; at most 64 are allowed");
}

static void test_what_is_no_json(void **state) {
  (void)state;
  expect_refused("", ERR_INVALID, "line 1");
  expect_refused("[1,\n 2", ERR_INVALID, "line 2, column 2");
  expect_refused("{\"a\":1,\"a\":2}", ERR_INVALID, "duplicate object key");
  expect_refused("[\"\\u0000\"]", ERR_INVALID, "line 1");
  expect_refused("[] []", ERR_INVALID, "line 1");
}

static void test_integers_as_reals(void **state) {
  static const struct json_limits reals = {.bytes = 64, .values = 5, .depth = 3, .as_reals = true};
  static const char text[] = "[18446744073709551615, 7]";
  (void)state;
  assert_null(tree(text, &few));
  json_t *json = tree(text, &reals);
  assert_true(json_number_value(json_array_get(json, 0)) > 1.8e19);
  assert_true(json_number_value(json_array_get(json, 1)) == 7);
  json_decref(json);
}

/* ---- nodes */

static void test_each_error_has_its_place(void **state) {
  static const struct json_limits limits = {.bytes = 1024, .values = 100, .depth = 9};
  (void)state;
  json_t *json =
      tree("{\"a\":[{\"text\":7,\"int\":9,\"bool\":1,\"real\":\"x\",\"array\":{},\"nil\":null}]}",
           &limits);
  struct json_node top = {.json = json, .err = &err}, array;
  const char *text;
  int64_t integer;
  bool yes;
  double real;
  size_t count;
  assert_true(json_read_array(&top, "a", &array, &count));
  assert_int_equal(count, 1);
  const struct json_node node = json_element(&array, 0);
  struct json_node inner;
  assert_false(json_read_text(&node, "text", &text));
  assert_string_equal(err.text, "a[0].text: expected a text");
  assert_false(json_read_text(&node, "nil", &text));
  assert_false(json_read_int_or(&node, "int", 0, 1, 8, &integer));
  assert_string_equal(err.text, "a[0].int: expected an integer from 1 to 8");
  assert_false(json_read_bool_or(&node, "bool", true, &yes));
  assert_string_equal(err.text, "a[0].bool: expected true or false");
  assert_false(json_read_real(&node, "real", &yes, &real));
  assert_string_equal(err.text, "a[0].real: expected a number");
  assert_false(json_read_array(&node, "array", &inner, &count));
  assert_string_equal(err.text, "a[0].array: expected an array");
  json_decref(json);
}

static void test_what_is_absent_has_a_fallback(void **state) {
  static const struct json_limits limits = {.bytes = 1024, .values = 100, .depth = 9};
  (void)state;
  json_t *json = tree("{\"nil\":null}", &limits);
  const struct json_node top = {.json = json, .err = &err};
  struct json_node array;
  const char *text;
  int64_t integer;
  bool yes;
  double real;
  size_t count;
  assert_true(json_read_text_or(&top, "nil", "else", &text));
  assert_string_equal(text, "else");
  assert_true(json_read_int_or(&top, "x", -3, 1, 8, &integer)); /* it need not be in the range */
  assert_int_equal(integer, -3);
  assert_true(json_read_bool_or(&top, "x", true, &yes) && yes);
  assert_true(json_read_real(&top, "x", &yes, &real) && !yes);
  assert_true(json_read_array(&top, "nil", &array, &count));
  assert_int_equal(count, 0);
  assert_null(json_element(&array, 0).json);
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_within_the_limits),
      cmocka_unit_test(test_beyond_the_limits),
      cmocka_unit_test(test_what_is_no_json),
      cmocka_unit_test(test_integers_as_reals),
      cmocka_unit_test(test_each_error_has_its_place),
      cmocka_unit_test(test_what_is_absent_has_a_fallback),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
