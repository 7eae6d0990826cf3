/* Answers of Memcached's text protocol, whole, in pieces and wrong. Pure. */
#include "clients/memcached/memcached.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static bool read_text(const char *text, struct memcached_answer *answer, char *copy, size_t size,
                      struct err *err) {
  snprintf(copy, size, "%s", text);
  return memcached_answer_read(copy, strlen(copy), answer, err);
}

static void an_answer_ends_where_no_stat_follows(void **state) {
  static const char text[] = "STAT pid 1\r\nSTAT a b c\r\nEND\r\nOK\r\n";
  const size_t whole = strlen("STAT pid 1\r\nSTAT a b c\r\nEND\r\n");
  (void)state;
  for (size_t length = 0; length < whole; length++)
    assert_int_equal(memcached_answer_length(text, length), 0);
  assert_int_equal(memcached_answer_length(text, strlen(text)), whole);
  assert_int_equal(memcached_answer_length(text + whole, strlen("OK\r\n")), 4);
  assert_int_equal(memcached_answer_length("STAT", 4), 0);
}

static void stats_are_names_and_values(void **state) {
  struct memcached_answer answer;
  struct err err;
  char copy[200];
  (void)state;
  assert_true(read_text("STAT pid 1\r\nSTAT a b c\r\nSTAT lonely\r\nEND\r\n", &answer, copy,
                        sizeof copy, &err));
  assert_int_equal(answer.count, 2);
  assert_string_equal(memcached_stat(&answer, "pid"), "1");
  assert_string_equal(memcached_stat(&answer, "a"), "b c");
  assert_null(memcached_stat(&answer, "lonely"));
  assert_string_equal(answer.last, "END");
}

static void an_error_says_what_it_is(void **state) {
  static const struct {
    const char *text;
    enum err_kind kind;
  } cases[] = {{"ERROR\r\n", ERR_UNSUPPORTED},
               {"CLIENT_ERROR unauthenticated\r\n", ERR_DENIED},
               {"SERVER_ERROR out of memory\r\n", ERR_PROTOCOL},
               {"HTTP/1.1 400 Bad Request\r\n", ERR_PROTOCOL},
               {"\r\n", ERR_PROTOCOL},
               {"", ERR_PROTOCOL}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct memcached_answer answer;
    struct err err = {0};
    char copy[200];
    assert_false(read_text(cases[i].text, &answer, copy, sizeof copy, &err));
    assert_int_equal(err.kind, cases[i].kind);
  }
}

static void a_word_is_not_the_beginning_of_another(void **state) {
  struct memcached_answer answer;
  struct err err;
  char copy[200];
  (void)state;
  assert_true(read_text("HD c17 s3\r\n", &answer, copy, sizeof copy, &err));
  assert_true(memcached_says(answer.last, "HD"));
  assert_false(memcached_says(answer.last, "H"));
  assert_true(read_text("EN\r\n", &answer, copy, sizeof copy, &err));
  assert_true(memcached_says(answer.last, "EN") && !memcached_says(answer.last, "END"));
  assert_false(read_text("ENDLESS\r\n", &answer, copy, sizeof copy, &err));
}

static void more_stats_than_there_is_room_for_are_dropped(void **state) {
  static char text[MEMCACHED_STATS_MAX * 20 + 200];
  struct memcached_answer answer;
  struct err err;
  size_t used = 0;
  (void)state;
  for (int i = 0; i < MEMCACHED_STATS_MAX + 5; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "STAT k%d v\r\n", i);
  snprintf(text + used, sizeof text - used, "END\r\n");
  assert_true(memcached_answer_read(text, strlen(text), &answer, &err));
  assert_int_equal(answer.count, MEMCACHED_STATS_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_answer_ends_where_no_stat_follows),
      cmocka_unit_test(stats_are_names_and_values),
      cmocka_unit_test(an_error_says_what_it_is),
      cmocka_unit_test(a_word_is_not_the_beginning_of_another),
      cmocka_unit_test(more_stats_than_there_is_room_for_are_dropped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
