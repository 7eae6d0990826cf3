/* Old rows of a configured table are deleted, in batches, and no others. */
#include "postgres_maintenance_fixture.h"

static void retain(struct fixture *fixture, const char *table, const char *text) {
  struct option_value *value = &fixture->driver.config->targets[0]->values[1];
  size_t count = value->item_count + 1;
  value->set = true;
  value->names = mem_resize(value->names, count * sizeof *value->names);
  value->items = mem_resize(value->items, count * sizeof *value->items);
  value->names[count - 1] = mem_dup(table);
  value->items[count - 1] = mem_dup(text);
  value->item_count = count;
}

/* 2500 rows of the last 2500 hours, one per hour; 90 days leave 2160 of them. */
static int setup(void **state) {
  fixture_setup(state);
  struct fixture *fixture = *state;
  postgres_do(fixture->admin, "DROP SCHEMA IF EXISTS shop CASCADE;"
                              "CREATE SCHEMA shop AUTHORIZATION owner;"
                              "GRANT USAGE ON SCHEMA shop TO reader");
  postgres_do(fixture->owner,
              "CREATE TABLE shop.audit_logs (id int PRIMARY KEY, created_at timestamptz NOT NULL);"
              "INSERT INTO shop.audit_logs SELECT n, now() - n * interval '1 hour'"
              "  + interval '1 minute' FROM generate_series(1, 2500) n;"
              "CREATE TABLE shop.events AS SELECT * FROM shop.audit_logs;"
              "GRANT SELECT ON shop.audit_logs TO reader");
  retain(fixture, "audit_logs", "created_at 90d");
  return 0;
}

#define DELETE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

static long rows_of(struct fixture *fixture, const char *table) {
  char sql[200];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
  return postgres_server_ask(fixture->admin, sql);
}

static void plan_with(struct fixture *fixture, const char *batch) {
  const char *const params[] = {"table", "audit_logs", "batch", batch, NULL};
  survey(fixture, "postgres.delete-old", params);
  make_plan(fixture, NULL);
}

static void test_delete(void **state) {
  struct fixture *fixture = *state;
  plan_with(fixture, "100");
  assert_int_equal(fixture->driver.plan->count, 340);
  assert_string_equal(fixture->driver.plan->name, "shop.audit_logs");
  assert_says(fixture, PLAN_BLAST,
              "deletes 340 rows of shop.audit_logs whose created_at is before");
  assert_says(fixture, PLAN_WARNING, "no index starts with created_at");
  assert_says(fixture, PLAN_EFFECT, "DELETE FROM ONLY shop.audit_logs WHERE ctid = ANY (ARRAY(");
  execute(fixture);
  assert_int_equal(fixture->driver.progress.done, 340);
  assert_string_equal(fixture->driver.progress.step, "4 transactions");
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "340 rows deleted, none before ");
  assert_int_equal(rows_of(fixture, "shop.audit_logs"), 2160);
  assert_int_equal(rows_of(fixture, "shop.events"), 2500); /* the neighbour */
  const char *const params[] = {"table", "audit_logs", NULL};
  survey(fixture, "postgres.delete-old", params);
  assert_false(driver_plan(&fixture->driver, NULL));
  assert_refused(fixture, "nothing to do");
}

/* The cutoff is the plan's: rows that become old afterwards stay. */
static void test_the_cut_off_is_pinned(void **state) {
  struct fixture *fixture = *state;
  const char *const params[] = {"table", "audit_logs", "age", "91d", NULL};
  survey(fixture, "postgres.delete-old", params);
  make_plan(fixture, NULL);
  assert_int_equal(fixture->driver.plan->count, 316);
  postgres_do(fixture->owner,
              "UPDATE shop.audit_logs SET created_at = created_at - interval '1 hour'"
              " WHERE id = 2184");
  postgres_do(fixture->owner, "UPDATE shop.audit_logs SET created_at = now() WHERE id = 2500");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "316 rows deleted"); /* one more is old, one is not */
  assert_int_equal(
      postgres_server_ask(fixture->admin,
                          "SELECT count(*) FROM shop.audit_logs WHERE id IN (2183, 2500)"),
      2);
}

static void assert_partly(struct fixture *fixture, int64_t done, bool at_least, const char *says) {
  const struct object_outcome *object = &fixture->driver.outcome.objects[0];
  char words[OBJECT_TEXT_MAX];
  assert_int_equal(object->result, OBJECT_PARTLY);
  assert_int_equal(object->amount.done, done);
  assert_int_equal(object->amount.at_least, at_least);
  assert_memory_equal(object_outcome_text(words, object), says, strlen(says));
  assert_string_equal(outcome_word(&fixture->driver.outcome), "partial");
}

static void cancel_after_two(struct driver *driver) {
  if (driver->progress.done == 100)
    driver->step->cancel(&driver->call);
}

static void test_stopped_midway(void **state) {
  struct fixture *fixture = *state;
  plan_with(fixture, "50");
  fixture->driver.on_change = cancel_after_two;
  execute(fixture);
  fixture->driver.on_change = NULL;
  assert_partly(fixture, 100, false, "100 of 340 rows: stopped");
  assert_int_equal(rows_of(fixture, "shop.audit_logs"), 2400);
}

static void lock_a_row(struct driver *driver) {
  struct fixture *fixture = driver->arg;
  if (driver->progress.done == 100)
    postgres_do(fixture->other, "BEGIN; LOCK TABLE shop.audit_logs IN SHARE MODE");
}

static void test_a_lock_of_another_session(void **state) {
  struct fixture *fixture = *state;
  plan_with(fixture, "100");
  fixture->driver.arg = fixture;
  fixture->driver.on_change = lock_a_row;
  execute(fixture);
  fixture->driver.on_change = NULL;
  assert_partly(fixture, 100, false, "100 of 340 rows: another session holds its lock: ");
  postgres_do(fixture->other, "ROLLBACK");
  assert_int_equal(rows_of(fixture, "shop.audit_logs"), 2400);
}

static void test_rights(void **state) {
  struct fixture *fixture = *state;
  use_role(fixture, "reader");
  plan_with(fixture, "100");
  assert_says(fixture, PLAN_WARNING, "it will be refused: needs DELETE");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_REFUSED, "audit_logs");
  assert_int_equal(rows_of(fixture, "shop.audit_logs"), 2500);
}

static void test_another_table_of_that_name(void **state) {
  struct fixture *fixture = *state;
  plan_with(fixture, "100");
  postgres_do(fixture->owner, "ALTER TABLE shop.audit_logs RENAME TO kept;"
                              "ALTER TABLE shop.events RENAME TO audit_logs");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_GONE, "not deleted: the table or its column");
  assert_int_equal(rows_of(fixture, "shop.kept"), 2500);
  assert_int_equal(rows_of(fixture, "shop.audit_logs"), 2500);
}

/* Nothing is deleted from the tables that inherit from it; triggers find the names that they use.
 */
static void test_inheritance_and_triggers(void **state) {
  struct fixture *fixture = *state;
  postgres_do(fixture->owner, "CREATE TABLE shop.heir () INHERITS (shop.audit_logs);"
                              "INSERT INTO shop.heir SELECT * FROM shop.events WHERE id > 2400;"
                              "ALTER ROLE owner SET search_path = shop;"
                              "CREATE TABLE shop.gone (id int);"
                              "CREATE FUNCTION shop.note() RETURNS trigger LANGUAGE plpgsql AS"
                              " $$BEGIN INSERT INTO gone VALUES (old.id); RETURN old; END$$;"
                              "CREATE TRIGGER note BEFORE DELETE ON shop.audit_logs"
                              " FOR EACH ROW EXECUTE PROCEDURE shop.note()");
  plan_with(fixture, "1000");
  assert_says(fixture, PLAN_WARNING, "1 trigger on DELETE will fire");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "340 rows deleted");
  assert_int_equal(rows_of(fixture, "shop.heir"), 100);
  assert_int_equal(rows_of(fixture, "shop.gone"), 340);
  postgres_do(fixture->owner, "ALTER ROLE owner RESET search_path");
}

static void refuse(struct fixture *fixture, const char *table, const char *age, const char *words) {
  const char *const params[] = {"table", table, age ? "age" : NULL, age, NULL};
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.delete-old"), NULL, NULL, params));
  assert_refused(fixture, words);
}

static void test_what_is_refused(void **state) {
  struct fixture *fixture = *state;
  refuse(fixture, "events", NULL, "\"events\" is not in the target's retention (audit_logs)");
  refuse(fixture, "audit_logs", "89d", "the configuration keeps the rows of audit_logs for 90d");
  retain(fixture, "shop.events", "born 1d");
  refuse(fixture, "shop.events", NULL, "has no column \"born\"");
  retain(fixture, "nowhere", "born 1d");
  refuse(fixture, "nowhere", NULL, "has no table \"nowhere\"");
  retain(fixture, "events", "id 1d");
  refuse(fixture, "events", NULL,
         "id of shop.events has the type integer, not a timestamp or date");
  postgres_do(fixture->owner, "CREATE TABLE shop.parts (created_at timestamptz)"
                              " PARTITION BY RANGE (created_at)");
  retain(fixture, "parts", "created_at 1d");
  refuse(fixture, "parts", NULL, "is partitioned");
  struct option_value *value = &fixture->driver.config->targets[0]->values[1];
  option_value_fini(value);
  refuse(fixture, "audit_logs", NULL, "no table is configured;");
  assert_int_equal(rows_of(fixture, "shop.audit_logs"), 2500);
}

static void test_names(void **state) {
  struct fixture *fixture = *state;
  static const char table[] = "\"x\"; DROP TABLE shop.events; --";
  const char *const params[] = {"table", table, NULL};
  postgres_do(fixture->owner,
              "ALTER TABLE shop.audit_logs RENAME TO \"\"\"x\"\"; DROP TABLE shop.events; --\";"
              "ALTER TABLE shop.\"\"\"x\"\"; DROP TABLE shop.events; --\""
              " RENAME created_at TO \"the 'time'; %s $1\"");
  retain(fixture, table, "the 'time'; %s $1 90d");
  run(fixture, "postgres.delete-old", params, NULL);
  assert_result(fixture, 0, OBJECT_DONE, "340 rows deleted");
  assert_int_equal(rows_of(fixture, "shop.events"), 2500);
}

/* The connection breaks in the middle: the known part is reported, the rest is unknown. */
static void drop_in_a_batch(struct driver *driver) {
  struct fixture *fixture = driver->arg;
  if (driver->progress.done == 100)
    postgres_do(fixture->admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                " WHERE application_name = 'stacktop'");
}

static void test_a_lost_connection(void **state) {
  struct fixture *fixture = *state;
  plan_with(fixture, "100");
  fixture->driver.arg = fixture;
  fixture->driver.on_change = drop_in_a_batch;
  assert_false(driver_execute(&fixture->driver));
  fixture->driver.on_change = NULL;
  assert_partly(fixture, 100, true,
                "at least 100 of 340 rows: one more batch may have been deleted: ");
}

int main(void) {
  if (!fixture_server())
    return 77;
  const struct CMUnitTest tests[] = {
      DELETE_TEST(test_delete),
      DELETE_TEST(test_the_cut_off_is_pinned),
      DELETE_TEST(test_stopped_midway),
      DELETE_TEST(test_a_lock_of_another_session),
      DELETE_TEST(test_rights),
      DELETE_TEST(test_another_table_of_that_name),
      DELETE_TEST(test_inheritance_and_triggers),
      DELETE_TEST(test_what_is_refused),
      DELETE_TEST(test_names),
      DELETE_TEST(test_a_lost_connection),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
