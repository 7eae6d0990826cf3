/* Places in a log as people write them, with a zone of our own. */
#include "actions/kafka/kafka_to.h"

#include "support/core_test.h"

#include <time.h>

static const int64_t now = 1795579200000; /* 2026-11-25 04:00:00 UTC */

static void zone(const char *name) {
  setenv("TZ", name, 1);
  tzset();
}

static void check(const char *text, enum kafka_to_kind kind, int64_t number) {
  struct kafka_to to;
  struct err err = {0};
  if (!kafka_to_parse(text, now, &to, &err))
    fail_msg("\"%s\": %s", text, err.text);
  if (to.kind != kind || to.number != number)
    fail_msg("\"%s\": %d %lld", text, to.kind, (long long)to.number);
}

static void refuse(const char *text, const char *says) {
  struct kafka_to to;
  struct err err = {0};
  if (kafka_to_parse(text, now, &to, &err))
    fail_msg("\"%s\" was taken for %d %lld", text, to.kind, (long long)to.number);
  if (!strstr(err.text, says))
    fail_msg("\"%s\": %s", text, err.text);
}

static void test_words_and_numbers(void **state) {
  (void)state;
  check("earliest", KAFKA_TO_EARLIEST, 0);
  check("latest", KAFKA_TO_LATEST, 0);
  check("end", KAFKA_TO_LATEST, 0);
  check("0", KAFKA_TO_OFFSET, 0);
  check("1500", KAFKA_TO_OFFSET, 1500);
  check("+20", KAFKA_TO_SHIFT, 20);
  check("-20", KAFKA_TO_SHIFT, -20);
  check("9223372036854775807", KAFKA_TO_OFFSET, INT64_MAX);
  refuse("9223372036854775808", "not a position in a log");
  for (const char *const *bad =
           (const char *const[]){"", " ", "x", "5x", "+", "-", "@", "@-5", "@+5",
                                 "offset:", "offset:-5", "--5", "5 ", " 5", "Latest", NULL};
       *bad; bad++)
    refuse(*bad, "not a position in a log");
}

/* A bare number of 13 digits is a time; an offset that large must be marked. */
static void test_milliseconds(void **state) {
  (void)state;
  check("1795572207000", KAFKA_TO_TIME, 1795572207000);
  check("@1795572207000", KAFKA_TO_TIME, 1795572207000);
  check("@5", KAFKA_TO_TIME, 5);
  check("offset:1795572207000", KAFKA_TO_OFFSET, 1795572207000);
  check("179557220700", KAFKA_TO_OFFSET, 179557220700);
}

static void test_ago(void **state) {
  (void)state;
  check("2h ago", KAFKA_TO_TIME, now - 7200000);
  check("90s", KAFKA_TO_TIME, now - 90000);
  check("3d ago", KAFKA_TO_TIME, now - 3 * 86400000LL);
  refuse("2h  ago", "not a position");
  refuse("2h later", "not a position");
  refuse("30000d", "not a position"); /* before 1970 */
}

static void test_dates_of_a_zone(void **state) {
  (void)state;
  zone("UTC");
  check("2026-11-25", KAFKA_TO_TIME, 1795564800000);
  check("2026-11-25T04:00", KAFKA_TO_TIME, now);
  check("2026-11-25 04:00:00", KAFKA_TO_TIME, now);
  check("2026-11-25T04:00:00.5", KAFKA_TO_TIME, now + 500);
  check("2026-11-25T04:00:00.1239", KAFKA_TO_TIME, now + 123);
  check("2026-11-25T04:00:00Z", KAFKA_TO_TIME, now);
  zone("Europe/Berlin");
  check("2026-11-25T05:00", KAFKA_TO_TIME, now);
  check("2026-11-25T04:00Z", KAFKA_TO_TIME, now);
  check("2026-11-25T09:30+05:30", KAFKA_TO_TIME, now);
  check("2026-11-25T09:30+0530", KAFKA_TO_TIME, now);
  check("2026-11-24T20:00:00.000-08", KAFKA_TO_TIME, now);
  check("2026-07-01T12:00", KAFKA_TO_TIME, 1782900000000); /* summer */
}

/* A time that the clocks show twice, or never, cannot be guessed. */
static void test_the_clocks_are_changed(void **state) {
  (void)state;
  zone("Europe/Berlin");
  refuse("2026-10-25T02:30", "is ambiguous");
  check("2026-10-25T02:30+02:00", KAFKA_TO_TIME, 1792888200000);
  check("2026-10-25T02:30+01:00", KAFKA_TO_TIME, 1792891800000);
  refuse("2026-03-29T02:30", "does not exist because");
  check("2026-03-29T03:30", KAFKA_TO_TIME, 1774747800000);
}

static void test_no_dates(void **state) {
  (void)state;
  zone("UTC");
  for (const char *const *bad =
           (const char *const[]){"2026-13-01", "2026-00-01", "2026-02-30", "2026-11-31",
                                 "2026-11-25T24:00", "2026-11-25T04:60", "2026-11-25T04:00:60",
                                 "2026-11-25T04", "2026-11-25T04:00+", "2026-11-25T04:00+1",
                                 "2026-11-25T04:00+15:00", "2026-11-25T04:00 CET", "2026-11-25T",
                                 "1969-12-31", "26-11-25", "2026-11-25T04:00:00.", NULL};
       *bad; bad++)
    refuse(*bad, "not a position in a log");
  check("2028-02-29", KAFKA_TO_TIME, 1835395200000);
}

static void test_before(void **state) {
  (void)state;
  struct err err = {0};
  assert_true(kafka_before_check("end", &err));
  assert_true(kafka_before_check("500", &err));
  assert_true(kafka_before_check("2026-11-25", &err));
  assert_false(kafka_before_check("earliest", &err));
  assert_false(kafka_before_check("-5", &err));
  assert_non_null(strstr(err.text, "not a position to delete up to"));
}

static void test_both_zones_are_shown(void **state) {
  (void)state;
  char text[KAFKA_TIME_TEXT];
  zone("UTC");
  assert_string_equal(kafka_time_text(now, text), "2026-11-25 04:00:00 UTC");
  zone("Europe/Berlin");
  assert_string_equal(kafka_time_text(now, text), "2026-11-25 05:00:00 (2026-11-25 04:00:00 UTC)");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words_and_numbers),
      cmocka_unit_test(test_milliseconds),
      cmocka_unit_test(test_ago),
      cmocka_unit_test(test_dates_of_a_zone),
      cmocka_unit_test(test_the_clocks_are_changed),
      cmocka_unit_test(test_no_dates),
      cmocka_unit_test(test_before),
      cmocka_unit_test(test_both_zones_are_shown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
