/* What the dashboard makes of the requests of its view, with real files. */
#include "support/core_test.h"

#include "app/dashboard/dashboard_logs.h"

#include "core/mem.h"
#include "io/clock.h"

#include <unistd.h>

/* Of a kind that nothing but files logs for. */
static const struct target_kind kind = {.kind = "redis", .key = "redis", .title = "Redis"};

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct config *config;
  struct model model;
  struct dashboard_logs own;
  char folder[64];
  uint32_t changes;
};

static void on_changed(void *arg) {
  ((struct fixture *)arg)->changes++;
}

static void write_file(const struct fixture *f, const char *name, const char *text,
                       const char *how) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", f->folder, name);
  FILE *file = fopen(path, how);
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int setup(void **state) {
  struct fixture *f = mem_new(sizeof *f);
  uv_loop_init(&f->loop);
  f->io.loop = &f->loop;
  strcpy(f->folder, "/tmp/stacktop-logs-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  f->config = config_new();
  struct target *target = target_new(&kind, "api\x1B");
  target->logs = mem_new(sizeof *target->logs);
  target->logs[0] = mem_printf("%s/*.log", f->folder);
  target->log_count = 1;
  config_add(f->config, target);
  config_add(f->config, target_new(&kind, "silent"));
  model_init(&f->model, f->config);
  f->own =
      (struct dashboard_logs){.io = &f->io, .model = &f->model, .changed = on_changed, .arg = f};
  dashboard_logs_open(&f->own);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char command[128];
  dashboard_logs_close(&f->own);
  assert_null(f->model.logs);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&f->loop), 0);
  model_fini(&f->model);
  config_free(f->config);
  snprintf(command, sizeof command, "rm -rf %s", f->folder);
  assert_int_equal(system(command), 0);
  free(f);
  return 0;
}

static void on_tick(uv_timer_t *timer) {
  (void)timer;
}

static void run_until(struct fixture *f, bool (*done)(const struct logs *logs)) {
  uv_timer_t tick;
  uv_timer_init(&f->loop, &tick);
  uv_timer_start(&tick, on_tick, 10, 10);
  const int64_t end = clock_now_ms() + 15000;
  while (!done(f->model.logs) && clock_now_ms() < end)
    uv_run(&f->loop, UV_RUN_ONCE);
  assert_true(done(f->model.logs));
  uv_close((uv_handle_t *)&tick, NULL);
  uv_run(&f->loop, UV_RUN_NOWAIT);
}

static bool is_loaded(const struct logs *logs) {
  return !logs->loading;
}

static void ask(struct fixture *f, enum request_kind request, const struct logs_query *query,
                const char *text) {
  assert_true(dashboard_logs_request(
      &f->own, &(struct request){.kind = request, .logs = query, .text = text}));
}

static const char lines[] = "2026-11-27T10:00:00Z INFO one\n2026-11-27T10:00:01Z ERROR two\n"
                            "2026-11-27T10:00:02Z INFO three\n";

static bool has_four(const struct logs *logs) {
  return log_count(logs->log) == 4;
}

static void test_open_and_follow(void **state) {
  struct fixture *f = *state;
  write_file(f, "a.log", lines, "w");
  ask(f, REQUEST_LOGS_OPEN, &(struct logs_query){.follow = true}, NULL);
  const struct logs *logs = f->model.logs;
  assert_non_null(logs);
  assert_true(logs->loading);
  assert_string_equal(logs->title, "redis / api\xEF\xBF\xBD");
  run_until(f, is_loaded);
  assert_int_equal(log_count(logs->log), 3);
  assert_int_equal(logs->source_count, 1);
  assert_string_equal(logs->sources[0].name, "a.log");
  assert_int_equal(logs->sources[0].state, LOG_SOURCE_FOLLOWING);
  assert_int_equal(logs->rates->total[LOG_LEVEL_ERROR], 1);
  size_t count;
  log_messages_top(logs->messages, &count);
  assert_int_equal(count, 3);
  write_file(f, "a.log", "2026-11-27T10:00:03Z INFO four\n", "a");
  run_until(f, has_four);
  assert_true(f->changes > 0);
  ask(f, REQUEST_LOGS_CLOSE, NULL, NULL);
  assert_null(f->model.logs);
}

static bool has_five(const struct logs *logs) {
  return log_count(logs->log) == 5;
}

/* Without following, what is written is not shown; with it, all of it is. */
static void test_stop_following(void **state) {
  struct fixture *f = *state;
  write_file(f, "a.log", lines, "w");
  ask(f, REQUEST_LOGS_OPEN, &(struct logs_query){0}, NULL);
  run_until(f, is_loaded);
  const uint32_t reading = f->model.logs->reading;
  write_file(f, "a.log", "2026-11-27T10:00:03Z INFO four\n", "a");
  const int64_t end = clock_now_ms() + 300;
  while (clock_now_ms() < end)
    uv_run(&f->loop, UV_RUN_NOWAIT);
  assert_int_equal(log_count(f->model.logs->log), 3);
  ask(f, REQUEST_LOGS_CHANGE, &(struct logs_query){.follow = true}, NULL);
  run_until(f, has_four);
  assert_int_equal(f->model.logs->reading, reading);
  dashboard_logs_pause(&f->own, true);
  write_file(f, "a.log", "2026-11-27T10:00:04Z INFO five\n", "a");
  const int64_t later = clock_now_ms() + 300;
  while (clock_now_ms() < later)
    uv_run(&f->loop, UV_RUN_NOWAIT);
  assert_int_equal(log_count(f->model.logs->log), 4);
  dashboard_logs_pause(&f->own, false);
  run_until(f, has_five);
}

static void test_change_of_the_filter(void **state) {
  struct fixture *f = *state;
  write_file(f, "a.log", lines, "w");
  ask(f, REQUEST_LOGS_OPEN, &(struct logs_query){.follow = true}, NULL);
  run_until(f, is_loaded);
  const struct logs *logs = f->model.logs;
  const uint32_t reading = logs->reading;
  ask(f, REQUEST_LOGS_CHANGE,
      &(struct logs_query){.follow = true, .filter = {.level = LOG_LEVEL_ERROR}}, NULL);
  assert_int_equal(logs->reading, reading + 1);
  run_until(f, is_loaded);
  assert_int_equal(log_count(logs->log), 1);
  assert_int_equal(log_filter_spec(logs->filter)->level, LOG_LEVEL_ERROR);
  assert_int_equal(logs->sources[0].lines, 3);
  assert_int_equal(logs->sources[0].passed, 1);
  ask(f, REQUEST_LOGS_CHANGE, &(struct logs_query){.filter = {.grep = "("}}, NULL);
  assert_string_equal(logs->err.text, "grep: at character 2: missing closing parenthesis");
  assert_int_equal(log_count(logs->log), 1); /* the earlier query still holds */
  assert_int_equal(log_filter_spec(logs->filter)->level, LOG_LEVEL_ERROR);
}

static bool is_searched(const struct logs *logs) {
  return !logs->search.running;
}

static void test_search(void **state) {
  struct fixture *f = *state;
  for (int i = 0; i < 10000; i++)
    write_file(f, "a.log", i % 1000 ? "nothing here\n" : "a needle\n", i ? "a" : "w");
  ask(f, REQUEST_LOGS_OPEN, &(struct logs_query){0}, NULL);
  run_until(f, is_loaded);
  const struct logs *logs = f->model.logs;
  assert_int_equal(log_count(logs->log), LOGS_TAIL);
  ask(f, REQUEST_LOGS_SEARCH, NULL, "needle");
  assert_true(logs->search.running);
  run_until(f, is_searched);
  assert_int_equal(logs->search.matches, 10);
  assert_int_equal(log_count(logs->search.hits), 10);
  assert_true(logs->search.bytes > 0 && logs->search.bytes == logs->search.bytes_total);
  /* Around a match nothing is forgotten; with another filter everything is searched again. */
  ask(f, REQUEST_LOGS_CHANGE, &(struct logs_query){.since_ms = 1, .until_ms = 2}, NULL);
  assert_false(logs->search.running);
  assert_int_equal(logs->search.matches, 10);
  ask(f, REQUEST_LOGS_CHANGE, &(struct logs_query){.filter = {.exclude = "needle"}}, NULL);
  assert_true(logs->search.running);
  run_until(f, is_searched);
  assert_int_equal(logs->search.matches, 0);
  ask(f, REQUEST_LOGS_CHANGE, &(struct logs_query){0}, NULL);
  ask(f, REQUEST_LOGS_SEARCH, NULL, "(");
  assert_false(logs->search.running);
  assert_non_null(strstr(logs->search.err.text, "missing closing parenthesis"));
  ask(f, REQUEST_LOGS_SEARCH, NULL, "needle");
  ask(f, REQUEST_LOGS_SEARCH_STOP, NULL, NULL);
  assert_false(logs->search.running);
  assert_true(logs->search.there);
}

static void test_no_logs(void **state) {
  struct fixture *f = *state;
  ask(f, REQUEST_LOGS_OPEN, &(struct logs_query){.target_index = 1}, NULL);
  assert_string_equal(f->model.logs->err.text,
                      "redis silent has no logs; name its files in the configuration, such as "
                      "logs: [/var/log/silent/*.log]");
  assert_false(f->model.logs->loading);
  ask(f, REQUEST_LOGS_CHANGE, &(struct logs_query){.follow = true}, NULL);
  ask(f, REQUEST_LOGS_SEARCH, NULL, "x");
  assert_int_equal(f->model.logs->search.err.kind, ERR_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_open_and_follow, setup, teardown),
      cmocka_unit_test_setup_teardown(test_stop_following, setup, teardown),
      cmocka_unit_test_setup_teardown(test_change_of_the_filter, setup, teardown),
      cmocka_unit_test_setup_teardown(test_search, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_logs, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
