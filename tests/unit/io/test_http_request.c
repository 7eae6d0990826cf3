/* What a request looks like on the wire, and what becomes of its answer. The TLS side is
 * test_http_tls.c's. */
#include "io/http/http.h"

#include "io/http/http_url.h"
#include "io/net/resolve.h"
#include "support/tiny_server.h"

#include <stdio.h>
#include <string.h>

struct outcome {
  bool done;
  int status;
  char body[256];
  size_t body_len;
  bool body_cut;
  char headers[256], location[128], proxy[64];
  struct err err;
};

static void on_done(void *arg, const struct http_result *result, const struct err *err) {
  struct outcome *outcome = arg;
  outcome->done = true;
  if (err) {
    outcome->err = *err;
    return;
  }
  outcome->status = result->status;
  outcome->body_len = result->body_len;
  outcome->body_cut = result->body_cut;
  snprintf(outcome->body, sizeof outcome->body, "%s", result->body);
  snprintf(outcome->headers, sizeof outcome->headers, "%s", result->headers);
  snprintf(outcome->location, sizeof outcome->location, "%s", result->location);
  snprintf(outcome->proxy, sizeof outcome->proxy, "%s", result->proxy);
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
  fixture->server.reply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
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

static struct outcome *send_(struct fixture *fixture, struct http_query query) {
  query.url = fixture->url;
  query.timeout_ms = 5000;
  fixture->outcome = (struct outcome){0};
  http_send(&fixture->io, &query, on_done, &fixture->outcome);
  tiny_run_until(&fixture->loop, &fixture->outcome.done);
  return &fixture->outcome;
}

static bool sent(const struct fixture *fixture, const char *text) {
  return strstr(fixture->server.last_request, text) != NULL;
}

static void test_headers(void **state) {
  struct fixture *fixture = *state;
  const struct http_header headers[] = {{"X-Tenant", "a b"}, {"X-Empty", ""}};
  struct outcome *outcome =
      send_(fixture, (struct http_query){.headers = headers, .header_count = 2, .bearer = "t0ken"});
  assert_int_equal(outcome->status, 200);
  assert_true(sent(fixture, "GET /health HTTP/1.1\r\n"));
  assert_true(sent(fixture, "\r\nX-Tenant: a b\r\n"));
  assert_true(sent(fixture, "\r\nX-Empty:\r\n"));
  assert_true(sent(fixture, "\r\nAuthorization: Bearer t0ken\r\n"));
  send_(fixture, (struct http_query){.host = "api.example.com:8443"});
  assert_true(sent(fixture, "\r\nHost: api.example.com:8443\r\n"));
  assert_false(sent(fixture, "127.0.0.1"));
  assert_false(sent(fixture, "Authorization"));
}

static void test_body(void **state) {
  struct fixture *fixture = *state;
  send_(fixture, (struct http_query){.body = "{\"a\": 1}"});
  assert_true(sent(fixture, "POST /health HTTP/1.1\r\n"));
  assert_true(sent(fixture, "\r\nContent-Type: application/json\r\n"));
  assert_true(sent(fixture, "\r\n\r\n{\"a\": 1}"));
  assert_false(sent(fixture, "Expect:"));
  const struct http_header type = {"Content-Type", "text/x"};
  send_(fixture,
        (struct http_query){.body = "[1]", .method = "PUT", .headers = &type, .header_count = 1});
  assert_true(sent(fixture, "PUT /health HTTP/1.1\r\n"));
  assert_true(sent(fixture, "\r\nContent-Type: text/x\r\n"));
  assert_false(sent(fixture, "application/json"));
}

/* A stream that is taken in parts, and as fast as its reader allows. */
struct stream {
  struct outcome outcome; /* first: the argument of both callbacks */
  char text[256];
  size_t len;
  int refusals;
  struct http_request *request;
  uv_timer_t later;
};

static enum http_piece on_stream(void *arg, const char *bytes, size_t len) {
  struct stream *stream = arg;
  if (stream->refusals > 0) {
    stream->refusals--;
    return HTTP_LATER;
  }
  memcpy(stream->text + stream->len, bytes, len);
  stream->len += len;
  return HTTP_TAKEN;
}

static void on_later(uv_timer_t *timer) {
  http_resume(((struct stream *)timer->data)->request);
}

static void stream_run(struct fixture *fixture, struct stream *stream, int64_t timeout_ms) {
  const struct http_query query = {
      .url = fixture->url, .timeout_ms = timeout_ms, .stream = on_stream};
  stream->request = http_send(&fixture->io, &query, on_done, stream);
  uv_timer_init(&fixture->loop, &stream->later);
  stream->later.data = stream;
  uv_timer_start(&stream->later, on_later, 50, 50);
  tiny_run_until(&fixture->loop, &stream->outcome.done);
  uv_close((uv_handle_t *)&stream->later, NULL);
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
}

static void test_stream(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nline\nline\n";
  struct stream stream = {.refusals = 3};
  stream_run(fixture, &stream, 5000);
  assert_string_equal(stream.outcome.err.text, "");
  assert_string_equal(stream.text, "line\nline\n"); /* once, although it was refused three times */
  assert_int_equal(stream.refusals, 0);
  assert_int_equal(stream.outcome.body_len, 0);
  /* an error is no stream */
  fixture->server.reply = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone";
  struct stream refused = {0};
  stream_run(fixture, &refused, 5000);
  assert_int_equal(refused.outcome.status, 404);
  assert_string_equal(refused.outcome.body, "gone");
  assert_int_equal(refused.len, 0);
}

/* The timeout is for the beginning. */
static void test_stream_takes_its_time(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nline\n";
  struct stream stream = {.refusals = 8}; /* 400 ms */
  stream_run(fixture, &stream, 200);
  assert_string_equal(stream.outcome.err.text, "");
  assert_string_equal(stream.text, "line\n");
  fixture->server.reply = NULL;
  struct stream silent = {0};
  stream_run(fixture, &silent, 200);
  assert_int_equal(silent.outcome.err.kind, ERR_TIMEOUT);
}

/* An answer without its body, although it says how long that would be. */
static void test_head(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n";
  struct outcome *outcome = send_(fixture, (struct http_query){.method = "HEAD"});
  assert_string_equal(outcome->err.text, "");
  assert_int_equal(outcome->status, 200);
  assert_true(sent(fixture, "HEAD /health HTTP/1.1\r\n"));
}

/* gzip of "status: up\n". */
static const char gzipped[] =
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 31\r\n\r\n"
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\x2e\x49\x2c\x29\x2d\xb6\x52\x28\x2d\xe0\x02\x00"
    "\xd8\x1f\x72\x75\x0b\x00\x00\x00";

static void test_compressed(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = gzipped;
  fixture->server.reply_len = sizeof gzipped - 1;
  struct outcome *outcome = send_(fixture, (struct http_query){.encoded = true});
  assert_string_equal(outcome->err.text, "");
  assert_string_equal(outcome->body, "status: up\n");
  assert_true(sent(fixture, "gzip"));
  outcome = send_(fixture, (struct http_query){0});
  assert_false(sent(fixture, "gzip"));
  assert_int_equal(outcome->body_len, 31);
  fixture->server.reply_len = 0;
  fixture->server.reply =
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone";
  outcome = send_(fixture, (struct http_query){.encoded = true});
  assert_string_equal(outcome->err.text, "the compressed answer cannot be decoded");
  assert_int_equal(outcome->err.kind, ERR_PROTOCOL);
}

static void test_answer(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = "HTTP/1.1 100 Continue\r\nX-Old: 1\r\n\r\n"
                          "HTTP/1.1 301 x\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n";
  struct outcome *outcome = send_(fixture, (struct http_query){0});
  assert_int_equal(outcome->status, 301);
  assert_string_equal(outcome->headers,
                      "HTTP/1.1 301 x\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
  assert_non_null(strstr(outcome->location, "/b"));
  assert_memory_equal(outcome->location, "http://127.0.0.1:", 17);
  assert_string_equal(outcome->proxy, "");
}

/* 10 MB of headers, in many lines and in one. */
static void test_endless_headers(void **state) {
  struct fixture *fixture = *state;
  const size_t size = 10 << 20;
  char *reply = malloc(size);
  int used = sprintf(reply, "HTTP/1.1 200 OK\r\n");
  for (size_t i = (size_t)used; i < size; i++)
    reply[i] = "X-A: b\r\n"[(i - (size_t)used) % 8];
  fixture->server.reply = reply;
  fixture->server.reply_len = size;
  struct outcome *outcome = send_(fixture, (struct http_query){0});
  /* newer versions of curl have a limit of their own, on the number of lines */
  if (!strstr(outcome->err.text, "Too many response headers"))
    assert_string_equal(outcome->err.text, "the headers of the answer are longer than 256 kB");
  assert_int_equal(outcome->err.kind, ERR_PROTOCOL);
  memset(reply + used + 5, 'x', size - (size_t)used - 5);
  outcome = send_(fixture, (struct http_query){0});
  assert_int_not_equal(outcome->err.kind, ERR_NONE); /* curl's own limit of a line */
  free(reply);
}

static void test_nul_in_headers(void **state) {
  struct fixture *fixture = *state;
  static const char reply[] = "HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n";
  fixture->server.reply = reply;
  fixture->server.reply_len = sizeof reply - 1;
  struct outcome *outcome = send_(fixture, (struct http_query){0}); /* either is fine */
  assert_true(outcome->err.kind == ERR_PROTOCOL ||
              strstr(outcome->headers, "X-A: a b\r\nContent-Length: 0\r\n"));
}

static void test_proxy(void **state) {
  struct fixture *fixture = *state;
  char proxy[64], text[64], seen[64];
  snprintf(proxy, sizeof proxy, "http://joe:s3cret@127.0.0.1:%d", fixture->server.port);
  snprintf(seen, sizeof seen, "127.0.0.1:%d", fixture->server.port);
  setenv("http_proxy", proxy, 1);
  struct http_query query = {0};
  struct outcome *outcome = send_(fixture, query);
  unsetenv("http_proxy");
  assert_int_equal(outcome->status, 200);
  assert_string_equal(outcome->proxy, seen);
  assert_true(sent(fixture, "GET http://127.0.0.1:"));
  http_proxy_text("socks5h://a:b@[::1]:9", text, sizeof text);
  assert_string_equal(text, "[::1]:9");
  http_proxy_text("squid", text, sizeof text);
  assert_string_equal(text, "squid:1080");
  http_proxy_text("x:s3cret@:", text, sizeof text);
  assert_null(strstr(text, "s3cret"));
  http_proxy_text(NULL, text, sizeof text);
  assert_string_equal(text, "");
}

static void test_hosts(void **state) {
  (void)state;
  struct err err;
  assert_true(http_host_check("api.example.com", &err));
  assert_true(http_host_check("api:8443", &err));
  assert_true(http_host_check("[::1]:8443", &err));
  static const char *const bad[] = {"", "a b", "a/b", "user@a", "a\r\nX: y", "a:b", "a?b", "a#b"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(http_host_check(bad[i], &err));
}

static void test_no_proxy(void **state) {
  (void)state;
  assert_true(http_no_proxy_names("*", "a"));
  assert_true(http_no_proxy_names("x, api.example.com", "API.example.com"));
  assert_true(http_no_proxy_names(".example.com", "api.example.com"));
  assert_true(http_no_proxy_names("example.com,", "api.example.com"));
  assert_true(http_no_proxy_names("127.0.0.1", "127.0.0.1"));
  assert_false(http_no_proxy_names("example.com", "badexample.com"));
  assert_false(http_no_proxy_names("", "a"));
  assert_false(http_no_proxy_names(" , ,", "a"));
}

int main(void) {
  unsetenv("http_proxy");
  unsetenv("all_proxy");
  unsetenv("ALL_PROXY");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_answer),
      TEST(test_endless_headers),
      TEST(test_nul_in_headers),
      TEST(test_proxy),
      TEST(test_headers),
      TEST(test_body),
      TEST(test_stream),
      TEST(test_stream_takes_its_time),
      TEST(test_head),
      TEST(test_compressed),
      cmocka_unit_test(test_hosts),
      cmocka_unit_test(test_no_proxy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
