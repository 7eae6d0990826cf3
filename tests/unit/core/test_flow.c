/* Lines that were broken by hand, where they do not fit. */
#include "core/text/flow.h"

#include "support/core_test.h"

#include <stdio.h>

static void flows(const char *text, int width, const char *wanted) {
  char out[512];
  snprintf(out, sizeof out, "%s", text);
  text_flow(out, width);
  assert_string_equal(out, wanted);
}

static void test_a_paragraph_that_does_not_fit_is_joined(void **state) {
  (void)state;
  flows("one two three\nfour\n", 8, "one two three four\n");
  flows("one\ntwo\nthree four five\n\nsix\nseven\n", 10, "one two three four five\n\nsix\nseven\n");
}

static void test_what_fits_stays(void **state) {
  (void)state;
  flows("one two three\nfour\n", 13, "one two three\nfour\n");
  flows("", 5, "");
  flows("\n\n", 5, "\n\n");
  flows("no end", 3, "no end");
}

static void test_lists_and_indented_lines_stay(void **state) {
  (void)state;
  flows("do this first:\n- one two\n- three\n  more of three\n10. ten\nof ten\n", 8,
        "do this first:\n- one two\n- three\n  more of three\n10. ten\nof ten\n");
  flows("- one two three\nand four\n", 8, "- one two three and four\n");
  flows("text that is wide\n    command --option\n    other --option\nend\n", 8,
        "text that is wide\n    command --option\n    other --option\nend\n");
}

static void test_cells_count_not_bytes(void **state) {
  (void)state;
  flows("äöüäöüäö\nä\n", 8, "äöüäöüäö\nä\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_paragraph_that_does_not_fit_is_joined),
                                     cmocka_unit_test(test_what_fits_stays),
                                     cmocka_unit_test(test_lists_and_indented_lines_stay),
                                     cmocka_unit_test(test_cells_count_not_bytes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
