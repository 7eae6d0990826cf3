/* VACUUM and ANALYZE against a real server. */
#include "postgres_maintenance_fixture.h"

static void make_tables(struct fixture *fixture) {
  postgres_do(fixture->owner, "DROP SCHEMA IF EXISTS shop CASCADE");
  postgres_do(fixture->admin, "CREATE SCHEMA IF NOT EXISTS shop AUTHORIZATION owner;"
                              "GRANT USAGE ON SCHEMA shop TO reader");
  postgres_do(fixture->owner,
              "CREATE TABLE shop.orders (id int PRIMARY KEY, note text);"
              "CREATE TABLE shop.stock (id int PRIMARY KEY, note text);"
              "INSERT INTO shop.orders SELECT n, 'x' FROM generate_series(1, 2000) n;"
              "INSERT INTO shop.stock SELECT n, 'x' FROM generate_series(1, 500) n");
  postgres_do(fixture->owner, "DELETE FROM shop.orders WHERE id > 1000");
  postgres_do(fixture->owner, "DELETE FROM shop.stock WHERE id > 400");
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
  assert_says(fixture, PLAN_BLAST, "1,000 dead rows can become room");
  execute(fixture);
  assert_result(fixture, 0, VICTIM_SENT, "ran for ");
  verify(fixture);
  assert_result(fixture, 0, VICTIM_DONE, "1,000 dead rows gone, 0 remain");
  assert_string_equal(fixture->driver.outcome.proof, "1,000 dead rows gone, 0 remain");
  assert_int_equal(postgres_ask(fixture->admin,
                                "SELECT count(*) FROM pg_stat_all_tables WHERE relname = 'orders'"
                                " AND last_vacuum IS NOT NULL AND last_analyze IS NOT NULL"),
                   1);
  /* the neighbour is untouched */
  assert_int_equal(postgres_ask(fixture->admin,
                                "SELECT n_dead_tup FROM pg_stat_all_tables WHERE relname = 'stock'"
                                " AND last_vacuum IS NULL"),
                   100);
}

int main(void) {
  if (!fixture_server())
    return 77;
  const struct CMUnitTest tests[] = {
      MAINTENANCE_TEST(test_vacuum),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
