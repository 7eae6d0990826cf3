/* What the process of an environment reports, from the model to the line and back. */
#include "app/environments/environment_message.h"
#include "core/mem.h"
#include "model/judge/model_evaluate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000000 };
static const struct target_kind kind = {.kind = "test", .key = "tests"};

struct fixture {
  struct config *config;
  struct model model;
};

static int setup(void **state) {
  struct fixture *fixture = mem_new(sizeof *fixture);
  fixture->config = config_new();
  fixture->config->name = mem_dup("ecap\033[2J");
  fixture->config->environment = mem_dup("eu-prod-1");
  config_add(fixture->config, target_new(&kind, "one"));
  config_add(fixture->config, target_new(&kind, "two"));
  for (size_t i = 0; i < 2; i++)
    fixture->config->targets[i]->interval_ms = fixture->config->targets[i]->timeout_ms = 1000;
  model_init(&fixture->model, fixture->config);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  model_fini(&fixture->model);
  config_free(fixture->config);
  free(fixture);
  return 0;
}

static struct environment round_trip(struct fixture *fixture, int64_t now_ms, bool paused) {
  struct environment read = {.heard_ms = 7};
  struct err err;
  model_evaluate(&fixture->model, now_ms, false);
  char *line = environment_message_make(&fixture->model, now_ms, paused);
  assert_null(strchr(line, '\n'));
  assert_true(strlen(line) < ENVIRONMENT_MESSAGE_MAX);
  if (!environment_message_read(line, &read, &err))
    fail_msg("%s: %s", err.text, line);
  free(line);
  assert_int_equal(read.heard_ms, 7); /* not its business */
  return read;
}

static void test_round_trip(void **state) {
  struct fixture *fixture = *state;
  const struct err refused = {.kind = ERR_REFUSED, .text = "refused"};
  struct environment read = round_trip(fixture, NOW, false);
  assert_null(strchr(read.name, '\033'));
  assert_string_equal(read.text, "eu-prod-1");
  assert_true(read.production);
  assert_int_equal(read.severity, SEVERITY_UNKNOWN);
  assert_int_equal(read.waiting, 2);
  assert_int_equal(read.age_ms, -1);
  assert_int_equal(read.lock, ENVIRONMENT_OPEN);
  struct sample *sample = sample_new(NULL, 0);
  sample->taken_ms = NOW;
  model_publish(&fixture->model, 0, sample, NOW);
  model_fail(&fixture->model, 1, &refused, NOW);
  fixture->model.operations.lock = LOCK_UNLOCKED;
  read = round_trip(fixture, NOW + 300, true);
  assert_int_equal(read.severity, SEVERITY_CRIT);
  assert_int_equal(read.crit, 1);
  assert_string_equal(read.subject, "two");
  assert_int_equal(read.age_ms, 300);
  assert_int_equal(read.lock, ENVIRONMENT_UNLOCKED);
  assert_true(read.paused);
  assert_int_equal(read.stale, 0);
  read = round_trip(fixture, NOW + 3600000, false);
  assert_int_equal(read.stale, 1);
}

/* A line that is cut, of another kind or that contradicts itself changes nothing. */
static void test_what_is_no_report(void **state) {
  static const char *const lines[] = {
      "",
      "{",
      "{}",
      "[]",
      "{\"severity\":\"ok\",\"targets\":1,\"ok\":1}",
      "{\"severity\":\"ok\",\"targets\":1,\"ok\":1,\"lock\":\"maybe\"}",
      "{\"severity\":\"ok\",\"targets\":1,\"ok\":1,\"crit\":1,\"lock\":\"open\"}",
      "{\"severity\":\"ok\",\"targets\":1,\"ok\":1,\"stale\":-1,\"lock\":\"open\"}"};
  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    struct environment environment = {.severity = SEVERITY_WARN, .name = "before"};
    const struct environment before = environment;
    struct err err;
    if (environment_message_read(lines[i], &environment, &err))
      fail_msg("was taken: %s", lines[i]);
    assert_memory_equal(&before, &environment, sizeof before);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
      cmocka_unit_test(test_what_is_no_report)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
