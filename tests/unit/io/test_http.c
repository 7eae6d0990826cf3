#include "io/http/http.h"

#include "io/net/resolve.h"
#include "support/tiny_server.h"

#include <stdio.h>
#include <unistd.h>

/* One request's end. */
struct outcome {
  bool done;
  int calls, status;
  size_t body_len;
  bool body_cut;
  char body[64];
  int64_t connect_us, first_byte_us, total_us, date_s;
  struct err err;
};

static void on_done(void *arg, const struct http_result *result, const struct err *err) {
  struct outcome *outcome = arg;
  *outcome = (struct outcome){.done = true, .calls = outcome->calls + 1};
  if (err) {
    outcome->err = *err;
    return;
  }
  outcome->status = result->status;
  outcome->body_len = result->body_len;
  outcome->body_cut = result->body_cut;
  outcome->connect_us = result->connect_us;
  outcome->first_byte_us = result->first_byte_us;
  outcome->total_us = result->total_us;
  outcome->date_s = result->date_s;
  snprintf(outcome->body, sizeof outcome->body, "%s", result->body);
}

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct tiny_server server;
  char url[128];
  struct outcome outcome;
};

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  assert_true(tiny_listen(&fixture->server, &fixture->loop, "127.0.0.1"));
  snprintf(fixture->url, sizeof fixture->url, "http://127.0.0.1:%d/health", fixture->server.port);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  http_client_free(fixture->io.http);
  resolver_free(fixture->io.resolver);
  tiny_stop(&fixture->server);
  tiny_loop_end(&fixture->loop);
  free(fixture);
  return 0;
}

static struct outcome *send_query(struct fixture *fixture, const struct http_query *query) {
  fixture->outcome = (struct outcome){0};
  http_send(&fixture->io, query, on_done, &fixture->outcome);
  assert_false(fixture->outcome.done); /* never before it returns */
  tiny_run_until(&fixture->loop, &fixture->outcome.done);
  assert_int_equal(fixture->outcome.calls, 1);
  return &fixture->outcome;
}

static struct outcome *get(struct fixture *fixture, const char *url, int64_t timeout_ms) {
  return send_query(fixture, &(struct http_query){.url = url, .timeout_ms = timeout_ms});
}

static struct outcome *ask(struct fixture *fixture, const char *reply) {
  fixture->server.reply = reply;
  return get(fixture, fixture->url, 5000);
}

static const char ok_reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void test_answer(void **state) {
  struct fixture *fixture = *state;
  struct outcome *outcome = ask(fixture, ok_reply);
  assert_int_equal(outcome->status, 200);
  assert_string_equal(outcome->body, "ok");
  assert_true(outcome->connect_us > 0);
  assert_true(outcome->first_byte_us >= outcome->connect_us);
  assert_true(outcome->total_us >= outcome->first_byte_us);
  assert_non_null(strstr(fixture->server.last_request, "GET /health HTTP/1.1\r\n"));
  assert_non_null(strstr(fixture->server.last_request, "User-Agent: stacktop\r\n"));
}

/* A connection that was kept would answer for a server that nobody who comes anew would reach. */
static void test_each_asks_on_a_new_connection(void **state) {
  struct fixture *fixture = *state;
  ask(fixture, ok_reply);
  struct outcome *outcome = ask(fixture, ok_reply);
  assert_int_equal(outcome->status, 200);
  assert_true(outcome->connect_us > 0); /* and it is part of the time it takes */
  assert_int_equal(fixture->server.connections, 2);
  assert_int_equal(fixture->server.requests, 2);
}

/* 127.0.0.1 at first, later 127.0.0.2. */
static int moving_name(const char *host, const char *service, struct resolve_result *result) {
  static int asked;
  struct sockaddr_in *address = (struct sockaddr_in *)&result->addresses[0];
  (void)host;
  uv_ip4_addr(asked++ == 0 ? "127.0.0.1" : "127.0.0.2", (int)strtol(service, NULL, 10), address);
  result->count = 1;
  return 0;
}

static void test_the_name_moves(void **state) {
  struct fixture *fixture = *state;
  struct tiny_server other = {.reply =
                                  "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"};
  char url[128];
  fixture->server.reply = ok_reply;
  fixture->io.resolver = resolver_new(&fixture->io, moving_name);
  assert_true(tiny_listen_at(&other, &fixture->loop, "127.0.0.2", fixture->server.port));
  snprintf(url, sizeof url, "http://moving.test:%d/health", fixture->server.port);
  assert_int_equal(get(fixture, url, 5000)->status, 200);
  assert_int_equal(get(fixture, url, 5000)->status, 503);
  assert_int_equal(other.requests, 1);
  tiny_stop(&other);
}

static void test_by_name(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = ok_reply;
  char url[128];
  snprintf(url, sizeof url, "http://localhost:%d/", fixture->server.port);
  assert_int_equal(get(fixture, url, 5000)->status, 200);
  assert_int_equal(get(fixture, "http://nobody.invalid/", 5000)->err.kind, ERR_UNRESOLVED);
}

static void test_host_header(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = ok_reply;
  struct http_query query = {
      .url = fixture->url, .host = "api.ecap.example.com", .timeout_ms = 5000};
  http_send(&fixture->io, &query, on_done, &fixture->outcome);
  tiny_run_until(&fixture->loop, &fixture->outcome.done);
  assert_non_null(strstr(fixture->server.last_request, "\r\nHost: api.ecap.example.com\r\n"));
}

static void test_method_and_body(void **state) {
  struct fixture *fixture = *state;
  struct http_query query = {
      .url = fixture->url, .method = "POST", .json = "{\"t\":1}", .timeout_ms = 5000};
  fixture->server.reply = ok_reply;
  assert_int_equal(send_query(fixture, &query)->status, 200);
  const char *request = fixture->server.last_request;
  assert_non_null(strstr(request, "POST /health HTTP/1.1\r\n"));
  assert_non_null(strstr(request, "\r\nContent-Type: application/json\r\n"));
  assert_non_null(strstr(request, "\r\nContent-Length: 7\r\n"));
  assert_non_null(strstr(request, "\r\n\r\n{\"t\":1}"));
  query.json = NULL;
  query.method = "DELETE";
  assert_int_equal(send_query(fixture, &query)->status, 200);
  assert_non_null(strstr(request, "DELETE /health HTTP/1.1\r\n"));
  assert_null(strstr(request, "Content-Type"));
}

/* A connection that is kept serves the next request, unless that one wants its own. */
static void test_a_connection_is_kept(void **state) {
  struct fixture *fixture = *state;
  struct http_query query = {.url = fixture->url, .keep = true, .timeout_ms = 5000};
  fixture->server.reply = ok_reply;
  for (int i = 0; i < 3; i++)
    assert_int_equal(send_query(fixture, &query)->status, 200);
  assert_int_equal(fixture->server.connections, 1);
  query.keep = false;
  send_query(fixture, &query);
  assert_int_equal(fixture->server.connections, 2);
}

static void test_unix_socket(void **state) {
  struct fixture *fixture = *state;
  struct tiny_server server = {.reply = ok_reply};
  char folder[] = "/tmp/stacktop-http-XXXXXX", path[64];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/s", folder);
  struct http_query query = {.url = "http://nobody.invalid/x", .socket = path, .timeout_ms = 5000};
  assert_int_equal(send_query(fixture, &query)->err.kind, ERR_IO); /* it does not exist */
  tiny_listen_unix(&server, &fixture->loop, path);
  assert_int_equal(send_query(fixture, &query)->status, 200); /* no name is looked up */
  assert_null(fixture->io.resolver);
  tiny_stop(&server);
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  assert_int_equal(send_query(fixture, &query)->err.kind, ERR_REFUSED);
  unlink(path);
  rmdir(folder);
}

static void test_body_max(void **state) {
  struct fixture *fixture = *state;
  struct http_query query = {.url = fixture->url, .body_max = 2, .timeout_ms = 5000};
  fixture->server.reply = ok_reply;
  struct outcome *outcome = send_query(fixture, &query);
  assert_false(outcome->body_cut);
  assert_string_equal(outcome->body, "ok");
  query.body_max = 1;
  outcome = send_query(fixture, &query);
  assert_true(outcome->body_cut);
  assert_int_equal(outcome->status, 200);
  assert_string_equal(outcome->body, "o");
}

static void test_date(void **state) {
  struct fixture *fixture = *state;
  static const struct {
    const char *reply;
    int64_t date_s;
  } cases[] = {
      {"HTTP/1.1 204 No Content\r\nDate: Fri, 27 Nov 2026 12:32:24 GMT\r\n\r\n", 1795782744},
      {"HTTP/1.1 204 No Content\r\ndate:Fri, 27 Nov 2026 12:32:24 GMT\r\n\r\n", 1795782744},
      {"HTTP/1.1 204 No Content\r\nDate: soon\r\n\r\n", -1},
      {"HTTP/1.1 204 No Content\r\nDate:\r\nUpdate: Fri, 27 Nov 2026 12:32:24 GMT\r\n\r\n", -1},
      {"HTTP/1.1 204 No Content\r\n\r\n", -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(ask(fixture, cases[i].reply)->date_s, cases[i].date_s);
}

static void test_bad_statuses(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(
      ask(fixture, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")->status, 503);
  /* Not followed: nothing listens where it points to. */
  assert_int_equal(ask(fixture, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                                "Content-Length: 0\r\n\r\n")
                       ->status,
                   302);
}

static void test_refused(void **state) {
  struct fixture *fixture = *state;
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/", tiny_free_port(&fixture->loop));
  struct outcome *outcome = get(fixture, url, 5000);
  assert_int_equal(outcome->err.kind, ERR_REFUSED);
  assert_string_equal(outcome->err.text, "refused");
}

static void test_silence(void **state) {
  struct fixture *fixture = *state;
  struct outcome *outcome = get(fixture, fixture->url, 100);
  assert_int_equal(outcome->err.kind, ERR_TIMEOUT);
  assert_string_equal(outcome->err.text, "connected, but no response within 100ms");
}

static void test_slow(void **state) {
  struct fixture *fixture = *state;
  fixture->server.delay_ms = 60;
  struct outcome *outcome = ask(fixture, ok_reply);
  assert_int_equal(outcome->status, 200);
  assert_true(outcome->first_byte_us >= 55000);
}

static void test_broken_answers(void **state) {
  struct fixture *fixture = *state;
  fixture->server.close_after = true;
  struct outcome *outcome = ask(fixture, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  assert_int_equal(outcome->err.kind, ERR_CLOSED);
  outcome = ask(fixture, "\xff\xfe garbage \x1b[2J\n\n");
  assert_int_equal(outcome->err.kind, ERR_PROTOCOL);
  assert_string_equal(outcome->err.text, "the answer is not HTTP");
  fixture->server.reset_after = true;
  outcome = ask(fixture, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  assert_int_equal(outcome->err.kind, ERR_CLOSED);
}

static void test_huge_body(void **state) {
  struct fixture *fixture = *state;
  enum { HUGE_LENGTH = 8 << 20 };
  char *reply = malloc(HUGE_LENGTH);
  memset(reply, 'x', HUGE_LENGTH);
  const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
  memcpy(reply, head, strlen(head));
  fixture->server.reply_len = HUGE_LENGTH;
  struct outcome *outcome = ask(fixture, reply);
  assert_int_equal(outcome->status, 200);
  assert_int_equal(outcome->body_len, HTTP_BODY_MAX);
  assert_true(outcome->body_cut);
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  fixture->server.reply_len = 0;
  assert_int_equal(ask(fixture, ok_reply)->status, 200); /* on another connection */
  free(reply);
}

static void test_cancel(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = ok_reply;
  struct http_query query = {.url = fixture->url, .timeout_ms = 5000};
  struct outcome cancelled = {0};
  http_cancel(http_send(&fixture->io, &query, on_done, &cancelled)); /* before it began */
  fixture->server.delay_ms = 5000;
  struct http_request *request = http_send(&fixture->io, &query, on_done, &cancelled);
  while (fixture->server.requests == 0)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  http_cancel(request); /* while it waits for the answer */
  query.url = "http://localhost:1/";
  http_cancel(http_send(&fixture->io, &query, on_done, &cancelled)); /* while it resolves */
  fixture->server.delay_ms = 0;
  assert_int_equal(ask(fixture, ok_reply)->status, 200);
  assert_int_equal(cancelled.calls, 0);
}

static void test_many_at_once(void **state) {
  struct fixture *fixture = *state;
  enum { MANY = 20 };
  struct outcome outcomes[MANY] = {0};
  fixture->server.reply = ok_reply;
  struct http_query query = {.url = fixture->url, .timeout_ms = 5000};
  for (int i = 0; i < MANY; i++)
    http_send(&fixture->io, &query, on_done, &outcomes[i]);
  for (int i = 0; i < MANY; i++) {
    tiny_run_until(&fixture->loop, &outcomes[i].done);
    assert_int_equal(outcomes[i].status, 200);
  }
}

static void test_urls(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  assert_true(http_url_check("http://api:8000/health", &err));
  assert_true(http_url_check("https://[::1]/", &err));
  static const char *const bad[] = {
      "",        "api:8000",    "ftp://x/",       "file:///etc/passwd",
      "http://", "http://a b/", "http://x:99999/"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (http_url_check(bad[i], &err))
      fail_msg("%s is taken for a URL", bad[i]);
  assert_int_equal(get(fixture, "file:///etc/passwd", 5000)->status, 0);
  assert_int_not_equal(fixture->outcome.err.kind, ERR_NONE);
}

int main(void) {
  /* A proxy of the environment would be asked about loopback, too. */
  static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY"};
  for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
    unsetenv(proxies[i]);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_answer),
      TEST(test_each_asks_on_a_new_connection),
      TEST(test_the_name_moves),
      TEST(test_by_name),
      TEST(test_host_header),
      TEST(test_bad_statuses),
      TEST(test_refused),
      TEST(test_silence),
      TEST(test_slow),
      TEST(test_broken_answers),
      TEST(test_huge_body),
      TEST(test_cancel),
      TEST(test_many_at_once),
      TEST(test_urls),
      TEST(test_method_and_body),
      TEST(test_a_connection_is_kept),
      TEST(test_unix_socket),
      TEST(test_body_max),
      TEST(test_date),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
