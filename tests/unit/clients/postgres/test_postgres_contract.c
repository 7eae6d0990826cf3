/* Keys of rows that collector and actions share. */
#include "clients/postgres/postgres_contract.h"
#include "clients/postgres/postgres_groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_key_is_read_as_it_was_written(void **state) {
  static const struct postgres_session_key keys[] = {
      {8123, 1700000000012345}, {1, 0}, {8123, -1}, {99999, 253402300799999999}};
  (void)state;
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    char text[POSTGRES_SESSION_KEY_MAX];
    struct postgres_session_key read = {0};
    postgres_session_key_text(text, keys[i]);
    assert_true(postgres_session_key_read(text, &read));
    assert_int_equal(read.pid, keys[i].pid);
    assert_int_equal(read.start_us, keys[i].start_us);
  }
  char text[POSTGRES_SESSION_KEY_MAX];
  assert_string_equal(postgres_session_key_text(text, keys[0]), "8123/1700000000.012345");
  assert_string_equal(postgres_session_key_text(text, keys[2]), "8123");
}

static void other_texts_are_not_keys(void **state) {
  static const char *const none[] = {"",
                                     "prepared",
                                     "x/1.000000",
                                     "8123/",
                                     "8123/17",
                                     "8123/17.1",
                                     "8123/-17.000000",
                                     "8123/17.00000x",
                                     "8123/17.0000001",
                                     "-8123",
                                     "8123/99999999999999999999.000000"};
  (void)state;
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    struct postgres_session_key read = {.pid = 7};
    assert_false(postgres_session_key_read(none[i], &read));
    assert_int_equal(read.pid, 7);
  }
}

static void groups_are_read(void **state) {
  struct postgres_group group;
  (void)state;
  assert_true(postgres_group_read("application=a=b/idle", &group));
  assert_string_equal(group.state, "");
  assert_string_equal(group.kind, "application");
  assert_string_equal(group.name, "a=b/idle");
  assert_true(postgres_group_read("idle in txn/user=", &group));
  assert_string_equal(group.state, POSTGRES_STATE_IDLE_IN_TRANSACTION);
  assert_string_equal(group.kind, "user");
  assert_string_equal(group.name, "");
  assert_string_equal(group.key, "user=");
  static const char *const none[] = {"",         "8123",          "app=x", "idle",          "idle/",
                                     "idle/x=1", "hidden/user=x", "user",  "applications=x"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    assert_false(postgres_group_read(none[i], &group));
}

static void statements_are_read(void **state) {
  static const char *const whole[] = {"-8123/10/16384/top", "8123/10/16384/nested", "-8123", "7"};
  static const char *const none[] = {"",           "-",          "x",
                                     "7/",         "7/1/2",      "7/1/2/other",
                                     "7/-1/2/top", "7/1/2/top/", "99999999999999999999",
                                     "7 ",         "shop",       "7; DROP"};
  (void)state;
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
    char text[POSTGRES_STATEMENT_KEY_MAX];
    struct postgres_statement_key key;
    assert_true(postgres_statement_key_read(whole[i], &key));
    assert_string_equal(postgres_statement_key_text(text, key), whole[i]);
  }
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    struct postgres_statement_key key = {.queryid = 5};
    assert_false(postgres_statement_key_read(none[i], &key));
    assert_int_equal(key.queryid, 5);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_is_read_as_it_was_written),
      cmocka_unit_test(other_texts_are_not_keys),
      cmocka_unit_test(groups_are_read),
      cmocka_unit_test(statements_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
