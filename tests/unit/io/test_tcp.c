#include "io/tcp.h"

#include "io/resolve.h"
#include "io/tiny_server.h"

struct outcome {
  bool done;
  int calls;
  struct tcp_result result;
  struct err err;
};

static void on_done(void *arg, const struct tcp_result *result, const struct err *err) {
  struct outcome *outcome = arg;
  outcome->done = true;
  outcome->calls++;
  if (result)
    outcome->result = *result;
  if (err)
    outcome->err = *err;
}

static void probe(uv_loop_t *loop, const char *host, int port, struct outcome *outcome) {
  struct io io = {.loop = loop};
  tcp_probe_start(&io, host, port, on_done, outcome);
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

/* localhost is ::1 and 127.0.0.1 where there is IPv6: the one that listens is found. */
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
  tcp_probe_cancel(tcp_probe_start(&io, "127.0.0.1", server.port, on_done, &outcome));
  tcp_probe_cancel(tcp_probe_start(&io, "localhost", server.port, on_done, &outcome));
  struct tcp_probe *connecting = tcp_probe_start(&io, "127.0.0.1", server.port, on_done, &outcome);
  uv_run(&loop, UV_RUN_NOWAIT); /* it has resolved, and connects */
  if (!outcome.done)
    tcp_probe_cancel(connecting);
  resolver_free(io.resolver);
  int calls = outcome.calls;
  tiny_stop(&server);
  tiny_loop_end(&loop);
  assert_int_equal(outcome.calls, calls);
}

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_connects),     cmocka_unit_test(test_connects_v6),
      cmocka_unit_test(test_next_address), cmocka_unit_test(test_refused),
      cmocka_unit_test(test_no_such_name), cmocka_unit_test(test_cancel),
      cmocka_unit_test(test_split),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
