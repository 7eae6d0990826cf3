/* Reading answers: those of a real server (15.18), and garbage. */
#include "collectors/postgres/postgres_queries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const activity_cells[ACTIVITY_COLUMN_COUNT] = {
    "100", "3",  "11",        "0",          "2",       "6",    "1", "1", "1",
    "0",   "1",  "61.250314", "840.100001", "86400.5", "8123", "f", "t", "1699990000500000",
    "0",   NULL, "f"};

static void test_activity(void **state) {
  (void)state;
  struct pg_rows rows = {1, ACTIVITY_COLUMN_COUNT, activity_cells};
  struct postgres_activity activity;
  struct err err = {0};
  assert_true(postgres_activity_read(&rows, &activity, &err));
  assert_int_equal(activity.max_connections, 100);
  assert_int_equal(activity.used, 11);
  assert_int_equal(activity.waiting, 1);
  assert_true(activity.longest_query == 61.250314);
  assert_int_equal(activity.pid, 8123);
  assert_false(activity.in_recovery);
  assert_true(activity.sees_all);
  assert_int_equal(activity.started_us, 1699990000500000);
  assert_int_equal(activity.xmin_age, POSTGRES_UNKNOWN);
  assert_false(activity.replicates);
  assert_int_equal(activity.active + activity.idle + activity.idle_in_transaction +
                       activity.aborted + activity.other,
                   activity.used);
}

static const char *const statistics_cells[STATISTICS_COLUMN_COUNT] = {"1700000000.123456",
                                                                      "1699990000.5",
                                                                      "1200",
                                                                      "3",
                                                                      "45000",
                                                                      "120",
                                                                      "0",
                                                                      "0",
                                                                      NULL,
                                                                      "7",
                                                                      "730",
                                                                      "0",
                                                                      NULL,
                                                                      "0000000A"};

static void test_statistics(void **state) {
  (void)state;
  struct pg_rows rows = {1, STATISTICS_COLUMN_COUNT, statistics_cells};
  struct postgres_statistics statistics;
  struct err err = {0};
  assert_true(postgres_statistics_read(&rows, &statistics, &err));
  assert_true(statistics.clock == 1700000000.123456);
  assert_int_equal(statistics.commits, 1200);
  assert_true(statistics.reset == POSTGRES_UNKNOWN);
  assert_true(statistics.prepared_age == POSTGRES_UNKNOWN);
  assert_string_equal(statistics.timeline, "0000000A");
  assert_int_equal(statistics.xmin_age, 7);
}

static const char *const session_cells[SESSIONS_COLUMN_COUNT] = {"8123",
                                                                 "1700000000123456",
                                                                 "client backend",
                                                                 "ecap_user",
                                                                 "ecap",
                                                                 "api",
                                                                 "10.0.0.7",
                                                                 "active",
                                                                 "12.5",
                                                                 "3.25",
                                                                 "3.25",
                                                                 "Lock",
                                                                 "transactionid",
                                                                 "3.125",
                                                                 "812,0,812,8123",
                                                                 "5",
                                                                 NULL,
                                                                 "f",
                                                                 "UPDATE t",
                                                                 "1700000000000001",
                                                                 NULL,
                                                                 "UTF8",
                                                                 "612",
                                                                 "150"};

static bool read_sessions(const char *const *cells, size_t count,
                          struct postgres_sessions *sessions) {
  struct pg_rows rows = {count, SESSIONS_COLUMN_COUNT, cells};
  struct err err = {0};
  bool good = postgres_sessions_read(&rows, sessions, &err);
  assert_true(good || err.kind == ERR_PROTOCOL);
  assert_true(good || sessions->count == 0);
  return good;
}

static void test_sessions(void **state) {
  struct postgres_sessions *sessions = *state;
  assert_true(read_sessions(session_cells, 1, sessions));
  const struct postgres_session *session = &sessions->items[0];
  assert_int_equal(session->backend_start_us, 1700000000123456);
  assert_true(session->waiting);
  assert_true(session->wait == 3.125);
  assert_int_equal(session->blocker_count, 2); /* each once, and not itself */
  assert_int_equal(session->blockers[0], 812);
  assert_int_equal(session->blockers[1], 0);
  assert_int_equal(session->leader, POSTGRES_UNKNOWN);
  assert_string_equal(session->query, "UPDATE t");
  assert_string_equal(session->query_start, "2023-11-14 22:13:20.000001+00");
  assert_string_equal(session->state_change, "");
  assert_int_equal(sessions->total, 612);
  assert_int_equal(sessions->waiters, 150);
}

static void test_ceilings(void **state) {
  struct postgres_sessions *sessions = *state;
  static const char *cells[(POSTGRES_SESSIONS_MAX + 1) * SESSIONS_COLUMN_COUNT];
  for (size_t i = 0; i <= POSTGRES_SESSIONS_MAX; i++)
    memcpy(cells + i * SESSIONS_COLUMN_COUNT, session_cells, sizeof session_cells);
  char blockers[16 * (POSTGRES_BLOCKERS_MAX + 1)] = "";
  for (int i = 1; i <= POSTGRES_BLOCKERS_MAX + 1; i++)
    snprintf(blockers + strlen(blockers), 16, "%s%d", i > 1 ? "," : "", i);
  cells[SESSIONS_BLOCKERS] = blockers;
  assert_true(read_sessions(cells, POSTGRES_SESSIONS_MAX + 1, sessions));
  assert_true(sessions->items[0].blockers_cut);
  assert_false(sessions->items[1].blockers_cut);
  assert_int_equal(sessions->count, POSTGRES_SESSIONS_MAX);
  assert_int_equal(sessions->items[0].blocker_count, POSTGRES_BLOCKERS_MAX);
}

static void test_garbage(void **state) {
  struct postgres_sessions *sessions = *state;
  static const struct {
    size_t column;
    const char *text;
  } bad[] = {{SESSIONS_PID, "x"},        {SESSIONS_PID, ""},         {SESSIONS_WAIT, "1s"},
             {SESSIONS_HIDDEN, NULL},    {SESSIONS_HIDDEN, "maybe"}, {SESSIONS_BLOCKERS, "a"},
             {SESSIONS_BLOCKERS, "1;2"}, {SESSIONS_BLOCKERS, "-1"},  {SESSIONS_BLOCKERS, "{1,2}"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const char *cells[SESSIONS_COLUMN_COUNT];
    memcpy(cells, session_cells, sizeof cells);
    cells[bad[i].column] = bad[i].text;
    if (read_sessions(cells, 1, sessions))
      fail_msg("case %zu", i);
  }
  struct err err = {0};
  struct postgres_activity activity;
  struct postgres_statistics statistics;
  struct pg_rows none = {0, ACTIVITY_COLUMN_COUNT, NULL}, narrow = {1, 2, activity_cells};
  assert_false(postgres_activity_read(&none, &activity, &err));
  assert_false(postgres_activity_read(&narrow, &activity, &err));
  assert_false(postgres_statistics_read(&narrow, &statistics, &err));
  assert_int_equal(err.kind, ERR_PROTOCOL);
}

/* A number without a sensible meaning affects only its own cell. */
static void test_extremes(void **state) {
  struct postgres_sessions *sessions = *state;
  const char *cells[SESSIONS_COLUMN_COUNT];
  memcpy(cells, session_cells, sizeof cells);
  cells[SESSIONS_TRANSACTION_AGE] = "infinity";
  cells[SESSIONS_QUERY_AGE] = "NaN";
  cells[SESSIONS_STATE_AGE] = "-0.5";
  cells[SESSIONS_WAIT] = "1e300";
  cells[SESSIONS_XMIN_AGE] = "99999999999999999999";
  cells[SESSIONS_BACKEND_START] = "-9223372036854775808";
  assert_true(read_sessions(cells, 1, sessions));
  const struct postgres_session *session = &sessions->items[0];
  assert_true(session->transaction_age == POSTGRES_UNKNOWN);
  assert_true(session->query_age == POSTGRES_UNKNOWN);
  assert_true(session->state_age == POSTGRES_UNKNOWN);
  assert_true(session->wait == 1e300);
  assert_int_equal(session->xmin_age, INT64_MAX);
  assert_int_equal(session->backend_start_us, POSTGRES_UNKNOWN);
}

static int setup(void **state) {
  *state = calloc(1, sizeof(struct postgres_sessions));
  return 0;
}

static int teardown(void **state) {
  free(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_activity),
      cmocka_unit_test(test_statistics),
      cmocka_unit_test_setup_teardown(test_sessions, setup, teardown),
      cmocka_unit_test_setup_teardown(test_ceilings, setup, teardown),
      cmocka_unit_test_setup_teardown(test_extremes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
