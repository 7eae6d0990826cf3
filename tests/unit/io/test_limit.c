/* A failure for lack of descriptors, threads or memory is our limit, and is named. */
#include "io/limit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILES = 20 };

static void test_errors(void **state) {
  (void)state;
  struct err err = {0};
  assert_false(limit_error(ECONNREFUSED, &err));
  assert_false(limit_error(0, &err));
  assert_true(limit_error(ENFILE, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
  assert_true(limit_error(ENOMEM, &err));
  assert_non_null(strstr(err.text, "memory"));
  assert_false(limit_error_in("connect to x failed: Connection refused", &err));
  assert_true(limit_error_in("could not create socket: Too many open files", &err));
  assert_non_null(strstr(err.text, "too many open files: the limit of this process is "));
  assert_false(limit_thread(EAGAIN, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
  assert_non_null(strstr(err.text, "ulimit -u"));
  assert_false(limit_thread(EPERM, &err));
  assert_int_equal(err.kind, ERR_IO);
  assert_int_equal(err_kind_of_errno(-EMFILE), ERR_LIMIT);
  assert_int_equal(err_kind_of_errno(-ENOBUFS), ERR_LIMIT);
}

static void test_files_free(void **state) {
  (void)state;
  struct rlimit before, few;
  struct err err = {0};
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  assert_true(limit_files_free(4, &err));
  int taken[FILES], count = 0;
  few = before;
  few.rlim_cur = FILES;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  while (count < FILES && (taken[count] = dup(STDERR_FILENO)) >= 0)
    count++;
  assert_false(limit_files_free(1, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
  assert_string_equal(err.text, "too many open files: the limit of this process is 20 (ulimit -n)");
  assert_true(count >= 2);
  close(taken[--count]);
  close(taken[--count]);
  assert_true(limit_files_free(2, &err)); /* and all are released */
  assert_true(limit_files_free(2, &err));
  assert_false(limit_files_free(3, &err));
  while (count > 0)
    close(taken[--count]);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_files_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
