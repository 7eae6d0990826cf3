/* VACUUM and ANALYZE against a real server. */
#include "postgres_maintenance_fixture.h"

/* In a separate session: statistics are sent at its end, otherwise up to 10 s later. */
static void as_owner(const char *sql) {
  PGconn *conn = postgres_login(&server, "owner");
  postgres_do(conn, sql);
  PQfinish(conn);
}

static void make_tables(struct fixture *fixture) {
  postgres_do(fixture->admin, "DROP SCHEMA IF EXISTS shop CASCADE;"
                              "CREATE SCHEMA shop AUTHORIZATION owner;"
                              "GRANT USAGE ON SCHEMA shop TO reader");
  as_owner("CREATE TABLE shop.orders (id int PRIMARY KEY, note text);"
           "CREATE TABLE shop.stock (id int PRIMARY KEY, note text);"
           "INSERT INTO shop.orders SELECT n, 'x' FROM generate_series(1, 2000) n;"
           "INSERT INTO shop.stock SELECT n, 'x' FROM generate_series(1, 500) n");
  as_owner("DELETE FROM shop.orders WHERE id > 1000; DELETE FROM shop.stock WHERE id > 400");
  postgres_await(fixture->admin,
                 "SELECT pg_stat_get_dead_tuples('shop.orders'::regclass)"
                 " + pg_stat_get_dead_tuples('shop.stock'::regclass)",
                 1100);
}

static void test_vacuum(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders", NULL};
  make_tables(fixture);
  survey(fixture, "postgres.vacuum", NULL);
  assert_int_equal(found_cell(fixture, "shop.orders", "dead").integer, 1000);
  assert_true(found_cell(fixture, "shop.orders", "bytes").integer > 0);
  assert_int_equal(found_cell(fixture, "shop.orders", "vacuumed").type, VALUE_NONE);
  make_plan(fixture, picks);
  assert_says(fixture, PLAN_EFFECT, "VACUUM (ANALYZE) shop.orders;");
  assert_says(fixture, PLAN_BLAST, "makes the space of 1,000 dead rows");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_SENT, "ran for ");
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "1,000 dead rows removed, 0 remain");
  assert_string_equal(fixture->driver.outcome.proof, "1,000 dead rows removed, 0 remain");
  assert_int_equal(
      postgres_server_ask(fixture->admin,
                          "SELECT count(*) FROM pg_stat_all_tables WHERE relname = 'orders'"
                          " AND last_vacuum IS NOT NULL AND last_analyze IS NOT NULL"),
      1);
  /* the neighbour is untouched */
  assert_int_equal(
      postgres_server_ask(fixture->admin,
                          "SELECT n_dead_tup FROM pg_stat_all_tables WHERE relname = 'stock'"
                          " AND last_vacuum IS NULL"),
      100);
}

static void test_analyze(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders", NULL};
  make_tables(fixture);
  run(fixture, "postgres.analyze", NULL, picks);
  assert_result(fixture, 0, OBJECT_DONE, "analyzed: about 1,000 rows");
  assert_int_equal(
      postgres_server_ask(fixture->admin,
                          "SELECT count(*) FROM pg_stat_all_tables WHERE schemaname = 'shop'"
                          " AND last_analyze IS NOT NULL AND last_vacuum IS NULL"),
      1); /* and not the neighbour */
}

/* One after the other; a table that is locked or gone does not block the others. */
static void test_several(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders", "shop.stock", "shop.\"Odd one\"", "shop.again", NULL};
  const char *const params[] = {"analyze", "false", NULL};
  make_tables(fixture);
  postgres_do(fixture->owner, "CREATE TABLE shop.\"Odd one\" (id int); CREATE TABLE shop.again (id "
                              "int)");
  survey(fixture, "postgres.vacuum", params);
  make_plan(fixture, picks);
  assert_says(fixture, PLAN_EFFECT, "VACUUM shop.\"Odd one\";");
  assert_int_equal(fixture->driver.plan->object_count, 4);
  postgres_do(fixture->other, "BEGIN; LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE");
  postgres_do(fixture->owner, "DROP TABLE shop.again; CREATE TABLE shop.again (id int)");
  execute(fixture);
  verify(fixture);
  postgres_do(fixture->other, "ROLLBACK");
  const struct plan *plan = fixture->driver.plan;
  for (size_t i = 0; i < plan->object_count; i++) {
    if (strcmp(plan->objects[i].key, "shop.orders") == 0)
      assert_result(fixture, i, OBJECT_REFUSED, "another session holds its lock: ");
    else if (strcmp(plan->objects[i].key, "shop.again") == 0)
      assert_result(fixture, i, OBJECT_GONE, "not touched: it no longer exists");
    else
      assert_result(fixture, i, OBJECT_DONE, "dead row");
  }
  assert_string_equal(fixture->driver.outcome.proof,
                      "2 of 4 tables vacuumed: 100 dead rows removed, 0 remain");
  assert_int_equal(postgres_server_ask(fixture->admin, "SELECT n_dead_tup FROM pg_stat_all_tables"
                                                       " WHERE relname = 'orders'"),
                   1000);
}

/* PostgreSQL only warns when it skips a table for lack of the right: here it is a refusal. */
static void test_rights(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders", NULL};
  make_tables(fixture);
  use_role(fixture, "reader");
  survey(fixture, "postgres.vacuum", NULL);
  make_plan(fixture, picks);
  assert_says(fixture, PLAN_WARNING,
              "shop.orders will be refused: needs the rights of its owner, owner");
  assert_says(fixture, PLAN_WARNING, "needs pg_monitor");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_REFUSED, "permission denied: the rights of");
  assert_int_equal(postgres_server_ask(fixture->admin, "SELECT n_dead_tup FROM pg_stat_all_tables"
                                                       " WHERE relname = 'orders'"),
                   1000);
}

/* A snapshot that is older than their deaths keeps the rows. */
static void test_sessions_that_keep_rows(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders", NULL};
  make_tables(fixture);
  postgres_do(fixture->other, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
  as_owner("DELETE FROM shop.orders WHERE id > 900");
  postgres_await(fixture->admin, "SELECT pg_stat_get_dead_tuples('shop.orders'::regclass)", 1100);
  survey(fixture, "postgres.vacuum", NULL);
  const struct table *holders = sample_table_view(fixture->driver.found, "holders");
  char who[80];
  snprintf(who, sizeof who, "pid %d (owner, idle in transaction)", PQbackendPID(fixture->other));
  assert_non_null(table_find(holders, who));
  make_plan(fixture, picks);
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "1,000 dead rows removed, 100 remain");
  postgres_do(fixture->other, "ROLLBACK");
}

static void cancel_when_scanning(struct driver *driver) {
  if (strstr(driver->progress.step, "shop.orders: scanning heap") && driver->progress.total > 0 &&
      strcmp(driver->progress.unit, "blocks") == 0) {
    driver->arg = driver;
    driver->step->cancel(&driver->call);
  }
}

static void test_cancelled_midway(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders", "shop.stock", NULL};
  make_tables(fixture);
  postgres_do(fixture->admin, "ALTER ROLE owner SET vacuum_cost_delay = '100ms';"
                              "ALTER ROLE owner SET vacuum_cost_limit = 1");
  survey(fixture, "postgres.vacuum", NULL);
  make_plan(fixture, picks);
  fixture->driver.on_change = cancel_when_scanning;
  execute(fixture);
  fixture->driver.on_change = NULL;
  postgres_do(fixture->admin, "ALTER ROLE owner RESET ALL");
  assert_non_null(fixture->driver.arg); /* progress was seen */
  assert_result(fixture, 0, OBJECT_PARTLY, "cancelled: space already reclaimed stays reclaimed");
  assert_result(fixture, 1, OBJECT_SKIPPED, "cancelled before its turn");
  assert_null(fixture->driver.outcome.undo);
  assert_int_equal(
      postgres_server_ask(fixture->admin,
                          "SELECT count(*) FROM pg_stat_all_tables WHERE schemaname = 'shop'"
                          " AND last_vacuum IS NOT NULL"),
      0);
}

/* Only the fixture's two sessions of the owner are left: each step finds one free slot, and no
 * second. */
static void await_one_free(void) {
  postgres_await_backends(&server, "owner", 2);
}

/* Without a slot for the second session it continues, and can still be stopped between two. */
static void test_no_second_session(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders", NULL};
  make_tables(fixture);
  postgres_do(fixture->admin, "ALTER ROLE owner CONNECTION LIMIT 3");
  await_one_free();
  survey(fixture, "postgres.vacuum", NULL);
  make_plan(fixture, picks);
  await_one_free();
  execute(fixture);
  await_one_free();
  verify(fixture);
  postgres_do(fixture->admin, "ALTER ROLE owner CONNECTION LIMIT -1");
  assert_result(fixture, 0, OBJECT_DONE, "1,000 dead rows removed");
}

static void kill_when_scanning(struct driver *driver) {
  struct fixture *fixture = driver->arg;
  if (strstr(driver->progress.step, "shop.orders: scanning heap"))
    postgres_do(fixture->admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                " WHERE query LIKE 'VACUUM%'");
}

static void test_a_lost_connection(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders", "shop.stock", NULL};
  make_tables(fixture);
  postgres_do(fixture->admin, "ALTER ROLE owner SET vacuum_cost_delay = '100ms';"
                              "ALTER ROLE owner SET vacuum_cost_limit = 1");
  survey(fixture, "postgres.vacuum", NULL);
  make_plan(fixture, picks);
  fixture->driver.arg = fixture;
  fixture->driver.on_change = kill_when_scanning;
  assert_false(driver_execute(&fixture->driver));
  fixture->driver.on_change = NULL;
  postgres_do(fixture->admin, "ALTER ROLE owner RESET ALL");
  assert_result(fixture, 0, OBJECT_UNKNOWN, "the connection was lost while it was running");
  assert_result(fixture, 1, OBJECT_SKIPPED, "not attempted");
}

static void test_dropped_in_the_middle(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders", NULL};
  make_tables(fixture);
  survey(fixture, "postgres.vacuum", NULL);
  make_plan(fixture, picks);
  driver_execute_begin(&fixture->driver);
  driver_drop(&fixture->driver);
  assert_result(fixture, 0, OBJECT_SKIPPED, "nothing was sent");
  execute(fixture);
  driver_begin(&fixture->driver, fixture->driver.action->verify);
  driver_drop(&fixture->driver);
  assert_result(fixture, 0, OBJECT_UNKNOWN, "it ran, but no proof was seen");
}

static void test_left_while_it_runs(void **state) {
  struct fixture *fixture = *state;
  struct driver *driver = &fixture->driver;
  const char *const picks[] = {"shop.orders", "shop.stock", NULL};
  make_tables(fixture);
  postgres_do(fixture->admin, "ALTER ROLE owner SET vacuum_cost_delay = '100ms';"
                              "ALTER ROLE owner SET vacuum_cost_limit = 1");
  survey(fixture, "postgres.vacuum", NULL);
  make_plan(fixture, picks);
  driver_execute_begin(driver);
  while (!strstr(driver->progress.step, "1 of 2, shop.orders: ")) /* whatever it is doing then */
    driver_turn(driver);
  driver_drop(driver);
  postgres_do(fixture->admin, "ALTER ROLE owner RESET ALL");
  assert_result(fixture, 0, OBJECT_UNKNOWN,
                "stacktop left while it was running; the server may continue");
  assert_result(fixture, 1, OBJECT_SKIPPED, "not attempted");
  postgres_do(fixture->admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                              " WHERE query LIKE 'VACUUM%'");
}

int main(void) {
  if (!fixture_server())
    return 77;
  const struct CMUnitTest tests[] = {
      MAINTENANCE_TEST(test_vacuum),
      MAINTENANCE_TEST(test_analyze),
      MAINTENANCE_TEST(test_several),
      MAINTENANCE_TEST(test_rights),
      MAINTENANCE_TEST(test_sessions_that_keep_rows),
      MAINTENANCE_TEST(test_cancelled_midway),
      MAINTENANCE_TEST(test_no_second_session),
      MAINTENANCE_TEST(test_a_lost_connection),
      MAINTENANCE_TEST(test_dropped_in_the_middle),
      MAINTENANCE_TEST(test_left_while_it_runs),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
