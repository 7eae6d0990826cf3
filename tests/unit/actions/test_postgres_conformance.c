/* What every action on PostgreSQL does where another server or database answers than the plan's, or
 * an object is another one; and what its survey and its verification report when they break. */
#include "postgres_conformance.h"

/* ---- the object and the server */

static void test_another_server_run_or_database(void **state) {
  (void)state;
  char before[64];
  for (const struct row_case *row = cases; row < cases + CASES; row++) {
    make_plan(row);
    const char *server_id = driver.plan->server, *database = driver.plan->database;
    assert_true(server_id && database);
    if ((driver.plan->start == NULL) != (row->renamed != NULL)) /* data outlives a run */
      fail_msg("%s: %s", row->id, driver.plan->start ? driver.plan->start : "no start");
    const struct {
      const char *server, *start, *database, *words;
    } wrongs[] = {{"1", driver.plan->start, database, "a different server answers"},
                  {server_id, "2001-02-03 04:05:06.789012+00", database,
                   "the server was restarted, or a different one answers"},
                  {server_id, driver.plan->start, "1", "a different database"}};
    world(before);
    for (size_t i = 0; i < 3; i++) {
      driver.plan->server = wrongs[i].server;
      driver.plan->start = wrongs[i].start;
      driver.plan->database = wrongs[i].database;
      assert_false(driver_execute(&driver));
      expect(row, "execute", OBJECT_REFUSED, wrongs[i].words);
      expect_same(row, wrongs[i].words, before);
      sent_by_hand();
      assert_false(driver_verify(&driver));
      expect(row, "verify", OBJECT_UNKNOWN, wrongs[i].words);
    }
    assert_false(relay.state->changes);
  }
}

static const char *wrong_value(const struct wrong *wrong, char out[64]) {
  char sql[200];
  if (*wrong->value != '=')
    return wrong->value;
  const bool whole = strncmp(wrong->value, "=SELECT", 7) == 0;
  snprintf(sql, sizeof sql, "%s%s", whole ? "" : "SELECT ", wrong->value + 1);
  snprintf(out, 64, "%ld", postgres_server_ask(admin, sql));
  return out;
}

/* A plan file may lack one. */
static void check_without(const struct row_case *row, const char **identity, const char *before) {
  *identity = NULL;
  assert_true(driver_execute(&driver));
  if (outcome_of_it()->result != OBJECT_REFUSED)
    expect(row, "without an identity", OBJECT_GONE, "");
  expect_same(row, "without an identity", before);
}

static void test_another_object(void **state) {
  (void)state;
  char before[64], value[64], when[100];
  for (const struct row_case *row = cases; row < cases + CASES; row++)
    for (size_t i = 0; i < WRONG_MAX && row->wrongs[i].identity; i++) {
      const struct wrong *wrong = &row->wrongs[i];
      make_plan(row);
      const char **identity = NULL;
      for (size_t p = 0; p < driver.plan->identity_count; p++)
        if (strcmp(driver.plan->identities[p], wrong->identity) == 0)
          identity = &driver.plan->objects[0].identities[p];
      assert_true(identity && *identity);
      *identity = wrong_value(wrong, value);
      snprintf(when, sizeof when, "another %s", wrong->identity);
      world(before);
      if (!driver_execute(&driver))
        fail_msg("%s, %s: %s", row->id, when, driver.err.text);
      expect(row, when, OBJECT_GONE, "");
      expect_same(row, when, before);
      check_without(row, identity, before);
    }
}

/* The plan's name belongs to another object now, and the plan's object has another name. */
static void test_an_object_renamed_or_recreated(void **state) {
  (void)state;
  char before[64];
  for (const struct row_case *row = cases; row < cases + CASES; row++) {
    if (!row->renamed)
      continue;
    make_plan(row);
    postgres_do(admin, row->renamed);
    world(before);
    assert_true(driver_execute(&driver));
    expect(row, "renamed", OBJECT_GONE, "");
    expect_same(row, "renamed", before);
    assert_false(relay.state->changes);
    postgres_do(admin, "DROP TABLE public.old_t");
    world(before);
    assert_true(driver_execute(&driver));
    expect(row, "made anew", OBJECT_GONE, "");
    expect_same(row, "made anew", before);
  }
}

static void test_each_survey_fails_where_the_connection_breaks(void **state) {
  (void)state;
  for (const struct row_case *row = cases; row < cases + CASES; row++) {
    make_world(row);
    for (int ask = 1;; ask++) {
      assert_true(ask < STEPS_MAX);
      relay_arm(&relay, 1, ask, RELAY_CUT, row->change);
      const bool good = survey(row);
      if (!relay.state->stopped)
        break;
      if (good || driver.found || driver.err.kind != ERR_CLOSED)
        fail_msg("%s: the survey took no notice of question %d: %s", row->id, ask, driver.err.text);
    }
  }
}

/* A change that was sent and could not be proved is unknown, whatever failed. */
static void test_each_verification_that_breaks(void **state) {
  (void)state;
  char when[100];
  for (const struct row_case *row = cases; row < cases + CASES; row++) {
    make_plan(row);
    for (int ask = 1;; ask++) {
      assert_true(ask < STEPS_MAX);
      relay_arm(&relay, 1, ask, ask % 2 ? RELAY_CUT : RELAY_HANG, row->change);
      sent_by_hand();
      driver_begin(&driver, driver.action->verify);
      run_on();
      snprintf(when, sizeof when, "verification broken at question %d", ask);
      assert_false(relay.state->changes);
      if (!relay.state->stopped)
        break;
      expect(row, when, OBJECT_UNKNOWN, "");
      if (ask == 4) /* it polls for an effect that never happened */
        break;
    }
  }
}

CONFORMANCE_MAIN(cmocka_unit_test(test_another_server_run_or_database),
                 cmocka_unit_test(test_another_object),
                 cmocka_unit_test(test_an_object_renamed_or_recreated),
                 cmocka_unit_test(test_each_survey_fails_where_the_connection_breaks),
                 cmocka_unit_test(test_each_verification_that_breaks))
