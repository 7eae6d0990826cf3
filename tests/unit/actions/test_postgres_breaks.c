/* What every action on PostgreSQL reports when the connection to the server breaks or hangs at each
 * question, or a person cancels there: never that nothing was done where something may have been,
 * never that something was done where nothing was. */
#include "postgres_conformance.h"

static void check_broken(const struct row_case *row, const char *when, const char *before) {
  const struct relay_state *state = relay.state;
  const enum object_result result = outcome_of_it()->result;
  if (!state->changes) { /* the statement was never sent */
    expect(row, when, OBJECT_SKIPPED, "");
    expect_same(row, when, before);
  } else if (state->change_stopped && state->changes == 1) {
    expect(row, when, OBJECT_UNKNOWN, "");
    if (state->fault != RELAY_LOSE)
      expect_same(row, when, before); /* though that cannot be known */
  } else if (row->after) {
    expect(row, when, row->after, "");
  } else if (state->fault != RELAY_HANG) { /* only the second session was broken */
    expect(row, when, OBJECT_SENT, "");
  } else if (result != OBJECT_SENT) { /* the same, but it was dropped meanwhile */
    expect(row, when, OBJECT_UNKNOWN, "");
  }
}

static void check_cancelled(const struct row_case *row, const char *when, const char *before) {
  const bool skipped = outcome_of_it()->result == OBJECT_SKIPPED;
  if (!relay.state->changes)
    expect(row, when, OBJECT_SKIPPED, "");
  if (!relay.state->changes || skipped)
    expect_same(row, when, before);
}

static const struct row_case *planned; /* whose plan can be reused: nothing was done */

static void keep_plan(const struct row_case *row, char before[64]) {
  char now[64];
  if (planned != row || strcmp(world(now), before) != 0) {
    make_plan(row);
    world(before);
  }
  planned = row;
}

static bool break_at(const struct row_case *row, int connection, int ask, enum relay_fault fault,
                     char before[64]) {
  static const char *const names[] = {[RELAY_CUT] = "cut",
                                      [RELAY_LOSE] = "answer lost",
                                      [RELAY_HANG] = "hung",
                                      [RELAY_HOLD] = "cancelled"};
  char when[100];
  assert_true(ask < STEPS_MAX);
  keep_plan(row, before);
  relay_arm(&relay, connection, ask, fault, row->change);
  driver_execute_begin(&driver);
  run_on();
  if (relay.state->changes)
    planned = NULL;
  snprintf(when, sizeof when, "%s at question %d", names[fault], ask);
  if (!relay.state->stopped)
    return false;
  if (fault != RELAY_HOLD)
    check_broken(row, when, before);
  else
    check_cancelled(row, when, before);
  return true;
}

/* Only the change can be done with its answer lost. */
static void test_the_connection_breaks_at_each_question(void **state) {
  (void)state;
  char before[64];
  for (const struct row_case *row = cases; row < cases + CASES; row++) {
    bool changes = false;
    for (int ask = 1; break_at(row, 1, ask, RELAY_CUT, before); ask++)
      if (relay.state->change_stopped) {
        changes = true;
        assert_true(break_at(row, 1, ask, RELAY_LOSE, before));
      }
    if (!changes)
      fail_msg("%s: its change was not seen", row->id);
  }
}

/* Without the second session a long statement continues. */
static void test_the_second_session_breaks(void **state) {
  (void)state;
  char before[64];
  for (const struct row_case *row = cases; row < cases + CASES; row++)
    for (int ask = 1; ask <= 3 && break_at(row, 2, ask, ask % 2 ? RELAY_CUT : RELAY_HANG, before);
         ask++)
      ;
}

static void test_the_server_hangs_at_each_question(void **state) {
  (void)state;
  char before[64];
  for (const struct row_case *row = cases; row < cases + CASES; row++)
    for (int ask = 1; break_at(row, 1, ask, RELAY_HANG, before); ask++)
      ;
}

static void test_a_person_cancels_at_each_question(void **state) {
  (void)state;
  char before[64];
  for (const struct row_case *row = cases; row < cases + CASES; row++)
    for (int ask = 1;
         action_find(row->id)->execute->cancel && break_at(row, 1, ask, RELAY_HOLD, before); ask++)
      ;
}

CONFORMANCE_MAIN(cmocka_unit_test(test_the_connection_breaks_at_each_question),
                 cmocka_unit_test(test_the_second_session_breaks),
                 cmocka_unit_test(test_the_server_hangs_at_each_question),
                 cmocka_unit_test(test_a_person_cancels_at_each_question))
