/* The actions on services where a program fails, hangs or is given up; the rest is in
 * tests/e2e/test_actions_service.py. */
#include "service_fixture.h"

#include <signal.h>
#include <stdio.h>

extern const struct action action_service_restart, action_service_start;

static struct driver driver;

static void set_runtime(const char *const *pairs) {
  struct option_value *runtime =
      (struct option_value *)(uintptr_t)target_option(driver.config->targets[0], "runtime");
  for (size_t i = 0; pairs[i]; i += 2) {
    runtime->item_count++;
    runtime->names = mem_resize(runtime->names, runtime->item_count * sizeof *runtime->names);
    runtime->items = mem_resize(runtime->items, runtime->item_count * sizeof *runtime->items);
    runtime->names[runtime->item_count - 1] = mem_dup(pairs[i]);
    runtime->items[runtime->item_count - 1] = mem_dup(pairs[i + 1]);
  }
  runtime->set = true;
}

/* A service on port 1, where nothing listens, with these programs; then the plan. */
static void plan_with(const struct action *action, const char *const *pairs) {
  driver_open(&driver, &service_kind, (const char *const[]){"address", "127.0.0.1:1", NULL});
  set_runtime(pairs);
  if (!driver_survey(&driver, action, NULL, NULL, NULL) || !driver_plan(&driver, NULL))
    fail_msg("%s", driver.err.text);
}

static int teardown(void **state) {
  (void)state;
  driver_close(&driver); /* no handle is left */
  return 0;
}

static void expect_object(enum object_result result, const char *words) {
  driver_expect(&driver, 0, result, words);
}

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Of a restart by two programs the second has failed: the service was stopped. */
static void test_a_restart_that_fails_half_done(void **state) {
  (void)state;
  plan_with(&action_service_restart,
            PAIRS("stop", "true", "start", "sh -c 'echo no room; exit 3'"));
  assert_false(driver_execute(&driver));
  expect_object(OBJECT_PARTLY, "true did its part, but sh ended with 3: no room");
}

static void test_the_second_program_is_not_there(void **state) {
  (void)state;
  plan_with(&action_service_restart, PAIRS("stop", "true", "start", "/no/such/program"));
  assert_false(driver_execute(&driver));
  expect_object(OBJECT_PARTLY, "true did its part, but then: /no/such/program: no such file");
}

static void test_the_second_program_is_not_run_when_the_first_fails(void **state) {
  char path[] = "/tmp/stacktop-service-XXXXXX", start[64];
  (void)state;
  close(mkstemp(path));
  snprintf(start, sizeof start, "rm %s", path);
  plan_with(&action_service_restart, PAIRS("stop", "false", "start", start));
  assert_false(driver_execute(&driver));
  expect_object(OBJECT_REFUSED, "false ended with 1");
  assert_int_equal(access(path, F_OK), 0);
  unlink(path);
}

static void test_a_program_that_a_signal_ends(void **state) {
  (void)state;
  plan_with(&action_service_start, PAIRS("start", "sh -c 'kill -9 $$'"));
  assert_false(driver_execute(&driver));
  expect_object(OBJECT_UNKNOWN, "sh was ended by a signal");
}

static void begin_long_program(void) {
  plan_with(&action_service_start, PAIRS("start", "sleep 1000"));
  driver_execute_begin(&driver);
  for (int i = 0; i < 20; i++)
    driver_turn(&driver);
}

static void test_dropped_while_it_runs(void **state) {
  (void)state;
  begin_long_program();
  driver_drop(&driver); /* runs the loop until the program has been killed */
  expect_object(OBJECT_UNKNOWN, "sent, but no answer");
}

static void test_cancelled_while_it_runs(void **state) {
  (void)state;
  begin_long_program();
  driver.step->cancel(&driver.call);
  assert_false(driver_wait(&driver));
  expect_object(OBJECT_UNKNOWN, "cancelled while sleep ran; it was killed");
}

/* What its status says is part of the plan, and of no weight. */
static void test_status_is_shown(void **state) {
  (void)state;
  plan_with(&action_service_start,
            PAIRS("start", "true", "status", "sh -c 'printf \"pid 7\\033[31m\\nlast\"; exit 1'"));
  expect_in(plan_text(&driver), "its status command says that it does not run: last");
  assert_true(driver_execute(&driver));
  expect_object(OBJECT_SENT, "true ended with 0");
  assert_true(driver_verify(&driver));
  expect_object(OBJECT_PARTLY, "the service is refused");
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_a_restart_that_fails_half_done),
      TEST(test_the_second_program_is_not_there),
      TEST(test_the_second_program_is_not_run_when_the_first_fails),
      TEST(test_a_program_that_a_signal_ends),
      TEST(test_dropped_while_it_runs),
      TEST(test_cancelled_while_it_runs),
      TEST(test_status_is_shown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
