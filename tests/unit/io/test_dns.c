/* Asking a certain name server: one that is silent is given up, and leaves nothing behind. What
 * real ones answer is tested in tests/e2e/test_service_dns.py. */
#include "io/net/dns.h"

#include "support/tiny_server.h"

#include <stdio.h>

struct fixture {
  uv_loop_t loop;
  struct io io;
  int socket; /* of a server that says nothing */
  char server[DNS_SERVER_MAX];
  bool done;
  struct err err;
};

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  fixture->socket = socket(AF_INET, SOCK_DGRAM, 0);
  assert_int_equal(bind(fixture->socket, (struct sockaddr *)&address, size), 0);
  getsockname(fixture->socket, (struct sockaddr *)&address, &size);
  snprintf(fixture->server, sizeof fixture->server, "127.0.0.1:%d", ntohs(address.sin_port));
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  tiny_loop_end(&fixture->loop);
  if (fixture->socket >= 0)
    close(fixture->socket);
  free(fixture);
  return 0;
}

static void on_answer(void *arg, const struct dns_result *result, const struct err *err) {
  struct fixture *fixture = arg;
  assert_false(fixture->done);
  assert_null(result);
  fixture->err = *err;
  fixture->done = true;
}

static void test_cancelled(void **state) {
  struct fixture *fixture = *state;
  struct dns_query *query = dns_ask(&fixture->io, fixture->server, "api.test", on_answer, fixture);
  dns_cancel(query); /* before anything */
  query = dns_ask(&fixture->io, fixture->server, "api.test", on_answer, fixture);
  char question[600];
  struct timeval wait = {.tv_sec = 5};
  setsockopt(fixture->socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  assert_true(recv(fixture->socket, question, sizeof question, 0) > 12);
  dns_cancel(query); /* under way */
  uv_run(&fixture->loop, UV_RUN_DEFAULT);
  assert_false(fixture->done);
}

static void test_refused(void **state) {
  struct fixture *fixture = *state;
  close(fixture->socket);
  fixture->socket = -1;
  dns_ask(&fixture->io, fixture->server, "api.test", on_answer, fixture);
  assert_false(fixture->done); /* never before it returns */
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_int_equal(fixture->err.kind, ERR_REFUSED);
}

static void test_at_once(void **state) {
  struct fixture *fixture = *state;
  dns_ask(&fixture->io, "nonsense", "api.test", on_answer, fixture);
  assert_false(fixture->done);
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_int_equal(fixture->err.kind, ERR_INVALID);
  char label[80];
  memset(label, 'a', sizeof label - 1);
  label[sizeof label - 1] = '\0'; /* a label has at most 63 */
  fixture->done = false;
  dns_ask(&fixture->io, fixture->server, label, on_answer, fixture);
  assert_false(fixture->done);
  tiny_run_until(&fixture->loop, &fixture->done);
}

static void test_options(void **state) {
  (void)state;
  struct err err;
  assert_true(dns_server_check("10.0.0.53", &err));
  assert_true(dns_server_check("10.0.0.53:5353", &err));
  assert_true(dns_server_check("::1", &err));
  assert_true(dns_server_check("[::1]:53", &err));
  assert_false(dns_server_check("dns.example.com", &err));
  assert_false(dns_server_check("10.0.0.53:0", &err));
  assert_false(dns_server_check("10.0.0.53,10.0.0.54", &err));
  assert_true(dns_name_check("_sip._tcp.example.com.", &err));
  assert_false(dns_name_check("", &err));
  assert_false(dns_name_check("a..b", &err));
  assert_false(dns_name_check("a\x1b[31m", &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_cancelled, setup, teardown),
      cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(test_at_once, setup, teardown),
      cmocka_unit_test(test_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
