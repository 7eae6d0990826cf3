/* Which of the collector's queries are sent as prepared statements, and what follows an error. */
#include "collectors/postgres/postgres_prepared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct postgres_timeouts timeouts = {.statement_ms = 2800, .lock_ms = 500};

/* The end of the message that is sent for "SELECT 5", behind the settings. */
static const char *sent(const struct postgres_prepared *prepared, size_t nth) {
  static char text[600];
  char *plain = postgres_message(&timeouts, "SELECT 5"),
       *settings = postgres_message(&timeouts, "");
  char *message = postgres_prepared_message(prepared, nth, "stacktop_five", &timeouts, plain);
  const size_t length = strlen(settings);
  assert_memory_equal(message, settings, length);
  strncpy(text, message + length, sizeof text - 1);
  free(plain);
  free(settings);
  free(message);
  return text;
}

#define PREPARES "PREPARE stacktop_five AS SELECT 5; EXECUTE stacktop_five"

static void test_prepared_once(void **state) {
  struct postgres_prepared prepared = {.allowed = true};
  (void)state;
  assert_string_equal(sent(&prepared, 1), PREPARES);
  assert_false(postgres_prepared_answered(&prepared, 1, ""));
  assert_string_equal(sent(&prepared, 1), "EXECUTE stacktop_five");
  assert_string_equal(sent(&prepared, 2), PREPARES); /* another query */
}

static void test_plain_behind_a_pooler(void **state) {
  struct postgres_prepared prepared = {0};
  (void)state;
  assert_string_equal(sent(&prepared, 0), "SELECT 5");
  assert_false(postgres_prepared_answered(&prepared, 0, ""));
  assert_false(postgres_prepared_answered(&prepared, 0, "26000"));
  assert_string_equal(sent(&prepared, 0), "SELECT 5");
}

static void test_asked_again_when_lost(void **state) {
  static const char *const lost[] = {"26000", "42P05", "0A000"};
  (void)state;
  for (size_t i = 0; i < 3; i++)
    for (int ready = 0; ready < 2; ready++) {
      struct postgres_prepared prepared = {.allowed = true};
      if (ready)
        assert_false(postgres_prepared_answered(&prepared, 3, ""));
      assert_true(postgres_prepared_answered(&prepared, 3, lost[i]));
      assert_string_equal(sent(&prepared, 3), "SELECT 5");
      assert_false(postgres_prepared_answered(&prepared, 3, lost[i])); /* no second time */
    }
}

static void test_other_errors(void **state) {
  struct postgres_prepared prepared = {.allowed = true};
  (void)state;
  assert_false(postgres_prepared_answered(&prepared, 0, "42501")); /* exists or not? */
  assert_string_equal(sent(&prepared, 0), "SELECT 5");
  assert_false(postgres_prepared_answered(&prepared, 1, ""));
  assert_false(postgres_prepared_answered(&prepared, 1, "57014")); /* its time limit */
  assert_string_equal(sent(&prepared, 1), "EXECUTE stacktop_five");
}

static const char *const names[] = {"a", "b", "c"};

static void test_together(void **state) {
  static const size_t nths[] = {0, 2, 1};
  struct postgres_prepared prepared = {.allowed = true, .states = {POSTGRES_READY}};
  (void)state;
  assert_int_equal(postgres_prepared_together(&prepared, nths, 3), 1);
  prepared.states[1] = POSTGRES_READY; /* behind one that is not */
  assert_int_equal(postgres_prepared_together(&prepared, nths, 3), 1);
  prepared.states[2] = POSTGRES_READY;
  assert_int_equal(postgres_prepared_together(&prepared, nths, 3), 3);
  prepared.allowed = false;
  assert_int_equal(postgres_prepared_together(&prepared, nths, 3), 0);
  char *settings = postgres_message(&timeouts, "");
  char *message = postgres_together_message(&timeouts, nths, 3, names);
  assert_memory_equal(message, settings, strlen(settings));
  assert_string_equal(message + strlen(settings), "EXECUTE a; EXECUTE c; EXECUTE b");
  free(settings);
  free(message);
}

static void test_alone_until_it_succeeds(void **state) {
  static const size_t nths[] = {0, 1};
  struct postgres_prepared prepared = {.allowed = true, .states = {POSTGRES_READY, POSTGRES_READY}};
  (void)state;
  assert_false(postgres_prepared_failed_together(&prepared, 1, "55P03"));
  assert_int_equal(postgres_prepared_together(&prepared, nths, 2), 1);
  assert_false(postgres_prepared_answered(&prepared, 1, "55P03"));
  assert_int_equal(postgres_prepared_together(&prepared, nths, 2), 1);
  assert_false(postgres_prepared_answered(&prepared, 1, ""));
  assert_int_equal(postgres_prepared_together(&prepared, nths, 2), 2);
  assert_true(postgres_prepared_failed_together(&prepared, 0, "26000")); /* lost: asked again */
  assert_string_equal(sent(&prepared, 0), "SELECT 5");
  assert_int_equal(postgres_prepared_together(&prepared, nths, 2), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prepared_once),
      cmocka_unit_test(test_plain_behind_a_pooler),
      cmocka_unit_test(test_asked_again_when_lost),
      cmocka_unit_test(test_other_errors),
      cmocka_unit_test(test_together),
      cmocka_unit_test(test_alone_until_it_succeeds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
