/* What is wrong with a pool or a database. */
#include "collectors/pgbouncer/pgbouncer_judge.h"
#include "support/core_test.h"

#include <string.h>

static const struct pgbouncer_rules rules = {.waiting = 1, .waiting_critical = 10};
static const struct pgbouncer_mode active = {.paused = false};

/* A pool of 5 whose connections are all in use. */
static struct pgbouncer_pool busy(int64_t waiting, int64_t wait_s) {
  return (struct pgbouncer_pool){.database = "app",
                                 .user = "ops",
                                 .mode = "transaction",
                                 .clients = 5,
                                 .waiting = waiting,
                                 .active = 5,
                                 .active_cancel = PGBOUNCER_UNKNOWN,
                                 .being_cancelled = PGBOUNCER_UNKNOWN,
                                 .wait_s = wait_s};
}

static struct pgbouncer_database behind(void) {
  return (struct pgbouncer_database){.name = "app",
                                     .host = "10.0.0.7",
                                     .port = 5432,
                                     .database = "ecap",
                                     .pool_size = 5,
                                     .connections = 5};
}

static void expect(const struct pgbouncer_pool *pool, const struct pgbouncer_database *database,
                   const struct pgbouncer_mode *mode, double unconnected, enum severity severity,
                   const char *reason) {
  struct pgbouncer_verdict verdict;
  const struct pgbouncer_case of = {
      .pool = pool, .database = database, .mode = mode, .unconnected = unconnected};
  pgbouncer_judge_pool(&of, &rules, &verdict);
  assert_string_equal(verdict.reason, reason);
  assert_int_equal(verdict.severity, severity);
}

static void test_a_pool_that_is_exhausted(void **state) {
  struct pgbouncer_pool pool = busy(3, 0);
  const struct pgbouncer_database database = behind();
  (void)state;
  pool.wait_us = 999999;
  expect(&pool, &database, &active, -1, SEVERITY_OK, ""); /* a queue for a moment is normal */
  pool = busy(3, 4);
  expect(
      &pool, &database, &active, -1, SEVERITY_WARN,
      "3 clients wait, the longest for 4.0s: the pool is exhausted, all 5 server connections are "
      "in use");
  pool = busy(1, 10);
  expect(&pool, &database, &active, -1, SEVERITY_CRIT,
         "1 client waits for 10s: the pool is exhausted, all 5 server connections are in use");
  pool = busy(0, 0);
  expect(&pool, &database, &active, -1, SEVERITY_OK, ""); /* full, and no client waits */
}

static void test_a_limit_of_the_database(void **state) {
  const struct pgbouncer_pool pool = busy(2, 2);
  struct pgbouncer_database database = behind();
  (void)state;
  database.limit = database.connections = 8;
  expect(&pool, &database, &active, -1, SEVERITY_WARN,
         "2 clients wait, the longest for 2.0s: the database has reached its limit of 8 server "
         "connections");
  database.limit = 9;
  database.pool_size = 20;
  expect(&pool, &database, &active, -1, SEVERITY_WARN, "2 clients wait, the longest for 2.0s");
  expect(&pool, NULL, &active, -1, SEVERITY_WARN, "2 clients wait, the longest for 2.0s");
}

static void test_no_connection_to_the_server(void **state) {
  struct pgbouncer_pool pool = busy(1, 0);
  const struct pgbouncer_database database = behind();
  (void)state;
  pool.active = 0;
  /* between two attempts: it has failed, whatever maxwait is */
  expect(&pool, &database, &active, 0, SEVERITY_WARN,
         "1 client waits: no connection to 10.0.0.7:5432; PgBouncer's log says why");
  expect(&pool, &database, NULL, 12, SEVERITY_CRIT,
         "1 client waits for 12s: no connection to 10.0.0.7:5432, or a PAUSE of all; PgBouncer's "
         "log says which");
  pool.login = 1; /* the first login of a pool takes a moment */
  expect(&pool, &database, &active, 0, SEVERITY_OK, "");
  expect(&pool, &database, &active, 3, SEVERITY_WARN,
         "1 client waits for 3.0s: no connection to 10.0.0.7:5432 yet, a login is in progress");
  expect(&pool, NULL, &active, 3, SEVERITY_WARN,
         "1 client waits for 3.0s: no connection to the server yet, a login is in progress");
}

static void test_a_pause(void **state) {
  struct pgbouncer_pool pool = busy(2, 3);
  struct pgbouncer_database database = behind();
  const struct pgbouncer_mode paused = {.paused = true}, suspended = {.suspended = true};
  (void)state;
  pool.active = 0;
  expect(&pool, &database, &paused, 3, SEVERITY_WARN,
         "2 clients wait, the longest for 3.0s: PgBouncer is paused");
  expect(&pool, &database, &suspended, 3, SEVERITY_WARN,
         "2 clients wait, the longest for 3.0s: PgBouncer is suspended");
  database.paused = 1;
  expect(&pool, &database, NULL, 12, SEVERITY_CRIT,
         "2 clients wait, the longest for 12s: the database is paused");
  pool = busy(1, 0); /* at its login */
  pool.active = 0;
  expect(&pool, &database, &active, 0, SEVERITY_OK, "");
}

static void test_databases(void **state) {
  struct pgbouncer_database database = behind();
  struct pgbouncer_verdict verdict;
  (void)state;
  pgbouncer_judge_database(&database, &verdict);
  assert_int_equal(verdict.severity, SEVERITY_OK);
  database.paused = 1;
  pgbouncer_judge_database(&database, &verdict);
  assert_int_equal(verdict.severity, SEVERITY_WARN);
  assert_string_equal(verdict.reason, "paused: its clients wait until it is resumed");
  database.disabled = 1;
  pgbouncer_judge_database(&database, &verdict);
  assert_non_null(strstr(verdict.reason, "paused and disabled"));
  database.paused = PGBOUNCER_UNKNOWN;
  pgbouncer_judge_database(&database, &verdict);
  assert_string_equal(verdict.reason, "disabled: new clients are refused");
}

static void test_places(void **state) {
  char out[PGBOUNCER_PLACE_MAX];
  struct pgbouncer_database database = behind();
  (void)state;
  database.host = "::1";
  assert_string_equal(pgbouncer_place(out, &database), "[::1]:5432");
  database.host = "";
  assert_string_equal(pgbouncer_place(out, &database), "the local socket of port 5432");
  database.host = "/run/postgresql";
  assert_string_equal(pgbouncer_place(out, &database), "the local socket of port 5432");
}

/* maxwait is 0 for clients that wait for their login. */
static void test_how_long_it_has_no_connection(void **state) {
  struct pgbouncer_memory first = {.since_ms = {.slots = NULL}}, second = first, third = first;
  struct pgbouncer_pool pool = busy(1, 0);
  (void)state;
  assert_true(pgbouncer_memory_take(&first, &second, &pool, "app/ops", 1000) == -1);
  pool.active = 0;
  assert_true(pgbouncer_memory_take(&first, &second, &pool, "app/ops", 1000) == 0);
  assert_true(pgbouncer_memory_take(&second, &third, &pool, "app/ops", 4500) == 3.5);
  assert_true(pgbouncer_memory_take(&second, &third, &pool, "app/other", 4500) == 0);
  pgbouncer_memory_fini(&second);
  pool.idle = 1; /* connected meanwhile: it begins again */
  assert_true(pgbouncer_memory_take(&third, &second, &pool, "app/ops", 5000) == -1);
  pgbouncer_memory_fini(&third);
  pool.idle = 0;
  assert_true(pgbouncer_memory_take(&second, &third, &pool, "app/ops", 6000) == 0);
  pgbouncer_memory_fini(&second);
  pgbouncer_memory_fini(&third);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_pool_that_is_exhausted),
      cmocka_unit_test(test_a_limit_of_the_database),
      cmocka_unit_test(test_no_connection_to_the_server),
      cmocka_unit_test(test_a_pause),
      cmocka_unit_test(test_databases),
      cmocka_unit_test(test_places),
      cmocka_unit_test(test_how_long_it_has_no_connection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
