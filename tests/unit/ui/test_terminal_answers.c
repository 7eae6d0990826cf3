/* What a terminal answers, among keys; and when the next frame may follow. */
#include "ui/terminal/flow.h"
#include "ui/terminal/key_decoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The reports of these bytes, which arrive one by one, and the number of keys. */
static struct reports reports_of(const char *bytes, size_t *keys) {
  struct key_decoder decoder = {0};
  struct key key;
  *keys = 0;
  for (; *bytes; bytes++) {
    assert_int_equal(key_decoder_add(&decoder, (const uint8_t *)bytes, 1), 1);
    while (key_decoder_next(&decoder, &key))
      ++*keys;
  }
  return decoder.reports;
}

static enum scheme scheme_of(const char *bytes) {
  size_t keys;
  const struct reports reports = reports_of(bytes, &keys);
  assert_int_equal(keys, 0);
  return reports.scheme;
}

static void test_background(void **state) {
  (void)state;
  assert_int_equal(scheme_of("\033]11;rgb:0000/0000/0000\033\\"), SCHEME_DARK);
  assert_int_equal(scheme_of("\033]11;rgb:ffff/ffff/ffff\a"), SCHEME_LIGHT);
  assert_int_equal(scheme_of("\033]11;rgb:f/f/f\a"), SCHEME_LIGHT);
  assert_int_equal(scheme_of("\033]11;rgba:fd/f6/e3/ff\a"), SCHEME_LIGHT);
  assert_int_equal(scheme_of("\033]11;rgb:0000/2b2b/3636\033\\"), SCHEME_DARK);
  assert_int_equal(scheme_of("\033]11;rgb:0000/0000/ffff\033\\"), SCHEME_DARK); /* blue is dark */
}

static void test_what_is_no_background(void **state) {
  (void)state;
  static const char *const others[] = {
      "\033]11;rgb:q/q/q\a",
      "\033]11;rgb:fffff/f/f\a",
      "\033]11;rgb:ff/ff\a",
      "\033]11;#ffffff\a",
      "\033]10;rgb:f/f/f\a",
      "\033P11;rgb:f/f/f\033\\",
      "\033_11;rgb:f/f/f\033\\",
      "\033]11;rgb:\a",
      "\033]\a",
      "\033]11;rgb:ff/ff/ff",
      "\033]11;rgbff/ff/ff\a",
      "\033]11;rgb:ffff/ffff/ffff;and so on, and on, and on, longer than any answer is\a"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (scheme_of(others[i]) != SCHEME_UNKNOWN)
      fail_msg("number %zu", i);
}

static void test_scheme(void **state) {
  (void)state;
  assert_int_equal(scheme_of("\033[?997;1n"), SCHEME_DARK);
  assert_int_equal(scheme_of("\033[?997;2n"), SCHEME_LIGHT);
  assert_int_equal(scheme_of("\033[?997;1n\033[?997;2n"), SCHEME_LIGHT); /* it has changed */
  assert_int_equal(scheme_of("\033[?997;3n\033[997;1n\033[?997n\033[?1;1n"), SCHEME_UNKNOWN);
}

static bool synchronizes(const char *bytes) {
  size_t keys;
  return reports_of(bytes, &keys).synchronized && keys == 0;
}

static void test_synchronized_output(void **state) {
  (void)state;
  assert_true(synchronizes("\033[?2026;1$y"));
  assert_true(synchronizes("\033[?2026;2$y"));
  assert_false(synchronizes("\033[?2026;0$y"));
  assert_false(synchronizes("\033[?2026;4$y"));
  assert_false(synchronizes("\033[?2026;y"));
  assert_false(synchronizes("\033[?2004;1$y"));
}

static void test_answers_among_keys(void **state) {
  (void)state;
  size_t keys;
  const struct reports reports = reports_of("j\033[0nk\033[3n\033[A\033[0n", &keys);
  assert_int_equal(keys, 3);
  assert_int_equal(reports.arrivals, 2); /* 3: a malfunction, of no known terminal */
}

static void test_a_terminal_that_does_not_answer(void **state) {
  (void)state;
  struct flow flow = {0};
  for (int i = 0; i < 100; i++) {
    assert_false(flow_send(&flow, 5000, i));
    assert_int_equal(flow_wait(&flow, i), 0);
  }
}

static void test_one_frame_at_a_time(void **state) {
  (void)state;
  struct flow flow = {0};
  flow_answer(&flow);
  assert_false(flow_send(&flow, FLOW_FREE / 2, 0)); /* small ones pass */
  assert_false(flow_send(&flow, FLOW_FREE / 2, 0));
  assert_int_equal(flow_wait(&flow, 0), 0);
  assert_true(flow_send(&flow, 1, 0)); /* until they add up */
  assert_true(flow_wait(&flow, 10) > 1000);
  flow_answer(&flow);
  assert_int_equal(flow_wait(&flow, 10), 0);
  assert_true(flow_send(&flow, 8000, 10));
  assert_true(flow_wait(&flow, 4010) > 0); /* 8000 bytes at 2 kB/s */
}

static void test_answers_that_are_lost(void **state) {
  (void)state;
  struct flow flow = {0};
  int64_t now = 0;
  flow_answer(&flow);
  for (int i = 0; i < FLOW_MISSED_MAX; i++) {
    assert_true(flow_send(&flow, 5000, now));
    const int64_t wait = flow_wait(&flow, now);
    assert_in_range(wait, 1, 10000);
    now += wait;
    assert_int_equal(flow_wait(&flow, now), 0);
  }
  assert_false(flow_send(&flow, 5000, now)); /* it is not asked any more */
  flow_answer(&flow);                        /* a late one */
  assert_true(flow_send(&flow, 5000, now));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_background),
      cmocka_unit_test(test_what_is_no_background),
      cmocka_unit_test(test_scheme),
      cmocka_unit_test(test_synchronized_output),
      cmocka_unit_test(test_answers_among_keys),
      cmocka_unit_test(test_a_terminal_that_does_not_answer),
      cmocka_unit_test(test_one_frame_at_a_time),
      cmocka_unit_test(test_answers_that_are_lost),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
