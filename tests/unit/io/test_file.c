#include "io/file/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/stacktop-file-XXXXXX";

static int make(void **state) {
  (void)state;
  int fd = mkstemp(path);
  for (int i = 0; i < 1000; i++)
    dprintf(fd, "line %03d\n", i); /* 9 bytes */
  return close(fd);
}

static int clean(void **state) {
  (void)state;
  return unlink(path);
}

static void check(size_t ceiling, size_t len, bool cut) {
  struct file_text file;
  file_read(path, ceiling, &file);
  assert_non_null(file.text);
  assert_int_equal(file.len, len);
  assert_int_equal(strlen(file.text), len);
  assert_int_equal(file.cut, cut);
  file_text_fini(&file);
  assert_null(file.text);
}

static void test_ceiling(void **state) {
  (void)state;
  check(100000, 9000, false);
  check(9001, 9000, false);
  check(9000, 9000, false);
  check(8999, 8999, true);
  check(10, 10, true);
}

/* A file of /proc reports a size of 0. */
static void test_proc(void **state) {
  (void)state;
  struct file_text file;
  file_read("/proc/self/mountinfo", 1 << 20, &file);
  assert_true(file.len > 0);
  assert_non_null(strstr(file.text, " / "));
  file_text_fini(&file);
}

static void test_errors(void **state) {
  (void)state;
  struct file_text file;
  file_read("/proc/no/such", 100, &file);
  assert_null(file.text);
  assert_int_equal(file.err.kind, ERR_IO);
  assert_string_equal(file.err.text, "/proc/no/such: No such file or directory");
  file_read("/proc", 100, &file); /* opens, and cannot be read */
  assert_null(file.text);
  assert_string_equal(file.err.text, "/proc: Is a directory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ceiling),
      cmocka_unit_test(test_proc),
      cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, make, clean);
}
