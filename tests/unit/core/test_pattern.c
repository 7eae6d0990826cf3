#include "support/core_test.h"

#include "core/mem.h"
#include "core/pattern.h"

static struct pattern *compiled(const char *text) {
  struct err err = {0};
  struct pattern *pattern = pattern_new(text, PATTERN_CASE_SMART, &err);
  if (!pattern)
    fail_msg("%s: %s", text, err.text);
  return pattern;
}

/* Where it matches, as "3-5"; "" for nowhere. */
static const char *where(const char *source, const char *text, size_t len) {
  static char out[64];
  struct pattern *pattern = compiled(source);
  struct pattern_span span;
  out[0] = '\0';
  if (pattern_find(pattern, text, len, 0, &span))
    snprintf(out, sizeof out, "%zu-%zu", span.start, span.end);
  pattern_free(pattern);
  return out;
}

static void test_matches(void **state) {
  (void)state;
  static const struct {
    const char *pattern, *text, *where;
  } cases[] = {
      {"error", "an Error", "3-8"},  /* lower case only: both cases */
      {"Error", "an error", ""},     /* a capital: exactly */
      {"\\S+or", "an ERROR", "3-8"}, /* a class is no capital */
      {"(?-i)or", "OR or", "3-5"},   /* a literal of this case */
      {"(?-i)o.", "OR or", "3-5"},
      {"(?-i)", "ab", "0-0"},
      {"a.b", "xa1b", "1-4"},
      {"a\\.b", "xa1b a.b", "5-8"},
      {"10\\.0", "at 10.0", "3-7"},
      {"^b", "a\nb", "2-3"},
      {"time(out|d out)", "Timed out", "0-9"},
      {"\xC3\xA9", "\xC3\x89t\xC3\xA9", "0-2"},
      {"", "abc", "0-0"},
      {"x", "", ""},
      {"(?<=a)b", "ab", "1-2"},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    check_text(where(cases[i].pattern, cases[i].text, strlen(cases[i].text)), cases[i].where,
               "%s in %s", cases[i].pattern, cases[i].text);
}

/* Bytes that are no UTF-8, and NUL bytes, neither end a search nor hide what stands after them. */
static void test_any_bytes(void **state) {
  (void)state;
  check_text(where("need(le)", "\xFF\xFE\0 needle", 10), "4-10", "after invalid bytes");
  check_text(where("Needle", "\xFF\0Needle", 8), "2-8", "a literal");
}

/* The search for a literal has several ways: they find the same. */
static void test_literals(void **state) {
  (void)state;
  static char text[20000];
  static const char *const needles[] = {"ZZ end", "aaZ", "Za",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaZ"};
  for (size_t fill = 0; fill < 2; fill++) {
    memset(text, "Za"[fill], sizeof text - 1);
    for (size_t at = 0; at + 40 < 4000; at += 37)
      for (size_t i = 0; i < COUNT(needles); i++) {
        char saved[64];
        const size_t size = strlen(needles[i]);
        memcpy(saved, text + 9000 + at, size);
        memcpy(text + 9000 + at, needles[i], size);
        struct pattern *pattern = compiled(needles[i]);
        struct pattern_span span;
        const char *wanted = strstr(text, needles[i]);
        assert_true(pattern_find(pattern, text, sizeof text - 1, 0, &span));
        assert_int_equal(span.start, wanted - text);
        pattern_free(pattern);
        memcpy(text + 9000 + at, saved, size);
      }
  }
}

static void test_from(void **state) {
  (void)state;
  struct pattern *pattern = compiled("a+");
  struct pattern_span span;
  assert_true(pattern_find(pattern, "aa b aaa", 8, 2, &span));
  assert_int_equal(span.start, 5);
  assert_int_equal(span.end, 8);
  assert_false(pattern_find(pattern, "aa", 2, 3, &span));
  assert_string_equal(pattern_source(pattern), "a+");
  struct pattern *copy = pattern_dup(pattern);
  pattern_free(pattern);
  assert_true(pattern_find(copy, "ba", 2, 0, &span));
  pattern_free(copy);
  pattern_free(NULL);
}

static void test_invalid(void **state) {
  (void)state;
  struct err err;
  assert_null(pattern_new("a(b", PATTERN_CASE_SMART, &err));
  assert_string_equal(err.text, "at character 4: missing closing parenthesis");
  assert_null(pattern_new("[", PATTERN_CASE_SMART, &err));
  assert_null(pattern_new("\\C", PATTERN_CASE_SMART, &err)); /* could split a character */
  char *huge = mem_new(100001);
  memset(huge, 'a', 100000);
  assert_null(pattern_new(huge, PATTERN_CASE_SMART, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
  free(huge);
}

/* Takes seconds or days without the limit. */
static void test_backtracking_ends(void **state) {
  (void)state;
  char text[4001];
  memset(text, 'a', 4000);
  text[4000] = '\0';
  check_text(where("(a+)+$(?<!a)b|(a*)*(a*)*c", text, 4000), "", "no match");
}

/* A search that is given up is neither. */
static void test_given_up(void **state) {
  (void)state;
  char text[4001];
  struct pattern_span span;
  memset(text, 'a', 4000);
  text[4000] = '\0';
  struct pattern *pattern = compiled("(a+)+$(?<!a)b|(a*)*(a*)*c");
  assert_int_equal(pattern_search(pattern, text, 4000, 0, &span), -1);
  assert_int_equal(pattern_search(pattern, "xc", 2, 0, &span), 1);
  assert_int_equal(pattern_search(pattern, "x", 1, 0, &span), 0);
  pattern_free(pattern);
  /* More than the stack of compiled code, and less than the limits. */
  static char long_text[16001];
  memset(long_text, 'a', 16000);
  pattern = compiled("(x|a)*b$");
  assert_int_equal(pattern_search(pattern, long_text, 16000, 15000, &span), 0);
  pattern_free(pattern);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_matches),  cmocka_unit_test(test_any_bytes),
      cmocka_unit_test(test_from),     cmocka_unit_test(test_literals),
      cmocka_unit_test(test_invalid),  cmocka_unit_test(test_backtracking_ends),
      cmocka_unit_test(test_given_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
