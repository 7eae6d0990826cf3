#include "support/core_test.h"

#include "model/log/log.h"

static void add(struct log *log, int64_t time_ms, const char *text) {
  const struct log_record record = {
      .time_ms = time_ms, .text = text, .len = (uint32_t)strlen(text)};
  log_add(log, &record);
}

/* The texts in order, with commas. */
static const char *texts(const struct log *log) {
  static char out[1024];
  out[0] = '\0';
  for (size_t i = 0; i < log_count(log); i++)
    snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? "," : "",
             log_at(log, i)->text);
  return out;
}

static void test_merges_by_time(void **state) {
  (void)state;
  struct log *log = log_new(100, 1 << 20);
  assert_false(log_settle(log));
  add(log, 30, "c");
  add(log, 10, "a");
  add(log, 30, "d"); /* of equal times the one that was read first */
  assert_int_equal(log_count(log), 0);
  const uint64_t generation = log_generation(log);
  assert_true(log_settle(log));
  assert_true(log_generation(log) > generation);
  assert_string_equal(texts(log), "a,c,d");
  add(log, 20, "b");
  add(log, 30, "e");
  add(log, 5, "0");
  log_settle(log);
  assert_string_equal(texts(log), "0,a,b,c,d,e");
  log_free(log);
  log_free(NULL);
}

static void test_drops_the_oldest(void **state) {
  (void)state;
  struct log *log = log_new(3, 1 << 20);
  for (int i = 0; i < 10; i++) {
    char text[16];
    snprintf(text, sizeof text, "%d", i);
    add(log, i, text);
    if (i % 2)
      log_settle(log);
  }
  assert_string_equal(texts(log), "7,8,9");
  assert_int_equal(log_dropped(log), 7);
  add(log, 1, "old"); /* older than all that is kept */
  log_settle(log);
  assert_string_equal(texts(log), "7,8,9");
  assert_int_equal(log_dropped(log), 8);
  log_clear(log);
  assert_int_equal(log_count(log), 0);
  assert_int_equal(log_dropped(log), 0);
  assert_int_equal(log_bytes(log), 0);
  log_free(log);
}

/* What is read without a log_settle between is bounded too. */
static void test_bounds_bytes(void **state) {
  (void)state;
  static char text[20001];
  memset(text, 'x', 20000);
  struct log *log = log_new(LOG_LINES_MAX, 1 << 20);
  for (int i = 0; i < 5000; i++)
    add(log, i, text);
  log_settle(log);
  assert_true(log_bytes(log) <= 1 << 20);
  assert_true(log_count(log) > 40);
  assert_int_equal(log_count(log) + log_dropped(log), 5000);
  assert_int_equal(log_at(log, 0)->len, LOG_TEXT_MAX);
  assert_int_equal(strlen(log_at(log, 0)->text), LOG_TEXT_MAX);
  log_free(log);
}

static void test_places(void **state) {
  (void)state;
  struct log *log = log_new(4, 1 << 20);
  add(log, 10, "a");
  add(log, 20, "b");
  add(log, 20, "c");
  add(log, 30, "d");
  log_settle(log);
  const struct log_place a = log_place_of(log_at(log, 0)), c = log_place_of(log_at(log, 2));
  assert_int_equal(log_index(log, c), 2);
  add(log, 15, "new");
  log_settle(log); /* drops a */
  assert_string_equal(texts(log), "new,b,c,d");
  assert_int_equal(log_index(log, c), 2);
  assert_int_equal(log_index(log, a), 0); /* the first after it */
  assert_int_equal(log_index(log, (struct log_place){.time_ms = 99}), 4);
  assert_int_equal(log_index_of_time(log, 20), 1);
  assert_int_equal(log_index_of_time(log, 21), 3);
  assert_int_equal(log_index_of_time(log, 31), 4);
  log_free(log);
}

/* Two sources of which the second is read when the first is done. */
static void test_many(void **state) {
  (void)state;
  struct log *log = log_new(LOG_LINES_MAX, LOG_BYTES_MAX);
  for (int source = 0; source < 2; source++)
    for (int i = 0; i < 40000; i++)
      add(log, 10 * i + source, "line");
  log_settle(log);
  assert_int_equal(log_count(log), 80000);
  for (size_t i = 1; i < log_count(log); i++)
    assert_true(log_at(log, i - 1)->time_ms < log_at(log, i)->time_ms);
  log_free(log);
}

static void test_levels(void **state) {
  (void)state;
  static const struct {
    const char *word;
    enum log_level level;
  } cases[] = {
      {"WARNING", LOG_LEVEL_WARN},   {"warn", LOG_LEVEL_WARN},   {"Err", LOG_LEVEL_ERROR},
      {"CRITICAL", LOG_LEVEL_FATAL}, {"LOG", LOG_LEVEL_INFO},    {"errors", LOG_LEVEL_NONE},
      {"", LOG_LEVEL_NONE},          {"Notice", LOG_LEVEL_INFO}, {"TRACE", LOG_LEVEL_TRACE}};
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_int_equal(log_level_parse(cases[i].word, strlen(cases[i].word)), cases[i].level);
  for (int level = LOG_LEVEL_TRACE; level < LOG_LEVEL_COUNT; level++) {
    const char *name = log_level_name((enum log_level)level);
    assert_int_equal(log_level_parse(name, strlen(name)), level);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_merges_by_time), cmocka_unit_test(test_drops_the_oldest),
      cmocka_unit_test(test_bounds_bytes),   cmocka_unit_test(test_places),
      cmocka_unit_test(test_many),           cmocka_unit_test(test_levels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
