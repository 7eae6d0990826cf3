#include "collectors/collector.h"

#include "clients/service/service_probe.h"
#include "clients/service/service_request.h"
#include "core/mem.h"
#include "io/http/http.h"
#include "support/tiny_server.h"

#include <stdio.h>
#include <unistd.h>

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

/* An option that is a map of one text. */
static void fill_map(struct target *target, const char *name, const char *key, const char *text) {
  for (size_t i = 0; i < target->kind->option_count; i++) {
    struct option_value *value = &target->values[i];
    if (strcmp(target->kind->options[i].name, name) != 0)
      continue;
    value->names = mem_new(sizeof *value->names);
    value->items = mem_new(sizeof *value->items);
    value->names[0] = mem_dup(key);
    value->items[0] = mem_dup(text);
    value->item_count = 1;
    value->set = true;
  }
}

/* Health answers; the page of metrics says nothing. */
static const char *only_health(struct tiny_server *server, const char *request) {
  (void)server;
  return strncmp(request, "GET /health", 11) == 0 ? ok_reply : NULL;
}

static void with_metrics(struct fixture *fixture) {
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/metrics", fixture->server.port);
  fill(fixture->target, "metrics", url);
  fill_map(fixture->target, "series", "Queue length", "queue");
  watch(fixture, fixture->server.port, fixture->server.port);
}

static void test_metrics_that_hang(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  fixture->server.choose = only_health;
  with_metrics(fixture);
  start(fixture, 5000);
  while (fixture->server.requests < 2)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  collector_service.cancel(fixture->service, &err); /* nothing comes after it */
  const struct row *row = collect(fixture, 300);
  assert_string_equal(text(row, "state"), "200");
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_int_equal(fixture->sample->requests, 3);
  assert_true(sample_is_faulted(fixture->sample, "series"));
  assert_false(sample_is_faulted(fixture->sample, "services"));
  const struct table *table = sample_table_view(fixture->sample, "series");
  assert_string_equal(table->spec->columns[1].id, "queue_length");
  assert_string_equal(table->rows[0].cells[1].text, "metrics not read");
  fixture->server.choose = NULL;
  fixture->server.reply = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nqueue 7\n";
  collect(fixture, 5000);
  assert_int_equal(sample_table_view(fixture->sample, "series")->rows[0].cells[1].integer, 7);
  assert_int_equal(fixture->sample->note_count, 0);
}

/* All three probes are under way; the end leaves nothing behind. */
static void test_cancelled_in_all(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  fixture->server.choose = only_health;
  fill(fixture->target, "dns", "localhost");
  fill(fixture->target, "resolver", "127.0.0.1:9"); /* whether it is refused or silent */
  with_metrics(fixture);
  start(fixture, 5000);
  collector_service.cancel(fixture->service, &err);
  start(fixture, 5000);
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  collector_service.cancel(fixture->service, &err);
  assert_false(fixture->done);
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
  check_refused("method", "DELETE", "not one of GET");
  check_refused("host", "a b", "not a host name");
  check_refused("bearer", "a\nb", "a token is ASCII");
  struct err err = {0};
  assert_true(service_header_name_check("X-Api-Key", &err));
  assert_false(service_header_name_check("X Api", &err));
  assert_false(service_header_name_check("", &err));
  assert_false(service_header_name_check("host", &err));
  assert_string_equal(err.text, "the header Host is set by the option host");
  assert_false(service_header_name_check("content-length", &err));
  assert_true(service_header_check("", &err));
  assert_false(service_header_check("s3cret\r\nX: y", &err));
  assert_null(strstr(err.text, "s3cret")); /* it may be one */
}

/* What makes no sense together is said when the target is opened. */
static void test_options_together(void **state) {
  struct fixture *fixture = *state;
  static const char *const cases[][5] = {
      {"bearer", "x", NULL, NULL, NULL}, /* fine */
      {"method", "HEAD", "body", "x", "a HEAD request has no body"},
      {"method", "HEAD", "expect_body", "x", "that of HEAD has none"},
      {"health", "https://a/", "tls", "true", "tls is for a service without health"},
      {"key_file", "k", NULL, NULL, "not set"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct target *target = target_new(&collector_service.kind, "api");
    fill(target, "address", "127.0.0.1:1");
    fill(target, cases[i][0], cases[i][1]);
    if (cases[i][2])
      fill(target, cases[i][2], cases[i][3]);
    struct service_place place;
    struct err err = {0};
    assert_int_equal(service_place_read(target, &place, &err), cases[i][4] == NULL);
    if (cases[i][4])
      assert_non_null(strstr(err.text, cases[i][4]));
    target_free(target);
  }
  (void)fixture;
}

static void test_request(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = ok_reply;
  fill(fixture->target, "bearer", "t0ken");
  fill(fixture->target, "body", "ping");
  watch(fixture, fixture->server.port, fixture->server.port);
  assert_string_equal(text(collect(fixture, 5000), "state"), "200");
  assert_non_null(strstr(fixture->server.last_request, "POST /health"));
  assert_non_null(strstr(fixture->server.last_request, "Authorization: Bearer t0ken\r\n"));
  assert_non_null(strstr(fixture->server.last_request, "\r\n\r\nping"));
}

/* The secrets of the request do not come back by the answer. */
static void test_secrets_sent_back(void **state) {
  struct fixture *fixture = *state;
  fixture->server.reply = "HTTP/1.1 500 x\r\nContent-Length: 27\r\nX-Seen: t0ken-t0ken\r\n\r\nbad "
                          "token: t0ken-t0ken\033[2J!";
  fill(fixture->target, "bearer", "t0ken-t0ken");
  watch(fixture, fixture->server.port, fixture->server.port);
  const struct row *row = collect(fixture, 5000);
  assert_string_equal(text(row, "state"), "500");
  assert_non_null(strstr(row->reason, "answers 500 (expected 200-299): bad token: ***"));
  assert_null(strchr(row->reason, '\033'));
  assert_non_null(strstr(text(row, "body"), "bad token: ***"));
  fixture->server.reply = "HTTP/1.1 302 x\r\nContent-Length: 0\r\n"
                          "Location: /login/t0ken-t0ken?code=1\r\n\r\n";
  row = collect(fixture, 5000);
  assert_non_null(strstr(row->reason, "answers 302 (expected 200-299), redirects to http://127"));
  assert_non_null(strstr(row->reason, "/login/***?..."));
  assert_non_null(strstr(text(row, "redirect"), "/login/***?..."));
  assert_int_equal(cell(row, "body").type, VALUE_NONE);
}

static void test_json_and_headers(void **state) {
  struct fixture *fixture = *state;
  char name[] = "db", item[] = "up", *names[] = {name}, *items[] = {item};
  struct option_value *wanted = NULL;
  for (size_t i = 0; i < fixture->target->kind->option_count; i++)
    if (strcmp(fixture->target->kind->options[i].name, "expect_json") == 0)
      wanted = &fixture->target->values[i];
  wanted->names = names;
  wanted->items = items;
  wanted->item_count = 1;
  watch(fixture, fixture->server.port, fixture->server.port);
  fixture->server.reply = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"db\": \"up\"}"
                          "\r\n";
  assert_string_equal(text(collect(fixture, 5000), "state"), "200");
  fixture->server.reply = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"db\": 12}";
  const struct row *row = collect(fixture, 5000);
  assert_string_equal(text(row, "state"), "bad answer");
  assert_string_equal(row->reason, "answers 200, but db is 12 (expected up)");
  assert_string_equal(text(row, "body"), "{\"db\": 12}");
  *wanted = (struct option_value){0}; /* not the target's to free */
}

/* ---- what runs it: an engine at the server's other paths */

static int looks, usages;
static bool engine_silent;

static const char *play_engine(struct tiny_server *server, const char *request) {
  static const char list[] = "HTTP/1.1 200 OK\r\nContent-Length: 130\r\n\r\n"
                             "[{\"Id\":\"aa\",\"State\":\"running\",\"Names\":[\"/one\"],"
                             "\"Labels\":{\"com.docker.compose.project\":\"ecap\","
                             "\"com.docker.compose.service\":\"api\"}}]";
  static const char detail[] = "HTTP/1.1 200 OK\r\nContent-Length: 89\r\n\r\n"
                               "{\"Id\":\"aa\",\"Name\":\"/one\",\"State\":{\"Status\":\"running\","
                               "\"StartedAt\":\"2026-11-27T12:32:24Z\"}}";
  static char usage[160], body[96];
  (void)server;
  if (strncmp(request, "GET /health", 11) == 0)
    return ok_reply;
  if (engine_silent)
    return NULL;
  if (strncmp(request, "GET /containers/json", 20) == 0) {
    looks++;
    return list;
  }
  if (!strstr(request, "/stats"))
    return detail;
  snprintf(body, sizeof body, "{\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":%d000000000}}}",
           1000 * ++usages);
  snprintf(usage, sizeof usage, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
           body);
  return usage;
}

static void run_by(struct target *target, const char *name, const char *text) {
  struct option_value *runtime = (struct option_value *)(uintptr_t)target_option(target, "runtime");
  runtime->names = mem_new(sizeof *runtime->names);
  runtime->items = mem_new(sizeof *runtime->items);
  runtime->names[0] = mem_dup(name);
  runtime->items[0] = mem_dup(text);
  runtime->item_count = 1;
  runtime->set = true;
}

static void watch_runtime(struct fixture *fixture) {
  char engine[64];
  snprintf(engine, sizeof engine, "tcp://127.0.0.1:%d", fixture->server.port);
  fill(fixture->target, "engine", engine);
  run_by(fixture->target, "compose", "api");
  fixture->server.choose = play_engine;
  looks = usages = 0;
  engine_silent = false;
  watch(fixture, fixture->server.port, fixture->server.port);
}

static void test_runtime_beside_health(void **state) {
  struct fixture *fixture = *state;
  watch_runtime(fixture);
  fixture->job = (struct job){.io = &fixture->io,
                              .started_us = clock_now_us(),
                              .deadline_ms = clock_now_ms() + 9000,
                              .one_pass = true, /* waits for what it uses, too */
                              .end = on_end};
  fixture->done = false;
  collector_service.start(fixture->service, &fixture->job);
  const struct row *row = finish(fixture);
  assert_string_equal(text(row, "run"), "running");
  assert_string_equal(text(row, "ready"), "1/1");
  assert_int_equal(cell(row, "cpu").type, VALUE_NONE); /* needs two */
  assert_int_equal(usages, 1);
  while (usages < 2)
    row = collect(fixture, 5000);
  row = collect(fixture, 5000); /* an answer may come after its collection */
  assert_int_equal(cell(row, "cpu").type, VALUE_REAL);
  assert_true(cell(row, "cpu").real > 0);
  assert_int_equal(row->severity, SEVERITY_OK);
}

/* Health is shown without it, once after a moment of patience, then at once; closing ends the look
 * that is still under way. */
static void test_a_runtime_that_is_silent(void **state) {
  struct fixture *fixture = *state;
  watch_runtime(fixture);
  engine_silent = true;
  const int64_t began_ms = clock_now_ms();
  const struct row *row = collect(fixture, 9000);
  assert_true(clock_now_ms() - began_ms < 4000);
  assert_string_equal(text(row, "state"), "200");
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_int_equal(cell(row, "run").type, VALUE_NONE);
  assert_string_equal(cell(row, "run").text, "docker: no answer yet");
  assert_int_equal(fixture->sample->note_count, 0); /* it may just be slow */
}

static void test_cancelled_while_the_runtime_is_waited_for(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  watch_runtime(fixture);
  engine_silent = true;
  start(fixture, 9000);
  const int64_t until_ms = clock_now_ms() + 200;
  while (clock_now_ms() < until_ms)
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  assert_false(fixture->done);
  collector_service.cancel(fixture->service, &err);
  engine_silent = false;
  assert_string_equal(text(collect(fixture, 5000), "state"), "200");
}

/* A program of the operator's own says why the service is down; one that is well is not asked. */
static void test_a_status_program_explains(void **state) {
  static const char program[] = "/bin/sh -c 'echo asked >> status-asked; echo starting; echo "
                                "\"crash loop: \033[2Jexit code 1\"; exit 3'";
  struct fixture *fixture = *state;
  unlink("status-asked");
  run_by(fixture->target, "status", program);
  fixture->server.reply = ok_reply;
  watch(fixture, fixture->server.port, fixture->server.port);
  const struct row *row = collect(fixture, 5000);
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_int_equal(cell(row, "run").type, VALUE_NONE);
  assert_int_equal(access("status-asked", F_OK), -1);

  fixture->server.reply = bad_reply;
  row = collect(fixture, 5000);
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_string_equal(row->reason,
                      "crash loop: \033[2Jexit code 1; answers 503 (expected 200-299)");
  assert_string_equal(text(row, "run"), "not running");
  assert_int_equal(fixture->sample->note_count, 0); /* it would say the same */
  assert_int_equal(access("status-asked", F_OK), 0);

  fixture->server.reply = ok_reply; /* what was said does not outlive the failure */
  collect(fixture, 5000);
  row = collect(fixture, 5000);
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_null(row->reason);
  assert_int_equal(cell(row, "run").type, VALUE_NONE);
  unlink("status-asked");
}

static void test_a_status_program_that_says_it_runs(void **state) {
  struct fixture *fixture = *state;
  run_by(fixture->target, "status", "true");
  fixture->server.reply = bad_reply;
  watch(fixture, fixture->server.port, fixture->server.port);
  const struct row *row = collect(fixture, 5000);
  assert_string_equal(row->reason, "answers 503 (expected 200-299)");
  assert_string_equal(text(row, "run"), "running");
}

/* It is a note; health is shown without it. */
static void test_a_status_program_that_is_missing(void **state) {
  struct fixture *fixture = *state;
  run_by(fixture->target, "status", "/nonexistent/status");
  fixture->server.reply = bad_reply;
  watch(fixture, fixture->server.port, fixture->server.port);
  const struct row *row = collect(fixture, 5000);
  assert_string_equal(row->reason, "answers 503 (expected 200-299)");
  assert_int_equal(cell(row, "run").type, VALUE_NONE);
  assert_int_equal(fixture->sample->note_count, 1);
  assert_non_null(strstr(fixture->sample->notes[0].text, "no such file"));
}

/* Health does not wait for it for long, and the look ends with the collector. */
static void test_a_status_program_that_hangs(void **state) {
  struct fixture *fixture = *state;
  run_by(fixture->target, "status", "sleep 60");
  fixture->server.reply = bad_reply;
  watch(fixture, fixture->server.port, fixture->server.port);
  const int64_t began_ms = clock_now_ms();
  const struct row *row = collect(fixture, 9000);
  assert_true(clock_now_ms() - began_ms < 4000);
  assert_string_equal(row->reason, "answers 503 (expected 200-299)");
  assert_string_equal(cell(row, "run").text, "commands: no answer yet");
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
      TEST(test_metrics_that_hang),
      TEST(test_cancelled_in_all),
      TEST(test_bad_options),
      TEST(test_options_together),
      TEST(test_request),
      TEST(test_secrets_sent_back),
      TEST(test_json_and_headers),
      TEST(test_runtime_beside_health),
      TEST(test_a_runtime_that_is_silent),
      TEST(test_cancelled_while_the_runtime_is_waited_for),
      TEST(test_a_status_program_explains),
      TEST(test_a_status_program_that_says_it_runs),
      TEST(test_a_status_program_that_is_missing),
      TEST(test_a_status_program_that_hangs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
