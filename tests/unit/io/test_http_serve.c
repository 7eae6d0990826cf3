/* What clients ask the small server, and who is refused. */
#include "io/http/http_serve.h"

#include "support/core_test.h"

#include <stdio.h>
#include <string.h>

static char text[HTTP_SERVE_REQUEST_MAX + 1];
static struct http_asked asked;
static bool head_only;

static int take(const char *request, bool remote) {
  snprintf(text, sizeof text, "%s", request);
  return http_request_read(text, strlen(text), remote, &asked, &head_only);
}

static void test_a_request(void **state) {
  (void)state;
  assert_int_equal(take("GET /metrics?x=1 HTTP/1.1\r\nHost: 127.0.0.1:9876\r\n"
                        "accept: application/openmetrics-text;version=1.0.0\r\nX: y\r\n\r\n",
                        false),
                   200);
  assert_string_equal(asked.path, "/metrics");
  assert_string_equal(asked.accept, "application/openmetrics-text;version=1.0.0");
  assert_false(head_only);
  assert_int_equal(take("HEAD / HTTP/1.0\r\n\r\n", false), 200);
  assert_true(head_only);
  assert_string_equal(asked.accept, "");
  assert_int_equal(take("GET / HTTP/1.1\nHost: localhost\n\n", false), 200);
}

static void test_more_is_needed(void **state) {
  (void)state;
  static const char whole[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  char part[sizeof whole];
  for (size_t length = 0; length + 1 < sizeof whole; length++) {
    snprintf(part, sizeof part, "%.*s", (int)length, whole);
    assert_int_equal(take(part, false), 0);
  }
  assert_int_equal(take(whole, false), 200);
}

static void test_what_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *request;
    int status;
  } cases[] = {
      {"POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
      {"garbage\r\n\r\n", 400},
      {"\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"GET http://other/ HTTP/1.1\r\n\r\n", 400},
      {"GET / SSH-2.0\r\n\r\n", 400},
      {"GET /metrics HTTP/1.1\r\nHost: evil.example.com\r\n\r\n", 403},
      {"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.evil.example.com\r\n\r\n", 403},
      {"GET /metrics HTTP/1.1\r\nHost: [::1]:9876\r\n\r\n", 200},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    if (take(cases[i].request, false) != cases[i].status)
      fail_msg("%s", cases[i].request);
  assert_int_equal(take("GET / HTTP/1.1\r\nHost: bastion.example.com\r\n\r\n", true), 200);
  memset(text, 'x', HTTP_SERVE_REQUEST_MAX);
  assert_int_equal(http_request_read(text, HTTP_SERVE_REQUEST_MAX, false, &asked, &head_only), 431);
  memcpy(text, "GET /\0 HTTP/1.1\r\n\r\n", 19);
  assert_int_equal(http_request_read(text, 19, false, &asked, &head_only), 400);
}

static void test_addresses(void **state) {
  (void)state;
  struct err err;
  bool loopback;
  static const char *const own[] = {"127.0.0.1", "127.8.8.8", "::1", "localhost"};
  static const char *const others[] = {"0.0.0.0", "::", "192.0.2.1", "2001:db8::1"};
  for (size_t i = 0; i < COUNT(own); i++)
    assert_true(http_serve_address(own[i], &loopback, &err) && loopback);
  for (size_t i = 0; i < COUNT(others); i++)
    assert_true(http_serve_address(others[i], &loopback, &err) && !loopback);
  assert_false(http_serve_address("example.com", &loopback, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_request), cmocka_unit_test(test_more_is_needed),
      cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_addresses)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
