/* Bytes of a message as text, whatever they are. */
#include "core/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *bytes, size_t len, const char *text) {
  struct arena arena;
  bool cut = true;
  arena_init(&arena, 1 << 16);
  assert_string_equal(bytes_text(&arena, bytes, len, 1000, &cut), text);
  assert_false(cut);
  arena_fini(&arena);
}

static void text_stays(void **state) {
  (void)state;
  check("", 0, "");
  check("{\"a\": \"\xC3\xBC\",\r\n\t1}", 16, "{\"a\": \"\xC3\xBC\",\r\n\t1}");
  check("\xF0\x9F\x98\x80", 4, "\xF0\x9F\x98\x80");
}

static void all_else_is_hexadecimal(void **state) {
  (void)state;
  check("\0a", 2, "\\x00a");
  check("\x1b[31m\x07", 6, "\\x1B[31m\\x07");
  check("\x7f", 1, "\\x7F");
  check("a\xC2\x9B", 3, "a\\xC2\\x9B"); /* CSI, in two bytes */
  check("\xFF\xFE", 2, "\\xFF\\xFE");
  check("\xC3", 1, "\\xC3");                   /* it ends within a character */
  check("\xED\xA0\x80", 3, "\\xED\\xA0\\x80"); /* a surrogate */
  check("\xC0\x80", 2, "\\xC0\\x80");          /* too long */
}

static void it_is_cut(void **state) {
  (void)state;
  struct arena arena;
  bool cut = false;
  arena_init(&arena, 1 << 16);
  assert_string_equal(bytes_text(&arena, "abc", 3, 2, &cut), "ab");
  assert_true(cut);
  arena_fini(&arena);
  arena_init(&arena, 2);
  assert_string_equal(bytes_text(&arena, "abc", 3, 3, &cut), "");
  arena_fini(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_stays),
      cmocka_unit_test(all_else_is_hexadecimal),
      cmocka_unit_test(it_is_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
