/* What is watched for changes, with a real server. */
#include "collectors/postgres_fixture.h"

static const struct inventory *inventory(const struct fixture *fixture, const char *id) {
  for (size_t i = 0; i < fixture->sample->inventory_count; i++)
    if (strcmp(fixture->sample->inventories[i].id, id) == 0)
      return &fixture->sample->inventories[i];
  return NULL;
}

static const struct inventory_item *item(const struct fixture *fixture, const char *id,
                                         const char *name) {
  const struct inventory *found = inventory(fixture, id);
  assert_non_null(found);
  for (size_t i = 0; i < found->count; i++)
    if (strcmp(found->items[i].name, name) == 0)
      return &found->items[i];
  return NULL;
}

static void check_item(const struct fixture *fixture, const char *id, const char *name,
                       const char *value) {
  const struct inventory_item *found = item(fixture, id, name);
  if (!found)
    fail_msg("%s is missing", name);
  else
    assert_string_equal(found->value, value);
}

static void collect_until(struct fixture *fixture, const char *id) {
  const int64_t give_up = clock_now_ms() + 10000;
  do
    collect_well(fixture);
  while (!inventory(fixture, id) && clock_now_ms() < give_up);
  assert_non_null(inventory(fixture, id));
}

static void test_what_is_watched(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone();
  postgres_do(admin, "DROP TABLE IF EXISTS orders");
  postgres_do(admin, "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2))");
  postgres_do(admin, "ALTER SYSTEM SET primary_conninfo = 'password=hunter2'");
  postgres_do(admin, "SELECT pg_reload_conf()");
  postgres_do(admin, "ALTER ROLE admin IN DATABASE postgres SET log_statement = 'ddl'");
  watch_as(fixture, "admin");
  collect_well(fixture);
  check_item(fixture, "settings", "setting work_mem", "4MB");
  check_item(fixture, "settings", "setting statement_timeout", "0 ms"); /* not its own */
  assert_null(item(fixture, "settings", "setting application_name"));
  check_item(fixture, "role settings", "setting log_statement of role admin in database postgres",
             "ddl");
  check_item(fixture, "relations", "table public.orders",
             "id bigint not null\ntotal numeric(10,2)");
  check_item(fixture, "relations", "index public.orders_pkey", "id bigint");
  assert_non_null(strstr(item(fixture, "roles", "role admin")->value, "superuser\nlogin"));
  const struct inventory_item *secret = item(fixture, "settings", "setting primary_conninfo");
  assert_true(secret->secret);
  assert_null(strstr(secret->value, "hunter2"));
  assert_int_equal(fixture->sample->note_count, 0);
  collect_well(fixture);
  assert_int_equal(fixture->sample->inventory_count, 0); /* not due */
  assert_int_equal(fixture->sample->requests, 3);
  postgres_do(admin, "ALTER ROLE admin IN DATABASE postgres RESET log_statement");
  postgres_do(admin, "ALTER SYSTEM RESET ALL");
  postgres_do(admin, "SELECT pg_reload_conf()");
  PQfinish(admin);
}

/* Only what differs is read, and nothing else is in the sample. */
static void test_only_what_differs(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone();
  set(fixture, "changes", "1s");
  watch_as(fixture, "admin");
  collect_well(fixture);
  assert_int_equal(fixture->sample->inventory_count, 4);
  postgres_do(admin, "CREATE TABLE later (id int)");
  collect_until(fixture, "relations");
  assert_int_equal(fixture->sample->inventory_count, 1);
  assert_int_equal(fixture->sample->requests, 4); /* one of two, sessions, hashes, relations */
  check_item(fixture, "relations", "table public.later", "id integer");
  postgres_do(admin, "DROP TABLE later");
  PQfinish(admin);
}

/* More relations than are watched: said, and not read. */
static void test_too_many_relations(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone();
  postgres_do(admin, "CREATE SCHEMA many");
  postgres_do(admin, "DO $$ BEGIN FOR n IN 1..5001 LOOP"
                     " EXECUTE 'CREATE SEQUENCE many.s' || n;"
                     " IF n % 500 = 0 THEN COMMIT; END IF; END LOOP; END $$");
  watch_as(fixture, "admin");
  collect_well(fixture);
  assert_null(inventory(fixture, "relations"));
  assert_non_null(inventory(fixture, "settings"));
  assert_int_equal(fixture->sample->note_count, 1);
  assert_string_equal(fixture->sample->notes[0].text,
                      "changes of tables and indexes are not watched: more than 5000");
  postgres_do(admin, "DO $$ BEGIN FOR n IN 1..5001 LOOP"
                     " EXECUTE 'DROP SEQUENCE many.s' || n;"
                     " IF n % 500 = 0 THEN COMMIT; END IF; END LOOP; END $$");
  PQfinish(admin);
}

int main(void) {
  if (!postgres_start_server(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return 77;
  }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_what_is_watched),
      TEST(test_only_what_differs),
      TEST(test_too_many_relations),
  };
  int failed = cmocka_run_group_tests(tests, make_roles, NULL);
  postgres_stop_server(&server);
  return failed;
}
