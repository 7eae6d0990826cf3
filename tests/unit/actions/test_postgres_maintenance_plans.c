/* The plans of PostgreSQL's maintenance, from hand-made surveys. */
#include "actions/postgres/maintenance/postgres_tables.h"

#include "actions/postgres/maintenance/postgres_holders.h"
#include "actions/postgres/maintenance/postgres_work.h"

#include "postgres_maintenance_fixture.h"

static const struct table_spec *const table_specs[] = {&postgres_tables_table,
                                                       &postgres_holders_table};

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  driver_open(&fixture->driver, &maintenance_kind, NULL);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  driver_close(&fixture->driver);
  free(fixture);
  return 0;
}

#define PLAN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void set(struct table *table, struct row *row, const char *column, struct value value) {
  int index = table_column(table->spec, column);
  assert_true(index >= 0);
  row->cells[index] = value;
}

static void add_table(struct sample *sample, const char *key, int64_t bytes, int64_t dead,
                      int64_t vacuumed_ms) {
  struct table *table = &sample->tables[0];
  struct row *row = sample_row(sample, table, key, NULL);
  set(table, row, "name", value_text(row->key));
  set(table, row, "oid", value_int(16384 + (int64_t)table->row_count));
  set(table, row, "bytes", value_int(bytes));
  set(table, row, "dead", value_int(dead));
  if (vacuumed_ms > 0)
    set(table, row, "vacuumed", value_int(vacuumed_ms));
}

static void add_holder(struct sample *sample, const char *who, int64_t age, int64_t since_ms,
                       int64_t seconds) {
  struct table *table = &sample->tables[1];
  struct row *row = sample_row(sample, table, who, NULL);
  set(table, row, "age", value_int(age));
  if (seconds >= 0) {
    set(table, row, "since", value_int(since_ms));
    set(table, row, "seconds", value_int(seconds));
  }
  set(table, row, "hint", value_text("end it first"));
}

/* As after a survey, which is not run. */
static void prepare(struct fixture *fixture, const char *id, struct sample *sample) {
  struct driver *driver = &fixture->driver;
  driver_forget(driver);
  driver->action = action_find(id);
  driver->found = sample;
  if (sample)
    sample_fact(sample, FACT_SERVER, "7440188112233445566");
  for (size_t i = 0; i < driver->action->spec.param_count; i++) {
    driver->texts[i] = driver->action->spec.params[i].fallback;
    if (driver->texts[i])
      assert_true(option_parse(&driver->action->spec.params[i], driver->texts[i],
                               &driver->values[i], &driver->err));
  }
  driver->request = (struct action_request){.model = &driver->model,
                                            .target = driver->config->targets[0],
                                            .params = driver->values,
                                            .texts = driver->texts};
}

static void test_vacuum(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.b", "shop.a", "shop.b", NULL};
  struct sample *sample = sample_new(table_specs, 2);
  add_table(sample, "shop.a", 1 << 20, 12430, 0);
  add_table(sample, "shop.b", 3 << 20, 210, 0);
  add_table(sample, "shop.c", 9 << 20, 7, 0);
  prepare(fixture, "postgres.vacuum", sample);
  make_plan(fixture, picks);
  const struct plan *plan = fixture->driver.plan;
  assert_int_equal(plan->object_count, 2); /* each once, in the order of the survey */
  assert_string_equal(plan->title, "Vacuum 2 tables of main");
  assert_string_equal(plan->objects[0].key, "shop.a");
  assert_string_equal(action_identity(plan, 0, POSTGRES_WORK_STATEMENT), "VACUUM (ANALYZE) shop.a");
  assert_string_equal(action_identity(plan, 0, POSTGRES_WORK_OID), "16385");
  assert_string_equal(action_identity(plan, 0, POSTGRES_WORK_BEFORE), "12430");
  assert_string_equal(plan->identities[plan->identity_count - 1], POSTGRES_WORK_STAMP);
  assert_null(plan->objects[0].identities[plan->identity_count - 1]);
  assert_says(fixture, PLAN_BLAST,
              "scans 4.0 MB of tables and indexes; makes the space of 12,640 dead rows");
  for (size_t i = 0; i < plan->text_count; i++)
    assert_int_not_equal(plan->texts[i].part, PLAN_WARNING);
}

static void test_vacuum_that_reclaims_little(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.a", NULL};
  int64_t now_ms = clock_now_ms();
  struct sample *sample = sample_new(table_specs, 2);
  add_table(sample, "shop.a", 1 << 20, 12430, now_ms - 60000);
  add_holder(sample, "pid 8123 (app, idle in transaction)", 900, now_ms - 845000, 845);
  add_holder(sample, "pid 8200 (app, active)", 20, now_ms - 300000, 300);
  prepare(fixture, "postgres.vacuum", sample);
  make_plan(fixture, picks);
  assert_says(fixture, PLAN_WARNING,
              "rows that died in the last 14m 05s cannot be removed because of pid 8123 (app, "
              "idle in transaction): end it first");
  assert_says(fixture, PLAN_WARNING, "little can be reclaimed: VACUUM has run since then");
}

static void test_a_slot_keeps_rows(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.a", NULL};
  struct sample *sample = sample_new(table_specs, 2);
  add_table(sample, "shop.a", 1 << 20, 0, 0);
  add_holder(sample, "pid 8123 (app, active)", 90000, clock_now_ms() - 5000, 5); /* young */
  add_holder(sample, "replication slot standby (inactive)", 80000, 0, -1);
  sample_note(sample, "holders", NULL, "3 sessions of other roles are hidden");
  prepare(fixture, "postgres.vacuum", sample);
  make_plan(fixture, picks);
  assert_says(fixture, PLAN_WARNING,
              "rows that died in the last 80,000 transactions cannot be removed because of "
              "replication slot standby (inactive)");
  assert_says(fixture, PLAN_WARNING, "no dead rows there");
  assert_says(fixture, PLAN_WARNING, "3 sessions of other roles are hidden");
}

static void test_what_is_not_there(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"shop.a", "shop.x", NULL}, *const none[] = {NULL};
  struct sample *sample = sample_new(table_specs, 2);
  add_table(sample, "shop.a", 1 << 20, 5, 0);
  prepare(fixture, "postgres.analyze", sample);
  assert_false(driver_plan(&fixture->driver, picks));
  assert_refused(fixture, "shop.x cannot be selected: not in the list");
  assert_false(driver_plan(&fixture->driver, none));
  assert_refused(fixture, "nothing is picked");
}

/* An empty survey makes no plan, for any action. */
static void test_without_a_survey(void **state) {
  struct fixture *fixture = *state;
  static const char *const ids[] = {"postgres.vacuum",          "postgres.analyze",
                                    "postgres.reindex",         "postgres.drop-invalid-index",
                                    "postgres.create-index",    "postgres.set",
                                    "postgres.delete-old",      "postgres.reset-statements",
                                    "postgres.drop-slot",       "postgres.rollback-prepared",
                                    "postgres.commit-prepared", "postgres.vacuum-full"};
  const char *const picks[] = {"shop.a", NULL};
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    prepare(fixture, ids[i], NULL);
    assert_false(driver_plan(&fixture->driver, picks));
    prepare(fixture, ids[i], sample_new(table_specs, 2));
    assert_false(driver_plan(&fixture->driver, picks));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PLAN_TEST(test_vacuum),
      PLAN_TEST(test_vacuum_that_reclaims_little),
      PLAN_TEST(test_a_slot_keeps_rows),
      PLAN_TEST(test_what_is_not_there),
      PLAN_TEST(test_without_a_survey),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
