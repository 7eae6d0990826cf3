/* A feed in front of a server that plays the API: pages, watches, and what ends them. The real one
 * has its tests in tests/e2e/test_kubernetes_long.py. */
#include "clients/kubernetes/kubernetes_feed.h"

#include "core/mem.h"
#include "io/net/resolve.h"
#include "support/tiny_server.h"

#include <stdio.h>

enum { TEXTS_MAX = 64 };

static struct fixture {
  uv_loop_t loop;
  uv_timer_t tick;
  struct io io;
  struct tiny_server server;
  struct kubernetes_proxy *proxy;
  struct kubernetes_feed feed;
  const char *list, *next, *watch; /* answers; NULL: silence */
  char *texts[TEXTS_MAX];
  size_t text_count;
  char watched[512], listed[512];
  bool settled;
} fixture;

static const char *http(const char *status, const char *body) {
  assert_true(fixture.text_count < TEXTS_MAX);
  return fixture.texts[fixture.text_count++] =
             mem_printf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
}

static const char *answer(struct tiny_server *server, const char *request) {
  (void)server;
  if (strstr(request, "watch=1")) {
    snprintf(fixture.watched, sizeof fixture.watched, "%.500s", request);
    return fixture.watch;
  }
  snprintf(fixture.listed, sizeof fixture.listed, "%.500s", request);
  return strstr(request, "continue=") ? fixture.next : fixture.list;
}

static void on_tick(uv_timer_t *timer) {
  (void)timer;
}

static int setup(void **state) {
  char url[64];
  (void)state;
  fixture = (struct fixture){.server = {.choose = answer}};
  uv_loop_init(&fixture.loop);
  fixture.io.loop = &fixture.loop;
  uv_timer_init(&fixture.loop, &fixture.tick);
  uv_timer_start(&fixture.tick, on_tick, 10, 10); /* the loop wakes up at least for that */
  assert_true(tiny_listen(&fixture.server, &fixture.loop, "127.0.0.1"));
  snprintf(url, sizeof url, "http://127.0.0.1:%d", fixture.server.port);
  fixture.proxy = kubernetes_proxy_take(&fixture.io, &(struct kubernetes_login){.proxy = url});
  feed_init(&fixture.feed, &fixture.io, KUBERNETES_POD, "ecap");
  return 0;
}

static int teardown(void **state) {
  (void)state;
  feed_fini(&fixture.feed);
  kubernetes_proxy_release(fixture.proxy, NULL, NULL);
  tiny_stop(&fixture.server);
  http_client_free(fixture.io.http);
  resolver_free(fixture.io.resolver);
  uv_close((uv_handle_t *)&fixture.tick, NULL);
  uv_run(&fixture.loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&fixture.loop), 0);
  for (size_t i = 0; i < fixture.text_count; i++)
    free(fixture.texts[i]);
  return 0;
}

static void on_settled(void *arg) {
  (void)arg;
  fixture.settled = true;
}

static void run_while(bool (*holds)(void)) {
  const int64_t end_ms = clock_now_ms() + 5000;
  while (holds() && clock_now_ms() < end_ms)
    uv_run(&fixture.loop, UV_RUN_ONCE);
  assert_false(holds());
}

static bool is_unsettled(void) {
  return !fixture.settled;
}

/* One collection; keeps it live. */
static void refresh(void) {
  fixture.settled =
      feed_refresh(&fixture.feed, fixture.proxy, true, clock_now_ms() + 1000, on_settled, NULL);
  run_while(is_unsettled);
}

#define POD(name) \
  "{\"metadata\":{\"uid\":\"" name "\",\"name\":\"" name "\",\"resourceVersion\":\"7\"}}"
#define LIST(version, rest, items) \
  "{\"metadata\":{\"resourceVersion\":\"" version "\"" rest "},\"items\":[" items "]}"

static bool has(const char *name) {
  for (size_t i = 0; i < fixture.feed.count; i++)
    if (strcmp(fixture.feed.objects[i]->name, name) == 0)
      return true;
  return false;
}

static bool is_watch_open(void) {
  return fixture.feed.watch != NULL;
}

static void test_pages(void **state) {
  (void)state;
  fixture.list = http("200 OK", LIST("5", ",\"continue\":\"abc=\"", POD("a") "," POD("b")));
  fixture.next = http("200 OK", LIST("5", "", POD("c")));
  refresh();
  assert_true(fixture.feed.known && !fixture.feed.cut);
  assert_int_equal(fixture.feed.count, 3);
  assert_non_null(strstr(fixture.listed, "/api/v1/namespaces/ecap/pods?limit=250&continue=abc= "));
}

static void test_a_page_that_is_refused(void **state) {
  (void)state;
  fixture.list = http("200 OK", LIST("5", ",\"continue\":\"abc\"", POD("a")));
  fixture.next = http("500 Oops", "{\"message\":\"etcdserver: timeout\"}");
  refresh();
  assert_false(fixture.feed.known); /* half a list is none */
  assert_string_equal(fixture.feed.err.text, "etcdserver: timeout");
}

/* It would be a request of its own. */
static void test_a_token_that_is_none(void **state) {
  (void)state;
  fixture.list = http("200 OK", LIST("5", ",\"continue\":\"x&watch=1\"", POD("a")));
  refresh();
  assert_false(fixture.feed.known);
  assert_int_equal(fixture.server.requests, 1);
}

static void test_a_watch(void **state) {
  (void)state;
  fixture.list = http("200 OK", LIST("5", "", POD("a") "," POD("b")));
  refresh();
  fixture.watch =
      http("200 OK", "{\"type\":\"ADDED\",\"object\":" POD(
                         "c") "}\n"
                              "{\"type\":\"DELETED\",\"object\":" POD(
                                  "a") "}\n"
                                       "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{"
                                       "\"resourceVersion\":\"99\"}}}\n");
  refresh();
  run_while(is_watch_open); /* it has ended, as they all do */
  assert_non_null(strstr(fixture.watched, "&resourceVersion=5 "));
  assert_true(has("b") && has("c") && !has("a"));
  assert_int_equal(fixture.feed.count, 2);
  fixture.watch = NULL;
  refresh(); /* again from the bookmark, without another list */
  const int requests = fixture.server.requests;
  for (int i = 0; i < 20 && fixture.server.requests == requests; i++)
    uv_run(&fixture.loop, UV_RUN_ONCE);
  assert_non_null(strstr(fixture.watched, "&resourceVersion=99 "));
  assert_int_equal(fixture.feed.lists, 1);
}

static void test_a_version_that_is_too_old(void **state) {
  (void)state;
  fixture.list = http("200 OK", LIST("5", "", POD("a")));
  refresh();
  fixture.watch = http("200 OK", "{\"type\":\"ERROR\",\"object\":{\"code\":410,\"message\":"
                                 "\"too old resource version\"}}\n");
  refresh();
  run_while(is_watch_open);
  fixture.list = http("200 OK", LIST("8", "", POD("z")));
  refresh();
  assert_int_equal(fixture.feed.lists, 2);
  assert_true(has("z") && !has("a"));
}

static void test_refused_and_asked_again_later(void **state) {
  (void)state;
  fixture.list = http("403 Forbidden", "{\"message\":\"pods is forbidden\"}");
  refresh();
  assert_true(fixture.feed.denied && !fixture.feed.known);
  assert_string_equal(fixture.feed.err.text, "pods is forbidden");
  refresh();
  assert_int_equal(fixture.server.requests, 1); /* not at once */
}

static void test_a_watch_that_is_refused(void **state) {
  (void)state;
  fixture.list = http("200 OK", LIST("5", "", POD("a")));
  refresh();
  fixture.watch = http("403 Forbidden", "{}");
  refresh();
  run_while(is_watch_open);
  refresh();
  refresh();
  assert_int_equal(fixture.feed.unwatched.kind, ERR_DENIED);
  assert_int_equal(fixture.feed.lists, 3); /* listed each time */
}

static void test_lines_of_a_watch(void **state) {
  static const char *const bad[] = {
      "",
      "{",
      "[]",
      "{\"type\":\"ADDED\"}",
      "{\"type\":3,\"object\":{}}",
      "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"uid\":\"\"}}}"};
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    fixture.feed.version = mem_dup("5");
    assert_false(feed_take_line(&fixture.feed, bad[i], strlen(bad[i])));
    assert_null(fixture.feed.version); /* so that it is listed again */
  }
  static const char odd[] = "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"uid\":\"u\",\"name\":"
                            "\"n\",\"resourceVersion\":\"1&x=\"}}}";
  assert_true(feed_take_line(&fixture.feed, odd, strlen(odd)));
  assert_null(fixture.feed.version); /* it would not be a number in a URL */
  assert_true(has("n"));
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      TEST(test_pages),
      TEST(test_a_page_that_is_refused),
      TEST(test_a_token_that_is_none),
      TEST(test_a_watch),
      TEST(test_a_version_that_is_too_old),
      TEST(test_refused_and_asked_again_later),
      TEST(test_a_watch_that_is_refused),
      TEST(test_lines_of_a_watch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
