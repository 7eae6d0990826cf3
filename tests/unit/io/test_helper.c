/* A program beside stacktop: its lines, its end, and that it does not outlive who started it. */
#include "io/helper.h"

#include "io/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct fixture {
  uv_loop_t loop;
  struct io io;
  char lines[2048];
  struct err ended;
  bool has_ended, closed;
} fixture;

static void on_line(void *arg, const char *text) {
  const size_t at = strlen(fixture.lines);
  (void)arg;
  snprintf(fixture.lines + at, sizeof fixture.lines - at, "%s|", text);
}

static void on_ended(void *arg, const struct err *err) {
  (void)arg;
  fixture.has_ended = true;
  fixture.ended = *err;
}

static void on_closed(void *arg) {
  (void)arg;
  fixture.closed = true;
}

static struct helper *start(const char *const *argv) {
  fixture = (struct fixture){.closed = false};
  uv_loop_init(&fixture.loop);
  fixture.io.loop = &fixture.loop;
  return helper_start(&fixture.io,
                      &(struct helper_query){.argv = argv, .line = on_line, .ended = on_ended});
}

static void test_lines_and_the_end(void **state) {
  const char *const argv[] = {"sh", "-c", "echo one; echo two >&2; printf 'three\\000x'; exit 3",
                              NULL};
  (void)state;
  start(argv);
  assert_false(fixture.has_ended);
  uv_run(&fixture.loop, UV_RUN_DEFAULT);
  assert_string_equal(fixture.lines, "one|two|three x|");
  assert_true(fixture.has_ended);
  assert_string_equal(fixture.ended.text, "ended with exit code 3");
  assert_int_equal(uv_loop_close(&fixture.loop), 0);
}

static void test_a_line_that_is_too_long(void **state) {
  const char *const argv[] = {"sh", "-c", "printf '%01000d\\nnext\\n' 0", NULL};
  (void)state;
  start(argv);
  uv_run(&fixture.loop, UV_RUN_DEFAULT);
  assert_int_equal(strcspn(fixture.lines, "|"), HELPER_LINE_MAX - 1);
  assert_non_null(strstr(fixture.lines, "|next|"));
  assert_int_equal(uv_loop_close(&fixture.loop), 0);
}

static void test_it_is_stopped(void **state) {
  const char *const argv[] = {"sh", "-c", "trap '' TERM; while true; do sleep 1; done", NULL};
  (void)state;
  helper_stop(start(argv), on_closed, NULL);
  uv_run(&fixture.loop, UV_RUN_DEFAULT);
  assert_true(fixture.closed);
  assert_false(fixture.has_ended); /* that is for an end that was not wanted */
  assert_int_equal(uv_loop_close(&fixture.loop), 0);
}

static void test_there_is_no_such_program(void **state) {
  struct err err;
  (void)state;
  assert_true(helper_check("sh", &err));
  assert_true(helper_check("/bin/sh", &err));
  assert_false(helper_check("no-such-program", &err));
  assert_string_equal(err.text,
                      "no-such-program is not installed: there is no such program in PATH");
  assert_false(helper_check("/bin", &err));
}

/* In a process of its own, which is killed when the program runs, and its guard waits: timeout of
 * coreutils 9.1 ends without its program when the signal comes before its fork has returned. */
static void be_killed(int fd) {
  const char *const argv[] = {"sh", "-c",
                              "until grep -q '^State:.S' /proc/$PPID/status; do :; done;"
                              " echo $$; exec sleep 1000",
                              NULL};
  start(argv);
  while (!*fixture.lines)
    uv_run(&fixture.loop, UV_RUN_ONCE);
  if (write(fd, fixture.lines, strlen(fixture.lines)) > 0)
    kill(getpid(), SIGKILL);
  _exit(1);
}

static void test_it_ends_with_who_started_it(void **state) {
  int ends[2], status;
  char text[32] = "";
  (void)state;
  assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0); /* it becomes ours to reap */
  assert_int_equal(pipe(ends), 0);
  const pid_t starter = fork();
  if (starter == 0)
    be_killed(ends[1]);
  assert_true(read(ends[0], text, sizeof text - 1) > 0);
  assert_int_equal(waitpid(starter, &status, 0), starter);
  const pid_t program = (pid_t)strtol(text, NULL, 10);
  assert_true(program > 1);
  alarm(10);
  while (waitpid(-1, &status, 0) > 0) /* its guard, which has ended and reaped it before */
    continue;
  alarm(0);
  assert_int_equal(errno, ECHILD);
  assert_int_equal(kill(program, 0), -1);
  assert_int_equal(errno, ESRCH);
  close(ends[0]);
  close(ends[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines_and_the_end),
      cmocka_unit_test(test_a_line_that_is_too_long),
      cmocka_unit_test(test_it_is_stopped),
      cmocka_unit_test(test_there_is_no_such_program),
      cmocka_unit_test(test_it_ends_with_who_started_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
