/* The report on alarms as text: the verdict first, nothing rounded to 0, nothing claimed that was
 * not seen. */
#include "support/core_test.h"

#include "report/alarms.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE };
#define DAY ((int64_t)24 * HOUR)
static const int64_t noon = INT64_C(1795867200000);

static struct alarm_report week(int64_t alarms, int64_t peak) {
  return (struct alarm_report){.asked_ms = noon - 7 * DAY,
                               .from_ms = noon - 7 * DAY,
                               .until_ms = noon,
                               .observed_ms = 7 * DAY,
                               .windows = 1008,
                               .alarms = alarms,
                               .by_severity = {[SEVERITY_WARN] = alarms},
                               .peak = peak,
                               .peak_ms = noon - DAY};
}

/* For the caller to free. */
static char *text_of(const struct alarm_report *report) {
  const struct report_text_options options = {.width = 0};
  char *text;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  report_alarms_text(out, report, &options, true);
  fclose(out);
  return text;
}

static void check_has(const struct alarm_report *report, const char *part) {
  char *text = text_of(report);
  if (!strstr(text, part))
    fail_msg("\"%s\" is not in:\n%s", part, text);
  free(text);
}

static void check_first(const struct alarm_report *report, const char *line) {
  char *text = text_of(report);
  text[strcspn(text, "\n")] = '\0';
  assert_string_equal(text, line);
  free(text);
}

static void test_the_verdict_is_first(void **state) {
  (void)state;
  struct alarm_report report = week(3, 2);
  check_first(&report,
              "3 alarms in 7 days: less than 0.1 per 10 minutes on average, 2 at the peak: "
              "within the limits (2 and 10)");
  report = week(0, 0);
  check_first(&report,
              "No alarms in 7 days: 0 per 10 minutes on average, 0 at the peak: within the "
              "limits (2 and 10)");
  report = week(204, 11);
  check_first(&report,
              "204 alarms in 7 days: 0.2 per 10 minutes on average, 11 at the peak: beyond "
              "the limit of 10 at the peak");
  report = week(3000, 9);
  check_first(&report,
              "3,000 alarms in 7 days: 3.0 per 10 minutes on average, 9 at the peak: beyond "
              "the limit of 2 on average");
  report = week(3000, 60);
  check_first(&report, "3,000 alarms in 7 days: 3.0 per 10 minutes on average, 60 at the peak: "
                       "beyond the limits (2 and 10)");
  report = (struct alarm_report){.asked_ms = noon - 7 * DAY, .from_ms = noon, .until_ms = noon};
  check_first(&report, "Nothing was observed in the last 7 days: neither a dashboard nor `stacktop "
                       "watch` ran with this state directory, so there is no verdict.");
}

static void test_what_was_not_observed(void **state) {
  (void)state;
  struct alarm_report report = week(3, 2);
  check_has(&report, "From 2026-11-21 12:00:00 to 2026-11-28 12:00:00 UTC (7 days).\n\n");
  report.from_ms = noon - 3 * DAY;
  report.observed_ms = 2 * DAY;
  check_first(&report,
              "3 alarms in 2 days: less than 0.1 per 10 minutes on average, 2 at the peak: "
              "within the limits (2 and 10)");
  check_has(&report, "(3 days). The history begins then: 7 days were asked for.\n"
                     "Not observed: 1d 0h, in which neither a dashboard nor `stacktop watch` ran. "
                     "That time does not count in the average.\n");
}

static void test_figures_and_lists(void **state) {
  (void)state;
  struct alarm_report report = week(204, 11);
  report.windows_above = 1;
  report.by_severity[SEVERITY_CRIT] = 1;
  report.by_severity[SEVERITY_OK] = 12;
  report.acknowledged = 2;
  report.acknowledged_ms = 4 * MINUTE;
  report.acknowledgements = 3;
  report.silences = 1;
  report.often = (struct alarm_items){.count = 1, .total = 204};
  report.often.items[0] = (struct alarm_item){.count = 51,
                                              .record = {.target_kind = "kafka",
                                                         .target = "main",
                                                         .subject = "main \033[31morders",
                                                         .text = "lag"}};
  report.standing = (struct alarm_items){.count = 1, .total = 14};
  report.standing.items[0] = (struct alarm_item){
      .count = 3 * DAY + 4 * HOUR,
      .record = {.target_kind = "redis", .target = "cache", .subject = "cache", .text = "full"}};
  check_has(&report, "  alarms per 10 minutes     0.2             limit 2\n");
  check_has(&report,
            "  peak in 10 minutes        11              limit 10; from 2026-11-27 12:00:00 "
            "(beyond it)\n");
  check_has(&report, "  10 minutes with over 10   1               of 1,008, limit 1%\n");
  check_has(&report, "1 critical (less than 1%), 204 warning (100%), 0 unknown (0%). 12 more "
                     "findings began while silenced and are not counted.\n");
  check_has(&report, "Acknowledged: 2 findings, half of them within 4m 00s of the alarm (3 "
                     "acknowledgements, 1 silence by operators).\n");
  check_has(&report, "Most frequent:\n  51          25%           kafka main ");
  check_has(&report, "There for more than 24 hours: 14, the first 1:\n  3d 4h       redis cache: "
                     "full\n");
  check_has(&report, "Flapping (times): none\n");
  char *text = text_of(&report);
  assert_null(strchr(text, 27)); /* no byte of a server reaches the terminal */
  free(text);
}

static void test_json(void **state) {
  (void)state;
  struct alarm_report report = week(3, 2);
  char *text;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  report_alarms_json(out, &report);
  fclose(out);
  assert_non_null(strstr(text, "{\"verdict\":\"within\",\"asked_ms\":"));
  assert_non_null(strstr(text, "\"alarms\":3,"));
  assert_non_null(strstr(text, "\"peak\":2,\"peak_limit\":10,"));
  assert_null(strstr(text, "acknowledged_median_ms")); /* nothing was: no false zero */
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_verdict_is_first),
      cmocka_unit_test(test_what_was_not_observed),
      cmocka_unit_test(test_figures_and_lists),
      cmocka_unit_test(test_json),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
