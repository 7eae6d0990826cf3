/* The sequence for the terminal's clipboard. */
#include "ui/terminal/osc52.h"

#include "core/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *text, size_t most, const char *expected) {
  size_t count;
  char *made = osc52_make(text, most, &count);
  char *whole = mem_printf("\033]52;c;%s\033\\", expected);
  assert_string_equal(made, whole);
  assert_int_equal(count, strlen(whole));
  free(whole);
  free(made);
}

static void test_texts(void **state) {
  (void)state;
  check("", 100, "");
  check("f", 100, "Zg==");
  check("fo", 100, "Zm8=");
  check("foo", 100, "Zm9v");
  check("foob", 100, "Zm9vYg==");
  check("\xFF\xFE\xFD", 100, "//79");
  check("a\033]0;x\007", 100, "YRtdMDt4Bw=="); /* contains no sequence */
}

static void test_ceiling(void **state) {
  (void)state;
  check("foobar", 6, "Zm9vYmFy");
  check("foobar", 3, "Zm9v");
  check("fo\xC3\xA4", 3, "Zm8="); /* not in the middle of a character */
  check("\xF0\x9F\x98\x80", 3, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts), cmocka_unit_test(test_ceiling)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
