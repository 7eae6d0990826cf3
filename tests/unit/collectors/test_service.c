#include "collectors/collector.h"

#include "io/http/http.h"
#include "support/tiny_server.h"

#include <stdio.h>

extern const struct collector collector_service;

static void fill(struct target *target, const char *name, const char *text) {
  for (size_t i = 0; i < target->kind->option_count; i++) {
    const struct option *option = &target->kind->options[i];
    struct err err;
    if (strcmp(option->name, name) == 0)
      assert_true(option_parse(option, text, &target->values[i], &err));
  }
}

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct tiny_server server;
  struct target *target;
  void *service;
  struct job job;
  bool done;
  struct sample *sample;
  bool closed;
};

/* The job is the fixture's: found by its place in it. */
static void on_end(struct job *job, struct sample *sample, const struct err *err) {
  struct fixture *fixture = (struct fixture *)((char *)job - offsetof(struct fixture, job));
  assert_null(err); /* whatever a service does is data */
  assert_non_null(sample);
  sample_free(fixture->sample);
  fixture->sample = sample;
  fixture->done = true;
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  assert_true(tiny_listen(&fixture->server, &fixture->loop, "127.0.0.1"));
  fixture->target = target_new(&collector_service.kind, "api");
  *state = fixture;
  return 0;
}

static void on_service_closed(void *arg) {
  *(bool *)arg = true;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  sample_free(fixture->sample);
  if (fixture->service) {
    collector_service.close(fixture->service, on_service_closed, &fixture->closed);
    tiny_run_until(&fixture->loop, &fixture->closed);
  }
  http_client_free(fixture->io.http);
  tiny_stop(&fixture->server);
  tiny_loop_end(&fixture->loop);
  target_free(fixture->target);
  free(fixture);
  return 0;
}

static void watch(struct fixture *fixture, int port, int health_port) {
  char text[64];
  snprintf(text, sizeof text, "127.0.0.1:%d", port);
  fill(fixture->target, "address", text);
  if (health_port) {
    snprintf(text, sizeof text, "http://127.0.0.1:%d/health", health_port);
    fill(fixture->target, "health", text);
  }
  struct err err = {0};
  fixture->service = collector_service.open(&fixture->io, fixture->target, &err);
  assert_non_null(fixture->service);
}

static void start(struct fixture *fixture, int64_t timeout_ms) {
  fixture->done = false;
  fixture->job = (struct job){.io = &fixture->io,
                              .started_us = clock_now_us(),
                              .deadline_ms = clock_now_ms() + timeout_ms,
                              .end = on_end};
  collector_service.start(fixture->service, &fixture->job);
}

static const struct row *finish(struct fixture *fixture) {
  tiny_run_until(&fixture->loop, &fixture->done);
  const struct table *table = sample_table_view(fixture->sample, "services");
  assert_int_equal(table->row_count, 1);
  assert_string_equal(table->rows[0].key, "api");
  return &table->rows[0];
}

static const struct row *collect(struct fixture *fixture, int64_t timeout_ms) {
  start(fixture, timeout_ms);
  return finish(fixture);
}

static struct value cell(const struct row *row, const char *column) {
  int index = table_column(collector_service.tables[0], column);
  assert_true(index >= 0);
  return row->cells[index];
}

static const char *text(const struct row *row, const char *column) {
  struct value value = cell(row, column);
  assert_int_equal(value.type, VALUE_TEXT);
  return value.text;
}

static const char ok_reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static const char bad_reply[] = "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n";

static void test_healthy(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = ok_reply;
  watch(fixture, fixture->server.port, fixture->server.port);
  const struct row *row = collect(fixture, 5000);
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_string_equal(text(row, "state"), "200");
  assert_int_equal(cell(row, "status").integer, 200);
  assert_int_equal(cell(row, "latency").type, VALUE_REAL);
  assert_int_equal(cell(row, "connect").type, VALUE_REAL);
  assert_int_equal(cell(row, "error").type, VALUE_NONE);
  assert_int_equal(cell(row, "availability").type, VALUE_NONE); /* one is no share */
  row = collect(fixture, 5000);
  assert_true(cell(row, "availability").real == 1);
  assert_int_equal(cell(row, "since").type, VALUE_REAL);
  fixture->server.reply = bad_reply;
  row = collect(fixture, 5000);
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_string_equal(text(row, "state"), "503");
  assert_string_equal(row->reason, "answers 503 (expected 200-299)");
  assert_true(cell(row, "availability").real > 0.66 && cell(row, "availability").real < 0.67);
}

static void test_port_only(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, fixture->server.port, 0);
  const struct row *row = collect(fixture, 5000);
  assert_string_equal(text(row, "state"), "up");
  assert_int_equal(cell(row, "latency").type, VALUE_REAL);
  assert_int_equal(cell(row, "status").type, VALUE_NONE);
  assert_null(fixture->io.http); /* no HTTP client is made for nothing */
}

static void test_refused(void **state) {
  struct fixture *fixture = *state;
  int port = tiny_free_port(&fixture->loop);
  watch(fixture, port, port);
  const struct row *row = collect(fixture, 5000);
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_string_equal(text(row, "state"), "refused");
  assert_non_null(strstr(row->reason, "refused"));
  assert_int_equal(cell(row, "latency").type, VALUE_NONE);
  assert_non_null(cell(row, "latency").text);
}

static void test_port_open_but_health_refused(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, fixture->server.port, tiny_free_port(&fixture->loop));
  const struct row *row = collect(fixture, 5000);
  assert_string_equal(text(row, "state"), "refused");
  assert_string_equal(row->reason, "port open, health: refused");
}

static void test_port_refused_but_health_answers(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = ok_reply;
  watch(fixture, tiny_free_port(&fixture->loop), fixture->server.port);
  const struct row *row = collect(fixture, 5000);
  assert_string_equal(text(row, "state"), "refused");
  assert_non_null(strstr(row->reason, "; health answers 200"));
}

static void on_job_over(uv_timer_t *timer) {
  struct fixture *fixture = timer->data;
  assert_true(fixture->done);
}

/* A silent service is a row, too: the collector gives up before the job does. Timers fire in their
 * order, however slow the machine is. */
static void test_silence(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, fixture->server.port, fixture->server.port);
  uv_timer_t deadline;
  start(fixture, 200);
  uv_timer_init(&fixture->loop, &deadline);
  deadline.data = fixture;
  uv_timer_start(&deadline, on_job_over, 200, 0);
  const struct row *row = finish(fixture);
  while (uv_is_active((uv_handle_t *)&deadline))
    uv_run(&fixture->loop, UV_RUN_ONCE);
  uv_close((uv_handle_t *)&deadline, NULL);
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  assert_string_equal(text(row, "state"), "timeout");
  assert_non_null(strstr(row->reason, "connected, but no response within"));
  fixture->server.reply = ok_reply;
  assert_string_equal(text(collect(fixture, 5000), "state"), "200"); /* and it comes back */
}

static void test_slow(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = ok_reply;
  fixture->server.delay_ms = 60;
  fill(fixture->target, "slow", "50ms");
  watch(fixture, fixture->server.port, fixture->server.port);
  const struct row *row = collect(fixture, 5000);
  assert_string_equal(text(row, "state"), "200");
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_non_null(strstr(row->reason, "slow: took"));
}

static void test_body(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = ok_reply;
  fill(fixture->target, "expect_body", "UP");
  watch(fixture, fixture->server.port, fixture->server.port);
  const struct row *row = collect(fixture, 5000);
  assert_string_equal(text(row, "state"), "bad body");
  fixture->server.reply = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\"UP\"";
  assert_string_equal(text(collect(fixture, 5000), "state"), "200");
}

static void test_cancel(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, fixture->server.port, fixture->server.port);
  fixture->job =
      (struct job){.io = &fixture->io, .deadline_ms = clock_now_ms() + 5000, .end = on_end};
  collector_service.start(fixture->service, &fixture->job);
  while (fixture->server.requests == 0)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  struct err err = {0};
  collector_service.cancel(fixture->service, &err);
  fixture->server.reply = ok_reply;
  assert_string_equal(text(collect(fixture, 5000), "state"), "200");
}

/* Found when the configuration is read, so that the error has its line. */
static void check_refused(const char *name, const char *text, const char *says) {
  for (size_t i = 0; i < collector_service.kind.option_count; i++) {
    struct option_value value = {0};
    struct err err = {0};
    if (strcmp(collector_service.kind.options[i].name, name) != 0)
      continue;
    assert_false(option_parse(&collector_service.kind.options[i], text, &value, &err));
    assert_non_null(strstr(err.text, says));
  }
}

static void test_bad_options(void **state) {
  (void)state;
  check_refused("address", "api", "host:port");
  check_refused("expect", "ok", "status codes");
  check_refused("health", "/health", "URL");
}

int main(void) {
  unsetenv("http_proxy");
  unsetenv("all_proxy");
  unsetenv("ALL_PROXY");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_healthy),
      TEST(test_port_only),
      TEST(test_refused),
      TEST(test_port_open_but_health_refused),
      TEST(test_port_refused_but_health_answers),
      TEST(test_silence),
      TEST(test_slow),
      TEST(test_body),
      TEST(test_cancel),
      TEST(test_bad_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
