#include "clients/service/service_expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *json(const char *body, const char *name, const char *item) {
  static char lacks[SERVICE_LACKS_MAX];
  char *names[] = {(char *)(uintptr_t)name}, *items[] = {(char *)(uintptr_t)item};
  const struct service_wanted wanted = {names, items, 1};
  bool holds = service_json_holds(body, strlen(body), false, &wanted, lacks);
  if (!holds)
    assert_true(*lacks);
  return holds ? "" : lacks;
}

static void test_json(void **state) {
  (void)state;
  static const char body[] =
      "{\"status\": \"ok\", \"checks\": {\"db\": \"down\", \"n\": 3, \"r\": 0.5, \"f\": false,"
      "\"z\": null, \"list\": [{\"up\": true}], \"a.b\": {\"c\": 1}}}";
  assert_string_equal(json(body, "status", "ok"), "");
  assert_string_equal(json(body, "checks.n", "3"), "");
  assert_string_equal(json(body, "checks.n", "3.0"), "");
  assert_string_equal(json(body, "checks.r", ".5"), "");
  assert_string_equal(json(body, "checks.f", "false"), "");
  assert_string_equal(json(body, "checks.z", "null"), "");
  assert_string_equal(json(body, "checks.list.0.up", "true"), "");
  assert_string_equal(json("{\"a.b\": 1}", "a.b", "1"), "");
  assert_string_equal(json("[1, 2]", "1", "2"), "");
  assert_string_equal(json(body, "checks.db", "up"), "checks.db is \"down\" (expected up)");
  assert_string_equal(json(body, "checks.n", "x"), "checks.n is 3 (expected x)");
  assert_string_equal(json(body, "checks.list", "x"), "checks.list is an array (expected x)");
  assert_string_equal(json(body, "checks", "x"), "checks is an object (expected x)");
  assert_string_equal(json(body, "checks.list.1", "x"), "checks.list.1 is missing (expected x)");
  assert_string_equal(json(body, "checks.list.-1", "x"), "checks.list.-1 is missing (expected x)");
  assert_string_equal(json(body, "other.x", "x"), "other.x is missing (expected x)");
  assert_string_equal(json(body, "status.x", "x"), "status.x is missing (expected x)");
}

static void test_hostile_json(void **state) {
  (void)state;
  char lacks[SERVICE_LACKS_MAX], *deep = malloc(100001);
  char status[] = "status", ok[] = "ok";
  char *name = status, *item = ok;
  const struct service_wanted wanted = {&name, &item, 1};
  assert_memory_equal(json("", "a", "b"), "its body is not JSON: ", 22);
  assert_memory_equal(json("<html>", "a", "b"), "its body is not JSON: ", 22);
  memset(deep, '[', 100000);
  deep[100000] = '\0';
  assert_memory_equal(json(deep, "a", "b"), "its body is not JSON: ", 22);
  free(deep);
  assert_false(service_json_holds("{\"status\": \"ok\"}\0x", 18, false, &wanted, lacks));
  assert_false(service_json_holds("{\"status\": \"ok\"}", 16, true, &wanted, lacks));
  assert_memory_equal(lacks, "its body is too long", 20);
  /* what is quoted is one clean line */
  assert_false(
      service_json_holds("{\"status\": \"\\u001b[2J\\u202e\\n\"}", 29, false, &wanted, lacks));
  for (const char *at = lacks; *at; at++)
    assert_true((unsigned char)*at >= ' ');
  const struct service_wanted none = {0};
  assert_true(service_json_holds("no", 2, true, &none, lacks));
}

static bool headers(const char *lines, const char *name, const char *item,
                    char lacks[SERVICE_LACKS_MAX]) {
  char *names[] = {(char *)(uintptr_t)name}, *items[] = {(char *)(uintptr_t)item};
  const struct service_wanted wanted = {names, items, 1};
  return service_headers_hold(lines, &wanted, lacks);
}

static void test_headers(void **state) {
  (void)state;
  char lacks[SERVICE_LACKS_MAX];
  static const char lines[] = "HTTP/1.1 200 OK\r\nStrict-Transport-Security: Max-Age=1\r\n"
                              "X-A: one\r\nX-A:two\r\nX-Bad: \033[2J\r\n\r\n";
  assert_true(headers(lines, "strict-transport-security", "max-age", lacks));
  assert_true(headers(lines, "x-a", "two", lacks));
  assert_true(headers(lines, "X-A", "", lacks));
  assert_false(headers(lines, "X-A", "three", lacks));
  assert_false(headers(lines, "X", "", lacks));
  assert_string_equal(lacks, "the header X is missing");
  assert_false(headers("", "X", "", lacks));
  assert_false(headers(lines, "X-Bad", "good", lacks));
  assert_null(strchr(lacks, '\033'));
  assert_non_null(strstr(lacks, "(expected: good)"));
  /* no time at all switches HSTS off */
  static const char off[] = "Strict-Transport-Security: includeSubDomains; max-age=0\r\n";
  assert_false(headers(off, "strict-transport-security", "max-age", lacks));
  assert_true(headers(off, "strict-transport-security", "max-age=0", lacks));
  assert_true(headers("Strict-Transport-Security: max-age=00600\r\n", "strict-transport-security",
                      "max-age", lacks));
}

static void test_excerpt(void **state) {
  (void)state;
  char out[SERVICE_EXCERPT_MAX], big[5000];
  bool one_line;
  service_excerpt("\n  db is down \r\n", 16, out, &one_line);
  assert_string_equal(out, "db is down");
  assert_true(one_line);
  service_excerpt("<h1>x</h1>", 10, out, &one_line);
  assert_false(one_line);
  service_excerpt("a\nb", 3, out, &one_line);
  assert_string_equal(out, "a b");
  assert_false(one_line);
  service_excerpt("", 0, out, &one_line);
  assert_string_equal(out, "");
  assert_false(one_line);
  service_excerpt("\033[31mred\0x", 10, out, &one_line);
  assert_null(strchr(out, '\033'));
  memset(big, 'x', sizeof big);
  service_excerpt(big, sizeof big, out, &one_line);
  assert_true(strlen(out) < SERVICE_EXCERPT_MAX && strlen(out) > 200);
  assert_false(one_line);
}

static void test_fields(void **state) {
  (void)state;
  struct err err;
  static const char *const bad[] = {"", ".", "a.", ".a", "a..b"};
  assert_true(service_field_check("checks.db", &err));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(service_field_check(bad[i], &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json),    cmocka_unit_test(test_hostile_json),
      cmocka_unit_test(test_headers), cmocka_unit_test(test_excerpt),
      cmocka_unit_test(test_fields),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
