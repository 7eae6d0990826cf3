/* The names of a unit's environment. A real systemd: tests/e2e/test_service_systemd.py. */
#include "clients/service/service_systemd_variables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char name_a[] = "A", name_b[] = "B", name_c[] = "C";
static char *const names[] = {name_a, name_b, name_c};
enum { COUNT = 3 };

/* A letter for each: Set, Empty, Missing, Unknown. */
static const char *letters(const enum service_variable *found) {
  static const char of[] = {[VARIABLE_UNKNOWN] = 'U',
                            [VARIABLE_SET] = 'S',
                            [VARIABLE_EMPTY] = 'E',
                            [VARIABLE_MISSING] = 'M'};
  static char out[COUNT + 1];
  for (size_t i = 0; i < COUNT; i++)
    out[i] = of[found[i]];
  return out;
}

static const char *parsed(const char *text) {
  enum service_variable found[COUNT] = {VARIABLE_MISSING, VARIABLE_MISSING, VARIABLE_MISSING};
  unit_file_parse(text, names, COUNT, found);
  return letters(found);
}

static void test_files(void **state) {
  (void)state;
  assert_string_equal(parsed(""), "MMM");
  assert_string_equal(parsed("A=1\nB=\n#C=1\n"), "SEM");
  assert_string_equal(parsed("  A = x\r\nB=\"\"\n;C=1\nexport C=1\n"), "SEM");
  assert_string_equal(parsed("A=\"two\nB=lines\"\nC='it'"), "SMS"); /* B is a part of A */
  assert_string_equal(parsed("A=a \\\nB=b\nC= \\\n \\\n"), "SME");
  assert_string_equal(parsed("A=1\nA=\n"), "EMM"); /* the last one counts */
  assert_string_equal(parsed("AB=1\nB"), "MMM");
  assert_string_equal(parsed("A=\\\"\nB='\\'\nC=x"), "SSS");
  assert_string_equal(parsed("A=\"never ends\nB=1\nC=1"), "SMM");
  assert_string_equal(parsed("=\n==\nA=="), "SMM");
}

static const char *judged(struct systemd_unit unit, const struct unit_files *files, bool by_user) {
  enum service_variable out[COUNT];
  unit_variables(&unit, files, by_user, names, COUNT, out);
  return letters(out);
}

static void test_sources(void **state) {
  (void)state;
  struct systemd_unit unit = {
      .variables = "+A\n-B\n", .variable_files = "", .variables_passed = "", .variables_unset = ""};
  assert_string_equal(judged(unit, NULL, false), "SEM");
  assert_string_equal(judged(unit, NULL, true), "SEU"); /* the user's manager hands on its own */
  unit.variables_passed = "X C";
  assert_string_equal(judged(unit, NULL, false), "SEU");
  unit.variables_passed = "CC";
  unit.variables_unset = "A B=x";
  assert_string_equal(judged(unit, NULL, false), "MMM");
  unit.variables_unset = "";
  unit.variables = "+A\n?\n";
  assert_string_equal(judged(unit, NULL, false), "SUU");
}

static const char *with_file(const char *paths, struct unit_files **files) {
  const struct systemd_unit unit = {
      .variables = "+A\n", .variable_files = paths, .variables_passed = "", .variables_unset = ""};
  *files = unit_files_new(&unit, names, COUNT);
  unit_files_read(&(*files)->task);
  return judged(unit, *files, false);
}

static void test_what_cannot_be_read(void **state) {
  (void)state;
  struct unit_files *files;
  char path[] = "/tmp/test_unit_XXXXXX", list[200];
  const int fd = mkstemp(path);
  assert_true(fd >= 0 && write(fd, "A=\nB=secret\n", 12) == 12);
  close(fd);
  snprintf(list, sizeof list, "-/no/such/file\n%s\n", path); /* an optional one may be missing */
  assert_string_equal(with_file(list, &files), "ESM");
  assert_false(files->unread);
  unit_files_free(&files->task);
  snprintf(list, sizeof list, "%s\n/no/such/file\n", path);
  assert_string_equal(with_file(list, &files), "ESU"); /* never missing where it may be there */
  assert_non_null(strstr(files->why, "cannot read the environment file /no/such/file: "));
  unit_files_free(&files->task);
  assert_string_equal(with_file("/tmp/*.env\n", &files), "SUU");
  assert_non_null(strstr(files->why, "patterns are not supported"));
  unit_files_free(&files->task);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_files), cmocka_unit_test(test_sources),
                                     cmocka_unit_test(test_what_cannot_be_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
