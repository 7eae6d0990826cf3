/* Texts in the encodings of PostgreSQL's databases. */
#include "clients/postgres/pg_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_unescape(void **state) {
  (void)state;
  static const struct {
    const char *escaped, *bytes;
  } cases[] = {{"", ""},
               {"caf\\351", "caf\xE9"},
               {"a\\\\b", "a\\b"},
               {"\\\\351", "\\351"},
               {"\\", "\\"},
               {"\\35", "\\35"},
               {"\\9", "\\9"},
               {"\\377\\001", "\xFF\x01"},
               {"x\\3518", "x\xE9"
                           "8"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char out[32];
    assert_int_equal(pg_unescape(cases[i].escaped, out, sizeof out), strlen(cases[i].bytes));
    assert_string_equal(out, cases[i].bytes);
  }
  char small[4];
  assert_int_equal(pg_unescape("abc\\351", small, sizeof small), 3);
  assert_string_equal(small, "abc");
}

static void test_utf8(void **state) {
  (void)state;
  static const struct {
    const char *bytes, *encoding, *utf8;
  } cases[] = {
      {"plain", "LATIN1", "plain"},
      {"caf\xE9", "LATIN1", "caf\xC3\xA9"},
      {"\x80", "WIN1252", "\xE2\x82\xAC"},
      {"\xC6\xFC\xCB\xDC\xB8\xEC", "EUC_JP", "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E"},
      {"\xC6\xFC\xCB", "EUC_JP", "\xE6\x97\xA5"}, /* cut off */
      {"\xC6\x20x", "EUC_JP", "\xEF\xBF\xBD x"},  /* broken */
      {"caf\xC3\xA9", "UTF8", "caf\xC3\xA9"},
      {"caf\xE9 x", "UTF8", "caf\xEF\xBF\xBD x"},
      {"caf\xC3", "UTF8", "caf"},
      {"\xED\xA0\x80", "UTF8", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* a surrogate */
      {"\xC0\xAF", "UTF8", "\xEF\xBF\xBD\xEF\xBF\xBD"},                 /* overlong */
      {"\xF0\x9F\x92\xA9", "SQL_ASCII", "\xF0\x9F\x92\xA9"},
      {"caf\xE9", "SQL_ASCII", "caf"}, /* may be cut off */
      {"caf\xE9!", "SQL_ASCII", "caf\xEF\xBF\xBD!"},
      {"caf\xE9!", "MULE_INTERNAL", "caf\xEF\xBF\xBD!"},
      {"caf\xE9!", NULL, "caf\xEF\xBF\xBD!"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char out[64];
    size_t length =
        pg_utf8(cases[i].bytes, strlen(cases[i].bytes), cases[i].encoding, out, sizeof out);
    if (strcmp(out, cases[i].utf8) != 0 || length != strlen(cases[i].utf8))
      fail_msg("case %zu: %s", i, out);
  }
}

static void test_names(void **state) {
  (void)state;
  char out[64];
  pg_name_utf8("caf\xC3\xA9", "LATIN1", out, sizeof out); /* made in a UTF-8 database */
  assert_string_equal(out, "caf\xC3\xA9");
  pg_name_utf8("caf\xE9", "LATIN1", out, sizeof out);
  assert_string_equal(out, "caf\xC3\xA9");
  pg_name_utf8("caf\xE9!", "UTF8", out, sizeof out);
  assert_string_equal(out, "caf\xEF\xBF\xBD!");
}

/* With any buffer size: no more of it is used, and whole characters only. */
static void test_room(void **state) {
  (void)state;
  static const char *const encodings[] = {"LATIN1", "UTF8", "EUC_JP"};
  for (size_t e = 0; e < sizeof encodings / sizeof *encodings; e++)
    for (size_t size = 1; size < 12; size++) {
      char out[16];
      memset(out, 'x', sizeof out);
      size_t length = pg_utf8("\xE9\xE9\xE9\xFF", 4, encodings[e], out, size);
      assert_true(length < size && out[length] == '\0' && out[size] == 'x');
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unescape),
      cmocka_unit_test(test_utf8),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
