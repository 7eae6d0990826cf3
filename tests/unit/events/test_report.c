/* The report on alarms, from histories with known figures. */
#include "store_fixture.h"

#include "events/event_report.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

enum { DAY = 24 * HOUR };

/* A program looks on for that time. */
static void watch(struct event_store *store, const struct fixture *fixture, int64_t from_ms,
                  int64_t to_ms) {
  struct err err;
  for (int64_t at_ms = from_ms; at_ms < to_ms; at_ms += MINUTE)
    assert_true(event_store_beat(store, &fixture->a, at_ms, &err));
  assert_true(event_store_beat(store, &fixture->a, to_ms, &err));
}

static struct event_record of_row(const char *row, int64_t at_ms, enum severity severity) {
  struct event_record record = finding(at_ms, severity, "idle in transaction");
  record.row = row;
  return record;
}

/* So many different findings begin, a second apart. */
static void storm(struct event_store *store, int64_t at_ms, int count) {
  for (int i = 0; i < count; i++) {
    char row[24];
    snprintf(row, sizeof row, "%lld-%d", (long long)at_ms, i);
    put(store, EVENT_OP_BEGINS, of_row(row, at_ms + i * 1000, SEVERITY_WARN), at_ms + i * 1000);
  }
}

static struct alarm_report report_of(struct event_store *store, int64_t since_ms, int64_t now_ms) {
  struct alarm_report report;
  struct err err = {0};
  if (!event_report_read(store, since_ms, now_ms, &report, &err))
    fail_msg("%s", err.text);
  return report;
}

static struct event_store *began(const struct fixture *fixture) {
  return joined(fixture, &fixture->a, noon);
}

static void test_an_alarm_is_what_begins_or_gets_worse(void **state) {
  struct event_store *store = began(*state);
  struct event_record silenced = of_row("2", noon + 2 * MINUTE, SEVERITY_OK);
  put(store, EVENT_OP_BEGINS, of_row("1", noon, SEVERITY_WARN), noon);
  put(store, EVENT_OP_BEGINS, of_row("1", noon, SEVERITY_WARN), noon + 1000); /* no other one */
  struct event_record worse = of_row("1", noon, SEVERITY_CRIT);
  worse.end_ms = noon + 11 * MINUTE; /* of a batch: when it was seen */
  put(store, EVENT_OP_BEGINS, worse, noon + 11 * MINUTE);
  put(store, EVENT_OP_BEGINS, silenced, noon + 2 * MINUTE);
  put(store, EVENT_OP_ENDS, of_row("1", noon, SEVERITY_OK), noon + 12 * MINUTE);
  put(store, EVENT_OP_MOMENT,
      (struct event_record){.kind = EVENT_KIND_STACKTOP,
                            .at_ms = noon + 3 * MINUTE,
                            .severity = SEVERITY_WARN,
                            .subject = "stacktop",
                            .text = "40 more findings"},
      noon + 3 * MINUTE);
  put(store, EVENT_OP_MOMENT,
      (struct event_record){.kind = EVENT_KIND_CHANGE,
                            .at_ms = noon + 3 * MINUTE,
                            .subject = "ecap",
                            .text = "work_mem 4MB -> 8MB"},
      noon + 3 * MINUTE);
  watch(store, *state, noon, noon + HOUR);
  struct alarm_report report = report_of(store, noon, noon + HOUR);
  assert_int_equal(report.alarms, 3);
  assert_int_equal(report.by_severity[SEVERITY_WARN], 2);
  assert_int_equal(report.by_severity[SEVERITY_CRIT], 1);
  assert_int_equal(report.by_severity[SEVERITY_OK], 1);
  assert_int_equal(report.peak, 2);
  assert_int_equal(report.peak_ms, noon);
  assert_int_equal(report.observed_ms, HOUR);
  assert_true(alarm_report_average(&report) == 0.5);
  assert_int_equal(alarm_report_verdict(&report), ALARM_WITHIN);
  assert_int_equal(report.often.count, 2);
  assert_int_equal(report.often.items[0].count, 2);
  assert_string_equal(report.often.items[0].record.row, "1");
  alarm_report_fini(&report);
  event_store_close(store);
}

/* ISA-18.2: a flood lasts from more than 10 in 10 minutes to fewer than 5. */
static void test_peaks_and_floods(void **state) {
  struct event_store *store = began(*state);
  watch(store, *state, noon, noon + 3 * HOUR);
  storm(store, noon + 20 * MINUTE, 10); /* as many as may be */
  struct alarm_report report = report_of(store, noon, noon + 3 * HOUR);
  assert_int_equal(report.peak, 10);
  assert_int_equal(report.windows_above + report.flood_windows, 0);
  assert_int_equal(alarm_report_verdict(&report), ALARM_WITHIN);
  alarm_report_fini(&report);
  storm(store, noon + HOUR, 11);
  storm(store, noon + HOUR + 10 * MINUTE, 5);
  storm(store, noon + HOUR + 20 * MINUTE, 4);
  storm(store, noon + HOUR + 30 * MINUTE, 5); /* the flood is over */
  report = report_of(store, noon, noon + 3 * HOUR);
  assert_int_equal(report.peak, 11);
  assert_int_equal(report.peak_ms, noon + HOUR);
  assert_int_equal(report.windows_above, 1);
  assert_int_equal(report.flood_windows, 2);
  assert_int_equal(report.windows, 18);
  assert_int_equal(alarm_report_verdict(&report), ALARM_BEYOND);
  assert_int_equal(report.often.count, ALARM_ITEMS_MAX);
  assert_int_equal(report.often.total, 35);
  alarm_report_fini(&report);
  event_store_close(store);
}

/* The time in which nothing ran is not divided by. */
static void test_time_that_nobody_saw(void **state) {
  struct event_store *store = began(*state);
  storm(store, noon, 9);
  watch(store, *state, noon, noon + 20 * MINUTE);
  watch(store, *state, noon + 5 * HOUR, noon + 5 * HOUR + 10 * MINUTE);
  struct alarm_report report = report_of(store, noon - 2 * DAY, noon + 6 * HOUR);
  assert_int_equal(report.asked_ms, noon - 2 * DAY);
  assert_int_equal(report.from_ms, noon);
  assert_int_equal(report.observed_ms, 30 * MINUTE);
  assert_true(alarm_report_average(&report) == 3);
  assert_int_equal(alarm_report_verdict(&report), ALARM_BEYOND);
  alarm_report_fini(&report);
  report = report_of(store, noon + HOUR, noon + 4 * HOUR);
  assert_int_equal(report.observed_ms, 0);
  assert_int_equal(alarm_report_verdict(&report), ALARM_UNOBSERVED);
  alarm_report_fini(&report);
  /* A clock that was set back: the time counts once. */
  watch(store, *state, noon + 10 * MINUTE, noon + 30 * MINUTE);
  report = report_of(store, noon, noon + 6 * HOUR);
  assert_int_equal(report.observed_ms, 40 * MINUTE);
  alarm_report_fini(&report);
  event_store_close(store);
}

static void test_two_programs_call_once(void **state) {
  struct fixture *fixture = *state;
  struct event_store *a = began(fixture), *b = joined(fixture, &fixture->b, noon);
  put(a, EVENT_OP_BEGINS, of_row("1", noon, SEVERITY_WARN), noon);
  put(b, EVENT_OP_BEGINS, of_row("1", noon + 1500, SEVERITY_WARN), noon + 1500);
  put(b, EVENT_OP_BEGINS, of_row("1", noon + 1500, SEVERITY_CRIT), noon + MINUTE);
  put(a, EVENT_OP_BEGINS, of_row("1", noon, SEVERITY_CRIT), noon + MINUTE + 800);
  struct alarm_report report = report_of(a, noon, noon + HOUR);
  assert_int_equal(report.alarms, 2);
  alarm_report_fini(&report);
  event_store_close(a);
  event_store_close(b);
}

static void test_flapping_floods_and_causes(void **state) {
  struct event_store *store = began(*state);
  struct event_record moment = {.kind = EVENT_KIND_CHANGE,
                                .target_kind = "kafka",
                                .target = "main",
                                .subject = "main orders",
                                .verb = EVENT_VERB_FLAPS};
  for (int i = 0; i < 3; i++) {
    char text[48];
    snprintf(text, sizeof text, "flapping: %d changes", 6 + i);
    moment.at_ms = noon + i * (int64_t)HOUR;
    moment.text = text;
    put(store, EVENT_OP_MOMENT, moment, moment.at_ms);
  }
  moment = (struct event_record){.kind = EVENT_KIND_STACKTOP,
                                 .at_ms = noon,
                                 .subject = "stacktop",
                                 .text = "flood: 12 findings like this one",
                                 .verb = EVENT_VERB_FLOOD,
                                 .folded = 12};
  put(store, EVENT_OP_MOMENT, moment, noon);
  put(store, EVENT_OP_BEGINS, of_row("1", noon, SEVERITY_CRIT), noon);
  struct event_record folds = of_row("1", noon, SEVERITY_CRIT);
  folds.folded = 7;
  put(store, EVENT_OP_FOLDS, folds, noon + MINUTE);
  folds.folded = 4; /* the most counts */
  put(store, EVENT_OP_FOLDS, folds, noon + 2 * MINUTE);
  struct alarm_report report = report_of(store, noon, noon + DAY);
  assert_int_equal(report.alarms, 1);
  assert_int_equal(report.flapping.total, 1);
  assert_int_equal(report.flapping.items[0].count, 3);
  assert_string_equal(report.flapping.items[0].record.text, "flapping: 8 changes");
  assert_int_equal(report.floods.total, 1);
  assert_int_equal(report.floods.items[0].count, 12);
  assert_int_equal(report.causes.total, 1);
  assert_int_equal(report.causes.items[0].count, 7);
  assert_string_equal(report.causes.items[0].record.row, "1");
  alarm_report_fini(&report);
  event_store_close(store);
}

static void test_standing(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = began(fixture);
  const int64_t now_ms = noon + 3 * (int64_t)DAY;
  put(store, EVENT_OP_BEGINS, of_row("over", noon, SEVERITY_WARN), noon);
  put(store, EVENT_OP_ENDS, of_row("over", noon, SEVERITY_OK), noon + DAY + HOUR);
  put(store, EVENT_OP_BEGINS, of_row("short", noon, SEVERITY_WARN), noon);
  put(store, EVENT_OP_ENDS, of_row("short", noon, SEVERITY_OK), noon + DAY - HOUR);
  put(store, EVENT_OP_BEGINS, of_row("open", noon, SEVERITY_CRIT), noon);
  put(store, EVENT_OP_BEGINS, of_row("quiet", noon, SEVERITY_OK), noon); /* silenced */
  put(store, EVENT_OP_BEGINS, of_row("young", now_ms - HOUR, SEVERITY_CRIT), now_ms - HOUR);
  struct err err;
  assert_true(event_store_beat(store, &fixture->a, now_ms, &err));
  struct alarm_report report = report_of(store, noon, now_ms);
  assert_int_equal(report.standing.total, 2);
  assert_string_equal(report.standing.items[0].record.row, "open");
  assert_int_equal(report.standing.items[0].count, 3 * (int64_t)DAY);
  assert_string_equal(report.standing.items[1].record.row, "over");
  assert_int_equal(report.standing.items[1].count, DAY + HOUR);
  alarm_report_fini(&report);
  /* What was over before is not of that time. */
  report = report_of(store, noon + 2 * (int64_t)DAY, now_ms);
  assert_int_equal(report.standing.total, 1);
  alarm_report_fini(&report);
  event_store_close(store);
}

/* ---- operators */

static void act(const struct fixture *fixture, const char *verb, const char *key, int64_t at_ms,
                const char *result) {
  char id[40], action[40];
  snprintf(id, sizeof id, "%lld", (long long)at_ms);
  snprintf(action, sizeof action, "alarm.%s", verb);
  const struct audit_record record = {.event = AUDIT_OUTCOME,
                                      .id = id,
                                      .at_ms = at_ms,
                                      .who = {.user = "ann", .host = "b1"},
                                      .kind = "alarm",
                                      .target = key,
                                      .action = action,
                                      .title = "acknowledge it",
                                      .danger = "none",
                                      .result = result,
                                      .plan_ms = -1,
                                      .wait_ms = -1,
                                      .execute_ms = -1,
                                      .verify_ms = -1};
  audit_put(fixture, record);
}

static void test_how_long_until_acknowledged(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = began(fixture);
  for (int i = 0; i < 3; i++) {
    char row[8];
    snprintf(row, sizeof row, "%d", i);
    put(store, EVENT_OP_BEGINS, of_row(row, noon, SEVERITY_WARN), noon);
  }
  struct event_record down = {.kind = EVENT_KIND_FINDING,
                              .state = EVENT_STATE_OPEN,
                              .at_ms = noon,
                              .severity = SEVERITY_CRIT,
                              .target_kind = "redis",
                              .target = "cache",
                              .subject = "cache",
                              .text = "refused"};
  put(store, EVENT_OP_BEGINS, down, noon);
  put(store, EVENT_OP_ENDS, down, noon + HOUR);
  act(fixture, "acknowledge", "postgres/ecap/sessions/0/age", noon + MINUTE, "done");
  act(fixture, "acknowledge", "postgres/ecap/sessions/0/age", noon + 9 * MINUTE, "done");
  act(fixture, "acknowledge", "postgres/ecap/sessions/1/age", noon + 2 * MINUTE, "refused");
  act(fixture, "acknowledge", "postgres/ecap/sessions/1/age", noon + 4 * MINUTE, "done");
  act(fixture, "acknowledge", "redis/cache", noon + 30 * MINUTE, "done");
  act(fixture, "acknowledge", "redis/cache", noon + 3 * HOUR, "done"); /* it was over */
  act(fixture, "acknowledge", "redis/other", noon + 5 * MINUTE, "done");
  act(fixture, "silence", "postgres/*", noon + 6 * MINUTE, "done");
  take(store, fixture);
  struct alarm_report report = report_of(store, noon, noon + DAY);
  assert_int_equal(report.acknowledgements, 6);
  assert_int_equal(report.silences, 1);
  assert_int_equal(report.acknowledged, 3);
  assert_int_equal(report.acknowledged_ms, 4 * MINUTE);
  alarm_report_fini(&report);
  event_store_close(store);
}

/* ---- the file */

static void sql(const struct fixture *fixture, const char *text) {
  char *path = event_store_path(fixture->state);
  sqlite3 *db;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
    fail_msg("%s", sqlite3_errmsg(db));
  sqlite3_close(db);
  free(path);
}

static void test_a_file_of_version_1(void **state) {
  struct fixture *fixture = *state;
  struct event_store *store = began(fixture);
  storm(store, noon, 4);
  put(store, EVENT_OP_BEGINS, of_row("0", noon + DAY, SEVERITY_CRIT), noon + DAY);
  event_store_close(store);
  sql(fixture, "DROP TABLE alarm; DROP TABLE watched; DROP INDEX event_verb; DROP INDEX"
               " event_folded; ALTER TABLE event DROP COLUMN verb; ALTER TABLE event DROP COLUMN"
               " folded; PRAGMA user_version = 1");
  store = opened(fixture);
  struct alarm_report report = report_of(store, noon, noon + 2 * (int64_t)DAY);
  assert_int_equal(report.alarms, 5);
  assert_int_equal(report.peak, 4);
  assert_int_equal(report.observed_ms, 20 * MINUTE); /* in which there is something */
  alarm_report_fini(&report);
  event_store_close(store);
  act(fixture, "acknowledge", "postgres/ecap/sessions/0/age", noon + DAY + MINUTE, "done");
  store = opened(fixture);
  take(store, fixture);
  report = report_of(store, noon, noon + 2 * (int64_t)DAY);
  assert_int_equal(report.acknowledged, 1);
  assert_int_equal(report.acknowledged_ms, MINUTE);
  alarm_report_fini(&report);
  event_store_close(store);
}

/* What is removed is no longer claimed to have been observed. */
static void test_what_was_removed_was_not_observed(void **state) {
  struct event_store *store = began(*state);
  const struct event_limits limits = {2 * (int64_t)HOUR, INT64_MAX};
  struct err err;
  bool more;
  watch(store, *state, noon, noon + 4 * HOUR);
  for (int i = 0; i < 4; i++) {
    char row[8];
    snprintf(row, sizeof row, "%d", i);
    put(store, EVENT_OP_BEGINS, of_row(row, noon + i * (int64_t)HOUR, SEVERITY_WARN),
        noon + i * (int64_t)HOUR);
    put(store, EVENT_OP_ENDS, of_row(row, noon + i * (int64_t)HOUR, SEVERITY_OK),
        noon + i * (int64_t)HOUR + MINUTE);
  }
  assert_true(event_store_prune(store, &limits, true, noon + 4 * HOUR, &more, &err));
  struct alarm_report report = report_of(store, noon, noon + 4 * HOUR);
  assert_int_equal(report.alarms, 2);
  assert_in_range(report.observed_ms, 2 * HOUR, 2 * HOUR + 1000);
  assert_in_range(report.from_ms, noon + 2 * HOUR - 1000, noon + 2 * HOUR);
  alarm_report_fini(&report);
  event_store_close(store);
}

static void test_an_empty_history(void **state) {
  struct event_store *store = opened(*state);
  struct alarm_report report = report_of(store, noon - DAY, noon);
  assert_int_equal(report.from_ms, noon);
  assert_int_equal(alarm_report_verdict(&report), ALARM_UNOBSERVED);
  alarm_report_fini(&report);
  event_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_an_alarm_is_what_begins_or_gets_worse, begin, end),
      cmocka_unit_test_setup_teardown(test_peaks_and_floods, begin, end),
      cmocka_unit_test_setup_teardown(test_time_that_nobody_saw, begin, end),
      cmocka_unit_test_setup_teardown(test_two_programs_call_once, begin, end),
      cmocka_unit_test_setup_teardown(test_flapping_floods_and_causes, begin, end),
      cmocka_unit_test_setup_teardown(test_standing, begin, end),
      cmocka_unit_test_setup_teardown(test_how_long_until_acknowledged, begin, end),
      cmocka_unit_test_setup_teardown(test_a_file_of_version_1, begin, end),
      cmocka_unit_test_setup_teardown(test_what_was_removed_was_not_observed, begin, end),
      cmocka_unit_test_setup_teardown(test_an_empty_history, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
