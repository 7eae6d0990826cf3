/* What an answer of gRPC's health check means. Real servers: tests/e2e/test_service_grpc.py. */
#include "clients/service/service_grpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_request(void **state) {
  (void)state;
  char body[GRPC_REQUEST_MAX], name[GRPC_SERVICE_MAX + 1];
  assert_int_equal(service_grpc_request(NULL, body), 5);
  assert_memory_equal(body, "\0\0\0\0\0", 5);
  assert_int_equal(service_grpc_request("a.B", body), 10);
  assert_memory_equal(body, "\0\0\0\0\5\n\3a.B", 10);
  memset(name, 'x', sizeof name);
  name[GRPC_SERVICE_MAX] = '\0';
  assert_int_equal(service_grpc_request(name, body), GRPC_SERVICE_MAX + 7);
  assert_int_equal(body[4], GRPC_SERVICE_MAX + 2);
}

static const char *read(const char *headers, const char *body, size_t len) {
  static char out[300];
  struct service_grpc grpc;
  struct err err;
  if (!service_grpc_read(200, headers, body, len, "a.B", &grpc, &err))
    return memcpy(out, err.text, sizeof err.text);
  snprintf(out, sizeof out, "%s%s%s", grpc.state, *grpc.reason ? ": " : "", grpc.reason);
  assert_int_equal(grpc.serving, strcmp(out, "SERVING") == 0);
  return out;
}

#define OK "HTTP/2 200\r\ncontent-type: application/grpc\r\n\r\ngrpc-status: 0\r\n"

static void test_answers(void **state) {
  (void)state;
  static const char odd[] = "the answer is not that of a health check";
  assert_string_equal(read(OK, "\0\0\0\0\2\10\1", 7), "SERVING");
  assert_string_equal(read(OK, "\0\0\0\0\2\10\2", 7),
                      "NOT_SERVING: the service a.B does not serve (NOT_SERVING)");
  assert_string_equal(read(OK, "\0\0\0\0\0", 5),
                      "UNKNOWN: the server does not say whether the service a.B serves (UNKNOWN)");
  /* later fields: a text, a fixed 64, a fixed 32, a number */
  assert_string_equal(read(OK, "\0\0\0\0\27\22\2hi\31abcdefgh\45abcd\60\377\1\10\1", 5 + 23),
                      "SERVING");
  assert_string_equal(read(OK, "", 0), odd);
  assert_string_equal(read(OK, "\1\0\0\0\2\10\1", 7), odd); /* compressed */
  assert_string_equal(read(OK, "\0\0\0\0\3\10\1", 7), odd); /* cut */
  assert_string_equal(read(OK, "\0\0\0\0\1\10\1", 7), odd); /* more than one message */
  assert_string_equal(read(OK, "\0\0\0\0\2\22\177", 7), odd);
  assert_string_equal(read(OK, "\0\0\0\0\2\10\201", 7), odd);
  assert_string_equal(read(OK, "\0\377\377\377\377\10\1", 7), odd);
  assert_string_equal(read(OK, "\0\0\0\0\2\13\1", 7), odd); /* a group */
}

static void test_statuses(void **state) {
  (void)state;
  assert_string_equal(read("content-type: application/grpc\r\ngrpc-status: 12\r\n", "", 0),
                      "UNIMPLEMENTED: the server has no health service (UNIMPLEMENTED)");
  assert_string_equal(read("grpc-status: 5\n", "", 0),
                      "NOT_FOUND: the server does not know the service a.B (NOT_FOUND)");
  assert_string_equal(read("Grpc-Status: 14\r\nGrpc-Message: a%20b%2\r\n", "", 0),
                      "UNAVAILABLE: the health check fails: UNAVAILABLE (status 14): a b%2");
  assert_string_equal(read("grpc-status: 99\n", "", 0),
                      "error: the health check fails: error (status 99)");
  /* the trailer counts */
  assert_string_equal(read("grpc-status: 0\ngrpc-status: 5\n", "", 0),
                      "NOT_FOUND: the server does not know the service a.B (NOT_FOUND)");
  assert_string_equal(read("content-type: application/grpc\n", "\0\0\0\0\2\10\1", 7),
                      "the answer has no grpc-status"); /* the connection ended before */
  assert_string_equal(read("content-type: application/grpc\ngrpc-status: -1\n", "", 0),
                      "the answer has no grpc-status");
  assert_string_equal(read("content-type: text/html\n", "<html>", 6),
                      "the answer is not gRPC (HTTP status 200)");
}

/* A message that says SERVING is none where it does not come by gRPC. */
static void test_not_by_grpc(void **state) {
  (void)state;
  static const char *const types[] = {"text/html", "application/grpc-web", "application/json"};
  char headers[100], wanted[100];
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    snprintf(headers, sizeof headers, "content-type: %s\ngrpc-status: 0\n", types[i]);
    snprintf(wanted, sizeof wanted, "the answer is not gRPC (HTTP status 200, %s)", types[i]);
    assert_string_equal(read(headers, "\0\0\0\0\2\10\1", 7), wanted);
  }
  assert_string_equal(read("grpc-status: 0\n", "\0\0\0\0\2\10\1", 7),
                      "the answer is not gRPC (HTTP status 200, no content type)");
  assert_string_equal(
      read("content-type: application/grpc+proto\ngrpc-status: 0\n", "\0\0\0\0\2\10\1", 7),
      "SERVING");
  struct service_grpc grpc;
  struct err err;
  assert_false(service_grpc_read(503, OK, "\0\0\0\0\2\10\1", 7, NULL, &grpc, &err));
  assert_string_equal(err.text, "the answer is not gRPC (HTTP status 503, application/grpc)");
}

static void test_names(void **state) {
  (void)state;
  struct err err;
  char name[GRPC_SERVICE_MAX + 2];
  memset(name, 'x', sizeof name);
  name[GRPC_SERVICE_MAX + 1] = '\0';
  assert_true(service_grpc_name_check("shop.v1.Cart", &err));
  assert_false(service_grpc_name_check("", &err));
  assert_false(service_grpc_name_check("a b", &err));
  assert_false(service_grpc_name_check("a\x1b", &err));
  assert_false(service_grpc_name_check(name, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_request), cmocka_unit_test(test_answers),
                                     cmocka_unit_test(test_statuses), cmocka_unit_test(test_names),
                                     cmocka_unit_test(test_not_by_grpc)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
