/* The actions on PostgreSQL's sessions with the collector's real tables: the two only share the ids
 * of the table's columns. */
#include "actions/act_driver.h"
#include "collectors/collector.h"
#include "support/postgres_server.h"

extern const struct collector collector_postgres;

struct fixture {
  struct driver driver;
  void *collector;
  struct job job;
  bool done, closed;
  PGconn *admin, *holder, *first, *second;
};

static struct postgres_server server; /* one for all tests of the file */

static void on_collected(struct job *job, struct sample *sample, const struct err *err) {
  struct fixture *fixture = (struct fixture *)((char *)job - offsetof(struct fixture, job));
  if (err)
    fail_msg("%s", err->text);
  driver_publish(&fixture->driver, sample);
  fixture->done = true;
}

static void collect(struct fixture *fixture) {
  fixture->done = false;
  fixture->job = (struct job){.io = &fixture->driver.io,
                              .started_us = clock_now_us(),
                              .deadline_ms = clock_now_ms() + 5000,
                              .end = on_collected};
  collector_postgres.start(fixture->collector, &fixture->job);
  tiny_run_until(&fixture->driver.loop, &fixture->done);
}

static void watch_as(struct fixture *fixture, const char *user) {
  char dsn[128];
  const char *const settings[] = {"dsn", postgres_dsn(&server, user, dsn, sizeof dsn), NULL};
  struct err err;
  driver_open(&fixture->driver, &collector_postgres.kind, settings);
  fixture->collector =
      collector_postgres.open(&fixture->driver.io, fixture->driver.config->targets[0], &err);
  assert_non_null(fixture->collector);
}

static void on_closed(void *arg) {
  *(bool *)arg = true;
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  fixture->admin = postgres_login(&server, "admin");
  fixture->holder = postgres_login(&server, "app");
  fixture->first = postgres_login(&server, "app");
  fixture->second = postgres_login(&server, "app");
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  collector_postgres.close(fixture->collector, on_closed, &fixture->closed);
  tiny_run_until(&fixture->driver.loop, &fixture->closed);
  driver_close(&fixture->driver);
  PQfinish(fixture->admin);
  PQfinish(fixture->holder);
  PQfinish(fixture->first);
  PQfinish(fixture->second);
  free(fixture);
  return 0;
}

/* The holder is idle in its transaction; two wait for what it has locked. */
static void hold_up(struct fixture *fixture) {
  postgres_do(fixture->holder, "BEGIN; LOCK TABLE stock");
  assert_int_equal(PQsendQuery(fixture->first, "INSERT INTO stock VALUES (1)"), 1);
  assert_int_equal(PQsendQuery(fixture->second, "SELECT count(*) FROM stock"), 1);
  postgres_await(fixture->admin,
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", 2);
}

static const char *key_of(struct fixture *fixture, const PGconn *conn) {
  const struct table *table =
      sample_table_view(fixture->driver.model.targets[0].sample, "sessions");
  char prefix[24];
  snprintf(prefix, sizeof prefix, "%d", PQbackendPID(conn));
  for (size_t i = 0; i < table->row_count; i++)
    if (strcspn(table->rows[i].key, "/") == strlen(prefix) &&
        strncmp(table->rows[i].key, prefix, strlen(prefix)) == 0)
      return table->rows[i].key;
  fail_msg("the session is not listed");
  return NULL;
}

static bool lives(struct fixture *fixture, const PGconn *conn) {
  char sql[100];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d",
           PQbackendPID(conn));
  return postgres_server_ask(fixture->admin, sql) == 1;
}

static void run(struct fixture *fixture, const char *id, const PGconn *conn,
                const char *const *params) {
  const char *keys[] = {conn ? key_of(fixture, conn) : NULL, NULL};
  if (!driver_run(&fixture->driver, action_find(id), conn ? "sessions" : NULL, keys, params, NULL))
    fail_msg("%s", fixture->driver.err.text);
}

static void test_the_root_by_one_who_waits(void **state) {
  struct fixture *fixture = *state;
  watch_as(fixture, "helper");
  hold_up(fixture);
  collect(fixture);
  run(fixture, "postgres.terminate-root", fixture->second, NULL);
  assert_string_equal(fixture->driver.outcome.proof, "1 gone, 2 sessions freed");
  assert_int_equal(fixture->driver.outcome.objects[0].result, OBJECT_DONE);
  assert_false(lives(fixture, fixture->holder));
  assert_true(lives(fixture, fixture->first));
  assert_true(lives(fixture, fixture->second));
  const struct plan_object *object = &fixture->driver.plan->objects[0];
  for (size_t c = 0; c < fixture->driver.plan->column_count; c++)
    if (!object->cells[c])
      assert_string_equal(fixture->driver.plan->columns[c].title, "APPLICATION"); /* it has none */
}

/* A chain: a session that is unblocked blocks the next one. */
static void test_a_chain(void **state) {
  struct fixture *fixture = *state;
  watch_as(fixture, "helper");
  postgres_do(fixture->holder, "BEGIN; UPDATE chain SET n = n WHERE id = 1");
  postgres_do(fixture->first, "BEGIN; UPDATE chain SET n = n WHERE id = 2");
  assert_int_equal(PQsendQuery(fixture->first, "UPDATE chain SET n = n WHERE id = 1"), 1);
  postgres_await(fixture->admin,
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", 1);
  assert_int_equal(PQsendQuery(fixture->second, "UPDATE chain SET n = n WHERE id = 2"), 1);
  postgres_await(fixture->admin,
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", 2);
  collect(fixture);
  run(fixture, "postgres.terminate", fixture->holder, NULL);
  bool said = false;
  for (size_t i = 0; i < fixture->driver.plan->text_count; i++)
    said = said || strcmp(fixture->driver.plan->texts[i].text,
                          "frees 2 sessions that wait for it, 1 of them indirectly") == 0;
  assert_true(said);
  assert_string_equal(fixture->driver.outcome.proof,
                      "1 gone, 2 sessions freed, 1 of which waits for another now");
}

static void test_cancel_a_waiter(void **state) {
  struct fixture *fixture = *state;
  watch_as(fixture, "helper");
  hold_up(fixture);
  collect(fixture);
  run(fixture, "postgres.cancel", fixture->first, NULL);
  assert_int_equal(fixture->driver.outcome.objects[0].result, OBJECT_DONE);
  assert_true(lives(fixture, fixture->first));
  PGresult *result = PQgetResult(fixture->first);
  assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "57014");
  PQclear(result);
  postgres_await(fixture->admin, /* the other one waits on */
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", 1);
}

static void test_all_beyond_an_age(void **state) {
  struct fixture *fixture = *state;
  static const char *const second[] = {"age", "1s", NULL};
  watch_as(fixture, "helper");
  hold_up(fixture);
  postgres_await(fixture->admin,
                 "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND"
                 " state_change < clock_timestamp() - interval '1.1 s'",
                 1);
  collect(fixture);
  run(fixture, "postgres.terminate-idle", NULL, second);
  assert_string_equal(fixture->driver.outcome.proof, "1 gone, 2 sessions freed");
  assert_false(lives(fixture, fixture->holder));
  assert_int_equal(PQsendQuery(fixture->first, "SELECT pg_sleep(60)"), 0); /* not read yet */
  for (PGresult *result; (result = PQgetResult(fixture->first));)
    PQclear(result);
  assert_int_equal(PQsendQuery(fixture->first, "SELECT pg_sleep(60)"), 1);
  postgres_await(fixture->admin,
                 "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(60)' AND"
                 " query_start < clock_timestamp() - interval '1.1 s' AND pid <> pg_backend_pid()",
                 1);
  collect(fixture);
  run(fixture, "postgres.terminate-active", NULL, second);
  assert_string_equal(fixture->driver.outcome.proof, "1 gone");
  assert_false(lives(fixture, fixture->first));
  assert_true(lives(fixture, fixture->second));
}

/* With the right to signal, but not the right to see. */
static void test_without_the_right_to_see(void **state) {
  struct fixture *fixture = *state;
  watch_as(fixture, "blind");
  hold_up(fixture);
  collect(fixture);
  const char *keys[] = {key_of(fixture, fixture->first), NULL};
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.terminate"), "sessions", keys, NULL));
  assert_string_equal(fixture->driver.err.text,
                      "the session cannot be identified: needs pg_monitor");
}

int main(void) {
  if (!postgres_start_server(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return 77;
  }
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "CREATE ROLE app LOGIN; CREATE ROLE helper LOGIN; CREATE ROLE blind LOGIN;"
                     "GRANT pg_monitor, pg_signal_backend TO helper;"
                     "GRANT pg_signal_backend TO blind;"
                     "CREATE TABLE stock (n int); CREATE TABLE chain (id int, n int);"
                     "INSERT INTO chain VALUES (1, 0), (2, 0);"
                     "GRANT ALL ON stock, chain TO app");
  PQfinish(admin);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_the_root_by_one_who_waits), TEST(test_a_chain),
      TEST(test_cancel_a_waiter),           TEST(test_all_beyond_an_age),
      TEST(test_without_the_right_to_see),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
