/* The client with brokers that are not healthy; the end-to-end tests use a real one. */
#include "clients/kafka/kafka.h"

#include "clients/kafka/child/kafka_child.h"
#include "support/c11_threads.h"
#include "support/tiny_server.h"

#include <stdio.h>
#include <unistd.h>

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct tiny_server server;
  struct kafka_client *client;
  bool done, closed;
  int calls;
  struct err err;
};

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  fixture->io.kafka_child = KAFKA_CHILD_SELF;
  assert_true(tiny_listen(&fixture->server, &fixture->loop, "127.0.0.1"));
  *state = fixture;
  return 0;
}

static void on_closed(void *arg) {
  *(bool *)arg = true;
}

/* Closing takes no longer than its limit, whatever happens on the other side. */
static int teardown(void **state) {
  struct fixture *fixture = *state;
  if (fixture->client) {
    int64_t began = clock_now_ms();
    kafka_client_close(fixture->client, on_closed, &fixture->closed);
    tiny_run_until(&fixture->loop, &fixture->closed);
    assert_true(clock_now_ms() - began < 1000);
  }
  tiny_stop(&fixture->server);
  tiny_loop_end(&fixture->loop);
  free(fixture);
  return 0;
}

static void make(struct fixture *fixture, const char *bootstrap) {
  struct kafka_config config = {.bootstrap = bootstrap};
  struct err err = {0};
  fixture->client = kafka_client_new(&fixture->io, &config, &err);
  assert_non_null(fixture->client);
}

static void make_local(struct fixture *fixture, int port) {
  char bootstrap[32];
  snprintf(bootstrap, sizeof bootstrap, "127.0.0.1:%d", port);
  make(fixture, bootstrap);
}

static void on_done(void *arg, struct kafka_snapshot *snapshot, const struct err *err) {
  struct fixture *fixture = arg;
  assert_null(snapshot);
  fixture->done = true;
  fixture->calls++;
  fixture->err = *err;
}

static char every[] = "*";
static char *globs[] = {every};

static struct kafka_request *start(struct fixture *fixture, int64_t timeout_ms) {
  struct kafka_query query = {
      .groups = globs, .group_count = 1, .deadline_ms = clock_now_ms() + timeout_ms};
  fixture->done = false;
  return kafka_snapshot_start(fixture->client, &query, on_done, fixture);
}

/* Milliseconds until it failed. */
static int64_t fail_after(struct fixture *fixture, int64_t timeout_ms) {
  int64_t began = clock_now_ms();
  start(fixture, timeout_ms);
  assert_false(fixture->done); /* never before it returns */
  tiny_run_until(&fixture->loop, &fixture->done);
  return clock_now_ms() - began;
}

static void test_refused(void **state) {
  struct fixture *fixture = *state;
  int port = tiny_free_port(&fixture->loop);
  make_local(fixture, port);
  int64_t took = fail_after(fixture, 5000);
  assert_true(took < 600);
  assert_int_equal(fixture->err.kind, ERR_REFUSED);
  char says[64];
  snprintf(says, sizeof says, "127.0.0.1:%d refused", port);
  assert_string_equal(fixture->err.text, says);
  /* librdkafka reports it only once; we do each time */
  for (int i = 0; i < 2; i++) {
    assert_true(fail_after(fixture, 5000) < 1500);
    assert_int_equal(fixture->err.kind, ERR_REFUSED);
  }
  assert_int_equal(fixture->calls, 3);
}

static void test_no_such_name(void **state) {
  struct fixture *fixture = *state;
  make(fixture, "nobody.invalid:9092");
  fail_after(fixture, 4000);
  assert_int_equal(fixture->err.kind, ERR_UNRESOLVED);
}

static void test_silence(void **state) {
  struct fixture *fixture = *state;
  make_local(fixture, fixture->server.port);
  int64_t took = fail_after(fixture, 300);
  assert_true(took >= 140 && took < 900);
  assert_int_equal(fixture->err.kind, ERR_TIMEOUT);
  if (!strstr(fixture->err.text, "the list of groups"))
    fail_msg("%s", fixture->err.text);
}

static void test_garbage(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
  make_local(fixture, fixture->server.port);
  assert_true(fail_after(fixture, 5000) < 2000);
  assert_int_equal(fixture->err.kind, ERR_PROTOCOL);
  assert_non_null(strstr(fixture->err.text, "Kafka"));
}

static void test_hangs_up(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = "\0";
  fixture->server.close_after = true;
  make_local(fixture, fixture->server.port);
  assert_true(fail_after(fixture, 5000) < 2000);
  assert_true(fixture->err.kind == ERR_PROTOCOL || fixture->err.kind == ERR_CLOSED);
}

/* Cancelled while the broker is silent; the next one is not disturbed. */
static void test_cancel(void **state) {
  struct fixture *fixture = *state;
  make_local(fixture, fixture->server.port);
  struct kafka_request *request = start(fixture, 60000);
  while (fixture->server.requests == 0)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  const char *step;
  kafka_snapshot_cancel(request, &step);
  assert_non_null(step);
  struct kafka_request *waiting = start(fixture, 60000);
  kafka_snapshot_cancel(waiting, NULL);
  assert_true(fail_after(fixture, 200) < 900);
  assert_int_equal(fixture->calls, 1);
}

static void test_close_at_once(void **state) {
  struct fixture *fixture = *state;
  make_local(fixture, fixture->server.port); /* no thread yet: teardown closes */
}

static void test_close_while_it_waits(void **state) {
  struct fixture *fixture = *state;
  make_local(fixture, fixture->server.port);
  struct kafka_request *request = start(fixture, 60000);
  while (fixture->server.requests == 0)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  kafka_snapshot_cancel(request, NULL); /* teardown closes within a second */
}

static void test_bad_property(void **state) {
  struct fixture *fixture = *state;
  char name[] = "no.such.thing", value[] = "1";
  char *names[] = {name}, *values[] = {value};
  struct kafka_config config = {"127.0.0.1:9092", names, values, 1};
  struct err err = {0};
  assert_null(kafka_client_new(&fixture->io, &config, &err));
  assert_int_equal(err.kind, ERR_INVALID);
}

/* An error that only rd_kafka_new finds is the call's error. */
static void test_no_such_certificate(void **state) {
  struct fixture *fixture = *state;
  char names[][24] = {"security.protocol", "ssl.ca.location"}, values[][24] = {"ssl", "/no/file"};
  char *name_list[] = {names[0], names[1]}, *value_list[] = {values[0], values[1]};
  struct kafka_config config = {"127.0.0.1:9092", name_list, value_list, 2};
  struct err err = {0};
  fixture->client = kafka_client_new(&fixture->io, &config, &err);
  assert_non_null(fixture->client);
  fail_after(fixture, 1000);
  assert_int_equal(fixture->err.kind, ERR_INVALID);
  assert_non_null(strstr(fixture->err.text, "ssl.ca.location"));
}

int main(int argc, char **argv) {
  if (kafka_child_wanted(argc, argv))
    return kafka_child_main();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_refused),       TEST(test_no_such_name),
      TEST(test_silence),       TEST(test_garbage),
      TEST(test_hangs_up),      TEST(test_cancel),
      TEST(test_close_at_once), TEST(test_close_while_it_waits),
      TEST(test_bad_property),  TEST(test_no_such_certificate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
