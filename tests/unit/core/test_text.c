#include "support/core_test.h"

#include "core/text/text.h"

#include <string.h>

#define STAND_IN "\xEF\xBF\xBD"

static void test_sanitize(void **state) {
  (void)state;
  static const struct {
    const char *text, *utf8, *ascii;
  } cases[] = {
      {"", "", ""},
      {"plain ~ text", "plain ~ text", "plain ~ text"},
      {"a\nb\tc\rd", "a b c d", "a b c d"},
      {"\x1b[31mred\x1b[0m", STAND_IN "[31mred" STAND_IN "[0m", "?[31mred?[0m"},
      {"bell\a del\x7f", "bell" STAND_IN " del" STAND_IN, "bell? del?"},
      {"\xc2\x9b"
       "31m",
       STAND_IN "31m", "?31m"}, /* C1: CSI in one character */
      {"\x9b"
       "31m",
       STAND_IN "31m", "?31m"}, /* the same as a raw byte */
      {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr??"},
      {"\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", "??"},
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "?"},
      {"e\xcc\x81", "e\xcc\x81", "e?"}, /* a combining accent */
      {"a\xe2\x80\xae"
       "b",
       "a" STAND_IN "b", "a?b"}, /* right-to-left override */
      {"a\xe2\x80\x8b"
       "b",
       "a" STAND_IN "b", "a?b"}, /* zero-width space */
      {"a\xe2\x81\xa6"
       "b",
       "a" STAND_IN "b", "a?b"}, /* isolate */
      {"a\xef\xbb\xbf"
       "b",
       "a" STAND_IN "b", "a?b"}, /* byte order mark */
      {"a\xf3\xa0\x80\xa1"
       "b",
       "a" STAND_IN "b", "a?b"}, /* a tag character */
      {"a\xe2\x80\xa8"
       "b",
       "a" STAND_IN "b", "a?b"},                                         /* line separator */
      {"\xee\x80\x80", STAND_IN, "?"},                                   /* private use */
      {"\xef\xbf\xbf", STAND_IN, "?"},                                   /* not a character */
      {"\xed\xa0\x80", STAND_IN STAND_IN STAND_IN, "???"},               /* a surrogate */
      {"\xc0\xaf", STAND_IN STAND_IN, "??"},                             /* overlong */
      {"\xf4\x90\x80\x80", STAND_IN STAND_IN STAND_IN STAND_IN, "????"}, /* beyond Unicode */
      {"ab\xc3", "ab" STAND_IN, "ab?"},                                  /* cut off */
      {"\x80\xff", STAND_IN STAND_IN, "??"},
  };
  char out[256];
  for (size_t i = 0; i < COUNT(cases); i++) {
    size_t len = strlen(cases[i].text);
    assert_int_equal(text_sanitize(out, sizeof out, cases[i].text, len, false),
                     strlen(cases[i].utf8));
    check_text(out, cases[i].utf8, "case %zu", i);
    text_sanitize(out, sizeof out, cases[i].text, len, true);
    check_text(out, cases[i].ascii, "case %zu, ASCII", i);
  }
  assert_int_equal(text_sanitize(out, sizeof out, "a\0b", 3, true), 3); /* a NUL is shown, too */
  assert_string_equal(out, "a?b");
}

/* At each size the result is terminated, within it, and cut at a whole character. */
static void test_sanitize_cuts(void **state) {
  (void)state;
  static const char text[] = "a\xc3\xbc\xe6\x97\xa5\xf0\x9f\x98\x80\x1b";
  static const size_t fits[] = {0, 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10, 13, 13};
  for (size_t size = 1; size < COUNT(fits); size++) {
    char *out = malloc(size); /* the sanitizer sees a byte too many */
    assert_int_equal(text_sanitize(out, size, text, sizeof text - 1, false), fits[size]);
    assert_int_equal(strlen(out), fits[size]);
    free(out);
  }
}

/* Whatever the bytes: the result is clean, and cleaning it again changes nothing. */
static void test_sanitize_anything(void **state) {
  (void)state;
  uint32_t seed = 1;
  for (int round = 0; round < 2000; round++) {
    char text[24], once[128], twice[128];
    for (size_t i = 0; i < sizeof text; i++) {
      seed = seed * 1664525 + 1013904223;
      text[i] = (char)(seed >> 24);
    }
    size_t len = text_sanitize(once, sizeof once, text, sizeof text, round % 2);
    for (size_t i = 0; i < len; i++)
      assert_false((unsigned char)once[i] < 0x20 || once[i] == 0x7F);
    assert_int_equal(text_sanitize(twice, sizeof twice, once, len, round % 2), len);
    assert_string_equal(twice, once);
    assert_true(text_width(once) >= 0);
  }
}

static void test_width(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int width;
  } cases[] = {
      {"", 0},
      {"abc", 3},
      {"gr\xc3\xbc\xc3\x9f", 4},
      {"\xe6\x97\xa5\xe6\x9c\xac", 4},
      {"e\xcc\x81x", 2},
      {"\xcc\x81", 0},
      {"\xf0\x9f\x98\x80", 2},
      {STAND_IN, 1},
      {"\xff", 1}, /* broken, but not lost */
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_int_equal(text_width(cases[i].text), cases[i].width);
}

static void test_fit(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int cells;
    size_t bytes;
    int used;
  } cases[] = {
      {"abc", 0, 0, 0},
      {"abc", -1, 0, 0},
      {"abc", 2, 2, 2},
      {"abc", 9, 3, 3},
      {"\xe6\x97\xa5\xe6\x9c\xac", 3, 3, 2}, /* half a character is not one */
      {"\xe6\x97\xa5\xe6\x9c\xac", 4, 6, 4},
      {"e\xcc\x81x", 1, 3, 1}, /* the accent stays with its letter */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int used = -1;
    assert_int_equal(text_fit(cases[i].text, cases[i].cells, &used), cases[i].bytes);
    assert_int_equal(used, cases[i].used);
    assert_int_equal(text_fit(cases[i].text, cases[i].cells, NULL), cases[i].bytes);
  }
}

static void test_next(void **state) {
  (void)state;
  int cells = -1;
  assert_int_equal(text_next("", &cells), 0);
  assert_int_equal(cells, 0);
  assert_int_equal(text_next("ab", &cells), 1);
  assert_int_equal(cells, 1);
  assert_int_equal(text_next("e\xcc\x81\xcc\x82x", &cells), 5);
  assert_int_equal(cells, 1);
  assert_int_equal(text_next("\xe6\x97\xa5x", &cells), 3);
  assert_int_equal(cells, 2);
}

static void test_contains(void **state) {
  (void)state;
  static const struct {
    const char *text, *needle;
    bool found;
  } cases[] = {
      {"", "", true},
      {"abc", "", true},
      {"", "a", false},
      {"Kafka", "kAF", true},
      {"Kafka", "ka", true},
      {"ab", "abc", false},
      {"aab", "ab", true},
      {"M\xc3\x9cLLER", "m\xc3\xbcl", true},
      {"caf\xc3\xa9", "fe", false},
      {"select 1", "T 1", true},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_int_equal(text_contains(cases[i].text, cases[i].needle), cases[i].found);
}

static void test_last_line(void **state) {
  static const struct {
    const char *text, *line;
  } cases[] = {{"", ""},
               {"\n \r\n", ""},
               {"one", "one"},
               {"one\ntwo \r\n\n", "two"},
               {"a\nbcdefghij", "bcdefg"}};
  char line[7];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const size_t length = text_last_line(line, sizeof line, cases[i].text, strlen(cases[i].text));
    assert_string_equal(line, cases[i].line);
    assert_int_equal(length, i == 4 ? 9 : strlen(line));
  }
}

static void test_last_word(void **state) {
  (void)state;
  char word[6];
  const char *text = "up == 0  warn\t5 ";
  size_t end = strlen(text);
  assert_int_equal(text_trim_end(text, end), end - 1);
  assert_true(text_last_word(text, &end, word, sizeof word));
  assert_string_equal(word, "5");
  assert_true(text_last_word(text, &end, word, sizeof word));
  assert_string_equal(word, "warn");
  assert_int_equal(text_trim_end(text, end), strlen("up == 0"));
  end = strlen("  ");
  assert_false(text_last_word("  ", &end, word, sizeof word));
  end = strlen("longer");
  assert_false(text_last_word("longer", &end, word, sizeof word));
  assert_int_equal(end, strlen("longer"));
}

static void test_break(void **state) {
  (void)state;
  assert_int_equal(text_break("one two three", 7), 7); /* the blank is left */
  assert_int_equal(text_break("one two three", 9), 7);
  assert_int_equal(text_break("one two", 20), 7);
  assert_int_equal(text_break("unbreakable", 4), 4);
  assert_int_equal(text_break("one", 0), 0);
  assert_int_equal(text_break("", 5), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sanitize),
      cmocka_unit_test(test_sanitize_cuts),
      cmocka_unit_test(test_sanitize_anything),
      cmocka_unit_test(test_width),
      cmocka_unit_test(test_fit),
      cmocka_unit_test(test_next),
      cmocka_unit_test(test_contains),
      cmocka_unit_test(test_last_line),
      cmocka_unit_test(test_last_word),
      cmocka_unit_test(test_break),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
