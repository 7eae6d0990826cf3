/* Requests and answers in order over one stream, against a server on the test's own loop. */
#include "io/net/line.h"

#include "support/tiny_server.h"

#include <signal.h>
#include <stdio.h>

enum { ANSWERS_MAX = 8, ANSWER_MAX = 64 };

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct tiny_server server;
  struct line *line;
  char text[ANSWERS_MAX][ANSWER_MAX + 1]; /* in the order of arrival; of errors, too */
  enum err_kind kind[ANSWERS_MAX];
  size_t count;
  bool stop, closed; /* stop: the first answer closes the line */
};

typedef void (*text_cb)(void *arg, const char *text, const struct err *err);

/* An answer is a line. */
static size_t whole(const char *bytes, size_t length) {
  const char *end = memchr(bytes, '\n', length);
  return end ? (size_t)(end - bytes) + 1 : 0;
}

static void deliver(line_cb done, void *arg, const void *answer, const struct err *err) {
  const struct line_text *text = answer;
  char copy[ANSWER_MAX + 1] = "";
  if (text)
    snprintf(copy, sizeof copy, "%.*s", (int)text->length - 1, text->bytes);
  ((text_cb)done)(arg, err ? err->text : copy, err);
}

static const struct line_protocol protocol = {
    .whole = whole, .answer_max = ANSWER_MAX, .deliver = deliver};

static void on_closed(void *arg) {
  *(bool *)arg = true;
}

static void on_answer(void *arg, const char *text, const struct err *err) {
  struct fixture *fixture = arg;
  assert_true(fixture->count < ANSWERS_MAX);
  assert_false(fixture->stop && fixture->count > 0);
  snprintf(fixture->text[fixture->count], ANSWER_MAX + 1, "%.*s", ANSWER_MAX, text);
  fixture->kind[fixture->count++] = err ? err->kind : ERR_NONE;
  if (fixture->stop)
    line_close(fixture->line, on_closed, &fixture->closed);
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  signal(SIGPIPE, SIG_IGN); /* as app does */
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  *state = fixture;
  return 0;
}

static void open_to(struct fixture *fixture, const char *reply) {
  fixture->server.reply = reply;
  assert_true(tiny_listen(&fixture->server, &fixture->loop, "127.0.0.1"));
  struct line_place place = {.host = "127.0.0.1", .port = fixture->server.port};
  fixture->line = line_open(&fixture->io, &place, &protocol, fixture);
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  if (!fixture->stop)
    line_close(fixture->line, on_closed, &fixture->closed);
  tiny_run_until(&fixture->loop, &fixture->closed);
  tiny_stop(&fixture->server);
  tiny_loop_end(&fixture->loop);
  free(fixture);
  return 0;
}

static void ask(struct fixture *fixture, const char *request) {
  struct err err;
  assert_true(line_send(fixture->line, request, request, strlen(request), (line_cb)on_answer,
                        fixture, &err));
}

static void wait_for(struct fixture *fixture, size_t count) {
  const int64_t give_up = clock_now_ms() + 10000;
  while (fixture->count < count) {
    assert_true(clock_now_ms() < give_up);
    uv_run(&fixture->loop, UV_RUN_ONCE);
  }
}

static void answers_come_in_order_whole(void **state) {
  struct fixture *fixture = *state;
  char place[64], where[200];
  open_to(fixture, "one\ntwo\nthr");
  assert_string_equal(line_address(fixture->line), "");
  snprintf(place, sizeof place, "not connected to port %d of 127.0.0.1 yet", fixture->server.port);
  assert_string_equal(line_describe(fixture->line, where, sizeof where), place);
  ask(fixture, "a\n");
  ask(fixture, "b\n");
  ask(fixture, "c\n");
  wait_for(fixture, 2);
  assert_string_equal(fixture->text[0], "one");
  assert_string_equal(fixture->text[1], "two");
  assert_string_equal(fixture->server.last_request, "a\nb\nc\n");
  snprintf(place, sizeof place, "connected to 127.0.0.1:%d, no answer to c\n",
           fixture->server.port);
  assert_string_equal(line_describe(fixture->line, where, sizeof where), place);
  fixture->server.reply = "ee\nfour\n";
  ask(fixture, "d\n");
  wait_for(fixture, 4);
  assert_string_equal(fixture->text[2], "three");
  assert_string_equal(fixture->text[3], "four");
  assert_true(line_usable(fixture->line));
  assert_true(line_answer_us(fixture->line) >= -1);
}

static void all_waiters_learn_of_an_end(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  fixture->server.close_after = true;
  open_to(fixture, "one\n");
  ask(fixture, "a\n");
  ask(fixture, "b\n");
  ask(fixture, "c\n");
  wait_for(fixture, 3);
  assert_int_equal(fixture->kind[0], ERR_NONE);
  assert_int_equal(fixture->kind[1], ERR_CLOSED);
  assert_int_equal(fixture->kind[2], ERR_CLOSED);
  assert_false(line_usable(fixture->line));
  assert_false(line_send(fixture->line, "d", "d", 1, (line_cb)on_answer, fixture, &err));
  assert_int_equal(err.kind, ERR_CLOSED);
}

static void an_unexpected_answer_ends_it(void **state) {
  struct fixture *fixture = *state;
  const int64_t give_up = clock_now_ms() + 10000;
  open_to(fixture, "one\ntwo\n");
  ask(fixture, "a\n");
  wait_for(fixture, 1);
  while (line_usable(fixture->line) && clock_now_ms() < give_up)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  assert_false(line_usable(fixture->line));
  assert_int_equal(fixture->count, 1);
}

static void an_answer_has_a_ceiling(void **state) {
  static char endless[ANSWER_MAX + 2];
  struct fixture *fixture = *state;
  memset(endless, 'x', sizeof endless - 1);
  open_to(fixture, endless);
  ask(fixture, "a\n");
  wait_for(fixture, 1);
  assert_int_equal(fixture->kind[0], ERR_LIMIT);
}

static void a_callback_may_close_it(void **state) {
  struct fixture *fixture = *state;
  fixture->stop = true;
  open_to(fixture, "one\ntwo\n");
  ask(fixture, "a\n");
  ask(fixture, "b\n");
  tiny_run_until(&fixture->loop, &fixture->closed);
  assert_int_equal(fixture->count, 1);
}

static void more_requests_than_the_limit_are_refused(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  open_to(fixture, NULL);
  for (int i = 0; i < LINE_REQUESTS_MAX; i++)
    ask(fixture, "a\n");
  assert_false(line_send(fixture->line, "a", "a", 1, (line_cb)on_answer, fixture, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
  assert_int_equal(fixture->count, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(answers_come_in_order_whole),  TEST(all_waiters_learn_of_an_end),
      TEST(an_unexpected_answer_ends_it), TEST(an_answer_has_a_ceiling),
      TEST(a_callback_may_close_it),      TEST(more_requests_than_the_limit_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
