/* What others have left on a real server: replication slots and prepared transactions. */
#include "postgres_maintenance_fixture.h"

static long count_slots(struct fixture *fixture) {
  return postgres_server_ask(fixture->admin, "SELECT count(*) FROM pg_replication_slots");
}

static long count_prepared(struct fixture *fixture) {
  return postgres_server_ask(fixture->admin, "SELECT count(*) FROM pg_prepared_xacts");
}

/* An error is not one: there may be none. */
static void roll_back(struct fixture *fixture, const char *quoted) {
  char sql[200];
  snprintf(sql, sizeof sql, "ROLLBACK PREPARED %s", quoted);
  PQclear(PQexec(fixture->admin, sql));
}

#define HOSTILE "E'it''s \\\\ --\\n\\x1b[31m'"

static int setup(void **state) {
  fixture_setup(state);
  struct fixture *fixture = *state;
  use_role(fixture, "helper");
  postgres_do(fixture->admin, "SELECT pg_drop_replication_slot(slot_name)"
                              " FROM pg_replication_slots WHERE NOT active");
  roll_back(fixture, "'first'");
  roll_back(fixture, "'second'");
  roll_back(fixture, HOSTILE);
  postgres_do(fixture->admin, "DROP SCHEMA IF EXISTS shop CASCADE;"
                              "CREATE SCHEMA shop AUTHORIZATION owner");
  postgres_do(fixture->owner, "CREATE TABLE shop.orders (id int PRIMARY KEY)");
  return 0;
}

#define EACH_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

/* ---- slots */

static void make_slots(struct fixture *fixture) {
  postgres_do(fixture->admin, "SELECT pg_create_physical_replication_slot('stale', true)");
  postgres_do(fixture->admin, "SELECT pg_create_physical_replication_slot('neighbour', true)");
  postgres_do(fixture->owner, "INSERT INTO shop.orders SELECT generate_series(1, 5000)");
}

static void test_drop_a_slot(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"stale", NULL};
  make_slots(fixture);
  survey(fixture, "postgres.drop-slot", NULL);
  assert_true(found_cell(fixture, "stale", "retains").integer > 100000);
  make_plan(fixture, picks);
  assert_string_equal(fixture->driver.plan->title, "Drop the replication slot stale");
  assert_says(fixture, PLAN_EFFECT, "SELECT pg_drop_replication_slot('stale');");
  assert_says(fixture, PLAN_WARNING, "cannot start streaming");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "dropped, no longer listed");
  assert_int_equal(count_slots(fixture), 1); /* the neighbour */
}

static void test_drop_several_slots(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"stale", "neighbour", NULL};
  make_slots(fixture);
  run(fixture, "postgres.drop-slot", NULL, picks);
  assert_int_equal(outcome_count(&fixture->driver.outcome, OBJECT_DONE), 2);
  assert_non_null(strstr(fixture->driver.outcome.proof, "2 of 2 replication slots"));
  assert_int_equal(count_slots(fixture), 0);
}

/* A slot of that name that was made again retains other WAL. */
static void test_a_slot_made_again(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"stale", NULL};
  make_slots(fixture);
  survey(fixture, "postgres.drop-slot", NULL);
  make_plan(fixture, picks);
  postgres_do(fixture->admin, "SELECT pg_drop_replication_slot('stale')");
  postgres_do(fixture->admin, "CHECKPOINT");
  postgres_do(fixture->admin, "SELECT pg_create_physical_replication_slot('stale', true)");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_GONE, "not dropped: it no longer exists, or was replaced");
  assert_int_equal(count_slots(fixture), 2);
}

static void test_slots_that_cannot_be_dropped(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"stale", NULL};
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.drop-slot"), NULL, NULL, NULL));
  assert_refused(fixture, "the server has no replication slots");
  make_slots(fixture);
  use_role(fixture, "owner");
  survey(fixture, "postgres.drop-slot", NULL);
  assert_false(driver_plan(&fixture->driver, picks));
  assert_refused(fixture, "stale: needs a role with REPLICATION");
}

/* ---- prepared transactions */

static void prepare(struct fixture *fixture, int id, const char *quoted) {
  char sql[200];
  snprintf(sql, sizeof sql, "BEGIN; INSERT INTO shop.orders VALUES (%d)", id);
  postgres_do(fixture->owner, sql);
  snprintf(sql, sizeof sql, "PREPARE TRANSACTION %s", quoted);
  postgres_do(fixture->owner, sql);
}

static void test_end_prepared_transactions(void **state) {
  struct fixture *fixture = *state;
  const char *const first[] = {"first", NULL}, *const second[] = {"second", NULL};
  prepare(fixture, 1, "'first'");
  prepare(fixture, 2, "'second'");
  PQsendQuery(fixture->other, "INSERT INTO shop.orders VALUES (1)"); /* waits for the first */
  postgres_await(fixture->admin,
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", 1);
  survey(fixture, "postgres.rollback-prepared", NULL);
  assert_int_equal(found_cell(fixture, "first", "waiting").integer, 1);
  assert_int_equal(found_cell(fixture, "second", "waiting").integer, 0);
  make_plan(fixture, first);
  assert_says(fixture, PLAN_BLAST, "for which 1 session waits");
  assert_says(fixture, PLAN_EFFECT, "ROLLBACK PREPARED 'first';");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "rolled back, no longer listed");
  while (PQgetResult(fixture->other))
    ;
  assert_int_equal(count_prepared(fixture), 1);
  run(fixture, "postgres.commit-prepared", NULL, second);
  assert_result(fixture, 0, OBJECT_DONE, "committed, no longer listed");
  assert_int_equal(postgres_server_ask(fixture->admin, "SELECT sum(id) FROM shop.orders"), 1 + 2);
}

/* An identifier is any text; the server quotes it. */
static void test_a_hostile_identifier(void **state) {
  struct fixture *fixture = *state;
  prepare(fixture, 1, HOSTILE);
  prepare(fixture, 2, "'second'");
  survey(fixture, "postgres.rollback-prepared", NULL);
  const char *const picks[] = {fixture->driver.found->tables[0].rows[0].key, NULL};
  make_plan(fixture, picks);
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "rolled back");
  assert_int_equal(count_prepared(fixture), 1);
  assert_int_equal(postgres_server_ask(fixture->admin, "SELECT count(*) FROM shop.orders"), 0);
}

static void test_prepared_by_others(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"first", NULL};
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.commit-prepared"), NULL, NULL, NULL));
  assert_refused(fixture, "this database has no prepared transactions");
  prepare(fixture, 1, "'first'");
  use_role(fixture, "reader");
  survey(fixture, "postgres.commit-prepared", NULL);
  assert_false(driver_plan(&fixture->driver, picks));
  assert_refused(fixture, "first: needs to be owner or a superuser");
  assert_int_equal(count_prepared(fixture), 1);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      EACH_TEST(test_drop_a_slot),
      EACH_TEST(test_drop_several_slots),
      EACH_TEST(test_a_slot_made_again),
      EACH_TEST(test_slots_that_cannot_be_dropped),
      EACH_TEST(test_end_prepared_transactions),
      EACH_TEST(test_a_hostile_identifier),
      EACH_TEST(test_prepared_by_others),
  };
  if (!fixture_server())
    return 77;
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
