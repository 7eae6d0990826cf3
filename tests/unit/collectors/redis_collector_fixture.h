/* The Redis collector with a real server, one collection after the other. */
#pragma once

#include "collectors/collector.h"

#include "support/redis_server.h"

extern const struct collector collector_redis;

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct redis_server server;
  struct tiny_server tiny;
  struct target *target;
  void *self;
  struct job job;
  bool done;
  struct sample *sample;
  struct err err;
  bool closed;
};

/* The job is the fixture's: found by its place in it. */
static inline void on_end(struct job *job, struct sample *sample, const struct err *err) {
  struct fixture *fixture = (struct fixture *)((char *)job - offsetof(struct fixture, job));
  assert_false(fixture->done);
  assert_true((sample != NULL) != (err != NULL));
  sample_free(fixture->sample);
  fixture->sample = sample;
  fixture->err = err ? *err : (struct err){0};
  fixture->done = true;
}

static inline int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  signal(SIGPIPE, SIG_IGN); /* as app does */
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  fixture->target = target_new(&collector_redis.kind, "cache");
  *state = fixture;
  return 0;
}

static inline void on_closed(void *arg) {
  *(bool *)arg = true;
}

static inline void end(struct fixture *fixture) {
  if (!fixture->self)
    return;
  int64_t began = clock_now_ms();
  fixture->closed = false;
  collector_redis.close(fixture->self, on_closed, &fixture->closed);
  tiny_run_until(&fixture->loop, &fixture->closed);
  assert_true(clock_now_ms() - began < 500);
  fixture->self = NULL;
}

static inline int teardown(void **state) {
  struct fixture *fixture = *state;
  sample_free(fixture->sample);
  end(fixture);
  if (fixture->tiny.port)
    tiny_stop(&fixture->tiny);
  tiny_loop_end(&fixture->loop);
  if (*fixture->server.dir)
    redis_server_end(&fixture->server);
  target_free(fixture->target);
  free(fixture);
  return 0;
}

static inline void fill(struct fixture *fixture, const char *name, const char *text) {
  struct target *target = fixture->target;
  for (size_t i = 0; i < target->kind->option_count; i++) {
    struct err err = {0};
    if (strcmp(target->kind->options[i].name, name) != 0)
      continue;
    option_value_fini(&target->values[i]);
    if (!option_parse(&target->kind->options[i], text, &target->values[i], &err))
      fail_msg("%s: %s", text, err.text);
  }
}

/* login: "user:password@" or "". */
static inline void watch(struct fixture *fixture, const char *login, int port) {
  char url[128];
  struct err err = {0};
  end(fixture);
  snprintf(url, sizeof url, "redis://%s127.0.0.1:%d/0", login, port);
  fill(fixture, "url", url);
  fixture->self = collector_redis.open(&fixture->io, fixture->target, &err);
  if (!fixture->self)
    fail_msg("%s", err.text);
}

static inline void start_server(struct fixture *fixture, const char *const *arguments) {
  if (!fixture->server.port)
    fixture->server.port = tiny_free_port(&fixture->loop);
  redis_server_start(&fixture->server, arguments);
}

static inline void begin(struct fixture *fixture) {
  fixture->done = false;
  fixture->job = (struct job){.io = &fixture->io,
                              .started_us = clock_now_us(),
                              .deadline_ms = clock_now_ms() + 3000,
                              .end = on_end};
  collector_redis.start(fixture->self, &fixture->job);
}

static inline void attempt(struct fixture *fixture) {
  begin(fixture);
  tiny_run_until(&fixture->loop, &fixture->done);
}

static inline const struct row *collect(struct fixture *fixture) {
  attempt(fixture);
  if (!fixture->sample)
    fail_msg("%s", fixture->err.text);
  const struct table *table = sample_table_view(fixture->sample, "summary");
  assert_int_equal(table->row_count, 1);
  assert_string_equal(table->rows[0].key, "cache");
  return &table->rows[0];
}

static inline void fails(struct fixture *fixture, enum err_kind kind, const char *says) {
  attempt(fixture);
  assert_null(fixture->sample);
  if (fixture->err.kind != kind || !strstr(fixture->err.text, says))
    fail_msg("%s: \"%s\", expected %s: \"%s\"", err_kind_name(fixture->err.kind), fixture->err.text,
             err_kind_name(kind), says);
}

static inline struct value cell(const struct row *row, const char *column) {
  int index = table_column(collector_redis.tables[0], column);
  assert_true(index >= 0);
  return row->cells[index];
}

static inline double number(const struct row *row, const char *column) {
  double result = -1;
  struct value value = cell(row, column);
  if (!value_number(value, &result))
    fail_msg("%s: %s", column, value.text ? value.text : "not applicable");
  return result;
}

static inline const char *reason(const struct row *row, const char *column) {
  struct value value = cell(row, column);
  assert_int_equal(value.type, VALUE_NONE);
  return value.text;
}

/* All tests of a file that uses these. */
#define REDIS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
