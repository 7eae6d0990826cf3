/* The collector where no broker answers; the end-to-end tests use a real one. */
#include "collectors/collector.h"

#include "clients/kafka/child/kafka_child.h"
#include "support/c11_threads.h"
#include "support/tiny_server.h"

#include <stdio.h>

extern const struct collector collector_kafka;

static void fill(struct target *target, const char *name, const char *text) {
  for (size_t i = 0; i < target->kind->option_count; i++) {
    struct err err;
    if (strcmp(target->kind->options[i].name, name) == 0)
      assert_true(option_parse(&target->kind->options[i], text, &target->values[i], &err));
  }
}

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct tiny_server server;
  struct target *target;
  void *kafka;
  struct job job;
  bool done, closed;
  struct err err;
};

static void on_end(struct job *job, struct sample *sample, const struct err *err) {
  struct fixture *fixture = (struct fixture *)((char *)job - offsetof(struct fixture, job));
  assert_null(sample);
  assert_false(fixture->done); /* exactly one completion */
  fixture->err = *err;
  fixture->done = true;
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  fixture->io.kafka_child = KAFKA_CHILD_SELF;
  assert_true(tiny_listen(&fixture->server, &fixture->loop, "127.0.0.1"));
  fixture->target = target_new(&collector_kafka.kind, "main");
  *state = fixture;
  return 0;
}

static void on_closed(void *arg) {
  *(bool *)arg = true;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  if (fixture->kafka) {
    int64_t began = clock_now_ms();
    collector_kafka.close(fixture->kafka, on_closed, &fixture->closed);
    tiny_run_until(&fixture->loop, &fixture->closed);
    assert_true(clock_now_ms() - began < 1000);
  }
  tiny_stop(&fixture->server);
  tiny_loop_end(&fixture->loop);
  target_free(fixture->target);
  free(fixture);
  return 0;
}

static void watch(struct fixture *fixture, int port) {
  char text[64];
  snprintf(text, sizeof text, "127.0.0.1:%d", port);
  fill(fixture->target, "bootstrap", text);
  struct err err = {0};
  fixture->kafka = collector_kafka.open(&fixture->io, fixture->target, &err);
  assert_non_null(fixture->kafka);
}

static void start(struct fixture *fixture, int64_t timeout_ms) {
  fixture->done = false;
  fixture->job = (struct job){.io = &fixture->io,
                              .started_us = clock_now_us(),
                              .deadline_ms = clock_now_ms() + timeout_ms,
                              .end = on_end};
  collector_kafka.start(fixture->kafka, &fixture->job);
}

static void test_refused(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, tiny_free_port(&fixture->loop));
  start(fixture, 5000);
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_int_equal(fixture->err.kind, ERR_REFUSED);
}

/* It reports its step before the deadline. If it has not reported it by then, the client hangs:
 * that says nothing about the cluster. */
static void test_silence(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, fixture->server.port);
  start(fixture, 400);
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_true(clock_now_us() - fixture->job.started_us < 400000);
  assert_int_equal(fixture->err.kind, ERR_TIMEOUT);
  start(fixture, 60000);
  int requests = fixture->server.requests;
  while (fixture->server.requests == requests && fixture->server.requests == 0)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  struct err err = {ERR_TIMEOUT, "no answer within 60s"};
  collector_kafka.cancel(fixture->kafka, &err);
  assert_non_null(strstr(err.text, "Kafka client hung (waited for "));
  assert_int_equal(err.kind, ERR_IO);
}

static void test_bad_property(void **state) {
  struct fixture *fixture = *state;
  fill(fixture->target, "bootstrap", "127.0.0.1:9092");
  for (size_t i = 0; i < collector_kafka.kind.option_count; i++) {
    struct option_value *value = &fixture->target->values[i];
    if (strcmp(collector_kafka.kind.options[i].name, "properties") != 0)
      continue;
    value->names = malloc(sizeof *value->names);
    value->items = malloc(sizeof *value->items);
    value->names[0] = strdup("sasl.pasword");
    value->items[0] = strdup("hunter2");
    value->item_count = 1;
    value->origin.line = 12;
  }
  struct err err = {0};
  assert_null(collector_kafka.open(&fixture->io, fixture->target, &err));
  assert_int_equal(err.kind, ERR_INVALID);
  assert_non_null(strstr(err.text, "line 12: properties"));
  assert_non_null(strstr(err.text, "sasl.pasword"));
  assert_null(strstr(err.text, "hunter2"));
}

int main(int argc, char **argv) {
  if (kafka_child_wanted(argc, argv))
    return kafka_child_main();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_refused),
      TEST(test_silence),
      TEST(test_bad_property),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
