/* The pure parts: names, sizes, INFO, patterns, pace, and the progress of a SCAN. */
#include "actions/redis/redis_pace.h"
#include "actions/redis/redis_pattern.h"
#include "actions/redis/redis_scan.h"
#include "actions/redis/redis_text.h"
#include "actions/redis/redis_unique.h"

#include "support/core_test.h"

static const char *repr(const char *bytes, size_t length) {
  static char out[64];
  return redis_repr(out, sizeof out, bytes, length);
}

static void test_names_are_printed_as_redis_cli_does(void **state) {
  (void)state;
  assert_string_equal(repr("cache:1", 7), "cache:1");
  assert_string_equal(repr("a\nb\tc\"\\", 7), "a\\nb\\tc\\\"\\\\");
  assert_string_equal(repr("\0\x1b[31m\xff", 7), "\\x00\\x1b[31m\\xff");
  assert_string_equal(repr("", 0), "");
}

static void test_a_long_name_is_cut_at_a_whole_byte(void **state) {
  (void)state;
  char out[12];
  assert_string_equal(redis_repr(out, sizeof out, "0123456789abcdef", 16), "01234567...");
  assert_string_equal(redis_repr(out, sizeof out, "\x01\x02\x03\x04", 4), "\\x01\\x02...");
  assert_string_equal(redis_repr(out, sizeof out, "0123456789a", 11), "0123456789a");
}

static void test_sizes_are_those_of_redis_conf(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t bytes;
  } good[] = {{"0", 0},           {"1000", 1000},       {"1k", 1000},
              {"1KB", 1024},      {"5mb", 5 << 20},     {"5m", 5000000},
              {"2gb", 2LL << 30}, {"2G", 2000000000LL}, {"12b", 12}};
  static const char *const bad[] = {
      "", "gb", "-1", "2tb", "2 gb", "1.5gb", "50%", "99999999999gb", "99999999999999999999"};
  struct err err;
  int64_t bytes;
  for (size_t i = 0; i < COUNT(good); i++) {
    assert_true(redis_size_parse(good[i].text, &bytes, &err));
    assert_int_equal(bytes, good[i].bytes);
  }
  for (size_t i = 0; i < COUNT(bad); i++)
    if (redis_size_parse(bad[i], &bytes, &err))
      fail_msg("%s is taken for %lld", bad[i], (long long)bytes);
}

static void test_info_is_read_by_whole_keys(void **state) {
  (void)state;
  static const char text[] = "# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n"
                             "mem_used_memory:3\r\nused_memory:12\r\nempty:\r\n"
                             "db0:keys=12,expires=3,avg_ttl=0\r\ndb10:keys=4,expires=0,avg_ttl=0";
  struct redis_info info;
  int64_t number, expires;
  redis_info_parse(&info, text, strlen(text));
  assert_string_equal(redis_info_text(&info, "run_id"), "abc");
  assert_true(redis_info_int(&info, "used_memory", &number));
  assert_int_equal(number, 12);
  assert_false(redis_info_int(&info, "empty", &number));
  assert_false(redis_info_int(&info, "run_id", &number));
  assert_null(redis_info_text(&info, "run"));
  assert_int_equal(redis_info_version(&info), 70015);
  redis_keys_of_database(&info, 10, &number, &expires);
  assert_int_equal(number, 4);
  redis_keys_of_database(&info, 1, &number, &expires);
  assert_int_equal(number, 0);
  assert_true(redis_info_is(&info, "run_id", "abc"));
  assert_false(redis_info_is(&info, "run_id", "ab"));
  redis_info_fini(&info);
}

static void test_a_command_is_shown_without_its_arguments(void **state) {
  (void)state;
  static const struct {
    const char *words[5], *shown;
  } cases[] = {
      {{"set", "user:1", "hunter2"}, "SET user:1 ..."},
      {{"GET", "user:1"}, "GET user:1"},
      {{"DBSIZE"}, "DBSIZE"},
      {{"AUTH", "hunter2"}, "AUTH ..."},
      {{"HELLO", "3", "AUTH", "me", "hunter2"}, "HELLO ..."},
      {{"CONFIG", "SET", "requirepass", "hunter2"}, "CONFIG SET ..."},
      {{"config", "get", "requirepass"}, "CONFIG get ..."},
      {{"CONFIG", "hunter 2"}, "CONFIG ..."},
      {{"ACL", "SETUSER", "ops", ">hunter2"}, "ACL SETUSER ..."},
      {{"MIGRATE", "host", "6379", "key", "0"}, "MIGRATE ..."},
      {{"EVAL", "return 'hunter2'", "1", "k"}, "EVAL ..."},
      {{"FCALL", "hunter2", "0"}, "FCALL ..."},
      {{"OBJECT", "FREQ", "user:1"}, "OBJECT FREQ user:1"},
      {{"XGROUP", "CREATE", "events", "hunter2"}, "XGROUP CREATE events ..."},
      {{"MEMORY", "DOCTOR"}, "MEMORY DOCTOR"},
      {{"hunter2", "x"}, "another command ..."},
      {{NULL}, "another command"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct redis_word words[5];
    size_t count = 0;
    char out[300];
    for (; count < 5 && cases[i].words[count]; count++)
      words[count] = (struct redis_word){cases[i].words[count], strlen(cases[i].words[count])};
    assert_string_equal(redis_command_shown(out, sizeof out, words, count), cases[i].shown);
  }
}

static void test_a_pattern_names_something(void **state) {
  (void)state;
  /* "[^]" is a whole class to Redis: the bracket after it is a literal one */
  static const char *const good[] = {"cache:*", "*:tmp", "a",      "[ab]x*", "\\*",
                                     "?x?",     "*\\?*", "x[^a]*", "[^]]*?"};
  static const char *const bad[] = {"",    "*",        "**",    "?*",         "*?",
                                    "??*", "????",     "[^x]*", "[a-z]*",     "*[!]*",
                                    "[]*", "[a\\]b]*", "[abc*", "*[\\x00-z]*"};
  struct err err;
  for (size_t i = 0; i < COUNT(good); i++)
    if (!redis_pattern_check(good[i], &err))
      fail_msg("%s is refused: %s", good[i], err.text);
  for (size_t i = 0; i < COUNT(bad); i++)
    if (redis_pattern_check(bad[i], &err))
      fail_msg("%s is taken", bad[i]);
  char longest[REDIS_PATTERN_MAX + 2];
  memset(longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  assert_false(redis_pattern_check(longest, &err));
}

static void test_slow_answers_halve_the_portion(void **state) {
  (void)state;
  struct redis_pace pace;
  int64_t now = 1000000;
  redis_pace_init(&pace, 100000);
  assert_int_equal(pace.portion, REDIS_PACE_FIRST);
  for (int i = 0; i < 40; i++)
    redis_pace_answered(&pace, pace.portion, 300, now += 20000);
  assert_int_equal(pace.portion, REDIS_PACE_MOST);
  redis_pace_answered(&pace, 1000, 4000, now += 20000); /* neither near nor slow */
  assert_int_equal(pace.portion, REDIS_PACE_MOST);
  redis_pace_answered(&pace, 1000, 6000, now += 20000);
  assert_int_equal(pace.portion, REDIS_PACE_MOST / 2);
  for (int i = 0; i < 40; i++)
    redis_pace_answered(&pace, 1, 50000, now += 60000);
  assert_int_equal(pace.portion, REDIS_PACE_LEAST);
}

static void test_the_budget_is_kept_and_not_saved_up(void **state) {
  (void)state;
  struct redis_pace pace;
  redis_pace_init(&pace, 100000);
  redis_pace_answered(&pace, 1000, 1000, 5001000); /* asked at 5.000 s: 10 ms for 1000 keys */
  assert_int_equal(redis_pace_wait(&pace, 5001000), 9);
  assert_int_equal(redis_pace_wait(&pace, 5010000), 0);
  redis_pace_answered(&pace, 1000, 1000, 9001000);
  assert_int_equal(redis_pace_wait(&pace, 9001000), 9);
}

static void test_a_key_returned_twice_counts_once(void **state) {
  (void)state;
  struct redis_unique unique;
  char name[16];
  redis_unique_init(&unique);
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < 5000; i++) {
      snprintf(name, sizeof name, "key:%d", i);
      assert_int_equal(redis_unique_add(&unique, name, strlen(name)), round == 0);
    }
  assert_int_equal(unique.count, 5000);
  assert_false(unique.full);
  redis_unique_fini(&unique);
}

static void test_exceeding_the_limit_is_reported(void **state) {
  (void)state;
  struct redis_unique unique;
  redis_unique_init(&unique);
  unique.ceiling = 2;
  assert_true(redis_unique_add(&unique, "a", 1));
  assert_true(redis_unique_add(&unique, "b", 1));
  assert_false(redis_unique_add(&unique, "a", 1));
  assert_false(unique.full);
  assert_true(redis_unique_add(&unique, "c", 1));
  assert_true(redis_unique_add(&unique, "c", 1)); /* not remembered */
  assert_true(unique.full);
  redis_unique_fini(&unique);
}

static void test_the_cursor_shows_the_progress(void **state) {
  (void)state;
  assert_true(redis_scan_fraction("1") == 0.5);
  assert_true(redis_scan_fraction("2") == 0.25);
  assert_true(redis_scan_fraction("3") == 0.75);
  assert_true(redis_scan_fraction("0") == 0);
  assert_true(redis_scan_fraction("18446744073709551615") > 0.99);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names_are_printed_as_redis_cli_does),
      cmocka_unit_test(test_a_long_name_is_cut_at_a_whole_byte),
      cmocka_unit_test(test_sizes_are_those_of_redis_conf),
      cmocka_unit_test(test_info_is_read_by_whole_keys),
      cmocka_unit_test(test_a_command_is_shown_without_its_arguments),
      cmocka_unit_test(test_a_pattern_names_something),
      cmocka_unit_test(test_slow_answers_halve_the_portion),
      cmocka_unit_test(test_the_budget_is_kept_and_not_saved_up),
      cmocka_unit_test(test_a_key_returned_twice_counts_once),
      cmocka_unit_test(test_exceeding_the_limit_is_reported),
      cmocka_unit_test(test_the_cursor_shows_the_progress),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
