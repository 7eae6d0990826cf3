#include "ui/terminal/term_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_known_families(void **state) {
  (void)state;
  static const struct {
    const char *term, *first;
  } names[] = {{"xterm-kitty", "xterm-256color"},
               {"foot", "xterm-256color"},
               {"foot-direct", "xterm-256color"},
               {"xterm-ghostty", "xterm-256color"},
               {"tmux-256color", "screen-256color"},
               {"rxvt-unicode-256color", "rxvt"},
               {"vt220", "vt100"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *const *instead = term_instead(names[i].term);
    assert_non_null(instead);
    assert_string_equal(instead[0], names[i].first);
    size_t count = 0;
    while (instead[count])
      count++;
    assert_in_range(count, 1, 2); /* the list ends */
  }
}

static void test_a_name_that_says_nothing(void **state) {
  (void)state;
  assert_null(term_instead("no-such-terminal"));
  assert_null(term_instead("dumb"));
  assert_null(term_instead(""));
}

static void check_padding(const char *text, const char *expected) {
  char out[32];
  term_without_padding(out, sizeof out, text);
  assert_string_equal(out, expected);
}

static void test_padding_is_removed(void **state) {
  (void)state;
  check_padding("\033[m\017$<2>", "\033[m\017");
  check_padding("\033[H\033[J$<50>", "\033[H\033[J");
  check_padding("a$<1.5*/>b$<20/>c", "abc");
  check_padding("$<>$<x>$5>$<5", "$<>$<x>$5>$<5"); /* not padding */
  check_padding("", "");
  char out[4];
  term_without_padding(out, sizeof out, "$<2>abcdef");
  assert_string_equal(out, "abc");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_families),
      cmocka_unit_test(test_a_name_that_says_nothing),
      cmocka_unit_test(test_padding_is_removed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
