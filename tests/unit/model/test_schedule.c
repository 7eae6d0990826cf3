/* When a runbook is due. */
#include "model/runbook/schedule.h"

#include "support/core_test.h"

#include <time.h>

static struct schedule schedule;
static struct err err;

static void reads_as(const char *text, const char *shown) {
  char out[SCHEDULE_TEXT_MAX];
  if (!schedule_parse(&schedule, text, &err))
    fail_msg("%s: %s", text, err.text);
  assert_string_equal(schedule_text(out, &schedule), shown);
  assert_true(schedule_parse(&schedule, out, &err));
  assert_string_equal(schedule_text(out, &schedule), shown);
}

static void test_read(void **state) {
  (void)state;
  reads_as("daily 06:00", "daily 06:00");
  reads_as(" daily  00:00   UTC ", "daily 00:00 UTC");
  reads_as("weekly Sun 03:00 Europe/Berlin", "weekly Sun 03:00 Europe/Berlin");
  reads_as("weekly monday 23:59", "weekly Mon 23:59");
  reads_as("monthly 1 03:00", "monthly 1st 03:00");
  reads_as("monthly 2nd 03:00", "monthly 2nd 03:00");
  reads_as("monthly 3 03:00", "monthly 3rd 03:00");
  reads_as("monthly 11th 03:00", "monthly 11th 03:00");
  reads_as("monthly 22 03:00", "monthly 22nd 03:00");
  reads_as("monthly 31 03:00 America/Argentina/Buenos_Aires",
           "monthly 31st 03:00 America/Argentina/Buenos_Aires");
  reads_as("monthly last 22:30 Etc/GMT+5", "monthly last 22:30 Etc/GMT+5");
}

static void bad(const char *text, const char *words) {
  if (schedule_parse(&schedule, text, &err))
    fail_msg("was taken: %s", text);
  if (!strstr(err.text, words))
    fail_msg("%s: \"%s\" has not \"%s\"", text, err.text, words);
}

static void test_errors(void **state) {
  (void)state;
  bad("", "is not a schedule; use \"daily 06:00\"");
  bad("hourly", "is not a schedule");
  bad("daily", "is not a schedule");
  bad("0 6 * * *", "is not a schedule");
  bad("daily 6:00", "\"6:00\" is not a time; use HH:MM");
  bad("daily 24:00", "is not a time");
  bad("daily 06:60", "is not a time");
  bad("daily 06:0x", "is not a time");
  bad("weekly 03:00", "\"03:00\" is not a day");
  bad("weekly Sonntag 03:00", "is not a day");
  bad("monthly 0 03:00", "is not a day of a month");
  bad("monthly 32 03:00", "is not a day of a month");
  bad("monthly 1x 03:00", "is not a day of a month");
  bad("monthly 99999999999999999999 03:00", "is not a day of a month");
  bad("daily 06:00 ../../etc/passwd", "is not a time zone");
  bad("daily 06:00 UTC now", "is not a schedule");
  bad("daily 06:00 "
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "is not a schedule");
}

static int64_t instant(void *arg, const char *zone, const struct schedule_moment *moment) {
  (void)arg;
  (void)zone;
  struct tm tm = {.tm_year = moment->year - 1900,
                  .tm_mon = moment->month - 1,
                  .tm_mday = moment->day,
                  .tm_min = moment->minute};
  return (int64_t)timegm(&tm) * 1000;
}

static void moment_of(void *arg, const char *zone, int64_t ms, struct schedule_moment *moment) {
  (void)arg;
  (void)zone;
  const time_t seconds = (time_t)(ms / 1000);
  struct tm tm;
  gmtime_r(&seconds, &tm);
  *moment = (struct schedule_moment){.year = tm.tm_year + 1900,
                                     .month = tm.tm_mon + 1,
                                     .day = tm.tm_mday,
                                     .minute = tm.tm_hour * 60 + tm.tm_min};
}

static const struct schedule_clock utc = {.instant_ms = instant, .moment = moment_of};

static int64_t at(int year, int month, int day, int hour, int minute) {
  return instant(NULL, "", &(struct schedule_moment){year, month, day, hour * 60 + minute});
}

static void around(const char *text, int64_t now_ms, int64_t last, int64_t next) {
  int64_t last_ms, next_ms;
  assert_true(schedule_parse(&schedule, text, &err));
  schedule_around(&schedule, &utc, now_ms, &last_ms, &next_ms);
  assert_int_equal(last_ms, last);
  assert_int_equal(next_ms, next);
}

static void test_around(void **state) {
  (void)state;
  around("daily 06:00", at(2026, 11, 28, 5, 59), at(2026, 11, 27, 6, 0), at(2026, 11, 28, 6, 0));
  around("daily 06:00", at(2026, 11, 28, 6, 0), at(2026, 11, 28, 6, 0), at(2026, 11, 29, 6, 0));
  around("daily 00:00", at(2027, 1, 1, 0, 0), at(2027, 1, 1, 0, 0), at(2027, 1, 2, 0, 0));
  around("daily 23:59", at(2027, 1, 1, 0, 0), at(2026, 12, 31, 23, 59), at(2027, 1, 1, 23, 59));
  /* 2026-11-29 is a Sunday */
  around("weekly Sun 03:00", at(2026, 11, 28, 12, 0), at(2026, 11, 22, 3, 0),
         at(2026, 11, 29, 3, 0));
  around("weekly Sun 03:00", at(2026, 11, 29, 3, 0), at(2026, 11, 29, 3, 0), at(2026, 12, 6, 3, 0));
  around("monthly 1st 03:00", at(2026, 3, 1, 2, 59), at(2026, 2, 1, 3, 0), at(2026, 3, 1, 3, 0));
  around("monthly 31st 03:00", at(2026, 3, 1, 2, 59), at(2026, 2, 28, 3, 0), at(2026, 3, 31, 3, 0));
  around("monthly last 03:00", at(2028, 3, 1, 0, 0), at(2028, 2, 29, 3, 0), at(2028, 3, 31, 3, 0));
}

static void test_count(void **state) {
  (void)state;
  assert_true(schedule_parse(&schedule, "daily 06:00", &err));
  const int64_t now_ms = at(2026, 11, 28, 12, 0);
  assert_int_equal(schedule_count(&schedule, &utc, at(2026, 11, 28, 6, 0), now_ms, 9), 0);
  assert_int_equal(schedule_count(&schedule, &utc, at(2026, 11, 28, 5, 0), now_ms, 9), 1);
  assert_int_equal(schedule_count(&schedule, &utc, at(2026, 11, 25, 7, 0), now_ms, 9), 3);
  assert_int_equal(schedule_count(&schedule, &utc, 0, now_ms, 9), 9);
}

static enum schedule_state judged(int64_t done_ms, int64_t now_ms, int missed) {
  struct schedule_due due;
  schedule_judge(&schedule, &utc, 4 * 3600000, done_ms, 0, now_ms, &due);
  assert_int_equal(due.missed, missed);
  return due.state;
}

static void test_judge(void **state) {
  (void)state;
  assert_true(schedule_parse(&schedule, "daily 06:00", &err));
  const int64_t noon = at(2026, 11, 28, 12, 0), seven = at(2026, 11, 28, 7, 0);
  assert_int_equal(judged(at(2026, 11, 28, 6, 30), noon, 0), SCHEDULE_DONE);
  assert_int_equal(judged(at(2026, 11, 28, 2, 0), noon, 0), SCHEDULE_DONE); /* 4h early */
  assert_int_equal(judged(at(2026, 11, 28, 1, 59), seven, 1), SCHEDULE_DUE);
  assert_int_equal(judged(at(2026, 11, 28, 1, 59), at(2026, 11, 28, 9, 59), 1), SCHEDULE_DUE);
  assert_int_equal(judged(at(2026, 11, 28, 1, 59), at(2026, 11, 28, 10, 0), 1), SCHEDULE_OVERDUE);
  assert_int_equal(judged(at(2026, 11, 25, 6, 30), noon, 3), SCHEDULE_OVERDUE);
  assert_int_equal(judged(0, noon, SCHEDULE_MISSED_MAX), SCHEDULE_OVERDUE);
  assert_int_equal(judged(0, seven, SCHEDULE_MISSED_MAX), SCHEDULE_DUE);
}

/* What was due before it was first seen does not count; what was due since then does. */
static void test_a_new_schedule(void **state) {
  (void)state;
  struct schedule_due due;
  const int64_t hour = 3600000, seen = at(2026, 11, 28, 12, 0);
  assert_true(schedule_parse(&schedule, "daily 06:00 UTC", &err));
  schedule_judge(&schedule, &utc, 4 * hour, 0, seen, seen, &due);
  assert_int_equal(due.state, SCHEDULE_NEW);
  assert_int_equal(due.missed, 0);
  assert_true(due.next_ms == at(2026, 11, 29, 6, 0));
  schedule_judge(&schedule, &utc, 4 * hour, 0, seen, seen + 18 * hour, &due);
  assert_int_equal(due.state, SCHEDULE_DUE);
  schedule_judge(&schedule, &utc, 4 * hour, 0, seen, seen + 22 * hour, &due);
  assert_int_equal(due.state, SCHEDULE_OVERDUE);
  assert_int_equal(due.missed, 1);
  schedule_judge(&schedule, &utc, 4 * hour, 0, seen, seen + 72 * hour, &due);
  assert_int_equal(due.missed, 3);
  /* it was moved: last done by the schedule before */
  schedule_judge(&schedule, &utc, 4 * hour, seen - 48 * hour, seen, seen, &due);
  assert_int_equal(due.state, SCHEDULE_NEW);
  /* due at the very moment at which it was seen */
  schedule_judge(&schedule, &utc, 4 * hour, 0, at(2026, 11, 28, 6, 0), seen, &due);
  assert_int_equal(due.state, SCHEDULE_OVERDUE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read),   cmocka_unit_test(test_errors),
      cmocka_unit_test(test_around), cmocka_unit_test(test_count),
      cmocka_unit_test(test_judge),  cmocka_unit_test(test_a_new_schedule)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
