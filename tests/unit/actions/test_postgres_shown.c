/* The commands that a plan shows are right when copied, whatever a name contains, and a name that
 * is given by hand is that of one table, or is refused. */
#include "postgres_maintenance_fixture.h"

#define ODD "\"Odd; 'x' \"\"q\"\" %s $1 \\ .t\""

static int setup_odd(void **state) {
  fixture_setup(state);
  struct fixture *fixture = *state;
  postgres_do(fixture->owner, "SET search_path = shop");
  postgres_do(fixture->owner, "CREATE TABLE " ODD " (\"The id\" int PRIMARY KEY, note text)");
  postgres_do(fixture->owner, "CREATE TABLE plain (id int PRIMARY KEY, note text)");
  return 0;
}

static int teardown_odd(void **state) {
  struct fixture *fixture = *state;
  postgres_do(fixture->owner, "DROP TABLE " ODD ", plain");
  return fixture_teardown(state);
}

/* Runs the commands of the plan, as a person does who pastes them into psql. */
static void run_shown(struct fixture *fixture, PGconn *conn) {
  const struct plan *plan = fixture->driver.plan;
  size_t count = 0;
  for (size_t i = 0; i < plan->text_count; i++)
    if (plan->texts[i].part == PLAN_EFFECT) {
      postgres_do(conn, plan->texts[i].text);
      count++;
    }
  assert_true(count > 0);
}

static const char odd_table[] = "shop." ODD;

static long vacuums(struct fixture *fixture, const char *table) {
  char *sql = mem_printf("SELECT pg_stat_get_vacuum_count('%s'::regclass)", table);
  long count = postgres_server_ask(fixture->admin, sql);
  free(sql);
  return count;
}

static void test_vacuum(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {odd_table, NULL};
  static const char quoted[] = "shop.\"Odd; ''x'' \"\"q\"\" %s $1 \\ .t\"";
  survey(fixture, "postgres.vacuum", NULL);
  make_plan(fixture, picks);
  run_shown(fixture, fixture->other);
  postgres_await(fixture->admin,
                 "SELECT pg_stat_get_vacuum_count(oid) FROM pg_class WHERE relname LIKE 'Odd;%'",
                 1);
  execute(fixture);
  verify(fixture);
  postgres_await(fixture->admin,
                 "SELECT pg_stat_get_vacuum_count(oid) FROM pg_class WHERE relname LIKE 'Odd;%'",
                 2);
  assert_int_equal(vacuums(fixture, quoted), 2);
  assert_int_equal(vacuums(fixture, "shop.plain"), 0);
}

static void test_create_index(void **state) {
  struct fixture *fixture = *state;
  static const char count_sql[] = "SELECT count(*) FROM pg_index x JOIN pg_class t ON t.oid ="
                                  " x.indrelid WHERE t.relname LIKE 'Odd;%'";
  const char *const params[] = {"table", odd_table, "columns", "\"The id\", note", NULL};
  survey(fixture, "postgres.create-index", params);
  make_plan(fixture, NULL);
  run_shown(fixture, fixture->other);
  assert_int_equal(postgres_server_ask(fixture->admin, count_sql), 2);
  survey(fixture, "postgres.create-index", params);
  make_plan(fixture, NULL);
  execute(fixture);
  assert_int_equal(postgres_server_ask(fixture->admin, count_sql), 3);
}

static void test_set(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"name", "cluster_name", "value", "it's a \\ \"name\"; SELECT 1",
                                NULL};
  static const char set_sql[] = "SELECT count(*) FROM pg_file_settings WHERE name = 'cluster_name'"
                                " AND setting = 'it''s a \\ \"name\"; SELECT 1'";
  use_role(fixture, "helper");
  survey(fixture, "postgres.set", params);
  make_plan(fixture, NULL);
  run_shown(fixture, fixture->admin);
  assert_int_equal(postgres_server_ask(fixture->admin, set_sql), 1);
  postgres_do(fixture->admin, "ALTER SYSTEM RESET cluster_name");
}

static void test_terminate(void **state) {
  struct fixture *fixture = *state;
  char pid[16];
  const char *keys[] = {pid, NULL};
  PGconn *object = postgres_login(&server, "owner");
  snprintf(pid, sizeof pid, "%d", PQbackendPID(object));
  assert_true(
      driver_survey(&fixture->driver, action_find("postgres.terminate"), "sessions", keys, NULL));
  make_plan(fixture, NULL);
  run_shown(fixture, fixture->admin);
  char *sql = mem_printf("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid);
  postgres_await(fixture->admin, sql, 0);
  free(sql);
  PQfinish(object);
}

static void survey_table(struct fixture *fixture, const char *typed, const char *wanted) {
  const char *const params[] = {"table", typed, "columns", "id", NULL};
  bool good =
      driver_survey(&fixture->driver, action_find("postgres.create-index"), NULL, NULL, params) &&
      driver_plan(&fixture->driver, NULL);
  if (good != (wanted != NULL))
    fail_msg("%s: %s", typed,
             good ? fixture->driver.plan->objects[0].key : fixture->driver.err.text);
  if (good)
    assert_string_equal(fixture->driver.plan->objects[0].key, wanted);
}

/* "shop.t" is a table t of shop, and may be a table "shop.t" of another schema. */
static void test_names_by_hand(void **state) {
  struct fixture *fixture = *state;
  if (postgres_major(&server) < 12)
    skip();
  postgres_do(fixture->admin,
              "CREATE SCHEMA names; CREATE TABLE names.\"shop.t\" (id int);"
              "CREATE TABLE shop.\"Case\" (id int); CREATE TABLE names.once (id int);"
              "CREATE TABLE names.\"50%\" (id int); CREATE TABLE names.\"_0%\" (id int)");
  use_role(fixture, "helper");
  survey_table(fixture, "shop.t", "names.\"shop.t\"");
  postgres_do(fixture->admin, "CREATE TABLE shop.t (id int)");
  survey_table(fixture, "shop.t", NULL);
  assert_refused(fixture, "is ambiguous");
  survey_table(fixture, "names.\"shop.t\"", "names.\"shop.t\"");
  survey_table(fixture, "Case", "shop.\"Case\"");
  survey_table(fixture, "shop.Case", "shop.\"Case\"");
  survey_table(fixture, "\"Case\"", "shop.\"Case\"");
  survey_table(fixture, "case", NULL);
  survey_table(fixture, "CASE", NULL);
  survey_table(fixture, "once", "names.once");
  survey_table(fixture, " once", NULL);
  survey_table(fixture, "onc_", NULL);
  survey_table(fixture, "%", NULL);
  survey_table(fixture, "_0%", "names.\"_0%\"");
  survey_table(fixture, "once'; DROP TABLE names.once; --", NULL);
  postgres_do(fixture->admin, "DROP SCHEMA names CASCADE; DROP TABLE shop.t, shop.\"Case\"");
}

int main(void) {
  if (!fixture_server())
    return 77;
#define SHOWN_TEST(name) cmocka_unit_test_setup_teardown(name, setup_odd, teardown_odd)
  const struct CMUnitTest tests[] = {
      SHOWN_TEST(test_vacuum),    SHOWN_TEST(test_create_index),  SHOWN_TEST(test_set),
      SHOWN_TEST(test_terminate), SHOWN_TEST(test_names_by_hand),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
