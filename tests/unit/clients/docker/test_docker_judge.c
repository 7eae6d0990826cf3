/* What a container's state means. */
#include "clients/docker/docker_judge.h"
#include "support/core_test.h"

#include <string.h>

static const double now_s = 1800000000;

static struct docker_reading reading;
static struct restarts restarts;
static struct docker_verdict verdict;

/* One that runs for an hour, and nothing is wrong with it. */
static int setup(void **state) {
  (void)state;
  restarts = (struct restarts){.known = -1};
  reading = (struct docker_reading){.container = {.state = "running"},
                                    .has_detail = true,
                                    .detail = {.status = "running",
                                               .error = "",
                                               .health = "",
                                               .checked = "",
                                               .policy = "no",
                                               .started_s = now_s - 3600,
                                               .finished_s = -1}};
  return 0;
}

static struct docker_detail *in_state(const char *state, double ended_before_s) {
  reading.container.state = reading.detail.status = state;
  reading.detail.finished_s = ended_before_s < 0 ? -1 : now_s - ended_before_s;
  return &reading.detail;
}

static void expect(enum severity severity, const char *state, const char *reason) {
  docker_judge(&reading, &restarts, now_s, &verdict);
  if (strcmp(verdict.reason, reason) != 0)
    fail_msg("%s", verdict.reason);
  assert_int_equal(verdict.severity, severity);
  assert_string_equal(verdict.state, state);
}

static void test_running(void **state) {
  (void)state;
  expect(SEVERITY_OK, "running", "");
  assert_true(verdict.since_s == now_s - 3600);
}

static void test_what_was_not_read_is_not_ok(void **state) {
  (void)state;
  reading.has_detail = false;
  expect(SEVERITY_UNKNOWN, "running", "could not be read");
  reading.container.state = "exited";
  expect(SEVERITY_UNKNOWN, "exited", "could not be read");
  reading.container.state = "paused"; /* which the list says */
  expect(SEVERITY_WARN, "paused", "paused: its processes are frozen");
  reading.container.state = "dead";
  expect(SEVERITY_CRIT, "dead", "the engine could not remove it");
}

/* ---- a crash loop */

static void test_a_loop_by_its_state(void **state) {
  struct docker_detail *detail = in_state("restarting", 1);
  (void)state;
  detail->exit_code = 3;
  detail->restarts = 15;
  expect(SEVERITY_CRIT, "restarting", "crash loop: ended with exit code 3, 15 restarts");
  assert_true(verdict.since_s == now_s - 1);
  detail->exit_code = 137;
  detail->restarts = 1;
  expect(SEVERITY_CRIT, "restarting", "crash loop: ended with exit code 137 (SIGKILL), 1 restart");
  detail->oom_killed = true;
  expect(SEVERITY_CRIT, "restarting", "crash loop: OOM-killed, 1 restart");
  detail->memory_limit = 64 << 20;
  expect(SEVERITY_CRIT, "restarting", "crash loop: OOM-killed at its limit of 64 MB, 1 restart");
  *detail = (struct docker_detail){.status = "restarting",
                                   .error = "",
                                   .health = "",
                                   .checked = "",
                                   .policy = "",
                                   .exit_code = -1,
                                   .restarts = -1,
                                   .finished_s = -1};
  expect(SEVERITY_CRIT, "restarting", "crash loop: ended with an unknown exit code, restarting");
}

/* Podman counts when the next run begins. */
static void test_a_first_end(void **state) {
  struct docker_detail *detail = in_state("restarting", 1);
  (void)state;
  detail->exit_code = 3;
  expect(SEVERITY_OK, "restarting", "");
  in_state("restarting", 10)->exit_code = 3;
  expect(SEVERITY_CRIT, "restarting", "ended with exit code 3, and was not started again");
}

/* The engine's count is that now, and the present run began so long ago. */
static void look(int64_t count, double started_before_s, double at_s) {
  reading.detail.restarts = count;
  reading.detail.started_s = at_s - started_before_s;
  docker_restarts_take(&restarts, &reading.detail, at_s);
}

static void test_one_restart(void **state) {
  (void)state;
  look(0, 3600, now_s - 60);
  look(1, 12, now_s);
  expect(SEVERITY_WARN, "running", "restarted by the engine 12s ago, 1 restart");
  look(1, 299, now_s);
  restarts.at_s[0] = now_s - 299;
  expect(SEVERITY_WARN, "running", "restarted by the engine 4m 59s ago, 1 restart");
  restarts.at_s[0] = now_s - 300;
  expect(SEVERITY_OK, "running", "");
}

static void test_three_restarts(void **state) {
  (void)state;
  look(0, 3600, now_s - 700);
  look(1, 1, now_s - 599);
  look(2, 1, now_s - 400);
  look(2, 201, now_s - 200);
  expect(SEVERITY_OK, "running", "");
  look(3, 1, now_s - 1);
  expect(SEVERITY_CRIT, "running", "crash loop: 3 restarts within 10m 00s");
  restarts.at_s[0] = now_s - 601; /* the first is history */
  expect(SEVERITY_WARN, "running", "restarted by the engine 2.0s ago, 3 restarts");
}

/* Several between two collections. All but the newest may have come right after the first one. */
static void test_restarts_between_two_looks(void **state) {
  (void)state;
  look(0, 3600, now_s - 30);
  look(3, 2, now_s);
  expect(SEVERITY_CRIT, "running", "crash loop: 3 restarts within 10m 00s");
  restarts = (struct restarts){.known = -1};
  look(0, 3600, now_s - 3600); /* stacktop slept for an hour */
  look(3, 2, now_s);
  expect(SEVERITY_WARN, "running", "restarted by the engine 2.0s ago, 3 restarts");
  look(1000000, 1, now_s);
  assert_int_equal(restarts.count, RESTARTS_KEPT);
  expect(SEVERITY_CRIT, "running", "crash loop: 8 restarts within 10m 00s");
}

/* `check` has no other look: a run that began a moment ago is not well only because it runs. */
static void test_the_first_look(void **state) {
  (void)state;
  look(5, 0.5, now_s);
  expect(SEVERITY_WARN, "running", "restarted by the engine 500ms ago, 5 restarts");
  restarts = (struct restarts){.known = -1};
  look(5, 3600, now_s);
  expect(SEVERITY_OK, "running", "");
  restarts = (struct restarts){.known = -1};
  look(0, 0.5, now_s);
  expect(SEVERITY_OK, "running", "");
}

/* The engine counts when a run ends, and waits before it begins the next one. */
static void test_a_look_between_two_runs(void **state) {
  struct docker_detail *detail = in_state("restarting", 5);
  (void)state;
  detail->restarts = 1;
  docker_restarts_take(&restarts, detail, now_s - 4); /* its last run began an hour ago */
  in_state("running", 5);
  detail->started_s = now_s - 2;
  docker_restarts_take(&restarts, detail, now_s);
  expect(SEVERITY_WARN, "running", "restarted by the engine 5.0s ago, 1 restart");
}

/* A start by a person sets the engine's count to 0. */
static void test_a_person_starts_it(void **state) {
  (void)state;
  look(0, 3600, now_s - 30);
  look(4, 2, now_s - 20);
  look(0, 5, now_s);
  expect(SEVERITY_OK, "running", "");
  look(1, 1, now_s);
  expect(SEVERITY_WARN, "running", "restarted by the engine 1.0s ago, 1 restart");
}

static void test_a_count_that_is_not_known(void **state) {
  (void)state;
  look(-1, 1, now_s);
  expect(SEVERITY_OK, "running", "");
  look(2, 3600, now_s);
  look(-1, 1, now_s);
  assert_int_equal(restarts.known, 2);
  look(3, -1, now_s); /* it has started in the future */
  expect(SEVERITY_WARN, "running", "restarted by the engine 0ms ago, 3 restarts");
}

/* ---- how it ended */

static void test_exit_codes_by_policy(void **state) {
  struct docker_detail *detail = in_state("exited", 60);
  (void)state;
  expect(SEVERITY_OK, "exited", "");
  assert_true(verdict.since_s == now_s - 60);
  detail->exit_code = 1;
  expect(SEVERITY_WARN, "exited", "ended with exit code 1");
  detail->exit_code = 137;
  expect(SEVERITY_WARN, "exited", "ended with exit code 137 (SIGKILL)");
  detail->exit_code = 143;
  expect(SEVERITY_WARN, "exited", "ended with exit code 143 (SIGTERM)");
  detail->policy = "on-failure";
  expect(SEVERITY_WARN, "exited", "ended with exit code 143 (SIGTERM)");
  detail->restarts = 3; /* it gives up */
  expect(SEVERITY_CRIT, "exited",
         "ended with exit code 143 (SIGTERM), and is not restarted again after 3 restarts");
  detail->policy = "always"; /* the engine would have started it again: a person has stopped it */
  expect(SEVERITY_OK, "exited", "");
  detail->policy = "unless-stopped";
  expect(SEVERITY_OK, "exited", "");
  detail->policy = "";
  detail->exit_code = -1;
  expect(SEVERITY_OK, "exited", "");
}

static void test_old_failures_are_no_findings(void **state) {
  struct docker_detail *detail = in_state("exited", 24 * 3600 + 1);
  (void)state;
  detail->exit_code = 1;
  expect(SEVERITY_OK, "exited", "");
  detail->oom_killed = true;
  expect(SEVERITY_OK, "exited", "");
  in_state("exited", 24 * 3600 - 1);
  expect(SEVERITY_CRIT, "exited", "OOM-killed, exit code 1");
}

static void test_oom_killed(void **state) {
  struct docker_detail *detail = in_state("exited", 60);
  (void)state;
  detail->oom_killed = true;
  detail->exit_code = 137;
  detail->policy = "always"; /* whatever the policy is */
  expect(SEVERITY_CRIT, "exited", "OOM-killed, exit code 137 (SIGKILL)");
  detail->memory_limit = 8 << 20;
  expect(SEVERITY_CRIT, "exited", "OOM-killed at its limit of 8.0 MB, exit code 137 (SIGKILL)");
  in_state("running", -1);
  detail->started_s = now_s - 3600;
  expect(SEVERITY_WARN, "running", "one of its processes was OOM-killed at its limit of 8.0 MB");
}

static void test_it_did_not_start(void **state) {
  struct docker_detail *detail = in_state("created", -1);
  (void)state;
  expect(SEVERITY_OK, "created", "");
  detail->error = "exec: \"nope\": executable file not found in $PATH";
  detail->exit_code = 127;
  expect(SEVERITY_CRIT, "created",
         "did not start: exec: \"nope\": executable file not found in $PATH");
  in_state("exited", 60);
  expect(SEVERITY_CRIT, "exited",
         "did not start: exec: \"nope\": executable file not found in $PATH");
}

/* ---- health */

static void test_health(void **state) {
  struct docker_detail *detail = &reading.detail;
  (void)state;
  detail->health = "starting";
  expect(SEVERITY_OK, "starting", "");
  detail->health = "healthy";
  expect(SEVERITY_OK, "healthy", "");
  detail->health = "unhealthy";
  expect(SEVERITY_CRIT, "unhealthy", "its health check fails");
  detail->checked = "\n\t connection refused\r\nsecond line";
  expect(SEVERITY_CRIT, "unhealthy", "its health check fails: connection refused");
  detail->checked = " \n ";
  expect(SEVERITY_CRIT, "unhealthy", "its health check fails");
}

/* Of two things that are wrong the worse is said. */
static void test_health_and_restarts(void **state) {
  (void)state;
  reading.detail.health = "healthy";
  look(0, 3600, now_s - 30);
  look(1, 2, now_s);
  expect(SEVERITY_WARN, "healthy", "restarted by the engine 2.0s ago, 1 restart");
  look(4, 2, now_s);
  expect(SEVERITY_CRIT, "healthy", "crash loop: 4 restarts within 10m 00s");
  reading.detail.health = "unhealthy";
  expect(SEVERITY_CRIT, "unhealthy", "its health check fails");
}

static void test_paused_and_dead(void **state) {
  (void)state;
  in_state("paused", -1)->health = "healthy";
  expect(SEVERITY_WARN, "paused", "paused: its processes are frozen");
  in_state("dead", 60);
  expect(SEVERITY_CRIT, "dead", "the engine could not remove it");
  in_state("removing", 60);
  expect(SEVERITY_OK, "removing", "");
}

/* What the engine says now, and not what its list said a moment before. */
static void test_the_newer_answer_counts(void **state) {
  (void)state;
  in_state("exited", 1)->exit_code = 1;
  reading.container.state = "running";
  expect(SEVERITY_WARN, "exited", "ended with exit code 1");
}

static void test_long_words_fit(void **state) {
  static char longest[DOCKER_TEXT_MAX + 1];
  (void)state;
  memset(longest, 'x', DOCKER_TEXT_MAX);
  reading.detail.status = longest;
  docker_judge(&reading, &restarts, now_s, &verdict);
  assert_int_equal(strlen(verdict.state), DOCKER_STATE_MAX - 1);
  in_state("running", -1);
  reading.detail.health = "unhealthy";
  reading.detail.checked = longest;
  docker_judge(&reading, &restarts, now_s, &verdict);
  assert_int_equal(strlen(verdict.reason), strlen("its health check fails: ") + 200);
  in_state("created", -1)->error = longest;
  docker_judge(&reading, &restarts, now_s, &verdict);
  assert_int_equal(strlen(verdict.reason), strlen("did not start: ") + 200);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup(name, setup)
  const struct CMUnitTest tests[] = {
      TEST(test_running),
      TEST(test_what_was_not_read_is_not_ok),
      TEST(test_a_loop_by_its_state),
      TEST(test_a_first_end),
      TEST(test_one_restart),
      TEST(test_three_restarts),
      TEST(test_restarts_between_two_looks),
      TEST(test_the_first_look),
      TEST(test_a_look_between_two_runs),
      TEST(test_a_person_starts_it),
      TEST(test_a_count_that_is_not_known),
      TEST(test_exit_codes_by_policy),
      TEST(test_old_failures_are_no_findings),
      TEST(test_oom_killed),
      TEST(test_it_did_not_start),
      TEST(test_health),
      TEST(test_health_and_restarts),
      TEST(test_paused_and_dead),
      TEST(test_the_newer_answer_counts),
      TEST(test_long_words_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
