/* The beginning and the end of a stream, and secrets in it. */
#include "core/text/excerpt.h"
#include "core/text/mask.h"

#include "support/core_test.h"

#include <stdlib.h>
#include <string.h>

static void add(struct excerpt *excerpt, const char *text) {
  excerpt_add(excerpt, text, strlen(text));
}

static void expect(const char *bytes, size_t len, const char *wanted) {
  assert_int_equal(len, strlen(wanted));
  assert_memory_equal(bytes, wanted, len);
}

static void test_all_of_a_short_one(void **state) {
  (void)state;
  struct excerpt excerpt;
  excerpt_init(&excerpt, 8, 8);
  struct excerpt_view view = excerpt_view(&excerpt);
  assert_int_equal(view.head_len + view.tail_len + (size_t)view.left_out, 0);
  add(&excerpt, "12345678");
  add(&excerpt, "abcdefgh");
  view = excerpt_view(&excerpt);
  expect(view.head, view.head_len, "12345678abcdefgh");
  assert_int_equal(view.left_out, 0);
  excerpt_fini(&excerpt);
}

static void test_head_and_tail(void **state) {
  (void)state;
  struct excerpt excerpt;
  excerpt_init(&excerpt, 10, 12);
  for (int i = 0; i < 1000; i++) {
    char line[16];
    snprintf(line, sizeof line, "%05d\n", i);
    add(&excerpt, line);
  }
  const struct excerpt_view view = excerpt_view(&excerpt);
  expect(view.head, view.head_len, "00000\n");
  expect(view.tail, view.tail_len, "00999\n");
  assert_int_equal(view.left_out, 6000 - 12);
  excerpt_fini(&excerpt);
}

/* One long line is cut where it must be; a huge piece at once is the same as byte by byte. */
/* Whatever is added ends, and what is beyond the head is counted. */
static void test_without_a_tail(void **state) {
  (void)state;
  struct excerpt excerpt;
  excerpt_init(&excerpt, 6, 0);
  add(&excerpt, "abcd");
  add(&excerpt, "efghij");
  add(&excerpt, "k");
  const struct excerpt_view view = excerpt_view(&excerpt);
  expect(view.head, view.head_len, "abcdef");
  assert_int_equal(view.tail_len, 0);
  assert_int_equal(view.left_out, 5);
  excerpt_fini(&excerpt);
}

static void test_without_lines(void **state) {
  (void)state;
  char *huge = malloc(100000);
  for (int i = 0; i < 100000; i++)
    huge[i] = (char)('a' + i % 26);
  struct excerpt once, slow;
  excerpt_init(&once, 100, 300);
  excerpt_init(&slow, 100, 300);
  excerpt_add(&once, huge, 100000);
  for (int i = 0; i < 100000; i++)
    excerpt_add(&slow, huge + i, 1);
  const struct excerpt_view a = excerpt_view(&once), b = excerpt_view(&slow);
  assert_int_equal(a.head_len, 100);
  assert_int_equal(a.tail_len, 300);
  assert_int_equal(a.left_out, 99600);
  assert_memory_equal(a.head, huge, 100);
  assert_memory_equal(a.tail, huge + 99700, 300);
  assert_int_equal(b.left_out, 99600);
  assert_memory_equal(b.tail, a.tail, 300);
  assert_true(once.capacity <= 100 + 2 * 300);
  excerpt_fini(&once);
  excerpt_fini(&slow);
  free(huge);
}

/* ---- secrets */

static void expect_known(const char *text, const char *wanted, bool before, bool after) {
  static const char *const secrets[] = {"hunter2", "hunter2-long", "abc"};
  const struct mask mask = {secrets, 3};
  size_t len = strlen(text);
  char *masked = mask_known(text, &len, &mask, before, after);
  if (strcmp(masked, wanted) != 0)
    fail_msg("%s: %s, not %s", text, masked, wanted);
  assert_int_equal(len, strlen(wanted));
  free(masked);
}

static void test_known_secrets(void **state) {
  (void)state;
  expect_known("a hunter2 b hunter2", "a *** b ***", false, false);
  expect_known("hunter2-long!", "***!", false, false);
  expect_known("abc is too short", "abc is too short", false, false);
  expect_known("", "", false, false);
  expect_known("it ends with hunte", "it ends with hunte", false, false);
  expect_known("it ends with hunte", "it ends with ***", false, true);
  expect_known("ter2 is an end", "ter2 is an end", false, false);
  expect_known("nter2 is an end", "*** is an end", true, false);
}

static void expect_likely(const char *text, const char *wanted) {
  size_t len = strlen(text);
  char *masked = mask_likely(text, &len);
  if (strcmp(masked, wanted) != 0)
    fail_msg("%s: %s, not %s", text, masked, wanted);
  assert_int_equal(len, strlen(wanted));
  free(masked);
}

static void test_likely_secrets(void **state) {
  (void)state;
  expect_likely("DB_PASSWORD=geheim user=ops", "DB_PASSWORD=*** user=ops");
  expect_likely("{\"api_key\": \"a b\\\"c\", \"id\": 7}", "{\"api_key\": \"***\", \"id\": 7}");
  expect_likely("password : x\nnext", "password : ***\nnext");
  expect_likely("Authorization: Basic abc def\nnext", "Authorization: ***\nnext");
  expect_likely("sent Bearer abc.def, then", "sent Bearer ***, then");
  expect_likely("postgresql://ops:pa@ss@db:5432/x?y", "postgresql://ops:***@db:5432/x?y");
  expect_likely("http://db:8000/health", "http://db:8000/health");
  expect_likely("got eyJhbGciOiJI.eyJzdWIiOjF9.abcDEF-_ here", "got *** here");
  expect_likely("eyJ only", "eyJ only");
  expect_likely("token=", "token=");
  expect_likely("password='open", "password='***");
  expect_likely("\xff secret=\xc3", "\xff secret=***");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_of_a_short_one), cmocka_unit_test(test_head_and_tail),
      cmocka_unit_test(test_without_lines),      cmocka_unit_test(test_without_a_tail),
      cmocka_unit_test(test_known_secrets),      cmocka_unit_test(test_likely_secrets),
  };
  return cmocka_run_group_tests_name("excerpt", tests, NULL, NULL);
}
