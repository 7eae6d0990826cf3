#include "io/net/tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct split_case {
  const char *text, *host;
  int port; /* 0: an error */
};

static void test_split(void **state) {
  (void)state;
  static const struct split_case cases[] = {
      {"api:8000", "api", 8000},
      {"[::1]:80", "::1", 80},
      {"10.0.0.1:65535", "10.0.0.1", 65535},
      {"api", NULL, 0},
      {"api:", NULL, 0},
      {":80", NULL, 0},
      {"api:0", NULL, 0},
      {"api:65536", NULL, 0},
      {"api:8x", NULL, 0},
      {"api:+80", NULL, 0},
      {"::1:80", NULL, 0},
      {"[::1]", NULL, 0},
      {"[::1]80", NULL, 0},
      {"[::1:80", NULL, 0},
      {"", NULL, 0},
      {"[]:80", NULL, 0},
      {"fe80::1:80", NULL, 0},
      {"api: 80", NULL, 0},
      {"api:99999999999", NULL, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char host[HOST_MAX];
    int port;
    struct err err = {0};
    assert_int_equal(tcp_address_split(cases[i].text, host, &port, &err), cases[i].port != 0);
    if (cases[i].port == 0) {
      assert_int_equal(err.kind, ERR_INVALID);
      continue;
    }
    assert_string_equal(host, cases[i].host);
    assert_int_equal(port, cases[i].port);
  }
}

static void test_port(void **state) {
  (void)state;
  static const struct {
    const char *text, *error;
  } cases[] = {
      {"api:0", "\"api:0\": port: 0 is out of range: 1 to 65535"},
      {"api:70000", "\"api:70000\": port: 70000 is out of range: 1 to 65535"},
      {"api:8x", "\"api:8x\": port: \"8x\" is not a whole number"},
      {"api:+80", "\"api:+80\": port: \"+80\" is not a whole number"},
      {"api:", "\"api:\": port: \"\" is not a whole number"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char host[HOST_MAX];
    int port;
    struct err err = {0};
    assert_false(tcp_address_split(cases[i].text, host, &port, &err));
    assert_string_equal(err.text, cases[i].error);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_split), cmocka_unit_test(test_port)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
