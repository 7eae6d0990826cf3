#include "support/core_test.h"

#include "model/log/log_counts.h"

static const int64_t noon = INT64_C(1795780800000);

static double sum(const struct log_rates *rates, enum log_level level) {
  double values[7], total = 0;
  log_rates_read(rates, 0, INT64_C(1) << 50, level, values, COUNT(values));
  for (size_t i = 0; i < COUNT(values); i++)
    total += values[i];
  return total;
}

static void test_rates(void **state) {
  (void)state;
  static struct log_rates rates;
  double values[4];
  log_rates_clear(&rates);
  for (int i = 0; i < 40; i++)
    log_rates_add(&rates, noon + i * 1000, i % 10 ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR);
  assert_int_equal(rates.width_ms, 1000);
  log_rates_read(&rates, noon, noon + 40000, LOG_LEVEL_NONE, values, 4);
  for (size_t i = 0; i < 4; i++)
    assert_true(values[i] == 10);
  log_rates_read(&rates, noon, noon + 40000, LOG_LEVEL_WARN, values, 4);
  for (size_t i = 0; i < 4; i++)
    assert_true(values[i] == 1);
  assert_int_equal(rates.total[LOG_LEVEL_ERROR], 4);
}

/* Lines of a day, in any order: nothing is lost, the buckets are wide. */
static void test_rates_widen(void **state) {
  (void)state;
  static struct log_rates rates;
  log_rates_clear(&rates);
  for (int i = 0; i < 86400; i += 7)
    log_rates_add(&rates, noon + (int64_t)(i * 7919 % 86400) * 1000, LOG_LEVEL_INFO);
  assert_true(sum(&rates, LOG_LEVEL_NONE) == 12343);
  assert_true(rates.width_ms == 512000);
  assert_int_equal(rates.earlier, 0);
  assert_true(rates.start_ms % rates.width_ms == 0);
}

/* A wrong clock: the sum of what is shown and what is not stays true. */
static void test_rates_of_wrong_clocks(void **state) {
  (void)state;
  static struct log_rates rates;
  static const int64_t times[] = {0, INT64_MAX, noon, INT64_MIN, -1, noon + 5, 1, noon - 86400000};
  log_rates_clear(&rates);
  for (int round = 0; round < 3; round++)
    for (size_t i = 0; i < COUNT(times); i++)
      log_rates_add(&rates, times[i], LOG_LEVEL_WARN);
  assert_int_equal(rates.total[LOG_LEVEL_WARN], 24);
  assert_true(sum(&rates, LOG_LEVEL_NONE) + (double)rates.earlier == 24);
}

static void test_fold(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"took 12ms", "took <n>ms"},
      {"took 12.5 s, 3,400 rows", "took <n> s, <n> rows"},
      {"2026-11-27 10:00:00,123 INFO start", "<time> INFO start"},
      {"2026-11-27T10:00:00.123456+01:00 x", "<time> x"},
      {"2026-11-27 10:00:00.123 UTC [99] LOG", "<time> [<n>] LOG"},
      {"10.0.0.7 - - [27/Nov/2026:10:00:00 +0000] \"GET /x\" 200", "<ip> - - [<time>] <text> <n>"},
      {"Nov  7 10:00:00 host app[12]: x", "<time> host app[<n>]: x"},
      {"from 10.0.0.7:5432 and fe80::1ff", "from <ip> and <ip>"},
      {"id 123e4567-e89b-12d3-a456-426614174000!", "id <id>!"},
      {"at 0xdeadbeef, commit 3f2a9c41d0", "at <id>, commit <id>"},
      {"facade of 3 cafes", "facade of <n> cafes"},
      {"user 'bob' isn't \"here now\"", "user <text> isn't <text>"},
      {"worker-3 eth0", "worker-<n> eth<n>"},
      {"a\tb", "a b"},
      {"std::string", "std::string"},
      {"", ""},
  };
  char out[LOG_PATTERN_TEXT_MAX];
  for (size_t i = 0; i < COUNT(cases); i++)
    check_text(log_message_fold(cases[i][0], strlen(cases[i][0]), out), cases[i][1], "%s",
               cases[i][0]);
  static char big[5000];
  for (size_t i = 0; i + 2 < sizeof big; i += 2)
    memcpy(big + i, "\xC3\xA9", 2);
  assert_int_equal(strlen(log_message_fold(big, strlen(big), out)), 254); /* a whole character */
}

static void add(struct log_messages *messages, int64_t time, enum log_level level,
                const char *text) {
  const struct log_record record = {.time_ms = time,
                                    .text = text,
                                    .len = (uint32_t)strlen(text),
                                    .level = (uint8_t)level,
                                    .json = text[0] == '{'};
  log_messages_add(messages, &record);
}

static void test_messages(void **state) {
  (void)state;
  struct log_messages *messages = log_messages_new();
  size_t count;
  log_messages_top(messages, &count);
  assert_int_equal(count, 0);
  add(messages, 5, LOG_LEVEL_INFO, "request 1 took 5ms");
  add(messages, 7, LOG_LEVEL_ERROR, "request 2 took 9ms");
  add(messages, 6, LOG_LEVEL_INFO, "request 3 took 7ms");
  add(messages, 6, LOG_LEVEL_INFO, "started");
  add(messages, 6, LOG_LEVEL_INFO, "{\"n\":1,\"msg\":\"started\"}");
  log_messages_add(messages, &(struct log_record){.text = "\tat x", .len = 5, .continued = true});
  const struct log_message *const *top = log_messages_top(messages, &count);
  assert_int_equal(count, 2);
  assert_string_equal(top[0]->pattern, "request <n> took <n>ms");
  assert_string_equal(top[0]->example, "request 2 took 9ms");
  assert_int_equal(top[0]->count, 3);
  assert_int_equal(top[0]->first_ms, 5);
  assert_int_equal(top[0]->last_ms, 7);
  assert_int_equal(top[0]->level, LOG_LEVEL_ERROR);
  assert_int_equal(top[1]->count, 2);
  log_messages_clear(messages);
  log_messages_top(messages, &count);
  assert_int_equal(count, 0);
  log_messages_free(messages);
  log_messages_free(NULL);
}

/* Ten thousand different messages: the frequent one stays, and nothing is lost in the sum. */
static void test_messages_are_bounded(void **state) {
  (void)state;
  struct log_messages *messages = log_messages_new();
  size_t count;
  uint64_t total = 0;
  for (int i = 0; i < 10000; i++) {
    char text[32] = "", *at = text;
    for (int rest = i; rest > 0; rest /= 20)
      *at++ = (char)('g' + rest % 20);
    add(messages, i, LOG_LEVEL_INFO, text);
    if (i % 10 == 0)
      add(messages, i, LOG_LEVEL_INFO, "the frequent one");
  }
  const struct log_message *const *top = log_messages_top(messages, &count);
  assert_int_equal(count, LOG_PATTERNS_MAX);
  assert_string_equal(top[0]->pattern, "the frequent one");
  assert_int_equal(top[0]->count, 1000);
  for (size_t i = 0; i < count; i++)
    total += top[i]->count;
  assert_int_equal(total + log_messages_other(messages), 11000);
  log_messages_free(messages);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rates),    cmocka_unit_test(test_rates_widen),
      cmocka_unit_test(test_fold),     cmocka_unit_test(test_rates_of_wrong_clocks),
      cmocka_unit_test(test_messages), cmocka_unit_test(test_messages_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
