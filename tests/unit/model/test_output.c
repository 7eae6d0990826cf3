/* An operation's output: kept, and line by line. */
#include "model/action/output.h"

#include "support/core_test.h"

#include <stdio.h>
#include <string.h>

static void put(void *arg, enum output_line_kind kind, enum output_stream stream,
                const char *line) {
  static const char *const marks[] = {"", "# ", "~ "};
  char *all = arg;
  const size_t used = strlen(all);
  snprintf(all + used, 4096 - used, "%s%s%s|", marks[kind], stream == OUTPUT_STDERR ? "!" : "",
           strlen(line) > 100 ? "(long)" : line);
}

static void expect(struct outcome *outcome, const char *wanted) {
  char all[4096] = "";
  output_lines(outcome, put, all);
  assert_string_equal(all, wanted);
}

static void add(struct outcome *outcome, enum output_stream stream, const char *bytes, size_t len,
                size_t head, size_t tail) {
  static const char *const secrets[] = {"hunter2"};
  const struct mask mask = {secrets, 1};
  struct excerpt excerpt;
  excerpt_init(&excerpt, head, tail);
  excerpt_add(&excerpt, bytes, len);
  outcome_output(outcome, stream, &excerpt, &mask);
  excerpt_fini(&excerpt);
}

#define ADD(outcome, stream, text) add(outcome, stream, text, sizeof text - 1, 1000, 1000)

static void test_lines(void **state) {
  (void)state;
  struct outcome outcome;
  outcome_init(&outcome, 1);
  expect(&outcome, "");
  ADD(&outcome, OUTPUT_STDOUT, "a\tb\r\n\nhunter2 10%\r20%\nend");
  expect(&outcome, "a       b||*** 10%|20%|end|");
  ADD(&outcome, OUTPUT_STDERR, "oops\n");
  expect(&outcome, "# Standard output|a       b||*** 10%|20%|end|# !Standard error|!oops|");
  ADD(&outcome, OUTPUT_STDERR, "");
  assert_int_equal(outcome.output_count, 2);
  outcome_fini(&outcome);
}

static void test_a_gap(void **state) {
  (void)state;
  struct outcome outcome;
  char text[OUTPUT_SUMMARY_MAX];
  outcome_init(&outcome, 1);
  assert_string_equal(output_summary(&outcome, text, sizeof text), "");
  add(&outcome, OUTPUT_STDOUT, "first\nsecond\nthird\nlast\n", 24, 6, 8);
  expect(&outcome, "first|~ ... 13 bytes omitted ...|last|");
  assert_string_equal(output_summary(&outcome, text, sizeof text), "2 lines, 13 bytes omitted");
  outcome_fini(&outcome);
}

/* A secret that the cut has taken apart. */
static void test_a_secret_at_the_cut(void **state) {
  (void)state;
  struct outcome outcome;
  outcome_init(&outcome, 1);
  add(&outcome, OUTPUT_STDOUT, "xxhunter2yyyyyyyyyyyhunter2zz", 29, 7, 6);
  expect(&outcome, "xx***|~ ... 16 bytes omitted ...|***zz|");
  outcome_fini(&outcome);
}

static void test_hostile_bytes(void **state) {
  (void)state;
  struct outcome outcome;
  outcome_init(&outcome, 1);
  ADD(&outcome, OUTPUT_STDOUT, "a\0b\n\x1b[2J");
  expect(&outcome, "a\xff"
                   "b|\x1b[2J|");
  outcome_fini(&outcome);
  /* a line that is too long continues, and no character is taken apart */
  static char big[40000];
  for (size_t i = 0; i + 1 < sizeof big; i += 2)
    memcpy(big + i, "\xc3\xa4", 2);
  outcome_init(&outcome, 1);
  add(&outcome, OUTPUT_STDOUT, big, sizeof big, 50000, 50000);
  expect(&outcome, "(long)|(long)|(long)|(long)|(long)|");
  outcome_fini(&outcome);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_a_gap),
      cmocka_unit_test(test_a_secret_at_the_cut),
      cmocka_unit_test(test_hostile_bytes),
  };
  return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
