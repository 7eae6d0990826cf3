#include "io/net/dial.h"

#include "io/net/resolve.h"
#include "support/tiny_server.h"

#include <unistd.h>

struct outcome {
  bool done;
  int calls;
  struct dial_result result;
  struct err err;
};

static void on_done(void *arg, const struct dial_result *result, const struct err *err) {
  struct outcome *outcome = arg;
  outcome->done = true;
  outcome->calls++;
  if (result)
    outcome->result = *result;
  if (result)
    close(result->socket);
  if (err)
    outcome->err = *err;
}

static void probe(uv_loop_t *loop, const char *host, int port, struct outcome *outcome) {
  struct io io = {.loop = loop};
  dial_start(&io, host, port, on_done, outcome);
  assert_false(outcome->done); /* never before it returns */
  tiny_run_until(loop, &outcome->done);
  resolver_free(io.resolver);
}

static void test_connects(void **state) {
  (void)state;
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct tiny_server server = {0};
  assert_true(tiny_listen(&server, &loop, "127.0.0.1"));
  struct outcome outcome = {0};
  probe(&loop, "127.0.0.1", server.port, &outcome);
  assert_int_equal(outcome.err.kind, ERR_NONE);
  assert_in_range(outcome.result.connect_us, 1, 1000000);
  assert_int_equal(outcome.result.address.ss_family, AF_INET);
  tiny_stop(&server);
  tiny_loop_end(&loop);
  assert_int_equal(outcome.calls, 1);
}

static void test_connects_v6(void **state) {
  (void)state;
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct tiny_server server = {0};
  bool has_v6 = tiny_listen(&server, &loop, "::1");
  if (has_v6) {
    struct outcome outcome = {0};
    probe(&loop, "::1", server.port, &outcome);
    assert_int_equal(outcome.err.kind, ERR_NONE);
    assert_int_equal(outcome.result.address.ss_family, AF_INET6);
    tiny_stop(&server);
  }
  tiny_loop_end(&loop);
  if (!has_v6) {
    print_message("this host has no IPv6\n");
    skip();
  }
}

/* localhost is ::1 and 127.0.0.1 where there is IPv6: the one with a listener is found. */
static void test_next_address(void **state) {
  (void)state;
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct tiny_server server = {0};
  assert_true(tiny_listen(&server, &loop, "127.0.0.1"));
  struct outcome outcome = {0};
  probe(&loop, "localhost", server.port, &outcome);
  assert_int_equal(outcome.err.kind, ERR_NONE);
  assert_int_equal(outcome.result.address.ss_family, AF_INET);
  tiny_stop(&server);
  tiny_loop_end(&loop);
}

static void test_refused(void **state) {
  (void)state;
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct outcome outcome = {0};
  probe(&loop, "localhost", tiny_free_port(&loop), &outcome);
  assert_int_equal(outcome.err.kind, ERR_REFUSED);
  assert_non_null(strstr(outcome.err.text, "refused"));
  tiny_loop_end(&loop);
  assert_int_equal(outcome.calls, 1);
}

static void test_no_such_name(void **state) {
  (void)state;
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct outcome outcome = {0};
  probe(&loop, "nobody.invalid", 80, &outcome);
  assert_int_equal(outcome.err.kind, ERR_UNRESOLVED);
  tiny_loop_end(&loop);
}

/* While it resolves, and while it connects to a full backlog. */
static void test_cancel(void **state) {
  (void)state;
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct io io = {.loop = &loop};
  struct tiny_server server = {0};
  assert_true(tiny_listen(&server, &loop, "127.0.0.1"));
  struct outcome outcome = {0};
  dial_cancel(dial_start(&io, "127.0.0.1", server.port, on_done, &outcome));
  dial_cancel(dial_start(&io, "localhost", server.port, on_done, &outcome));
  struct dial *connecting = dial_start(&io, "127.0.0.1", server.port, on_done, &outcome);
  uv_run(&loop, UV_RUN_NOWAIT); /* it has resolved, and connects */
  if (!outcome.done)
    dial_cancel(connecting);
  resolver_free(io.resolver);
  int calls = outcome.calls;
  tiny_stop(&server);
  tiny_loop_end(&loop);
  assert_int_equal(outcome.calls, calls);
}

/* A name server's answer: two addresses of which the first drops packets. */
static int two_addresses(const char *host, const char *service, struct resolve_result *result) {
  static const char *const addresses[] = {"127.0.0.2", "127.0.0.1"};
  (void)host;
  for (size_t i = 0; i < 2; i++)
    uv_ip4_addr(addresses[i], atoi(service), (struct sockaddr_in *)&result->addresses[i]);
  result->count = 2;
  return 0;
}

static void test_stagger(void **state) {
  (void)state;
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct tiny_server server = {0};
  assert_true(tiny_listen(&server, &loop, "127.0.0.1"));
  struct sockaddr_in full;
  int sockets[8];
  uv_ip4_addr("127.0.0.2", server.port, &full);
  for (size_t i = 0; i < 8; i++) {
    sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (i == 0)
      assert_int_equal(bind(sockets[0], (struct sockaddr *)&full, sizeof full), 0);
    if (i == 0)
      assert_int_equal(listen(sockets[0], 0), 0);
    else
      connect(sockets[i], (struct sockaddr *)&full, sizeof full);
  }
  struct io io = {.loop = &loop};
  struct outcome outcome = {0};
  io.resolver = resolver_new(&io, two_addresses);
  int64_t began = clock_now_ms();
  struct dial *dial = dial_start(&io, "two", server.port, on_done, &outcome);
  assert_true(dial_is_resolving(dial));
  tiny_run_until(&loop, &outcome.done);
  char place[PLACE_MAX], expected[PLACE_MAX];
  resolve_place(&outcome.result.address, place);
  snprintf(expected, sizeof expected, "127.0.0.1:%d", server.port);
  assert_string_equal(place, expected);
  assert_in_range(clock_now_ms() - began, DIAL_STAGGER_MS - 5, DIAL_STAGGER_MS + 500);
  assert_true(outcome.result.connect_us < DIAL_STAGGER_MS * 1000); /* of the one that answered */
  for (size_t i = 0; i < 8; i++)
    close(sockets[i]);
  resolver_free(io.resolver);
  tiny_stop(&server);
  tiny_loop_end(&loop);
}

static void test_file(void **state) {
  (void)state;
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct io io = {.loop = &loop};
  struct outcome outcome = {0};
  dial_file_start(&io, "/no/such.sock", on_done, &outcome);
  tiny_run_until(&loop, &outcome.done);
  assert_int_equal(outcome.err.kind, ERR_REFUSED);
  assert_string_equal(outcome.err.text, "socket /no/such.sock: no such file or directory");
  dial_cancel(dial_file_start(&io, "/no/such.sock", on_done, &outcome));
  tiny_loop_end(&loop);
  assert_int_equal(outcome.calls, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_connects),     cmocka_unit_test(test_connects_v6),
      cmocka_unit_test(test_next_address), cmocka_unit_test(test_refused),
      cmocka_unit_test(test_no_such_name), cmocka_unit_test(test_cancel),
      cmocka_unit_test(test_stagger),      cmocka_unit_test(test_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
