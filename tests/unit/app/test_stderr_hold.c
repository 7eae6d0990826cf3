#include "app/dashboard/terminal/stderr_hold.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs `say` in a child whose stderr is a terminal, and takes its output; returns the child's
 * status. */
static int run(void (*say)(void), char *shown, size_t size) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  assert_true(slave >= 0);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    dup2(slave, STDERR_FILENO);
    say();
    _exit(0);
  }
  close(slave);
  size_t count = 0;
  ssize_t more;
  while ((more = read(master, shown + count, size - 1 - count)) > 0)
    count += (size_t)more;
  shown[count] = '\0';
  close(master);
  int status;
  waitpid(child, &status, 0);
  return status;
}

static void say_and_release(void) {
  stderr_hold();
  fprintf(stderr, "broker says \033[31m\xc2\x9b\n");
  stderr_hold_drain();
  write(STDERR_FILENO, "x", 1);
  stderr_release();
  fprintf(stderr, "after\n");
}

static void test_it_is_printed_at_the_end_without_escapes(void **state) {
  (void)state;
  char shown[8192];
  run(say_and_release, shown, sizeof shown);
  assert_string_equal(shown, "broker says ?[31m??\r\nxafter\r\n");
}

/* More than the pipe and the buffer can hold, with and without a reader. */
static void say_much(void) {
  stderr_hold();
  for (int i = 0; i < 20000; i++) {
    dprintf(STDERR_FILENO, "%06d\n", i);
    if (i % 1000 == 0 && i < 10000)
      stderr_hold_drain();
  }
  stderr_hold_drain();
  dprintf(STDERR_FILENO, "the last\n");
  stderr_release();
}

static void test_it_never_waits_and_keeps_the_last(void **state) {
  (void)state;
  char shown[16384];
  run(say_much, shown, sizeof shown);
  assert_true(strlen(shown) < STDERR_KEPT + STDERR_KEPT / 4);
  const char *last = strstr(shown, "the last\r\n");
  assert_non_null(last);
  assert_string_equal(last, "the last\r\n");
}

static void on_crash(int number) {
  stderr_hold_crashed();
  signal(number, SIG_DFL);
}

static void say_and_crash(void) {
  signal(SIGABRT, on_crash);
  stderr_hold();
  fprintf(stderr, "assertion failed");
  abort();
}

static void test_a_crash_says_why(void **state) {
  (void)state;
  char shown[8192];
  int status = run(say_and_crash, shown, sizeof shown);
  assert_string_equal(shown, "assertion failed");
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_it_is_printed_at_the_end_without_escapes),
      cmocka_unit_test(test_it_never_waits_and_keeps_the_last),
      cmocka_unit_test(test_a_crash_says_why),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
