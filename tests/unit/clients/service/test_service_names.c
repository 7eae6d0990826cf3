#include "clients/service/service_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct service_addresses of(const char *text) {
  struct service_addresses addresses;
  struct err err;
  if (!service_addresses_parse(text, &addresses, &err))
    fail_msg("%s", err.text);
  return addresses;
}

static const char *text_of(const char *text) {
  static char out[NAMES_TEXT_MAX];
  const struct service_addresses addresses = of(text);
  return service_addresses_text(&addresses, out);
}

static void test_texts(void **state) {
  (void)state;
  struct err err;
  assert_string_equal(text_of(" 10.0.0.2,10.0.0.1 , ::1"), "10.0.0.1, 10.0.0.2, ::1");
  assert_string_equal(text_of("fe80::1, 10.0.0.1, 10.0.0.1"), "10.0.0.1, fe80::1");
  assert_false(service_addresses_check("", &err));
  assert_false(service_addresses_check("10.0.0.1,", &err));
  assert_false(service_addresses_check("10.0.0.1 10.0.0.2", &err));
  assert_false(service_addresses_check("10.0.0", &err));
  assert_false(service_addresses_check("api.example.com", &err));
  char many[400] = "10.0.0.0";
  for (int i = 1; i <= NAMES_MAX; i++)
    snprintf(many + strlen(many), sizeof many - strlen(many), ",10.0.0.%d", i);
  assert_false(service_addresses_check(many, &err));
}

static const char *held(const char *answer, const char *expected) {
  static struct err err;
  const struct service_addresses a = of(answer), b = of(expected);
  err.text[0] = '\0';
  return service_addresses_hold(&a, &b, &err) ? "" : err.text;
}

static void test_expectations(void **state) {
  (void)state;
  assert_string_equal(held("10.0.0.1, 10.0.0.2", "10.0.0.2, 10.0.0.1"), "");
  assert_string_equal(held("10.0.0.1, ::1", "10.0.0.1"), ""); /* IPv6 is not judged */
  assert_string_equal(held("10.0.0.1, ::1", "::1"), "");
  assert_string_equal(held("10.0.0.1, 10.0.0.9", "10.0.0.1"),
                      "answers 10.0.0.9 (expected 10.0.0.1)");
  assert_string_equal(held("10.0.0.1", "10.0.0.1, 10.0.0.2"), "answers 10.0.0.1 without 10.0.0.2");
  assert_string_equal(held("10.0.0.1", "10.0.0.1, ::1"), "answers 10.0.0.1 without ::1");
  struct service_addresses some = of("10.0.0.1"), expected = of("10.0.0.1, 10.0.0.2");
  struct err err;
  some.more = true; /* the other one may be among those that were left out */
  assert_true(service_addresses_hold(&some, &expected, &err));
  assert_false(service_addresses_same(&some, &expected));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts),
                                     cmocka_unit_test(test_expectations)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
