/* Where an engine is, and what it answers: a tiny server plays it, on TCP and on a Unix socket. */
#include "clients/docker/docker.h"

#include "core/mem.h"
#include "io/net/resolve.h"
#include "support/tiny_server.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- where it is */

static struct docker_endpoint parsed(const char *text, bool tls) {
  struct docker_endpoint endpoint;
  struct err err = {0};
  if (!docker_endpoint_parse(text, tls, &endpoint, &err))
    fail_msg("%s: %s", text, err.text);
  return endpoint;
}

static void test_forms_of_an_endpoint(void **state) {
  static const struct {
    const char *text, *url, *socket;
    bool tls;
  } cases[] = {
      {"unix:///var/run/docker.sock", "http://localhost", "/var/run/docker.sock"},
      {"unix:///var/run/docker.sock", "http://localhost", "/var/run/docker.sock", true},
      {"tcp://10.0.0.7:2375", "http://10.0.0.7:2375", ""},
      {"tcp://10.0.0.7:2376/", "https://10.0.0.7:2376", "", true},
      {"tcp://10.0.0.7", "http://10.0.0.7:2375", ""},
      {"tcp://docker.internal//", "https://docker.internal:2376", "", true},
      {"tcp://[::1]", "http://[::1]:2375", ""},
      {"tcp://[::1]:99", "http://[::1]:99", ""},
      {"http://10.0.0.7:2375", "http://10.0.0.7:2375", ""},
      {"https://10.0.0.7:2376/", "https://10.0.0.7:2376", ""},
      {"ssh://me@10.0.0.7:2222", "http://localhost", "ssh://me@10.0.0.7:2222"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct docker_endpoint endpoint = parsed(cases[i].text, cases[i].tls);
    assert_string_equal(endpoint.url, cases[i].url);
    assert_string_equal(endpoint.socket, cases[i].socket);
  }
}

static void test_what_is_no_endpoint(void **state) {
  char long_path[DOCKER_SOCKET_MAX + 16], long_url[DOCKER_URL_MAX + 16];
  struct {
    const char *text, *words;
  } cases[] = {
      {"", "not an endpoint"},
      {"/var/run/docker.sock", "not an endpoint"},
      {"unix://", "not the path of a socket"},
      {"unix://relative/docker.sock", "not the path of a socket"},
      {"ssh://me:secret@host", "takes no password"},
      {"npipe:////./pipe/docker_engine", "not an endpoint"},
      {"httpfoo://10.0.0.7", "not an endpoint"},
      {"tcp://", "not a URL"},
      {"http:///", "not a URL"},
      {"tcp://host:port", "not a URL"},
      {"tcp://me:secret@10.0.0.7:2375", "a host and a port only"},
      {"tcp://10.0.0.7:2375/?a=", "a host and a port only"},
      {"tcp://10.0.0.7:2375/#", "a host and a port only"},
      {long_path, "not the path of a socket"},
      {long_url, "longer than 255 bytes"},
  };
  (void)state;
  snprintf(long_path, sizeof long_path, "unix:///%0*d", DOCKER_SOCKET_MAX - 1, 0);
  snprintf(long_url, sizeof long_url, "tcp://%0*d", DOCKER_URL_MAX - 7, 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct docker_endpoint endpoint;
    struct err err = {0};
    if (docker_endpoint_parse(cases[i].text, false, &endpoint, &err))
      fail_msg("%s is an endpoint", cases[i].text);
    assert_int_equal(err.kind, ERR_INVALID);
    if (!strstr(err.text, cases[i].words))
      fail_msg("%s: %s", cases[i].text, err.text);
  }
}

static void test_a_name_in_a_path(void **state) {
  char out[DOCKER_PATH_MAX], longest[DOCKER_PATH_MAX];
  (void)state;
  assert_true(docker_path(out, "/containers/", "api-1_a.b", "/json"));
  assert_string_equal(out, "/containers/api-1_a.b/json");
  assert_true(docker_path(out, "/containers/", "../a b?c\r\n\xc3\xa9", "/json"));
  assert_string_equal(out, "/containers/..%2Fa%20b%3Fc%0D%0A%C3%A9/json");
  assert_true(docker_path(out, "", "", ""));
  memset(longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  assert_false(docker_path(out, "/", longest, ""));
  longest[sizeof longest - 6] = '\0';
  assert_false(docker_path(out, "/", longest, "/json"));
}

/* ---- what it answers */

struct outcome {
  bool done;
  int calls, status;
  char *json; /* NULL: none */
  struct err err;
};

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct tiny_server server;
  bool listening;
  char folder[64], socket[96];
  struct docker_endpoint endpoint;
  struct outcome outcome;
  int64_t engine_s;
};

static void on_answer(void *arg, int status, json_t *json, const struct err *err) {
  struct outcome *outcome = arg;
  outcome->done = true;
  outcome->calls++;
  outcome->status = status;
  outcome->json = json ? json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
  if (err)
    outcome->err = *err;
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/stacktop-docker-XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
  snprintf(fixture->socket, sizeof fixture->socket, "%s/s", fixture->folder);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  http_client_free(fixture->io.http);
  resolver_free(fixture->io.resolver);
  if (fixture->listening)
    tiny_stop(&fixture->server);
  tiny_loop_end(&fixture->loop);
  free(fixture->outcome.json);
  unlink(fixture->socket);
  rmdir(fixture->folder);
  free(fixture);
  return 0;
}

static void use_tcp(struct fixture *fixture) {
  char text[64];
  assert_true(tiny_listen(&fixture->server, &fixture->loop, "127.0.0.1"));
  fixture->listening = true;
  snprintf(text, sizeof text, "tcp://127.0.0.1:%d", fixture->server.port);
  fixture->endpoint = parsed(text, false);
}

static void use_socket(struct fixture *fixture, bool listen) {
  char text[128];
  if (listen)
    tiny_listen_unix(&fixture->server, &fixture->loop, fixture->socket);
  fixture->listening = listen;
  snprintf(text, sizeof text, "unix://%s", fixture->socket);
  fixture->endpoint = parsed(text, false);
}

static struct outcome *ask(struct fixture *fixture, const char *method, int64_t timeout_ms) {
  const struct docker_query query = {.method = method,
                                     .path = "/containers/json?all=true",
                                     .timeout_ms = timeout_ms,
                                     .engine_s = &fixture->engine_s};
  free(fixture->outcome.json);
  fixture->outcome = (struct outcome){0};
  docker_ask(&fixture->io, &fixture->endpoint, &query, on_answer, &fixture->outcome);
  assert_false(fixture->outcome.done); /* never before it returns */
  tiny_run_until(&fixture->loop, &fixture->outcome.done);
  assert_int_equal(fixture->outcome.calls, 1);
  return &fixture->outcome;
}

/* An answer with its right length. Lives until the next call but one. */
static const char *http(const char *status, const char *body) {
  static char *texts[2];
  static int next;
  next = !next;
  free(texts[next]);
  texts[next] =
      mem_printf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
  return texts[next];
}

static struct outcome *answered(struct fixture *fixture, const char *status, const char *body) {
  fixture->server.reply = http(status, body);
  return ask(fixture, NULL, 5000);
}

static void expect_good(const struct outcome *outcome, int status, const char *json) {
  if (outcome->err.kind != ERR_NONE)
    fail_msg("%s", outcome->err.text);
  assert_int_equal(outcome->status, status);
  assert_string_equal(outcome->json, json);
}

static void expect_error(const struct outcome *outcome, int status, enum err_kind kind,
                         const char *words) {
  assert_int_equal(outcome->status, status);
  if (outcome->err.kind != kind || !strstr(outcome->err.text, words))
    fail_msg("%s: %s", err_kind_name(outcome->err.kind), outcome->err.text);
}

static void test_a_list_over_tcp(void **state) {
  struct fixture *fixture = *state;
  use_tcp(fixture);
  expect_good(answered(fixture, "200 OK", "[{\"Id\":\"abc\"}]\n"), 200, "[{\"Id\":\"abc\"}]");
  assert_non_null(
      strstr(fixture->server.last_request, "GET /containers/json?all=true HTTP/1.1\r\n"));
  assert_int_equal(fixture->engine_s, -1);
}

static void test_a_list_over_a_socket(void **state) {
  struct fixture *fixture = *state;
  use_socket(fixture, true);
  expect_good(answered(fixture, "200 OK", "[]"), 200, "[]");
  assert_non_null(strstr(fixture->server.last_request, "\r\nHost: localhost\r\n"));
}

/* A proxy of the environment is not asked for what is on this machine. */
static void test_a_socket_needs_no_proxy(void **state) {
  struct fixture *fixture = *state;
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  use_socket(fixture, true);
  expect_good(answered(fixture, "200 OK", "[]"), 200, "[]");
  unsetenv("http_proxy");
}

static void test_the_engines_clock(void **state) {
  struct fixture *fixture = *state;
  use_tcp(fixture);
  fixture->server.reply = "HTTP/1.1 200 OK\r\ndate: Fri, 27 Nov 2026 12:32:24 GMT\r\n"
                          "Content-Length: 2\r\n\r\n[]";
  ask(fixture, NULL, 5000);
  assert_int_equal(fixture->engine_s, 1795782744);
  fixture->server.reply = "HTTP/1.1 200 OK\r\nDate: yesterday\r\nContent-Length: 2\r\n\r\n[]";
  ask(fixture, NULL, 5000);
  assert_int_equal(fixture->engine_s, -1);
}

/* A question takes the connection of the one before. curl sends once more what failed on such a
 * connection, so a change, which may have been done, has one of its own. */
static void test_only_questions_share_a_connection(void **state) {
  struct fixture *fixture = *state;
  use_socket(fixture, true);
  answered(fixture, "200 OK", "[]");
  answered(fixture, "200 OK", "[]");
  assert_int_equal(fixture->server.connections, 1);
  fixture->server.reply = "HTTP/1.1 204 No Content\r\n\r\n";
  assert_int_equal(ask(fixture, "POST", 5000)->status, 204);
  assert_int_equal(fixture->server.connections, 2);
  assert_non_null(strstr(fixture->server.last_request, "POST /containers/"));
  fixture->server.reply = "";
  fixture->server.close_after = true;
  const int before = fixture->server.requests;
  expect_error(ask(fixture, "POST", 5000), 0, ERR_CLOSED, "closed without an answer");
  assert_int_equal(fixture->server.requests, before + 1);
}

static void test_refusals_have_the_engines_words(void **state) {
  struct fixture *fixture = *state;
  use_tcp(fixture);
  expect_error(answered(fixture, "404 Not Found", "{\"message\":\"No such container: x\"}"), 404,
               ERR_INVALID, "No such container: x");
  expect_error(answered(fixture, "409 Conflict", "{\"message\":\"container is not running\"}"), 409,
               ERR_INVALID, "container is not running");
  expect_error(answered(fixture, "500 Internal Server Error", "{\"message\":\"driver failed\"}"),
               500, ERR_PROTOCOL, "driver failed");
  expect_error(answered(fixture, "403 Forbidden", "{\"message\":\"authorization denied\"}"), 403,
               ERR_DENIED, "authorization denied");
  expect_error(answered(fixture, "401 Unauthorized", "<html>"), 401, ERR_DENIED, "HTTP status 401");
  expect_error(answered(fixture, "502 Bad Gateway", ""), 502, ERR_PROTOCOL, "HTTP status 502");
  expect_error(answered(fixture, "400 Bad Request", "{\"message\":7}"), 400, ERR_INVALID,
               "HTTP status 400");
}

/* Neither a redirect nor "not modified" is a success. */
static void test_only_2xx_is_good(void **state) {
  struct fixture *fixture = *state;
  use_tcp(fixture);
  expect_error(answered(fixture, "301 Moved Permanently", ""), 301, ERR_INVALID, "HTTP status 301");
  expect_error(answered(fixture, "302 Found", "[]"), 302, ERR_INVALID, "HTTP status 302");
  fixture->server.reply = "HTTP/1.1 304 Not Modified\r\n\r\n";
  expect_error(ask(fixture, "POST", 5000), 304, ERR_INVALID, "in that state already");
}

static void test_an_empty_answer(void **state) {
  struct fixture *fixture = *state;
  use_tcp(fixture);
  struct outcome *outcome = answered(fixture, "204 No Content", "");
  assert_int_equal(outcome->status, 204);
  assert_null(outcome->json);
  assert_int_equal(outcome->err.kind, ERR_NONE);
}

static void test_what_is_not_json(void **state) {
  struct fixture *fixture = *state;
  use_tcp(fixture);
  expect_error(answered(fixture, "200 OK", "<html>hello"), 200, ERR_PROTOCOL,
               "the answer is not JSON: line 1");
  expect_error(answered(fixture, "200 OK", "[{\"Id\":\"abc\""), 200, ERR_PROTOCOL, "not JSON");
  expect_error(answered(fixture, "200 OK", "[\"\xff\"]"), 200, ERR_PROTOCOL, "not JSON");
}

/* A health check's output may have it, and so may a label of an image. */
static void test_nul_bytes_are_replaced(void **state) {
  struct fixture *fixture = *state;
  use_tcp(fixture);
  expect_good(answered(fixture, "200 OK", "{\"a\\u0000b\":\"x\\u0000\\u0000y\"}"), 200,
              "{\"a\xef\xbf\xbd"
              "b\":\"x\xef\xbf\xbd\xef\xbf\xbdy\"}");
  /* A backslash before "u0000" is none of them. */
  expect_good(answered(fixture, "200 OK", "[\"\\\\u0000\"]"), 200, "[\"\\\\u0000\"]");
  expect_error(answered(fixture, "200 OK", "[\"\\u000"), 200, ERR_PROTOCOL, "not JSON");
}

static void test_numbers_beyond_64_bits(void **state) {
  struct fixture *fixture = *state;
  use_tcp(fixture);
  struct outcome *outcome =
      answered(fixture, "200 OK", "{\"limit\":18446744073709551615,\"small\":7}");
  if (outcome->err.kind != ERR_NONE)
    fail_msg("%s", outcome->err.text);
  assert_non_null(strstr(outcome->json, "\"small\":7"));
}

static void test_too_deep(void **state) {
  struct fixture *fixture = *state;
  char deep[401];
  use_tcp(fixture);
  memset(deep, '[', 400);
  deep[400] = '\0';
  expect_error(answered(fixture, "200 OK", deep), 200, ERR_LIMIT, "more than 64 levels deep");
}

static void test_too_long(void **state) {
  struct fixture *fixture = *state;
  const size_t most = 16 << 20;
  char *body = mem_new(most + 2);
  use_tcp(fixture);
  memset(body, ' ', most + 1);
  fixture->server.close_after = true;
  expect_error(answered(fixture, "200 OK", body), 200, ERR_LIMIT, "longer than 16 MB");
  free(body);
}

static void test_cut_off(void **state) {
  struct fixture *fixture = *state;
  use_tcp(fixture);
  fixture->server.close_after = true;
  fixture->server.reply = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[{";
  expect_error(ask(fixture, NULL, 5000), 0, ERR_CLOSED, "in the middle of the answer");
  fixture->server.reply = "garbage\r\n\r\n";
  expect_error(ask(fixture, NULL, 5000), 0, ERR_PROTOCOL, "not HTTP");
}

static void test_hung(void **state) {
  struct fixture *fixture = *state;
  use_socket(fixture, true);
  expect_error(ask(fixture, NULL, 50), 0, ERR_TIMEOUT, "connected, but no response within");
}

/* ---- where there is none */

static void test_refused(void **state) {
  struct fixture *fixture = *state;
  char text[64];
  snprintf(text, sizeof text, "tcp://127.0.0.1:%d", tiny_free_port(&fixture->loop));
  fixture->endpoint = parsed(text, false);
  expect_error(ask(fixture, NULL, 5000), 0, ERR_REFUSED, "refused");
  assert_true(docker_was_not_sent(&fixture->outcome.err));
}

static void test_no_socket(void **state) {
  struct fixture *fixture = *state;
  use_socket(fixture, false);
  expect_error(ask(fixture, NULL, 5000), 0, ERR_REFUSED,
               "/s does not exist; is the engine running?");
  assert_true(docker_was_not_sent(&fixture->outcome.err));
}

static void test_nobody_listens_on_the_socket(void **state) {
  struct fixture *fixture = *state;
  use_socket(fixture, true);
  tiny_stop(&fixture->server);
  fixture->listening = false;
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  expect_error(ask(fixture, NULL, 5000), 0, ERR_REFUSED, "no engine listens on ");
  assert_true(docker_was_not_sent(&fixture->outcome.err));
}

static void test_no_right_to_the_socket(void **state) {
  struct fixture *fixture = *state;
  use_socket(fixture, true);
  assert_int_equal(chmod(fixture->socket, 0), 0);
  const bool root = geteuid() == 0;
  if (root) {
    assert_int_equal(chmod(fixture->folder, 0755), 0);
    assert_int_equal(seteuid(65534), 0);
  }
  struct outcome *outcome = ask(fixture, NULL, 5000);
  if (root)
    assert_int_equal(seteuid(0), 0);
  expect_error(outcome, 0, ERR_DENIED, "add the user to its group (docker)");
  assert_true(docker_was_not_sent(&outcome->err));
}

/* The engine dies, and its socket with it, while it is asked: what was sent may have been done. */
static const char *remove_socket(struct tiny_server *server, const char *request) {
  (void)request;
  unlink(server->reply);
  return "";
}

static void test_an_engine_that_dies_was_asked(void **state) {
  struct fixture *fixture = *state;
  use_socket(fixture, true);
  fixture->server.reply = fixture->socket;
  fixture->server.choose = remove_socket;
  fixture->server.reset_after = true;
  expect_error(ask(fixture, "POST", 5000), 0, ERR_CLOSED, "");
  assert_false(docker_was_not_sent(&fixture->outcome.err));
}

static void test_cancelled(void **state) {
  struct fixture *fixture = *state;
  use_socket(fixture, true);
  for (int turns = 0; turns < 8; turns++) {
    const struct docker_query query = {.path = "/info", .timeout_ms = 5000};
    struct docker_request *request =
        docker_ask(&fixture->io, &fixture->endpoint, &query, on_answer, &fixture->outcome);
    for (int i = 0; i < turns; i++)
      uv_run(&fixture->loop, UV_RUN_NOWAIT);
    docker_cancel(request);
  }
  for (int i = 0; i < 8; i++)
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  assert_int_equal(fixture->outcome.calls, 0);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN); /* as app does */
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_forms_of_an_endpoint),
      cmocka_unit_test(test_what_is_no_endpoint),
      cmocka_unit_test(test_a_name_in_a_path),
      TEST(test_a_list_over_tcp),
      TEST(test_a_list_over_a_socket),
      TEST(test_a_socket_needs_no_proxy),
      TEST(test_the_engines_clock),
      TEST(test_only_questions_share_a_connection),
      TEST(test_refusals_have_the_engines_words),
      TEST(test_only_2xx_is_good),
      TEST(test_an_empty_answer),
      TEST(test_what_is_not_json),
      TEST(test_nul_bytes_are_replaced),
      TEST(test_numbers_beyond_64_bits),
      TEST(test_too_deep),
      TEST(test_too_long),
      TEST(test_cut_off),
      TEST(test_hung),
      TEST(test_refused),
      TEST(test_no_socket),
      TEST(test_nobody_listens_on_the_socket),
      TEST(test_no_right_to_the_socket),
      TEST(test_an_engine_that_dies_was_asked),
      TEST(test_cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
