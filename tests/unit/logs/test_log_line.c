#include "support/core_test.h"

#include "logs/log_line.h"

#include <time.h>

/* 2026-11-27 12:00:00 UTC */
static const int64_t noon = INT64_C(1795780800000);

static const char *time_of(const char *line) {
  static char out[64];
  struct log_clock clock = {.now_ms = noon};
  struct log_stamp stamp;
  if (!log_time_find(&clock, line, strlen(line), &stamp))
    return "none";
  const time_t s = (time_t)(stamp.time_ms / 1000);
  struct tm tm;
  gmtime_r(&s, &tm);
  const size_t at = strftime(out, sizeof out, "%Y-%m-%d %H:%M:%S", &tm);
  snprintf(out + at, sizeof out - at, ".%03d%s %zu-%zu", (int)(stamp.time_ms % 1000),
           stamp.zoneless ? " local" : "", stamp.start, stamp.end);
  return out;
}

/* The local zone of this test is UTC+1 without summer time: see main. */
static void test_times(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"2026-11-27T10:00:00Z x", "2026-11-27 10:00:00.000 0-20"},
      {"2026-11-27T10:00:00.123456+01:00 x", "2026-11-27 09:00:00.123 0-32"},
      {"2026-11-27 10:00:00,123 INFO", "2026-11-27 09:00:00.123 local 0-23"},
      {"[2026-11-27 10:00:00,123] INFO", "2026-11-27 09:00:00.123 local 1-24"},
      {"2026-11-27 10:00:00.123 UTC [99] LOG:", "2026-11-27 10:00:00.123 0-27"},
      {"2026-11-27 10:00:00 CET [99] LOG:", "2026-11-27 09:00:00.000 local 0-19"},
      {"2026-11-27 10:00:00 -12 things", "2026-11-27 09:00:00.000 local 0-19"},
      {"2026/11/27 10:00:00 [error] 7#7: *1 x", "2026-11-27 09:00:00.000 local 0-19"},
      {"<34>1 2026-10-11T22:14:15.003Z host app", "2026-10-11 22:14:15.003 6-30"},
      {"Nov 27 10:00:00 host app[12]: x", "2026-11-27 09:00:00.000 local 0-15"},
      {"Nov  7 10:00:00 host app", "2026-11-07 09:00:00.000 local 0-15"},
      {"Dec 24 10:00:00 host app", "2025-12-24 09:00:00.000 local 0-15"}, /* not in the future */
      {"[Fri Nov 27 10:00:00.123456 2026] [core:error]", "2026-11-27 09:00:00.123 local 5-32"},
      {"10.0.0.7 - bob [27/Nov/2026:10:00:00 +0200] \"GET", "2026-11-27 08:00:00.000 16-42"},
      {"1:M 27 Nov 2026 10:00:00.123 * Ready", "2026-11-27 09:00:00.123 local 4-28"},
      {"I1127 10:00:00.123456 1 main.go:1] x", "2026-11-27 09:00:00.123 local 0-21"},
      {"INFO 2026-11-27T10:00:00Z x", "2026-11-27 10:00:00.000 5-25"},
      {"no time", "none"},
      {"2026-13-27T10:00:00Z", "none"},
      {"2026-11-27", "none"},
      {"v2026-11-27T10:00:00Z", "none"},
      {"2026-11-27T10:00:0", "none"},
      {"", "none"},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    check_text(time_of(cases[i][0]), cases[i][1], "%s", cases[i][0]);
}

static struct log_record parse(struct log_parser *parser, const char *line) {
  struct log_record record = {0};
  log_line_parse(parser, line, strlen(line), &record);
  return record;
}

static void test_levels(void **state) {
  (void)state;
  static const struct {
    const char *line;
    enum log_level level;
  } cases[] = {
      {"2026-11-27 10:00:00,123 ERROR [main] x", LOG_LEVEL_ERROR},
      {"[2026-11-27 10:00:00,123] WARN [Broker 1] x", LOG_LEVEL_WARN},
      {"2026-11-27 10:00:00.123 UTC [99] FATAL:  password authentication failed", LOG_LEVEL_FATAL},
      {"2026-11-27 10:00:00.123 UTC [99] LOG:  an ERROR: in the text", LOG_LEVEL_INFO},
      {"2026/11/27 10:00:00 [error] 7#7: *1 x", LOG_LEVEL_ERROR},
      {"10.0.0.7 - - [27/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 503 12", LOG_LEVEL_ERROR},
      {"10.0.0.7 - - [27/Nov/2026:10:00:00 +0000] \"GET /\\\"x HTTP/1.1\" 404 1", LOG_LEVEL_WARN},
      {"10.0.0.7 - - [27/Nov/2026:10:00:00 +0000] \"GET /error HTTP/1.1\" 200 1", LOG_LEVEL_INFO},
      {"time=2026-11-27T10:00:00Z level=warning msg=\"x\"", LOG_LEVEL_WARN},
      {"level=\"error\" x", LOG_LEVEL_ERROR},
      {"error: no space left", LOG_LEVEL_ERROR},
      {"the user saw an error: bad", LOG_LEVEL_NONE},
      {"no errors", LOG_LEVEL_NONE},
      {"<11>Nov 27 10:00:00 host app: x", LOG_LEVEL_ERROR},
      {"<14>1 2026-11-27T10:00:00Z host app - - - x", LOG_LEVEL_INFO},
      {"1:M 27 Nov 2026 10:00:00.123 # Out of memory", LOG_LEVEL_WARN},
      {"E1127 10:00:00.123456 1 x.go:1] failed", LOG_LEVEL_ERROR},
      {"{\"level\":\"Warning\",\"msg\":\"x\"}", LOG_LEVEL_WARN},
      {"{\"level\":50,\"msg\":\"ERROR\"}", LOG_LEVEL_ERROR},
      {"{\"severity\":3}", LOG_LEVEL_ERROR},
      {"{\"msg\":\"ERROR\"}", LOG_LEVEL_NONE},
      {"CRITICAL:root:x", LOG_LEVEL_FATAL},
      {"INFO:     127.0.0.1:5 - \"GET /\" 200", LOG_LEVEL_INFO},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct log_parser parser;
    log_parser_init(&parser, noon, noon, false);
    const enum log_level level = (enum log_level)parse(&parser, cases[i].line).level;
    check_text(log_level_name(level), log_level_name(cases[i].level), "%s", cases[i].line);
  }
}

static void test_json_times(void **state) {
  (void)state;
  static const struct {
    const char *line;
    int64_t ms;
  } cases[] = {
      {"{\"time\":\"2026-11-27T12:00:00Z\"}", noon}, {"{\"ts\":1795780800.5}", noon + 500},
      {"{\"time\":1795780800123}", noon + 123},      {"{\"timestamp\":\"1795780800\"}", noon},
      {"{\"t\":1795780800123456789}", noon + 123},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct log_parser parser;
    log_parser_init(&parser, noon, 1, false);
    const struct log_record record = parse(&parser, cases[i].line);
    assert_true(record.json);
    assert_int_equal(record.time, LOG_TIME_LINE);
    assert_int_equal(record.time_ms, cases[i].ms);
  }
}

static void test_stack_traces(void **state) {
  (void)state;
  struct log_parser parser;
  log_parser_init(&parser, noon, 77, false);
  struct log_record record = parse(&parser, "banner");
  assert_int_equal(record.time_ms, 77);
  assert_int_equal(record.time, LOG_TIME_ARRIVAL);
  assert_false(record.continued);
  record = parse(&parser, "2026-11-27T12:00:00Z ERROR boom");
  assert_int_equal(record.time_ms, noon);
  record = parse(&parser, "java.lang.Boom: x");
  assert_true(record.continued);
  assert_int_equal(record.level, LOG_LEVEL_ERROR);
  assert_int_equal(record.time_ms, noon);
  assert_int_equal(record.time, LOG_TIME_INHERITED);
  record = parse(&parser, "\tat x(INFO.java:1)");
  assert_true(record.continued);
  assert_int_equal(record.level, LOG_LEVEL_ERROR);
  record = parse(&parser, "2026-11-27T12:00:01Z fine");
  assert_false(record.continued);
  assert_int_equal(record.level, LOG_LEVEL_NONE);
}

/* Docker's times: each line has one, so only what looks like a trace continues. */
static void test_times_of_the_source(void **state) {
  (void)state;
  struct log_parser parser;
  log_parser_init(&parser, noon, 0, false);
  static const struct {
    const char *line;
    bool continued;
    enum log_level level;
  } lines[] = {
      {"ERROR: boom", false, LOG_LEVEL_ERROR},
      {"  File \"x.py\"", true, LOG_LEVEL_ERROR},
      {"plain", false, LOG_LEVEL_NONE},
      {"\tindented", true, LOG_LEVEL_NONE},
  };
  for (size_t i = 0; i < COUNT(lines); i++) {
    struct log_record record = {.time = LOG_TIME_SOURCE, .time_ms = noon + (int64_t)i};
    log_line_parse(&parser, lines[i].line, strlen(lines[i].line), &record);
    assert_int_equal(record.time_ms, noon + (int64_t)i);
    assert_int_equal(record.time, LOG_TIME_SOURCE);
    assert_int_equal(record.continued, lines[i].continued);
    assert_int_equal(record.level, lines[i].level);
  }
}

static void test_clean(void **state) {
  (void)state;
  static const struct {
    const char *line, *clean;
    size_t len;
  } cases[] = {
      {"plain", "plain", 5},
      {"\x1B[1;31mred\x1B[0m\r", "red", 15},
      {"a\x1B]0;title\x07"
       "b",
       "a\xEF\xBF\xBD]0;title\xEF\xBF\xBD"
       "b",
       12},
      {"a\0b",
       "a\xEF\xBF\xBD"
       "b",
       3},
      {"\xFFx\xC3\xA9\xC3", "\xEF\xBF\xBDx\xC3\xA9\xEF\xBF\xBD", 5},
      {"a\tb", "a\tb", 3},
      {"\xE2\x80\xAEx", "\xEF\xBF\xBDx", 4}, /* right to left */
      {"a\rb", "a b", 3},
  };
  char out[LOG_TEXT_MAX + 1];
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct log_record record = {0};
    log_line_clean(out, cases[i].line, cases[i].len, &record);
    check_text(record.text, cases[i].clean, "case %zu", i);
    assert_int_equal(record.len, strlen(cases[i].clean));
    assert_int_equal(record.cut, 0);
  }
  static char big[LOG_TEXT_MAX + 101];
  memset(big, 'x', sizeof big - 1);
  struct log_record record = {.cut = 7};
  log_line_clean(out, big, sizeof big - 1, &record);
  assert_int_equal(record.len, LOG_TEXT_MAX);
  assert_int_equal(record.cut, 107);
}

int main(void) {
  setenv("TZ", "XXX-1", 1);
  tzset();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_times),      cmocka_unit_test(test_levels),
      cmocka_unit_test(test_json_times), cmocka_unit_test(test_stack_traces),
      cmocka_unit_test(test_clean),      cmocka_unit_test(test_times_of_the_source),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
