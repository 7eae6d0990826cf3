/* Indexes of a real server: rebuilt, built, and the leftovers of failures. */
#include "postgres_maintenance_fixture.h"

static int setup(void **state) {
  fixture_setup(state);
  struct fixture *fixture = *state;
  postgres_do(fixture->admin, "DROP SCHEMA IF EXISTS shop CASCADE;"
                              "CREATE SCHEMA shop AUTHORIZATION owner");
  postgres_do(fixture->owner,
              "CREATE TABLE shop.orders (id int PRIMARY KEY, note text, who int);"
              "CREATE INDEX orders_who ON shop.orders (who);"
              "CREATE TABLE shop.stock (id int PRIMARY KEY);"
              "INSERT INTO shop.orders SELECT n, 'x', n % 7 FROM generate_series(1, 5000) n");
  return 0;
}

#define INDEX_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

static long index_oid(struct fixture *fixture, const char *name) {
  char sql[200];
  snprintf(sql, sizeof sql, "SELECT coalesce(to_regclass('%s')::oid, 0)", name);
  return postgres_server_ask(fixture->admin, sql);
}

static long count_invalid(struct fixture *fixture) {
  return postgres_server_ask(fixture->admin, "SELECT count(*) FROM pg_index WHERE NOT indisvalid");
}

static void cancel_when_waiting(struct driver *driver) {
  if (strstr(driver->progress.step, "waiting for"))
    driver->step->cancel(&driver->call);
}

/* ---- reindex */

static void test_reindex_an_index(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders_who", NULL};
  long before = index_oid(fixture, "shop.orders_who"),
       pkey = index_oid(fixture, "shop.orders_pkey");
  survey(fixture, "postgres.reindex", NULL);
  assert_string_equal(found_row(fixture, "shop.orders_who")->parent, "shop.orders");
  assert_string_equal(found_row(fixture, "shop.orders")->parent, "postgres");
  assert_null(found_row(fixture, "postgres")->parent);
  assert_true(found_cell(fixture, "shop.orders", "bytes").integer >
              found_cell(fixture, "shop.orders_who", "bytes").integer);
  make_plan(fixture, picks);
  assert_says(fixture, PLAN_EFFECT, "REINDEX INDEX CONCURRENTLY shop.orders_who;");
  assert_says(fixture, PLAN_WARNING, "of free disk space for the largest");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "valid, ");
  assert_int_not_equal(index_oid(fixture, "shop.orders_who"), before);
  assert_int_equal(index_oid(fixture, "shop.orders_pkey"),
                   pkey); /* the neighbour's is the old one */
  assert_int_equal(count_invalid(fixture), 0);
}

/* A parent stands for all its descendants; of the database no system index is changed. */
static void test_reindex_by_parents(void **state) {
  struct fixture *fixture = *state;
  const char *const table[] = {"shop.orders", NULL}, *const database[] = {"postgres", NULL};
  survey(fixture, "postgres.reindex", NULL);
  make_plan(fixture, database);
  size_t all = fixture->driver.plan->object_count;
  for (size_t i = 0; i < all; i++)
    assert_null(strstr(fixture->driver.plan->objects[i].key, "pg_catalog"));
  make_plan(fixture, table);
  assert_int_equal(fixture->driver.plan->object_count,
                   2); /* that of its TOAST table must not be named */
  assert_int_equal(all, 3);
  use_role(fixture, "helper");
  survey(fixture, "postgres.reindex", NULL);
  make_plan(fixture, table);
  assert_int_equal(fixture->driver.plan->object_count, 3); /* except by a superuser */
  execute(fixture);
  verify(fixture);
  assert_int_equal(outcome_count(&fixture->driver.outcome, OBJECT_DONE), 3);
  assert_non_null(strstr(fixture->driver.outcome.proof, "3 of 3 indexes rebuilt and valid"));
}

/* Cancelled midway, it leaves an invalid index, which is named, and dropped by the other action. */
static void test_a_cancelled_reindex_and_what_it_leaves(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders_who", "shop.stock_pkey", NULL};
  long before = index_oid(fixture, "shop.orders_who");
  survey(fixture, "postgres.reindex", NULL);
  make_plan(fixture, picks);
  postgres_do(fixture->other, "BEGIN; UPDATE shop.orders SET note = 'y' WHERE id = 1");
  fixture->driver.on_change = cancel_when_waiting;
  execute(fixture);
  fixture->driver.on_change = NULL;
  postgres_do(fixture->other, "ROLLBACK");
  assert_result(fixture, 0, OBJECT_PARTLY, "cancelled: the old index is unchanged");
  assert_result(fixture, 0, OBJECT_PARTLY, "left the invalid index shop.orders_who_ccnew");
  assert_result(fixture, 1, OBJECT_SKIPPED, "cancelled before its turn");
  assert_string_equal(fixture->driver.outcome.undo,
                      "postgres.drop-invalid-index main shop.orders_who_ccnew");
  assert_int_equal(index_oid(fixture, "shop.orders_who"), before);
  assert_int_equal(count_invalid(fixture), 1);

  const char *const left[] = {"shop.orders_who_ccnew", NULL};
  survey(fixture, "postgres.drop-invalid-index", NULL);
  assert_int_equal(fixture->driver.found->tables[0].row_count, 1);
  make_plan(fixture, left);
  assert_says(fixture, PLAN_EFFECT, "DROP INDEX CONCURRENTLY shop.orders_who_ccnew;");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "dropped, ");
  assert_int_equal(count_invalid(fixture), 0);
  assert_int_equal(index_oid(fixture, "shop.orders_who"), before); /* the neighbour is there */
}

static void test_a_lock_of_another_session(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders_who", "shop.stock_pkey", NULL};
  survey(fixture, "postgres.reindex", NULL);
  make_plan(fixture, picks);
  postgres_do(fixture->other, "BEGIN; LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE");
  execute(fixture); /* a survey meanwhile would not be blocked, either */
  verify(fixture);
  assert_result(fixture, 0, OBJECT_REFUSED, "another session holds its lock: ");
  assert_result(fixture, 1, OBJECT_DONE, "valid"); /* it continues with the next */
  assert_int_equal(count_invalid(fixture), 0);
  survey(fixture, "postgres.reindex", NULL);
  survey(fixture, "postgres.vacuum", NULL);
  assert_int_equal(found_cell(fixture, "shop.orders", "bytes").type, VALUE_NONE);
  postgres_do(fixture->other, "ROLLBACK");
}

static void test_rights(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders_who", NULL};
  use_role(fixture, "reader");
  survey(fixture, "postgres.reindex", NULL);
  make_plan(fixture, picks);
  assert_says(fixture, PLAN_WARNING,
              "shop.orders_who will be refused: needs the rights of its owner, owner");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_REFUSED, "shop");
}

static void test_another_index_of_that_name(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders_who", NULL};
  survey(fixture, "postgres.reindex", NULL);
  make_plan(fixture, picks);
  postgres_do(fixture->owner, "DROP INDEX shop.orders_who;"
                              "CREATE INDEX orders_who ON shop.orders (note)");
  long other = index_oid(fixture, "shop.orders_who");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_GONE, "not touched: it no longer exists");
  assert_int_equal(index_oid(fixture, "shop.orders_who"), other);
}

/* ---- drop invalid indexes */

static void make_invalid(struct fixture *fixture) {
  PGresult *result =
      PQexec(fixture->owner, "CREATE UNIQUE INDEX CONCURRENTLY orders_twice ON shop.orders (who)");
  assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "23505");
  PQclear(result);
}

static void test_drop_only_what_is_invalid_still(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders_twice", NULL};
  make_invalid(fixture);
  survey(fixture, "postgres.drop-invalid-index", NULL);
  make_plan(fixture, picks);
  postgres_do(fixture->owner, "DELETE FROM shop.orders WHERE id > 6");
  postgres_do(fixture->owner, "REINDEX INDEX shop.orders_twice"); /* valid now, with another file */
  execute(fixture);
  assert_result(fixture, 0, OBJECT_GONE, "not touched: it no longer exists");
  postgres_do(fixture->admin, "UPDATE pg_index SET indisvalid = false WHERE indexrelid ="
                              " 'shop.orders_twice'::regclass");
  survey(fixture, "postgres.drop-invalid-index", NULL);
  make_plan(fixture, picks);
  postgres_do(fixture->admin, "UPDATE pg_index SET indisvalid = true WHERE indexrelid ="
                              " 'shop.orders_twice'::regclass");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_REFUSED, "it is now valid");
  assert_int_not_equal(index_oid(fixture, "shop.orders_twice"), 0);
  assert_false(driver_survey(&fixture->driver, action_find("postgres.drop-invalid-index"), NULL,
                             NULL, NULL));
  assert_refused(fixture, "there are no invalid indexes");
}

/* An index that another session is building is invalid as well: it is not a candidate, and not
 * dropped. */
static void test_not_what_is_being_built(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.orders_twice", NULL};
  make_invalid(fixture);
  survey(fixture, "postgres.drop-invalid-index", NULL);
  make_plan(fixture, picks);
  postgres_do(fixture->other, "BEGIN; UPDATE shop.orders SET note = 'y' WHERE id = 1");
  PGconn *builder = postgres_login(&server, "owner");
  PQsendQuery(builder, "CREATE INDEX CONCURRENTLY orders_note ON shop.orders (note)");
  postgres_await(fixture->admin,
                 "SELECT count(*) FROM pg_stat_progress_create_index"
                 " WHERE phase LIKE 'waiting%'",
                 1);
  execute(fixture);
  assert_result(fixture, 0, OBJECT_REFUSED, "builds an index there");
  assert_false(driver_survey(&fixture->driver, action_find("postgres.drop-invalid-index"), NULL,
                             NULL, NULL));
  assert_refused(fixture, "is omitted: pid ");
  postgres_do(fixture->other, "ROLLBACK");
  PGresult *result = PQgetResult(builder);
  assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
  PQclear(result);
  PQfinish(builder);
  assert_int_not_equal(index_oid(fixture, "shop.orders_twice"), 0);
}

/* ---- create */

static void test_create(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"table", "orders", "columns", "note, id", "name", "by note", NULL};
  survey(fixture, "postgres.create-index", params);
  make_plan(fixture, NULL);
  assert_says(fixture, PLAN_EFFECT,
              "CREATE INDEX CONCURRENTLY \"by note\" ON shop.orders USING btree (note, id);");
  assert_says(fixture, PLAN_UNDO, "DROP INDEX CONCURRENTLY shop.\"by note\";");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "shop.\"by note\" is valid, ");
  assert_int_not_equal(index_oid(fixture, "shop.\"by note\""), 0);
  assert_int_equal(postgres_server_ask(fixture->admin,
                                       "SELECT count(*) FROM pg_index WHERE indrelid ="
                                       " 'shop.stock'::regclass"),
                   1);
  const char *const same[] = {"table", "shop.orders", "columns", "note", NULL};
  survey(fixture, "postgres.create-index", same);
  make_plan(fixture, NULL);
  assert_says(fixture, PLAN_WARNING, "shop.\"by note\" already starts with these columns");
}

static void test_create_with_an_expression(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {
      "table",       "orders",  "columns", "who",   "expression",
      "lower(note)", "include", "id",      "where", "who > 3 AND note <> ';'",
      NULL};
  survey(fixture, "postgres.create-index", params);
  make_plan(fixture, NULL);
  assert_says(fixture, PLAN_EFFECT,
              "CREATE INDEX CONCURRENTLY ON shop.orders USING btree (who, (lower(note)))"
              " INCLUDE (id) WHERE (who > 3 AND note <> ';');");
  assert_says(fixture, PLAN_BLAST, "only queries whose own condition implies this one");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "shop.orders_who_lower_id_idx is valid, ");
  const char *const alone[] = {"table", "orders", "expression", "who % 10", NULL};
  run(fixture, "postgres.create-index", alone, NULL);
  assert_result(fixture, 0, OBJECT_DONE, "is valid, ");
  assert_int_equal(count_invalid(fixture), 0);
}

/* Typed SQL is one expression, which the server has to understand before there is a plan. */
static void test_create_with_another_statement(void **state) {
  struct fixture *fixture = *state;
  static const char *const wrong[][3] = {
      {"expression", "lower(nothing)", "the expression: column \"nothing\" does not exist"},
      {"expression", "1); DROP TABLE shop.stock; --", "the expression: "},
      {"expression", "note) FROM shop.orders; DELETE FROM shop.orders --", "the expression: "},
      {"where", "note", "the condition: argument of WHERE must be type boolean"},
      {"where", "true); DROP TABLE shop.stock; --", "the condition: "},
      {"include", "nothing", "has no column \"nothing\""},
  };
  if (postgres_major(&server) < 12)
    skip();
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const char *const params[] = {"table",     "orders",    "columns", "who",
                                  wrong[i][0], wrong[i][1], NULL};
    assert_false(
        driver_survey(&fixture->driver, action_find("postgres.create-index"), NULL, NULL, params));
    assert_refused(fixture, wrong[i][2]);
  }
  const char *const nothing[] = {"table", "orders", NULL};
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.create-index"), NULL, NULL, nothing));
  assert_refused(fixture, "needs columns or an expression");
  assert_int_not_equal(index_oid(fixture, "shop.stock"), 0);
  assert_int_equal(postgres_server_ask(fixture->admin, "SELECT count(*) FROM shop.orders"), 5000);
}

/* An index that it cannot build is named, and offered for dropping; one that existed before is not.
 */
static void test_create_fails(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"table", "orders", "columns", "who", "unique", "true", NULL};
  make_invalid(fixture);
  survey(fixture, "postgres.create-index", params);
  make_plan(fixture, NULL);
  assert_says(fixture, PLAN_WARNING, "shop.orders_twice is the same but invalid");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_PARTLY, "could not create unique index");
  assert_result(fixture, 0, OBJECT_PARTLY, "left the invalid index shop.orders_who_idx, which ");
  assert_string_equal(fixture->driver.outcome.undo,
                      "postgres.drop-invalid-index main shop.orders_who_idx");
}

static void refuse(struct fixture *fixture, const char *table, const char *columns,
                   const char *words) {
  const char *const params[] = {"table", table, "columns", columns, NULL};
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.create-index"), NULL, NULL, params));
  assert_refused(fixture, words);
}

static void test_create_of_what_is_not_there(void **state) {
  struct fixture *fixture = *state;
  if (postgres_major(&server) < 12)
    skip();
  postgres_do(fixture->owner, "CREATE TABLE shop.parts (id int) PARTITION BY RANGE (id)");
  refuse(fixture, "nowhere", "id", "has no table \"nowhere\"");
  refuse(fixture, "orders; DROP TABLE shop.stock", "id", "has no table");
  refuse(fixture, "orders", "id, nothing", "no column \"nothing\"; it has id, note, who");
  refuse(fixture, "orders", "id) ; DROP TABLE shop.stock; --", "has no column");
  refuse(fixture, "orders", "id,,note", "is not a list of columns");
  refuse(fixture, "orders", "\"id", "is not a list of columns");
  refuse(fixture, "orders", " ", "is not a list of columns");
  refuse(fixture, "pg_class", "relname", "has no table");
  refuse(fixture, "parts", "id", "is partitioned");
  assert_int_not_equal(index_oid(fixture, "shop.stock"), 0);
}

/* ---- hostile names */

static void test_names(void **state) {
  struct fixture *fixture = *state;
  static const char key[] = "shop.\"\"\"x\"\"; DROP TABLE shop.stock; --\"";
  const char *const picks[] = {key, NULL};
  static const char index_key[] = "shop.\"it's an \"\"index\"\"\"";
  const char *const index_picks[] = {index_key, NULL};
  postgres_do(fixture->owner, "CREATE TABLE shop.\"\"\"x\"\"; DROP TABLE shop.stock; --\" (id int);"
                              "CREATE INDEX \"it's an \"\"index\"\"\" ON"
                              " shop.\"\"\"x\"\"; DROP TABLE shop.stock; --\" (id)");
  run(fixture, "postgres.vacuum", NULL, picks);
  assert_result(fixture, 0, OBJECT_DONE, "");
  run(fixture, "postgres.analyze", NULL, picks);
  assert_result(fixture, 0, OBJECT_DONE, "");
  run(fixture, "postgres.reindex", NULL, index_picks);
  assert_result(fixture, 0, OBJECT_DONE, "valid");
  const char *const params[] = {"table", key,     "columns", " \"a \"\"column\"\", too\" , id",
                                "name",  "'; --", NULL};
  postgres_do(fixture->owner, "ALTER TABLE shop.\"\"\"x\"\"; DROP TABLE shop.stock; --\""
                              " ADD \"a \"\"column\"\", too\" int");
  run(fixture, "postgres.create-index", params, NULL);
  assert_result(fixture, 0, OBJECT_DONE, "shop.\"'; --\" is valid");
  postgres_do(fixture->admin, "UPDATE pg_index SET indisvalid = false WHERE indexrelid ="
                              " 'shop.\"it''s an \"\"index\"\"\"'::regclass");
  run(fixture, "postgres.drop-invalid-index", NULL, index_picks);
  assert_result(fixture, 0, OBJECT_DONE, "dropped");
  assert_int_not_equal(index_oid(fixture, "shop.stock"), 0);
}

int main(void) {
  if (!fixture_server())
    return 77;
  const struct CMUnitTest tests[] = {
      INDEX_TEST(test_reindex_an_index),
      INDEX_TEST(test_reindex_by_parents),
      INDEX_TEST(test_a_cancelled_reindex_and_what_it_leaves),
      INDEX_TEST(test_a_lock_of_another_session),
      INDEX_TEST(test_rights),
      INDEX_TEST(test_another_index_of_that_name),
      INDEX_TEST(test_drop_only_what_is_invalid_still),
      INDEX_TEST(test_not_what_is_being_built),
      INDEX_TEST(test_create),
      INDEX_TEST(test_create_with_an_expression),
      INDEX_TEST(test_create_with_another_statement),
      INDEX_TEST(test_create_fails),
      INDEX_TEST(test_create_of_what_is_not_there),
      INDEX_TEST(test_names),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
