/* Maintenance of databases in which some names are not UTF-8: all others work, and nothing is ever
 * done to an object of a similar name. */
#include "postgres_maintenance_fixture.h"

#define SHOWN "\357\277\275" /* U+FFFD */
#define NO_NAME "its name is not valid UTF-8"

static PGconn *login_to(const char *user, const char *database, const char *encoding) {
  const char *const keys[] = {"host", "port", "user", "dbname", "client_encoding", NULL};
  const char *const values[] = {"127.0.0.1", server.port_text, user, database, encoding, NULL};
  PGconn *conn = PQconnectdbParams(keys, values, 0);
  if (PQstatus(conn) != CONNECTION_OK)
    fail_msg("%s", PQerrorMessage(conn));
  return conn;
}

static void use_database(struct fixture *fixture, const char *database) {
  char dsn[160];
  struct option_value *value = &fixture->driver.config->targets[0]->values[0];
  snprintf(dsn, sizeof dsn, "postgresql://owner@127.0.0.1:%d/%s", server.port, database);
  free(value->text);
  value->text = mem_dup(dsn);
}

/* The fixture's target is the SQL_ASCII database, and `owner` a session there that sends any bytes.
 * Two tables differ in a byte that is not UTF-8, a third is named as these are shown. */
static int setup(void **state) {
  fixture_setup(state);
  struct fixture *fixture = *state;
  use_database(fixture, "ascii");
  PQfinish(fixture->owner);
  PQfinish(fixture->admin);
  fixture->owner = login_to("owner", "ascii", "SQL_ASCII");
  fixture->admin = login_to("admin", "ascii", "SQL_ASCII");
  postgres_do(fixture->admin, "DROP SCHEMA IF EXISTS shop CASCADE; DROP SCHEMA IF EXISTS \"s\351\" "
                              "CASCADE; CREATE SCHEMA shop AUTHORIZATION owner");
  postgres_do(fixture->owner,
              "CREATE TABLE shop.orders (id int PRIMARY KEY, at timestamptz, \"b\351\" int);"
              "CREATE TABLE shop.\"t\351\" (id int PRIMARY KEY);"
              "CREATE TABLE shop.\"t\352\" (id int PRIMARY KEY);"
              "CREATE TABLE shop.\"t" SHOWN "\" (id int PRIMARY KEY);"
              "CREATE INDEX \"i\351\" ON shop.orders (at);"
              "CREATE TABLE shop.\"parts\351\" (id int REFERENCES shop.orders ON DELETE CASCADE);"
              "INSERT INTO shop.orders VALUES (1, '2001-01-01'), (2, now())");
  return 0;
}

/* The key of the row of that object, whose name cannot be sent. */
static const char *key_of(struct fixture *fixture, const char *sql, const char *name) {
  char wanted[100];
  const struct table *table = &fixture->driver.found->tables[0];
  snprintf(wanted, sizeof wanted, "%s (oid %ld)", name, postgres_server_ask(fixture->admin, sql));
  const struct row *row = table_find(table, wanted);
  if (!row)
    fail_msg("there is no %s", wanted);
  return row->key;
}

static void assert_no_plan(struct fixture *fixture, const char *const *picks, const char *words) {
  assert_false(driver_plan(&fixture->driver, picks));
  assert_refused(fixture, words);
}

#define TABLE_OID(name) "SELECT oid FROM pg_class WHERE relname = '" name "'"

static void run_on_tables(struct fixture *fixture, const char *id, const char *stamp) {
  char sql[200];
  survey(fixture, id, NULL);
  const char *first = key_of(fixture, TABLE_OID("t\351"), "shop.\"t" SHOWN "\"");
  const char *second = key_of(fixture, TABLE_OID("t\352"), "shop.\"t" SHOWN "\"");
  assert_string_equal(found_cell(fixture, first, "problem").text, NO_NAME);
  assert_string_equal(found_cell(fixture, second, "problem").text, NO_NAME);
  const char *const alone[] = {first, NULL};
  assert_no_plan(fixture, alone, "cannot be acted on: " NO_NAME);
  const char *const picks[] = {first, second, "shop.orders", "shop.\"t" SHOWN "\"", NULL};
  make_plan(fixture, picks);
  assert_int_equal(fixture->driver.plan->object_count, 2);
  assert_says(fixture, PLAN_WARNING, "2 of 4 are omitted: ");
  execute(fixture);
  verify(fixture);
  assert_int_equal(outcome_count(&fixture->driver.outcome, OBJECT_DONE), 2);
  snprintf(sql, sizeof sql,
           "SELECT count(*) FROM pg_stat_all_tables WHERE %s IS NOT NULL"
           " AND relname IN ('orders', 't" SHOWN "')",
           stamp);
  assert_int_equal(postgres_server_ask(fixture->admin, sql), 2);
  snprintf(sql, sizeof sql,
           "SELECT count(*) FROM pg_stat_all_tables WHERE schemaname = 'shop' AND %s IS NOT NULL",
           stamp);
  assert_int_equal(postgres_server_ask(fixture->admin, sql), 2);
}

static void test_tables(void **state) {
  run_on_tables(*state, "postgres.vacuum", "last_vacuum");
  run_on_tables(*state, "postgres.analyze", "last_analyze");
}

#define FILE_OF(name) "SELECT relfilenode FROM pg_class WHERE relname = '" name "'"

static void test_reindex(void **state) {
  struct fixture *fixture = *state;
  long bad = postgres_server_ask(fixture->admin, FILE_OF("i\351"));
  long good = postgres_server_ask(fixture->admin, FILE_OF("orders_pkey"));
  long other = postgres_server_ask(fixture->admin, FILE_OF("t\351_pkey"));
  survey(fixture, "postgres.reindex", NULL);
  const char *index = key_of(fixture, TABLE_OID("i\351"), "shop.\"i" SHOWN "\"");
  assert_string_equal(found_cell(fixture, index, "problem").text, NO_NAME);
  const char *table = key_of(fixture, TABLE_OID("t\351"), "shop.\"t" SHOWN "\"");
  const char *const alone[] = {table, NULL};
  assert_no_plan(fixture, alone, "cannot be acted on: ");
  const char *const picks[] = {"shop.orders", NULL}; /* with all of its indexes */
  make_plan(fixture, picks);
  assert_int_equal(fixture->driver.plan->object_count, 1);
  assert_says(fixture, PLAN_WARNING, "1 of 2 is omitted: ");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "valid, ");
  assert_int_equal(postgres_server_ask(fixture->admin, FILE_OF("i\351")), bad);
  assert_int_equal(postgres_server_ask(fixture->admin, FILE_OF("t\351_pkey")), other);
  assert_int_not_equal(postgres_server_ask(fixture->admin, FILE_OF("orders_pkey")), good);
}

static void test_drop_invalid_index(void **state) {
  struct fixture *fixture = *state;
  postgres_do(fixture->owner, "CREATE INDEX half ON shop.orders (at, id)");
  postgres_do(fixture->admin,
              "UPDATE pg_index SET indisvalid = false"
              " WHERE indexrelid::regclass::text IN ('shop.half', 'shop.\"i\351\"')");
  survey(fixture, "postgres.drop-invalid-index", NULL);
  const char *index = key_of(fixture, TABLE_OID("i\351"), "shop.\"i" SHOWN "\"");
  const char *const picks[] = {index, "shop.half", NULL};
  make_plan(fixture, picks);
  execute(fixture);
  verify(fixture);
  assert_int_equal(fixture->driver.plan->object_count, 1);
  assert_result(fixture, 0, OBJECT_DONE, "dropped, ");
  assert_int_equal(postgres_server_ask(fixture->admin,
                                       "SELECT count(*) FROM pg_class WHERE relname = "
                                       "'i\351'"),
                   1);
}

static void test_create_index(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"table", "orders", "columns", "id, at", NULL};
  const char *const wrong[] = {"table", "orders", "columns", "c", NULL};
  run(fixture, "postgres.create-index", params, NULL);
  assert_result(fixture, 0, OBJECT_DONE, "is valid");
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.create-index"), NULL, NULL, wrong));
  assert_refused(fixture, "has no column \"c\"; it has id, at, b" SHOWN);
  postgres_do(fixture->admin, "CREATE SCHEMA \"s\351\"; CREATE TABLE \"s\351\".orders (id int);"
                              "CREATE TABLE \"s\351\".alone (id int)");
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.create-index"), NULL, NULL, params));
  assert_refused(fixture, "is ambiguous");
  const char *const alone[] = {"table", "alone", "columns", "id", NULL};
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.create-index"), NULL, NULL, alone));
  assert_refused(fixture, "\"s" SHOWN "\".alone cannot be acted on: " NO_NAME);
}

static void test_delete_old(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"table", "shop.orders", NULL};
  struct option_value *value = &fixture->driver.config->targets[0]->values[1];
  value->names = mem_new(sizeof *value->names);
  value->items = mem_new(sizeof *value->items);
  value->names[0] = mem_dup("shop.orders");
  value->items[0] = mem_dup("at 90d");
  value->item_count = 1;
  survey(fixture, "postgres.delete-old", params);
  make_plan(fixture, NULL);
  assert_says(fixture, PLAN_WARNING,
              "foreign keys also delete or change rows of: shop.\"parts" SHOWN "\"");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "1 row deleted");
  assert_int_equal(postgres_server_ask(fixture->admin, "SELECT count(*) FROM shop.orders"), 1);
}

/* Roles are shared by databases of all encodings; the statement of such a session cannot be encoded
 * in ours. */
static void test_holders(void **state) {
  struct fixture *fixture = *state;
  static const char *const databases[] = {"ascii", "postgres", "windows"};
  static const char *const sent[] = {"SQL_ASCII", "LATIN1", "WIN1252"};
  for (size_t i = 0; i < sizeof databases / sizeof *databases; i++) {
    PGconn *holder = login_to("ren\351", databases[i], NULL);
    assert_int_equal(PQsetClientEncoding(holder, sent[i]), 0);
    postgres_do(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT txid_current()");
    postgres_do(holder, "SELECT 'caf\351 \351\352' /* \351 */");
    use_database(fixture, databases[i]);
    survey(fixture, "postgres.vacuum", NULL);
    const struct table *holders = sample_table_view(fixture->driver.found, "holders");
    char who[100];
    snprintf(who, sizeof who, "pid %d (ren%s, idle in transaction)", PQbackendPID(holder),
             strcmp(databases[i], "windows") == 0 ? "\303\251" : SHOWN);
    if (!table_find(holders, who))
      fail_msg("%s: %s", databases[i],
               holders->row_count > 0 ? holders->rows[0].key : "nobody keeps rows");
    PQfinish(holder);
  }
}

/* The owner's name is shown as well as possible, and does not affect the name of its tables. */
static void test_owner(void **state) {
  struct fixture *fixture = *state;
  static const char *const databases[] = {"ascii", "postgres"};
  for (size_t i = 0; i < 2; i++) {
    PGconn *admin = login_to("admin", databases[i], "SQL_ASCII");
    postgres_do(admin, "DROP SCHEMA IF EXISTS away CASCADE; CREATE SCHEMA away;"
                       "CREATE TABLE away.\"foreign\" (id int)");
    /* a client of a UTF-8 database cannot send that name */
    postgres_do(admin, "DO $$BEGIN EXECUTE format('ALTER TABLE away.\"foreign\" OWNER TO %I',"
                       " (SELECT rolname FROM pg_roles WHERE rolname LIKE 'ren%')); END$$");
    PQfinish(admin);
    use_database(fixture, databases[i]);
    survey(fixture, "postgres.vacuum", NULL);
    assert_string_equal(found_cell(fixture, "away.\"foreign\"", "problem").text,
                        "needs the rights of its owner, ren" SHOWN);
    const char *const picks[] = {"away.\"foreign\"", NULL};
    make_plan(fixture, picks);
    execute(fixture);
    assert_result(fixture, 0, OBJECT_REFUSED, "permission denied: the rights of");
  }
}

/* A byte that the database's own encoding does not have; all other characters are intact. */
static void test_windows(void **state) {
  struct fixture *fixture = *state;
  PGconn *owner = login_to("owner", "windows", "WIN1252");
  postgres_do(owner, "DROP TABLE IF EXISTS public.\"w\201\", public.\"caf\351\";"
                     "CREATE TABLE public.\"w\201\" (id int); CREATE TABLE public.\"caf\351\" (id "
                     "int)");
  use_database(fixture, "windows");
  survey(fixture, "postgres.vacuum", NULL);
  const char *const picks[] = {"public.\"caf\303\251\"", NULL};
  make_plan(fixture, picks);
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "");
  assert_int_equal(postgres_server_ask(owner,
                                       "SELECT count(*) FROM pg_stat_all_tables WHERE last_vacuum"
                                       " IS NOT NULL AND schemaname = 'public'"),
                   1);
  PQfinish(owner);
}

int main(void) {
  if (!fixture_server())
    return 77;
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0");
  postgres_do(admin, "CREATE DATABASE windows ENCODING 'WIN1252' TEMPLATE template0 OWNER owner");
  PQfinish(admin);
  admin = login_to("admin", "ascii", "SQL_ASCII");
  postgres_do(admin, "CREATE ROLE \"ren\351\" LOGIN");
  PQfinish(admin);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_tables),       TEST(test_reindex),    TEST(test_drop_invalid_index),
      TEST(test_create_index), TEST(test_delete_old), TEST(test_holders),
      TEST(test_owner),        TEST(test_windows),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
