#include "collectors/postgres/postgres_judge.h"
#include "collectors/postgres/postgres_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct postgres_rules rules = {
    .long_query = 300, .idle_in_transaction = 300, .blocking_warn = 5, .blocking_crit = 60};

static int setup(void **state) {
  *state = calloc(1, sizeof(struct postgres_sessions));
  return 0;
}

static int teardown(void **state) {
  free(*state);
  return 0;
}

/* A session in that state for so many seconds. */
static struct postgres_session *add(struct postgres_sessions *sessions, int64_t pid,
                                    const char *state, double age) {
  struct postgres_session *session = &sessions->items[sessions->count++];
  *session = (struct postgres_session){.pid = pid,
                                       .type = "client backend",
                                       .state = state,
                                       .transaction_age = age,
                                       .query_age = age,
                                       .state_age = age,
                                       .wait = POSTGRES_UNKNOWN,
                                       .parent = -1};
  return session;
}

static void wait_for(struct postgres_session *session, int64_t pid, double seconds) {
  session->waiting = true;
  session->wait = seconds;
  session->blockers[session->blocker_count++] = pid;
}

static int64_t nth(const struct postgres_sessions *sessions, size_t i) {
  return sessions->items[sessions->order[i]].pid;
}

/* Each once, parents before children. */
static void check_order(const struct postgres_sessions *sessions) {
  bool seen[POSTGRES_SESSIONS_MAX + POSTGRES_STRANGERS_MAX] = {false};
  for (size_t i = 0; i < sessions->count; i++) {
    size_t index = sessions->order[i];
    int parent = sessions->items[index].parent;
    assert_true(index < sessions->count && !seen[index]);
    assert_true(parent < 0 || seen[parent]);
    seen[index] = true;
  }
}

static void test_chain(void **state) {
  struct postgres_sessions *sessions = *state;
  add(sessions, 1, "idle", 1);
  wait_for(add(sessions, 4, "active", 20), 3, 20);
  wait_for(add(sessions, 3, "active", 70), 2, 70);
  add(sessions, 2, "idle in transaction", 840);
  add(sessions, 5, "active", 1);
  postgres_judge(sessions, &rules);
  check_order(sessions);
  const int64_t order[] = {2, 3, 4, 5, 1};
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(nth(sessions, i), order[i]);
  const struct postgres_session *root = &sessions->items[3];
  assert_int_equal(root->severity, SEVERITY_CRIT);
  assert_string_equal(root->reason, "idle in transaction 14m 00s, blocks 2 for 1m 10s");
  assert_true(root->lasted == 70); /* that others wait, not how long it has been idle */
  assert_int_equal(root->direct, 1);
  assert_int_equal(root->all, 2);
  assert_string_equal(root->label, "idle in txn");
  assert_int_equal(sessions->items[2].severity, SEVERITY_OK);
  assert_int_equal(sessions->items[2].all, 1);
}

/* Idle connections come first, and keep their order while others come and go. */
static void test_idle_ones(void **state) {
  struct postgres_sessions *sessions = *state;
  add(sessions, 1, "idle", 0.2);
  add(sessions, 2, "idle", 7200);
  add(sessions, 3, "idle", 40);
  add(sessions, 4, "active", 0.1);
  add(sessions, 5, "idle", 3);
  for (size_t i = 0; i < sessions->count; i++)
    sessions->items[i].transaction_age = POSTGRES_UNKNOWN;
  postgres_judge(sessions, &rules);
  const int64_t order[] = {4, 2, 3, 1, 5};
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(nth(sessions, i), order[i]);
}

static void test_thresholds(void **state) {
  struct postgres_sessions *sessions = *state;
  wait_for(add(sessions, 2, "active", 4), 1, 4.9);
  add(sessions, 1, "active", 10);
  add(sessions, 3, "idle in transaction", 299);
  add(sessions, 4, "idle in transaction (aborted)", 300);
  add(sessions, 5, "active", 301);
  add(sessions, 6, "active", 99999)->type = "autovacuum worker";
  add(sessions, 7, "idle", 99999);
  postgres_judge(sessions, &rules);
  check_order(sessions);
  assert_int_equal(sessions->items[1].severity, SEVERITY_OK);
  assert_int_equal(sessions->items[2].severity, SEVERITY_OK);
  assert_int_equal(sessions->items[3].severity, SEVERITY_WARN);
  assert_string_equal(sessions->items[3].reason, "idle in transaction (aborted) 5m 00s");
  assert_true(sessions->items[3].lasted == 300);
  assert_string_equal(sessions->items[4].reason, "query running for 5m 01s");
  assert_int_equal(sessions->items[5].severity, SEVERITY_OK);
  assert_int_equal(sessions->items[6].severity, SEVERITY_OK);
}

/* Before 14 the wait is not reported: the query's age bounds it. */
static void test_wait_is_not_reported(void **state) {
  struct postgres_sessions *sessions = *state;
  wait_for(add(sessions, 2, "active", 61), 1, POSTGRES_UNKNOWN);
  add(sessions, 1, "active", 10);
  postgres_judge(sessions, &rules);
  assert_int_equal(sessions->items[1].severity, SEVERITY_CRIT);
  assert_string_equal(sessions->items[1].reason, "query running for 10s, blocks 1 for 1m 01s");
}

static void test_several_blockers(void **state) {
  struct postgres_sessions *sessions = *state;
  struct postgres_session *both = add(sessions, 3, "active", 9);
  wait_for(both, 1, 9);
  wait_for(both, 2, 9);
  add(sessions, 1, "idle in transaction", 10);
  add(sessions, 2, "idle in transaction", 11);
  postgres_judge(sessions, &rules);
  check_order(sessions);
  assert_int_equal(sessions->items[both->parent].pid, 1);
  assert_int_equal(sessions->items[1].all, 1); /* both are to blame */
  assert_int_equal(sessions->items[2].all, 1);
  assert_int_equal(sessions->items[2].severity, SEVERITY_WARN);
}

/* A deadlock, for the second until the server ends it. */
static void test_circle(void **state) {
  struct postgres_sessions *sessions = *state;
  wait_for(add(sessions, 1, "active", 1), 3, 1);
  wait_for(add(sessions, 2, "active", 1), 1, 1);
  wait_for(add(sessions, 3, "active", 1), 2, 1);
  wait_for(add(sessions, 4, "active", 1), 4, 1); /* itself */
  postgres_judge(sessions, &rules);
  check_order(sessions);
  assert_int_equal(sessions->items[0].all, 2);
  assert_int_equal(sessions->items[3].parent, -1);
}

/* Waiters whose blockers were not queried, because there are too many. */
static void test_waiter_of_unknown(void **state) {
  struct postgres_sessions *sessions = *state;
  add(sessions, 1, "active", 90)->waiting = true;
  wait_for(add(sessions, 2, "active", 90), 1, 90);
  postgres_judge(sessions, &rules);
  check_order(sessions);
  assert_int_equal(sessions->items[0].all, 1);
  assert_int_equal(sessions->items[0].severity, SEVERITY_OK);
}

static void test_strangers(void **state) {
  struct postgres_sessions *sessions = *state;
  struct postgres_session *session = add(sessions, 1, "active", 90);
  wait_for(session, 0, 90);
  wait_for(session, 77, 90);
  postgres_judge(sessions, &rules);
  check_order(sessions);
  assert_int_equal(sessions->count, 3);
  assert_int_equal(sessions->items[1].pid, 0);
  assert_string_equal(sessions->items[1].label, "prepared");
  assert_string_equal(sessions->items[1].reason, "a prepared transaction, blocks 1 for 1m 30s");
  assert_null(sessions->items[2].label);
  assert_string_equal(sessions->items[2].reason,
                      "state hidden from this role, blocks 1 for 1m 30s");
}

/* As full as possible: all but one wait in a line, each with as many blockers as are kept. */
static void test_full(void **state) {
  struct postgres_sessions *sessions = *state;
  for (int64_t pid = 1; pid <= POSTGRES_SESSIONS_MAX; pid++) {
    struct postgres_session *session = add(sessions, pid, "active", 1);
    for (int64_t i = 1; pid > 1 && i <= POSTGRES_BLOCKERS_MAX; i++)
      wait_for(session, i == 1 ? pid - 1 : 1000 * pid + i, 1);
  }
  postgres_judge(sessions, &rules);
  check_order(sessions);
  assert_int_equal(sessions->count, POSTGRES_SESSIONS_MAX + POSTGRES_STRANGERS_MAX);
  assert_int_equal(sessions->items[0].all, POSTGRES_SESSIONS_MAX - 1);
}

/* The cells agree with the sentence, and a session that blocks none is not shown as a blocker. */
static void check_cells(const struct postgres_sessions *sessions, bool at_least) {
  static const struct table_spec *const specs[] = {&postgres_summary_table, &postgres_session_table,
                                                   &postgres_replica_table};
  struct postgres_activity activity = {.used = 44, .doubtful = at_least ? 3 : 0, .sees_all = true};
  struct postgres_standby_verdict standby = {.reason = ""};
  struct postgres_replica_rows *replicas = calloc(1, sizeof *replicas);
  struct sample *sample = sample_new(specs, 3);
  postgres_fill(sample,
                &(struct postgres_findings){.version = "15.18",
                                            .version_number = 150018,
                                            .activity = &activity,
                                            .statistics = &(struct postgres_statistics){0},
                                            .rates = &(struct rates){.unknown = FIGURES_NEED_TWO},
                                            .sessions = sessions,
                                            .standby = &standby,
                                            .timeline = "",
                                            .replicas = replicas});
  static const int counts[] = {SESSION_BLOCKS, SESSION_DIRECT, SESSION_BLOCKS_FOR};
  const struct row *hog = &sample->tables[1].rows[0], *waiter = &sample->tables[1].rows[1];
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    assert_int_equal(hog->cells[counts[i]].at_least, at_least);
  assert_int_equal(hog->cells[SESSION_BLOCKS].integer, 1);
  assert_int_equal(waiter->cells[SESSION_BLOCKS].type, at_least ? VALUE_NONE : VALUE_INT);
  const struct value used = sample->tables[0].rows[0].cells[SUMMARY_USED];
  assert_int_equal(used.at_least, at_least);
  assert_int_equal(used.integer, at_least ? 41 : 44);
  sample_free(sample);
  free(replicas);
}

/* Of more waiters than are queried, the counted ones are a lower bound. */
static void test_more_waiters(void **state) {
  struct postgres_sessions *sessions = *state;
  add(sessions, 1, "idle in transaction", 100);
  wait_for(add(sessions, 2, "active", 70), 1, 70);
  sessions->waiters = POSTGRES_WAITERS_MAX;
  postgres_judge(sessions, &rules);
  assert_string_equal(sessions->items[0].reason, "idle in transaction 1m 40s, blocks 1 for 1m 10s");
  check_cells(sessions, false);
  memset(sessions, 0, sizeof *sessions);
  add(sessions, 1, "idle in transaction", 100);
  wait_for(add(sessions, 2, "active", 70), 1, 70);
  sessions->waiters = POSTGRES_WAITERS_MAX + 1;
  postgres_judge(sessions, &rules);
  assert_string_equal(sessions->items[0].reason,
                      "idle in transaction 1m 40s, blocks at least 1 for 1m 10s");
  check_cells(sessions, true);
}

/* The same where a waiter has more blockers than are counted: others may block it, too. */
static void test_more_blockers(void **state) {
  struct postgres_sessions *sessions = *state;
  add(sessions, 1, "idle in transaction", 100);
  wait_for(add(sessions, 2, "active", 70), 1, 70);
  sessions->items[1].blockers_cut = true;
  postgres_judge(sessions, &rules);
  assert_string_equal(sessions->items[0].reason,
                      "idle in transaction 1m 40s, blocks at least 1 for 1m 10s");
  check_cells(sessions, true);
}

static void test_none(void **state) {
  struct postgres_sessions *sessions = *state;
  postgres_judge(sessions, &rules);
  assert_int_equal(sessions->count, 0);
}

static struct rates rates_of(const struct postgres_statistics *before,
                             const struct postgres_statistics *now) {
  struct counters first = {.known = false}, second;
  struct rates made;
  if (before)
    postgres_counters_read(&first, before);
  postgres_counters_read(&second, now);
  rates_make(&made, &first, &second);
  return made;
}

static struct value rate(int column, const struct postgres_statistics *before,
                         const struct postgres_statistics *now) {
  struct rates made = rates_of(before, now);
  struct postgres_findings found = {.statistics = now};
  struct postgres_summary_answer answer = {.found = &found};
  return figure_value(&postgres_summary_figures, (size_t)column, &answer, &made);
}

static void test_rates(void **state) {
  (void)state;
  struct postgres_statistics before = {
      .clock = 100, .started = 1, .commits = 10, .hits = 5, .reads = 5, .reset = POSTGRES_UNKNOWN};
  struct postgres_statistics now = before;
  assert_string_equal(rate(SUMMARY_COMMITS, NULL, &now).text, "needs two collections");
  assert_string_equal(rate(SUMMARY_COMMITS, &before, &now).text, "needs two collections"); /* 0 s */
  now.clock = 102;
  assert_null(rates_of(&before, &now).unknown);
  assert_true(rate(SUMMARY_COMMITS, &before, &now).real == 0);
  assert_int_equal(rate(SUMMARY_HIT_RATIO, &before, &now).type, VALUE_NONE); /* and no NaN */
  now.commits = 30;
  now.hits = 8;
  now.reads = 6;
  assert_true(rate(SUMMARY_COMMITS, &before, &now).real == 10);
  assert_true(rate(SUMMARY_HIT_RATIO, &before, &now).real == 0.75);
  now.hits = 4;
  assert_string_equal(rate(SUMMARY_COMMITS, &before, &now).text,
                      "counters were reset: needs two collections");
  now.hits = 8;
  now.started = 101;
  assert_string_equal(rate(SUMMARY_COMMITS, &before, &now).text,
                      "restarted: needs two collections");
  now.started = 1;
  now.reset = 101;
  assert_string_equal(rate(SUMMARY_COMMITS, &before, &now).text,
                      "counters were reset: needs two collections");
  now.reset = before.reset;
  now.deadlocks = before.deadlocks = POSTGRES_UNKNOWN; /* the difference is not a true 0 */
  assert_string_equal(rate(SUMMARY_DEADLOCKS, &before, &now).text, "not reported by the server");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_chain),
      TEST(test_idle_ones),
      TEST(test_thresholds),
      TEST(test_wait_is_not_reported),
      TEST(test_several_blockers),
      TEST(test_circle),
      TEST(test_strangers),
      TEST(test_waiter_of_unknown),
      TEST(test_full),
      TEST(test_more_waiters),
      TEST(test_more_blockers),
      TEST(test_none),
      cmocka_unit_test(test_rates),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
