/* Settings, and the statistics of statements, of a real server. */
#include "postgres_maintenance_fixture.h"

static void await_setting(struct fixture *fixture, const char *name, const char *value) {
  char sql[300];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_settings WHERE name = '%s' AND setting = '%s'",
           name, value);
  postgres_await(fixture->admin, sql, 1);
}

/* Whether the file of ALTER SYSTEM has that many lines. */
static void assert_file_has(struct fixture *fixture, long lines) {
  assert_int_equal(postgres_server_ask(fixture->admin,
                                       "SELECT count(*) FROM pg_file_settings"
                                       " WHERE sourcefile LIKE '%postgresql.auto.conf'"),
                   lines);
}

static int setup(void **state) {
  fixture_setup(state);
  struct fixture *fixture = *state;
  use_role(fixture, "helper");
  postgres_do(fixture->admin, "ALTER SYSTEM RESET ALL");
  postgres_do(fixture->admin, "ALTER SYSTEM SET deadlock_timeout = '7s'");
  postgres_do(fixture->admin, "SELECT pg_reload_conf()");
  await_setting(fixture, "deadlock_timeout", "7000");
  await_setting(fixture, "work_mem", "4096");
  return 0;
}

#define SETTING_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

/* An undo as it is offered, parsed: postgres.set main name=N VALUE. */
static void run_undo(struct fixture *fixture) {
  char name[64], rest[64];
  const char *undo = fixture->driver.outcome.undo;
  assert_non_null(undo);
  assert_int_equal(sscanf(undo, "postgres.set main name=%63s %63s", name, rest), 2);
  char *value = strchr(rest, '=');
  *value++ = '\0';
  const char *const params[] = {"name", name, rest, value, NULL};
  run(fixture, "postgres.set", params, NULL);
}

static void test_set_and_back(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"name", "WORK_MEM", "value", "8MB", NULL};
  survey(fixture, "postgres.set", params);
  make_plan(fixture, NULL);
  assert_says(fixture, PLAN_EFFECT, "ALTER SYSTEM SET work_mem = '8MB';");
  assert_says(fixture, PLAN_BLAST, "takes effect at once in all sessions");
  assert_says(fixture, PLAN_WARNING, "each sort and hash");
  assert_says(fixture, PLAN_UNDO, "reset=true");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "8MB now, 4MB before");
  await_setting(fixture, "work_mem", "8192");
  await_setting(fixture, "deadlock_timeout", "7000"); /* the neighbour */
  assert_file_has(fixture, 2);
  assert_string_equal(fixture->driver.outcome.undo, "postgres.set main name=work_mem reset=true");
  run_undo(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "4MB now, 8MB before");
  await_setting(fixture, "work_mem", "4096");
  assert_file_has(fixture, 1);
}

/* A previous value of ALTER SYSTEM is restored as it was written. */
static void test_back_to_a_former_value(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"name", "deadlock_timeout", "value", "3s", NULL};
  run(fixture, "postgres.set", params, NULL);
  assert_result(fixture, 0, OBJECT_DONE, "3s now, 7s before");
  assert_string_equal(fixture->driver.outcome.undo,
                      "postgres.set main name=deadlock_timeout value=7s");
  run_undo(fixture);
  await_setting(fixture, "deadlock_timeout", "7000");
  assert_string_equal(fixture->driver.outcome.undo,
                      "postgres.set main name=deadlock_timeout value=3s");
  const char *const reset[] = {"name", "deadlock_timeout", "reset", "true", NULL};
  run(fixture, "postgres.set", reset, NULL);
  await_setting(fixture, "deadlock_timeout", "1000");
  assert_file_has(fixture, 0);
}

/* The connection's own settings hide nothing; odd values are only values. */
static void test_odd_values(void **state) {
  struct fixture *fixture = *state;
  const char *const own[] = {"name", "lock_timeout", "value", "9s", NULL};
  const char *const odd[] = {"name", "log_line_prefix", "value", "'; DROP TABLE x; \\ \"%m\" --",
                             NULL};
  run(fixture, "postgres.set", own, NULL);
  assert_result(fixture, 0, OBJECT_DONE, "9000 now, 0 before");
  run(fixture, "postgres.set", odd, NULL);
  assert_result(fixture, 0, OBJECT_DONE, "'; DROP TABLE x; \\ \"%m\" -- now, %m [%p]  before");
  const char *const empty[] = {"name", "log_line_prefix", "value", "''", NULL};
  run(fixture, "postgres.set", empty, NULL);
  await_setting(fixture, "log_line_prefix", "");
  assert_string_equal(fixture->driver.outcome.undo, "postgres.set main name=log_line_prefix "
                                                    "'value='\\''; DROP TABLE x; \\ \"%m\" --'");
}

static void test_a_restart_is_needed(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"name", "max_wal_senders", "value", "7", NULL};
  survey(fixture, "postgres.set", params);
  make_plan(fixture, NULL);
  assert_says(fixture, PLAN_WARNING, "only after a restart of the server; until then 10 applies");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "still 10 until the server is restarted");
  const char *const fixed[] = {"name", "max_connections", "value", "50", NULL};
  survey(fixture, "postgres.set", fixed);
  make_plan(fixture, NULL);
  assert_says(fixture, PLAN_WARNING, "a value from another source (command line) takes precedence");
}

static const char *cell(struct fixture *fixture, size_t column) {
  return fixture->driver.plan->objects[0].cells[column];
}

/* The role of the connection has a value of its own, which is not the server's. */
static void test_a_value_of_its_own_role(void **state) {
  struct fixture *fixture = *state;
  enum { NOW, NEW, FROM };
  const char *const params[] = {"name", "work_mem", "value", "16MB", NULL};
  postgres_do(fixture->admin, "ALTER ROLE helper SET work_mem = '64MB'");
  survey(fixture, "postgres.set", params);
  make_plan(fixture, NULL);
  assert_string_equal(cell(fixture, NOW), "not set in the files (default 4096 kB)");
  postgres_do(fixture->admin, "ALTER SYSTEM SET work_mem = '8MB'");
  survey(fixture, "postgres.set", params);
  make_plan(fixture, NULL);
  assert_string_equal(cell(fixture, NOW), "8MB");
  assert_string_equal(cell(fixture, FROM), "files");
  assert_says(fixture, PLAN_WARNING, "of stacktop's own connection sets it, too (user)");
  assert_says(fixture, PLAN_PRECONDITION, "its value in the files is still 8MB");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "16MB now, 8MB before");
  await_setting(fixture, "work_mem", "16384"); /* the administrator's, who has none of its own */
  assert_string_equal(fixture->driver.outcome.undo, "postgres.set main name=work_mem value=8MB");

  /* stacktop's connection sets this one itself, above that of the database */
  const char *const own[] = {"name", "lock_timeout", "value", "9s", NULL};
  postgres_do(fixture->admin, "ALTER DATABASE postgres SET lock_timeout = '3s'");
  survey(fixture, "postgres.set", own);
  make_plan(fixture, NULL);
  assert_string_equal(cell(fixture, NOW), "not set in the files (default 0 ms)");
  postgres_do(fixture->admin, "ALTER DATABASE postgres RESET lock_timeout");
  postgres_do(fixture->admin, "ALTER ROLE helper RESET work_mem");
}

/* The same without the right to read the files: nothing is invented. */
static void test_a_value_that_cannot_be_known(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"name", "work_mem", "value", "16MB", NULL};
  if (postgres_major(&server) < 15) /* ALTER SYSTEM needs a superuser, who reads the files */
    skip();
  postgres_do(fixture->admin, "GRANT ALTER SYSTEM ON PARAMETER work_mem TO reader;"
                              " GRANT EXECUTE ON FUNCTION pg_reload_conf() TO reader;"
                              " ALTER ROLE reader SET work_mem = '64MB'");
  use_role(fixture, "reader");
  survey(fixture, "postgres.set", params);
  make_plan(fixture, NULL);
  assert_string_equal(cell(fixture, 0), "not known");
  assert_says(fixture, PLAN_WARNING, "the server's value cannot be seen");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "this connection cannot see the server's value");
  await_setting(fixture, "work_mem", "16384");
  postgres_do(fixture->admin, "ALTER ROLE reader RESET work_mem;"
                              " REVOKE ALTER SYSTEM ON PARAMETER work_mem FROM reader;"
                              " REVOKE EXECUTE ON FUNCTION pg_reload_conf() FROM reader");
}

static void refuse(struct fixture *fixture, const char *name, const char *value,
                   const char *words) {
  const char *const params[] = {"name", name, value ? "value" : NULL, value, NULL};
  if (driver_survey(&fixture->driver, action_find("postgres.set"), NULL, NULL, params))
    assert_false(driver_plan(&fixture->driver, NULL));
  assert_refused(fixture, words);
}

static void test_what_is_refused(void **state) {
  struct fixture *fixture = *state;
  refuse(fixture, "work_men", "8MB", "unknown or hidden setting \"work_men\"");
  refuse(fixture, "work_mem = 1; DROP", "8MB", "unknown or hidden setting");
  if (postgres_major(&server) >= 13)
    refuse(
        fixture, "wal_keep_segments", "64",
        "replaced wal_keep_segments by wal_keep_size. Set wal_keep_size = 1024MB (64 segments of "
        "16 MB)");
  else
    refuse(fixture, "wal_keep_size", "1GB", "Set wal_keep_segments, a number of segments of 16 MB");
  refuse(fixture, "work_mem", "1", "from 64 to 2147483647 (kB)");
  refuse(fixture, "work_mem", "much", "wants a number, in kB or with a unit");
  refuse(fixture, "wal_level", "high", "wants one of minimal, replica, logical");
  refuse(fixture, "fsync", "maybe", "wants on or off");
  refuse(fixture, "block_size", "4096", "is a built-in value");
  refuse(fixture, "work_mem", NULL, "give a value");
  refuse(fixture, "shared_preload_libraries", "a, b", "is a list");
  refuse(fixture, "primary_conninfo", "host=x",
         postgres_major(&server) < 12 ? "unknown or hidden setting" : "may hold a password");
  refuse(fixture, "archive_command", "cp Password=x", "may hold a password");
  const char *const reset[] = {"name", "work_mem", "reset", "true", NULL};
  survey(fixture, "postgres.set", reset);
  assert_false(driver_plan(&fixture->driver, NULL));
  assert_refused(fixture, "is not set by ALTER SYSTEM");
  const char *const both[] = {"name", "work_mem", "reset", "true", "value", "1MB", NULL};
  assert_false(driver_survey(&fixture->driver, action_find("postgres.set"), NULL, NULL, both));
  assert_file_has(fixture, 1);
}

/* The server's own words, where only it can know. */
static void test_the_server_refuses(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"name", "work_mem", "value", "8 parsecs", NULL};
  survey(fixture, "postgres.set", params);
  make_plan(fixture, NULL);
  execute(fixture);
  assert_result(fixture, 0, OBJECT_REFUSED, "\"work_mem\"");
  assert_null(fixture->driver.outcome.undo);
  postgres_do(fixture->admin, "GRANT EXECUTE ON FUNCTION pg_reload_conf() TO owner");
  use_role(fixture, "owner");
  const char *const good[] = {"name", "work_mem", "value", "8MB", NULL};
  survey(fixture, "postgres.set", good);
  make_plan(fixture, NULL);
  execute(fixture);
  /* before 15 the right cannot be granted, and no setting is named */
  assert_result(fixture, 0, OBJECT_REFUSED,
                postgres_major(&server) < 15 ? "must be superuser" : "\"work_mem\"");
  postgres_do(fixture->admin, "REVOKE EXECUTE ON FUNCTION pg_reload_conf() FROM owner");
  refuse(fixture, "work_mem", "8MB", "no right to call pg_reload_conf()");
  assert_file_has(fixture, 1);
}

static void test_changed_by_another_since(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"name", "work_mem", "value", "8MB", NULL};
  survey(fixture, "postgres.set", params);
  make_plan(fixture, NULL);
  postgres_do(fixture->admin, "ALTER SYSTEM SET work_mem = '5MB'");
  postgres_do(fixture->admin, "SELECT pg_reload_conf()");
  await_setting(fixture, "work_mem", "5120");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_GONE, "it is now 5120, not 4096; not changed");
  await_setting(fixture, "work_mem", "5120");
}

/* Without the right to read the file of ALTER SYSTEM, but with the right to set one setting. */
static void test_a_role_with_one_right(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"name", "work_mem", "value", "6MB", NULL};
  if (PQserverVersion(fixture->admin) < 150000)
    return;
  postgres_do(fixture->admin, "GRANT ALTER SYSTEM ON PARAMETER work_mem TO owner;"
                              "GRANT EXECUTE ON FUNCTION pg_reload_conf() TO owner");
  use_role(fixture, "owner");
  run(fixture, "postgres.set", params, NULL);
  assert_result(fixture, 0, OBJECT_DONE, "6MB now, 4MB before");
  run_undo(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "4MB now, 6MB before");
  postgres_do(fixture->admin, "REVOKE ALL ON PARAMETER work_mem FROM owner;"
                              "REVOKE EXECUTE ON FUNCTION pg_reload_conf() FROM owner");
}

/* ---- statements */

static void test_no_extension(void **state) {
  struct fixture *fixture = *state;
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.reset-statements"), NULL, NULL, NULL));
  assert_refused(fixture, "the extension pg_stat_statements is not installed");
}

static long statements_of(struct fixture *fixture, const char *database) {
  char sql[200];
  snprintf(sql, sizeof sql,
           "SELECT count(*) FROM \"my stats\".pg_stat_statements WHERE dbid ="
           " (SELECT oid FROM pg_database WHERE datname = '%s') AND query LIKE '%%AS marker%%'",
           database);
  return postgres_server_ask(fixture->admin, sql);
}

static void test_reset_statements(void **state) {
  struct fixture *fixture = *state;
  postgres_do(fixture->admin, "CREATE SCHEMA \"my stats\";"
                              "CREATE EXTENSION pg_stat_statements SCHEMA \"my stats\"");
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.reset-statements"), NULL, NULL, NULL));
  assert_refused(fixture, "must be loaded via");
  postgres_do(fixture->admin, "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
  postgres_do(fixture->admin, "CREATE DATABASE neighbour");
  PQfinish(fixture->admin);
  postgres_kill(&server);
  postgres_run(&server);
  fixture->admin = postgres_login(&server, "admin");
  char dsn[160];
  snprintf(dsn, sizeof dsn, "postgresql://admin@127.0.0.1:%d/neighbour", server.port);
  PGconn *neighbour = PQconnectdb(dsn);
  postgres_do(neighbour, "SELECT 1 AS marker");
  PQfinish(neighbour);
  postgres_do(fixture->admin, "SELECT 1 AS marker");
  assert_int_equal(statements_of(fixture, "postgres"), 1);

  use_role(fixture, "owner"); /* a role without the right */
  postgres_do(fixture->admin, "GRANT USAGE ON SCHEMA \"my stats\" TO owner");
  survey(fixture, "postgres.reset-statements", NULL);
  make_plan(fixture, NULL);
  assert_says(fixture, PLAN_WARNING, "it will be refused");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_REFUSED, "pg_stat_statements_reset");
  assert_int_equal(statements_of(fixture, "postgres"), 1);

  use_role(fixture, "helper");
  run(fixture, "postgres.reset-statements", NULL, NULL);
  assert_result(fixture, 0, OBJECT_DONE, " since then");
  assert_true(fixture->driver.plan->count > 1);
  assert_int_equal(statements_of(fixture, "postgres"), 0);
  assert_int_equal(statements_of(fixture, "neighbour"), postgres_major(&server) >= 12);
}

int main(void) {
  if (!fixture_server())
    return 77;
  const struct CMUnitTest tests[] = {
      SETTING_TEST(test_set_and_back),
      SETTING_TEST(test_back_to_a_former_value),
      SETTING_TEST(test_odd_values),
      SETTING_TEST(test_a_restart_is_needed),
      SETTING_TEST(test_a_value_of_its_own_role),
      SETTING_TEST(test_a_value_that_cannot_be_known),
      SETTING_TEST(test_what_is_refused),
      SETTING_TEST(test_the_server_refuses),
      SETTING_TEST(test_changed_by_another_since),
      SETTING_TEST(test_a_role_with_one_right),
      SETTING_TEST(test_no_extension),
      SETTING_TEST(test_reset_statements),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
