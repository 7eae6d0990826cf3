/* One request and several, to a tiny server that plays APIs, right and wrong ones. */
#include "clients/web/web_batch.h"

#include "core/mem.h"
#include "io/net/resolve.h"
#include "support/tiny_server.h"

#include <stdio.h>

static const struct option options[] = {WEB_OPTIONS("http://api:9090")};
static const struct target_kind kind = {.kind = "api",
                                        .key = "apis",
                                        .title = "API",
                                        .options = options,
                                        .option_count = sizeof options / sizeof *options};

struct bench {
  uv_loop_t loop;
  struct io io;
  struct tiny_server server;
  struct target *target;
  struct web_batch batch;
  bool done;
  int status;
  json_t *json;
  char text[256];
  struct err err;
};

static void set(struct target *target, const char *name, const char *text) {
  struct option_value *value = (struct option_value *)(uintptr_t)target_option(target, name);
  free(value->text);
  value->text = mem_dup(text);
  value->set = true;
}

static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  char url[64];
  uv_loop_init(&bench->loop);
  bench->io.loop = &bench->loop;
  bench->target = target_new(&kind, "api");
  assert_true(tiny_listen(&bench->server, &bench->loop, "127.0.0.1"));
  snprintf(url, sizeof url, "http://127.0.0.1:%d/prefix/", bench->server.port);
  set(bench->target, "url", url);
  *state = bench;
  return 0;
}

static int teardown(void **state) {
  struct bench *bench = *state;
  http_client_free(bench->io.http);
  resolver_free(bench->io.resolver);
  tiny_stop(&bench->server);
  tiny_loop_end(&bench->loop);
  json_decref(bench->json);
  target_free(bench->target);
  free(bench);
  return 0;
}

static void on_answer(void *arg, const struct web_answer *answer) {
  struct bench *bench = arg;
  bench->status = answer->status;
  bench->json = json_incref(answer->json);
  snprintf(bench->text, sizeof bench->text, "%s", answer->text ? answer->text : "");
  bench->err = answer->err ? *answer->err : (struct err){0};
  bench->done = true;
}

static void ask(struct bench *bench, struct web_query query) {
  query.timeout_ms = query.timeout_ms ? query.timeout_ms : 5000;
  json_decref(bench->json);
  bench->json = NULL;
  bench->done = false;
  web_ask(&bench->io, bench->target, &query, on_answer, bench);
  tiny_run_until(&bench->loop, &bench->done);
}

#define REPLY(status, type, length, body) \
  "HTTP/1.1 " status "\r\nContent-Type: " type "\r\nContent-Length: " length "\r\n\r\n" body

static void test_an_answer(void **state) {
  struct bench *bench = *state;
  bench->server.reply = REPLY("200 OK", "application/json", "20", "{\"name\": \"a\\u0000b\"}");
  bench->server.reply_len = 0;
  set(bench->target, "username", "ops");
  set(bench->target, "password", "p:ss");
  ask(bench, (struct web_query){.path = "/api?x=1"});
  assert_int_equal(bench->err.kind, ERR_NONE);
  assert_string_equal(json_string_value(json_object_get(bench->json, "name")), "a\xEF\xBF\xBD"
                                                                               "b");
  assert_non_null(strstr(bench->server.last_request, "GET /prefix/api?x=1 HTTP/1.1"));
  assert_non_null(strstr(bench->server.last_request, "Authorization: Basic b3BzOnA6c3M="));
}

static void test_a_text(void **state) {
  struct bench *bench = *state;
  bench->server.reply = REPLY("200 OK", "text/plain", "5", "up 1\n");
  set(bench->target, "token", "abc");
  ask(bench, (struct web_query){.path = "/metrics", .text = true});
  assert_int_equal(bench->err.kind, ERR_NONE);
  assert_string_equal(bench->text, "up 1\n");
  assert_non_null(strstr(bench->server.last_request, "Authorization: Bearer abc"));
}

static void test_a_change_has_a_connection_of_its_own(void **state) {
  struct bench *bench = *state;
  bench->server.reply = REPLY("204 No Content", "text/plain", "0", "");
  ask(bench, (struct web_query){.path = "/a"});
  ask(bench, (struct web_query){.path = "/b"});
  assert_int_equal(bench->server.connections, 1);
  ask(bench, (struct web_query){.path = "/c", .method = "POST", .json = "{}"});
  assert_int_equal(bench->server.connections, 2);
  assert_int_equal(bench->err.kind, ERR_NONE);
  assert_null(bench->json);
}

static void test_errors(void **state) {
  struct bench *bench = *state;
  static const struct {
    const char *reply, *words;
    enum err_kind kind;
  } cases[] = {
      {REPLY("401 Unauthorized", "text/html", "6", "<html>"), "requires a login", ERR_DENIED},
      {REPLY("403 Forbidden", "application/json", "26", "{\"message\": \"not for you\"}"),
       "not for you", ERR_DENIED},
      {REPLY("400 Bad Request", "application/json", "38",
             "{\"error\": {\"reason\": \"no such index\"}}"),
       "no such index (HTTP status 400)", ERR_INVALID},
      {REPLY("503 Busy", "application/json", "24", "{\"error\": \"starting up\"}"),
       "starting up (HTTP status 503)", ERR_PROTOCOL},
      {REPLY("404 Not Found", "text/plain", "2", "no"), "HTTP status 404", ERR_INVALID},
      {REPLY("200 OK", "text/html", "15", "<!DOCTYPE html>"), "a web page and not JSON",
       ERR_PROTOCOL},
      {REPLY("200 OK", "application/json", "5", "{\"a\":"), "not JSON", ERR_PROTOCOL},
      {REPLY("200 OK", "application/json", "0", ""), "not JSON", ERR_PROTOCOL},
      {"HTTP/1.1 302 Found\r\nLocation: https://elsewhere/login\r\nContent-Length: 0\r\n\r\n",
       "redirects to https://elsewhere/login", ERR_INVALID},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bench->server.reply = cases[i].reply;
    ask(bench, (struct web_query){.path = "/"});
    if (!strstr(bench->err.text, cases[i].words))
      fail_msg("%s: not \"%s\"", bench->err.text, cases[i].words);
    assert_int_equal(bench->err.kind, cases[i].kind);
  }
  set(bench->target, "token", "abc");
  bench->server.reply = cases[0].reply;
  ask(bench, (struct web_query){.path = "/"});
  assert_string_equal(bench->err.text, "the login was refused (HTTP status 401)");
}

static void test_silence_and_cancel(void **state) {
  struct bench *bench = *state;
  bench->server.reply = NULL;
  ask(bench, (struct web_query){.path = "/", .timeout_ms = 50});
  assert_int_equal(bench->err.kind, ERR_TIMEOUT);
  bench->done = false;
  web_cancel(web_ask(&bench->io, bench->target,
                     &(struct web_query){.path = "/", .timeout_ms = 5000}, on_answer, bench));
  uv_run(&bench->loop, UV_RUN_NOWAIT);
  assert_false(bench->done);
}

static const char *by_path(struct tiny_server *server, const char *request) {
  (void)server;
  return strstr(request, "/prefix/bad ") ? REPLY("500 Oh", "application/json", "2", "{}")
                                         : REPLY("200 OK", "application/json", "2", "[]");
}

static void on_batch(void *arg) {
  ((struct bench *)arg)->done = true;
}

static void test_a_batch(void **state) {
  struct bench *bench = *state;
  struct web_asked asked[2 * WEB_BATCH_PARALLEL + 1] = {{.path = "/bad"}};
  const size_t count = sizeof asked / sizeof *asked;
  for (size_t i = 1; i < count; i++)
    asked[i] = (struct web_asked){.path = "/good", .text = i == 1};
  bench->server.choose = by_path;
  web_batch_start(&bench->batch, &bench->io, bench->target, asked, count, clock_now_ms() + 5000,
                  on_batch, bench);
  tiny_run_until(&bench->loop, &bench->done);
  assert_int_equal(asked[0].err.kind, ERR_PROTOCOL);
  assert_string_equal(asked[1].body, "[]");
  for (size_t i = 2; i < count; i++)
    assert_true(json_is_array(asked[i].json));
  assert_in_range(bench->server.connections, 1, WEB_BATCH_PARALLEL);
  assert_int_equal(bench->server.requests, count);
  web_batch_fini(&bench->batch);
}

static void test_a_batch_is_given_up(void **state) {
  struct bench *bench = *state;
  struct web_asked asked[] = {{.path = "/a"}, {.path = "/b"}};
  web_batch_start(&bench->batch, &bench->io, bench->target, asked, 2, clock_now_ms() + 5000,
                  on_batch, bench);
  uv_run(&bench->loop, UV_RUN_NOWAIT);
  web_batch_fini(&bench->batch);
  web_batch_fini(&bench->batch);
  assert_false(bench->done);
}

static void test_checks(void **state) {
  struct bench *bench = *state;
  struct err err;
  (void)state;
  assert_true(web_url_check("https://api.example.com:9090/prometheus", &err));
  assert_false(web_url_check("http://ops:secret@api:9090", &err));
  assert_non_null(strstr(err.text, "username"));
  assert_false(web_url_check("http://api:9090/?q=1", &err));
  assert_false(web_url_check("api:9090", &err));
  assert_true(web_target_check(bench->target, &err));
  set(bench->target, "password", "x");
  assert_false(web_target_check(bench->target, &err));
  set(bench->target, "username", "x");
  assert_true(web_target_check(bench->target, &err));
  set(bench->target, "token", "x");
  assert_false(web_target_check(bench->target, &err));
  char path[32] = "/q?query=", small[12] = "/q?query=";
  assert_true(web_path_add(path, sizeof path, "up{a=\"b\"}"));
  assert_string_equal(path, "/q?query=up%7Ba%3D%22b%22%7D");
  assert_false(web_path_add(small, sizeof small, "up up"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_an_answer, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_text, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_change_has_a_connection_of_its_own, setup, teardown),
      cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
      cmocka_unit_test_setup_teardown(test_silence_and_cancel, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_batch, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_batch_is_given_up, setup, teardown),
      cmocka_unit_test_setup_teardown(test_checks, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
