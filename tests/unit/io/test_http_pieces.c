/* An answer without an end: its body comes piece by piece, and silence ends it. */
#include "io/http/http.h"

#include "io/net/resolve.h"
#include "support/tiny_server.h"

#include <stdio.h>

static struct fixture {
  uv_loop_t loop;
  struct io io;
  struct tiny_server server;
  char got[256], body[64];
  bool refuse, done;
  int status;
  struct err err;
} fixture;

static int setup(void **state) {
  (void)state;
  fixture = (struct fixture){0};
  uv_loop_init(&fixture.loop);
  fixture.io.loop = &fixture.loop;
  return 0;
}

static int teardown(void **state) {
  (void)state;
  tiny_stop(&fixture.server);
  http_client_free(fixture.io.http);
  resolver_free(fixture.io.resolver);
  uv_run(&fixture.loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&fixture.loop), 0);
  return 0;
}

static enum http_piece on_piece(void *arg, const char *bytes, size_t len) {
  (void)arg;
  assert_false(fixture.done);
  strncat(fixture.got, bytes, len);
  return fixture.refuse ? HTTP_INVALID : HTTP_TAKEN;
}

static void on_done(void *arg, const struct http_result *result, const struct err *err) {
  (void)arg;
  fixture.done = true;
  fixture.status = result ? result->status : 0;
  snprintf(fixture.body, sizeof fixture.body, "%s", result ? result->body : "");
  fixture.err = err ? *err : (struct err){0};
}

static void get(const char *reply, bool close_after, int64_t silence_ms) {
  char url[64];
  fixture.server = (struct tiny_server){.reply = reply, .close_after = close_after};
  assert_true(tiny_listen(&fixture.server, &fixture.loop, "127.0.0.1"));
  snprintf(url, sizeof url, "http://127.0.0.1:%d/", fixture.server.port);
  http_send(&fixture.io,
            &(struct http_query){
                .url = url, .stream = on_piece, .timeout_ms = 5000, .silence_ms = silence_ms},
            on_done, NULL);
  tiny_run_until(&fixture.loop, &fixture.done);
}

static void test_pieces_until_the_server_hangs_up(void **state) {
  (void)state;
  get("HTTP/1.1 200 OK\r\n\r\nabc\n", true, 5000);
  assert_int_equal(fixture.status, 200);
  assert_string_equal(fixture.got, "abc\n");
  assert_string_equal(fixture.body, "");
}

static void test_silence_ends_it(void **state) {
  (void)state;
  get("HTTP/1.1 200 OK\r\n\r\nabc\n", false, 100);
  assert_int_equal(fixture.err.kind, ERR_TIMEOUT);
  assert_string_equal(fixture.got, "abc\n");
}

static void test_the_body_of_a_refusal_is_whole(void **state) {
  (void)state;
  get("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", true, 5000);
  assert_int_equal(fixture.status, 403);
  assert_string_equal(fixture.got, "");
  assert_string_equal(fixture.body, "no");
}

static void test_a_piece_that_is_refused(void **state) {
  (void)state;
  fixture.refuse = true;
  get("HTTP/1.1 200 OK\r\n\r\nabc\n", false, 5000);
  assert_int_equal(fixture.err.kind, ERR_PROTOCOL);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      TEST(test_pieces_until_the_server_hangs_up),
      TEST(test_silence_ends_it),
      TEST(test_the_body_of_a_refusal_is_whole),
      TEST(test_a_piece_that_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
