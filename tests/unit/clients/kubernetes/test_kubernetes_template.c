/* What two templates differ in, in words that name no value of the environment. */
#include "clients/kubernetes/kubernetes_template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char said[1024];

static void on_line(void *arg, const char *text) {
  (void)arg;
  const size_t at = strlen(said);
  snprintf(said + at, sizeof said - at, "%s|", text);
}

static void expect(const char *from, const char *to, const char *words) {
  json_t *one = json_loads(from, 0, NULL), *other = json_loads(to, 0, NULL);
  assert_non_null(one);
  assert_non_null(other);
  *said = '\0';
  kubernetes_template_compare(one, other, on_line, NULL);
  assert_string_equal(said, words);
  json_decref(one);
  json_decref(other);
}

#define TEMPLATE(container, rest)                                                   \
  "{\"metadata\":{\"labels\":{\"app\":\"a\"}},\"spec\":{\"containers\":[{\"name\":" \
  "\"main\"," container "}]" rest "}}"

static void test_differences(void **state) {
  (void)state;
  expect(TEMPLATE("\"image\":\"a:1\"", ""), TEMPLATE("\"image\":\"a:1\"", ""), "");
  expect(TEMPLATE("\"image\":\"a:1\"", ""), TEMPLATE("\"image\":\"a:2\"", ""),
         "main: image a:1 to a:2|");
  expect(
      TEMPLATE("\"env\":[{\"name\":\"A\",\"value\":\"secret\"},{\"name\":\"B\",\"value\":\"x\"}]",
               ""),
      TEMPLATE("\"env\":[{\"name\":\"A\",\"value\":\"other\"},{\"name\":\"C\"},{\"name\":\"D\"}]",
               ""),
      "main: env adds C, D, removes B, changes A|");
  expect(TEMPLATE("\"resources\":{\"limits\":{\"memory\":\"1Gi\"}}", ",\"nodeSelector\":{}"),
         TEMPLATE("\"resources\":{}", ",\"hostNetwork\":true"),
         "main: resources|hostNetwork|nodeSelector|");
  expect("{\"metadata\":{\"labels\":{\"a\":\"1\",\"pod-template-hash\":\"x\"}},\"spec\":{}}",
         "{\"metadata\":{\"labels\":{\"a\":\"2\"},\"annotations\":{\"b\":\"c\"}},\"spec\":{}}",
         "label a|annotation b|");
  expect("{\"spec\":{\"containers\":[{\"name\":\"a\"}]}}",
         "{\"spec\":{\"containers\":[{\"name\":\"b\",\"image\":\"b:1\"}]}}",
         "adds the container b, image b:1|removes the container a|");
}

static void test_garbage(void **state) {
  (void)state;
  expect("{}", "{}", "");
  expect("[]", "{\"spec\":[],\"metadata\":3}", "");
  expect("{\"spec\":{\"containers\":{}}}", "{\"spec\":{\"containers\":[3,\"x\",{}]}}",
         "adds the container , image |adds the container , image |adds the container , image |");
}

static void test_many_names_are_cut(void **state) {
  char text[20000] = "{\"spec\":{\"containers\":[{\"name\":\"m\",\"env\":[";
  (void)state;
  for (int i = 0; i < 200; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s{\"name\":\"VARIABLE_NUMBER_%d\"}",
             i > 0 ? "," : "", i);
  strcat(text, "]}]}}");
  json_t *one = json_loads("{\"spec\":{\"containers\":[{\"name\":\"m\"}]}}", 0, NULL);
  json_t *other = json_loads(text, 0, NULL);
  *said = '\0';
  assert_int_equal(kubernetes_template_compare(one, other, on_line, NULL), 1);
  assert_true(strlen(said) < 500);
  json_decref(one);
  json_decref(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_differences),
      cmocka_unit_test(test_garbage),
      cmocka_unit_test(test_many_names_are_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
