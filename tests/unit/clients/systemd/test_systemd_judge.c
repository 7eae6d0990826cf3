/* What a unit's state means. What systemd says of real units is tested in
 * tests/e2e/test_systemd.py.
 */
#include "clients/systemd/systemd_judge.h"
#include "support/core_test.h"

#include <string.h>

#define NOW 1000000.0

static struct reading {
  struct systemd_unit unit;
  enum systemd_wish wish;
  bool unread;
} service(const char *active, const char *sub) {
  struct reading reading = {.wish = SYSTEMD_BY_NAME};
  reading.unit = (struct systemd_unit){.id = "api.service",
                                       .description = "",
                                       .load = "loaded",
                                       .active = active,
                                       .sub = sub,
                                       .load_error = "",
                                       .file_state = "enabled",
                                       .file = "",
                                       .invocation = "aa",
                                       .changed_s = NOW - 10,
                                       .active_s = NOW - 10,
                                       .inactive_s = NOW - 20,
                                       .condition = 1,
                                       .triggered_by = "",
                                       .result = "success",
                                       .cgroup = "",
                                       .type = "simple",
                                       .restart = "no",
                                       .status_text = "",
                                       .restarts = 0,
                                       .exit_kind = 0,
                                       .exit_s = -1,
                                       .failed_setting = "",
                                       .failed_program = "",
                                       .memory_max = INT64_MAX,
                                       .limit_burst = 5,
                                       .limit_interval_us = 10000000,
                                       .start_us = 90000000,
                                       .stop_us = INT64_MAX};
  return reading;
}

static struct systemd_verdict verdict;
static void judge(const struct reading *reading, const struct restarts *restarts) {
  static const struct restarts none = {.known = -1};
  systemd_judge(reading->unread ? NULL : &reading->unit, reading->wish, restarts ? restarts : &none,
                NOW, &verdict);
}

#define SAYS(severity_wanted, text)                                 \
  do {                                                              \
    assert_string_equal(verdict.reason, (text));                    \
    assert_int_equal(verdict.severity, SEVERITY_##severity_wanted); \
  } while (0)

static void test_what_is_up_is_fine(void **state) {
  (void)state;
  struct reading reading = service("active", "running");
  judge(&reading, NULL);
  SAYS(OK, "");
  reading.unread = true;
  judge(&reading, NULL);
  SAYS(UNKNOWN, "could not be read");
}

/* What RemainAfterExit keeps active does not run. */
static void test_active_without_a_process(void **state) {
  (void)state;
  struct reading reading = service("active", "exited");
  judge(&reading, NULL);
  SAYS(WARN, "active (exited): none of its processes runs");
  reading.unit.type = "forking";
  reading.unit.file_state = "generated";
  judge(&reading, NULL);
  SAYS(WARN, "active (exited): none of its processes runs");
  reading.wish = SYSTEMD_BY_PATTERN;
  judge(&reading, NULL);
  SAYS(OK, "");
  reading.wish = SYSTEMD_BY_NAME;
  reading.unit.type = "oneshot";
  judge(&reading, NULL);
  SAYS(OK, "");
}

static void test_why_it_failed(void **state) {
  (void)state;
  struct reading reading = service("failed", "failed");
  struct systemd_unit *unit = &reading.unit;
  unit->exit_kind = 1;
  unit->exit_status = 3;
  unit->result = "exit-code";
  judge(&reading, NULL);
  SAYS(CRIT, "failed: ended with exit code 3");
  unit->restarts = 5;
  judge(&reading, NULL);
  SAYS(CRIT, "failed: ended with exit code 3, given up after 5 restarts (limit 5 within 10s)");
  unit->restarts = 0;
  unit->exit_kind = 3;
  unit->exit_status = 6;
  unit->result = "core-dump";
  judge(&reading, NULL);
  SAYS(CRIT, "failed: killed by SIGABRT with a core dump");
  unit->result = "oom-kill";
  judge(&reading, NULL);
  SAYS(CRIT, "failed: OOM-killed");
  unit->memory_max = 64 << 20;
  judge(&reading, NULL);
  SAYS(CRIT, "failed: OOM-killed at its limit of 64 MB");
  unit->result = "timeout";
  judge(&reading, NULL);
  SAYS(CRIT, "failed: took longer than allowed (start 1m 30s, stop no limit)");
  unit->result = "watchdog";
  unit->watchdog_us = 30000000;
  judge(&reading, NULL);
  SAYS(CRIT, "failed: no watchdog message within its WatchdogSec of 30s");
  unit->result = "start-limit-hit";
  judge(&reading, NULL);
  SAYS(CRIT,
       "failed: started too often, limit 5 within 10s; last: killed by SIGABRT with a core dump");
  unit->result = "invented";
  judge(&reading, NULL);
  SAYS(CRIT, "failed: result: invented");
  reading.wish = SYSTEMD_NOT_CHOSEN; /* not configured */
  judge(&reading, NULL);
  SAYS(WARN, "failed: result: invented");
}

static void test_restarts(void **state) {
  (void)state;
  struct reading reading = service("activating", "auto-restart");
  struct restarts restarts = {.known = -1};
  struct systemd_unit *unit = &reading.unit;
  unit->result = "exit-code";
  unit->exit_kind = 1;
  unit->exit_status = 1;
  unit->restarts = 1;
  judge(&reading, NULL);
  SAYS(CRIT, "restart loop: ended with exit code 1, 1 restart");
  unit->active = "active";
  unit->sub = "running";
  unit->exit_kind = 0;
  systemd_restarts_take(&restarts, unit, NOW);
  judge(&reading, &restarts);
  SAYS(WARN, "restarted by systemd 10s ago, 1 restart");
  unit->restarts = 3;
  unit->active_s = NOW - 1;
  systemd_restarts_take(&restarts, unit, NOW);
  judge(&reading, &restarts);
  SAYS(CRIT, "restart loop: 3 restarts within 10m 00s");
  unit->restarts = 90;
  systemd_restarts_take(&restarts, unit, NOW);
  judge(&reading, &restarts);
  SAYS(CRIT, "restart loop: at least 8 restarts within 10m 00s");
  unit->restarts = 0; /* started by a person */
  systemd_restarts_take(&restarts, unit, NOW);
  judge(&reading, &restarts);
  SAYS(OK, "");
}

static void test_slow_changes(void **state) {
  (void)state;
  struct reading reading = service("activating", "start");
  judge(&reading, NULL);
  SAYS(OK, "");
  reading.unit.changed_s = NOW - 120;
  judge(&reading, NULL);
  SAYS(WARN, "activating for 2m 00s (start)");
  reading.unit.type = "oneshot"; /* it runs while it starts */
  judge(&reading, NULL);
  SAYS(OK, "");
}

static void test_what_does_not_run(void **state) {
  (void)state;
  struct reading reading = service("inactive", "dead");
  judge(&reading, NULL);
  SAYS(WARN, "has not run for 20s");
  reading.unit.triggered_by = "api.socket";
  judge(&reading, NULL);
  SAYS(OK, "");
  reading.unit.triggered_by = "";
  reading.wish = SYSTEMD_BY_PATTERN;
  reading.unit.file_state = "disabled"; /* only a pattern names it, and nothing wants it */
  judge(&reading, NULL);
  SAYS(OK, "");
  reading.unit.load = "not-found";
  judge(&reading, NULL);
  SAYS(UNKNOWN, "systemd knows no unit of this name");
  reading.unit.load = "bad-setting";
  reading.unit.load_error = "Invalid argument";
  judge(&reading, NULL);
  SAYS(WARN, "its unit file cannot be loaded: Invalid argument");
}

static void test_how_a_process_ended(void **state) {
  (void)state;
  char text[SYSTEMD_EXIT_MAX];
  assert_string_equal(systemd_exit_text(text, 1, 203),
                      "exit code 203 (program not found or not executable)");
  assert_string_equal(systemd_exit_text(text, 2, 9), "SIGKILL");
  assert_string_equal(systemd_exit_text(text, 2, 250), "signal 250");
  assert_string_equal(systemd_exit_text(text, -1, -1), "");
  assert_string_equal(systemd_exit_word(text, 2, INT64_MIN), "signal 0");
  assert_string_equal(systemd_exit_word(text, 1, 0), "exit 0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_active_without_a_process),
      cmocka_unit_test(test_what_is_up_is_fine),
      cmocka_unit_test(test_why_it_failed),
      cmocka_unit_test(test_restarts),
      cmocka_unit_test(test_slow_changes),
      cmocka_unit_test(test_what_does_not_run),
      cmocka_unit_test(test_how_a_process_ended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
