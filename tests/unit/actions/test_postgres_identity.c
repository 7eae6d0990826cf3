/* A plan is for one server and one database, whichever server listens at the address when it is
 * executed. */
#include "act_driver.h"

#include "postgres_relay.h" /* before the fixture, whose `server` its functions would hide */

#include "postgres_maintenance_fixture.h"

#include "actions/postgres/postgres_identity.h"

/* The same in each cluster, even the oid: initdb is deterministic, and so are these. */
static void fill(void) {
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "CREATE TABLE public.t (id int PRIMARY KEY, at timestamptz);"
                     "INSERT INTO public.t SELECT n, now() - interval '1 year' FROM"
                     " generate_series(1, 10) n; DELETE FROM public.t WHERE id > 8");
  postgres_do(admin, "CREATE INDEX t_at ON public.t (at)");
  postgres_do(admin, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_at'::regclass");
  PQfinish(admin);
}

static struct plan *plan_of(struct fixture *fixture, const char *id, const char *const *params,
                            const char *const *picks) {
  survey(fixture, id, params);
  make_plan(fixture, picks);
  struct plan *plan = fixture->driver.plan;
  fixture->driver.plan = NULL;
  return plan;
}

/* Makes it the driver's server. */
static void take_plan(struct fixture *fixture, struct plan *plan) {
  driver_forget(&fixture->driver);
  fixture->driver.plan = plan;
  fixture->driver.action = action_find(plan->action->id);
}

/* One plan of each kind. */
enum { PLANS = 8 };
static size_t plan_each(struct fixture *fixture, struct plan *plans[PLANS]) {
  static const char *const table[] = {"public.t", NULL}, *const index[] = {"public.t_pkey", NULL};
  static const char *const broken[] = {"public.t_at", NULL};
  static const char *const create[] = {"table", "t", "columns", "at", NULL};
  static const char *const set[] = {"name", "work_mem", "value", "7MB", NULL};
  static const char *const old[] = {"table", "public.t", NULL};
  static char pid[16];
  static const char *const pids[] = {pid, NULL};
  size_t count = 0;
  plans[count++] = plan_of(fixture, "postgres.vacuum", NULL, table);
  plans[count++] = plan_of(fixture, "postgres.analyze", NULL, table);
  if (postgres_major(&server) >= 12) { /* they need it */
    plans[count++] = plan_of(fixture, "postgres.reindex", NULL, index);
    plans[count++] = plan_of(fixture, "postgres.drop-invalid-index", NULL, broken);
    plans[count++] = plan_of(fixture, "postgres.create-index", create, NULL);
  }
  plans[count++] = plan_of(fixture, "postgres.set", set, NULL);
  plans[count++] = plan_of(fixture, "postgres.delete-old", old, NULL);
  snprintf(pid, sizeof pid, "%d", PQbackendPID(fixture->other));
  if (!driver_survey(&fixture->driver, action_find("postgres.terminate"), "sessions", pids, NULL) ||
      !driver_plan(&fixture->driver, NULL))
    fail_msg("%s", fixture->driver.err.text);
  plans[count++] = fixture->driver.plan;
  fixture->driver.plan = NULL;
  return count;
}

/* Everything that the plans would have changed, as one number. */
static long changes(void) {
  PGconn *admin = postgres_login(&server, "admin");
  long changed = postgres_server_ask(
      admin, "SELECT (SELECT count(*) FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL"
             " OR last_analyze IS NOT NULL) * 100 + (SELECT 8 - count(*) FROM public.t) * 1000"
             " + (SELECT 2 - count(*) FROM pg_index WHERE indrelid = 'public.t'::regclass) * 10000"
             " + (SELECT count(*) FROM pg_settings WHERE name = 'work_mem' AND setting = '7168')");
  PQfinish(admin);
  return changed;
}

static void use_retention(struct fixture *fixture) {
  struct option_value *value = &fixture->driver.config->targets[0]->values[1];
  value->names = mem_new(sizeof *value->names);
  value->items = mem_new(sizeof *value->items);
  value->names[0] = mem_dup("public.t");
  value->items[0] = mem_dup("at 30d");
  value->item_count = 1;
  value->set = true;
}

static void assert_not_executed(struct fixture *fixture, const char *words) {
  if (driver_execute(&fixture->driver))
    fail_msg("%s was executed", fixture->driver.action->spec.id);
  assert_refused(fixture, words);
  assert_int_equal(outcome_count(&fixture->driver.outcome, OBJECT_SENT), 0);
  assert_int_equal(outcome_count(&fixture->driver.outcome, OBJECT_DONE), 0);
  assert_int_equal(outcome_count(&fixture->driver.outcome, OBJECT_UNKNOWN), 0);
}

static void server_again(int port) {
  if (!postgres_start_server_at(&server, port))
    fail();
  fill();
}

static void copy_data(const struct postgres_server *from, const struct postgres_server *to) {
  char source[96], target[96];
  snprintf(source, sizeof source, "%s/data", from->folder);
  snprintf(target, sizeof target, "%s/data", to->folder);
  pid_t pid = fork();
  if (pid == 0) {
    execlp("cp", "cp", "-a", source, target, (char *)NULL);
    _exit(127);
  }
  assert_int_equal(postgres_server_wait(pid), 0);
}

static int setup_filled(void **state) {
  server_again(0);
  struct fixture *fixture = calloc(1, sizeof *fixture);
  driver_open(&fixture->driver, &maintenance_kind, NULL);
  use_role(fixture, "admin");
  use_retention(fixture);
  fixture->other = postgres_login(&server, "admin");
  *state = fixture;
  return 0;
}

static int teardown_filled(void **state) {
  struct fixture *fixture = *state;
  PQfinish(fixture->other);
  driver_close(&fixture->driver);
  postgres_stop_server(&server);
  free(fixture);
  return 0;
}

static void test_another_cluster_at_the_same_port(void **state) {
  struct fixture *fixture = *state;
  struct plan *plans[PLANS];
  size_t count = plan_each(fixture, plans);
  for (size_t i = 0; i < count; i++) {
    assert_non_null(plans[i]->server);
    assert_non_null(plans[i]->database);
  }
  int port = server.port;
  postgres_stop_server(&server);
  server_again(port);
  long before = changes();
  for (size_t i = 0; i < count; i++) {
    take_plan(fixture, plans[i]);
    assert_not_executed(fixture, "a different server answers, system identifier ");
  }
  assert_int_equal(changes(), before);
}

/* A standby of the same cluster, promoted: the tables are the same, its sessions differ. */
static void test_a_promoted_standby(void **state) {
  struct fixture *fixture = *state;
  struct plan *plans[PLANS];
  size_t count = plan_each(fixture, plans);
  struct postgres_server primary = server;
  kill(primary.pid, SIGINT); /* it writes all to disk */
  postgres_server_wait(primary.pid);
  assert_true(postgres_prepare(&server));
  copy_data(&primary, &server);
  primary.pid = 0;
  postgres_stop_server(&primary);
  if (postgres_major(&server) >= 12)
    postgres_write(&server, "standby.signal", "");
  else
    postgres_write(&server, "recovery.conf", "standby_mode = on\n");
  postgres_run(&server);
  postgres_promote(&server);
  for (size_t i = 0; i < count; i++) {
    const char *id = plans[i]->action->id;
    bool run = strcmp(id, "postgres.terminate") == 0 || strcmp(id, "postgres.set") == 0;
    assert_true((plans[i]->start != NULL) == run);
    take_plan(fixture, plans[i]);
    if (run)
      assert_not_executed(fixture, "the server was restarted, or a different one answers");
    else if (strcmp(id, "postgres.vacuum") == 0)
      execute(fixture); /* the table is the plan's */
  }
}

/* CREATE DATABASE copies oids and names. */
static void test_a_copy_of_the_database(void **state) {
  struct fixture *fixture = *state;
  static const char *const table[] = {"public.t", NULL};
  struct plan *plan = plan_of(fixture, "postgres.vacuum", NULL, table);
  PQfinish(fixture->other);
  fixture->other = NULL;
  char dsn[128];
  snprintf(dsn, sizeof dsn, "postgresql://admin@127.0.0.1:%d/template1", server.port);
  PGconn *admin = PQconnectdb(dsn);
  postgres_await(admin, "SELECT count(*) FROM pg_stat_activity WHERE datname = 'postgres'", 0);
  postgres_do(admin, "CREATE DATABASE copy TEMPLATE postgres");
  PQfinish(admin);
  struct option_value *value = &fixture->driver.config->targets[0]->values[0];
  free(value->text);
  value->text = mem_printf("postgresql://admin@127.0.0.1:%d/copy", server.port);
  take_plan(fixture, plan);
  assert_not_executed(fixture, "a different database");
}

/* A role without the right to read the identifier is warned, and pinned to the run of the server.
 */
static void test_without_the_right(void **state) {
  struct fixture *fixture = *state;
  static const char *const table[] = {"public.t", NULL};
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC;"
                     "CREATE ROLE owner LOGIN; ALTER TABLE public.t OWNER TO owner");
  PQfinish(admin);
  use_role(fixture, "owner");
  survey(fixture, "postgres.vacuum", NULL);
  make_plan(fixture, table);
  assert_null(fixture->driver.plan->server);
  assert_non_null(fixture->driver.plan->start);
  assert_says(fixture, PLAN_WARNING, "the server's identifier may not be read");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_SENT, "");
  kill(server.pid, SIGINT);
  postgres_server_wait(server.pid);
  postgres_run(&server);
  assert_not_executed(fixture, "the server was restarted, or a different one answers");
}

static void cancel_at_once(struct driver *driver) {
  driver->on_change = NULL;
  driver->step->cancel(&driver->call);
}

/* VACUUM's second connection reads its progress and cancels it by its pid. Where another server of
 * the same cluster answers that connection, the pid belongs to another session: nothing is asked
 * there. */
static void test_a_second_connection_to_a_standby(void **state) {
  struct fixture *fixture = *state;
  static const char *const table[] = {"public.t", NULL};
  struct postgres_server standby = {0};
  struct relay relay;
  PQfinish(fixture->other);
  postgres_start_standby(&standby, &server);
  fixture->other = postgres_login(&server, "admin");
  postgres_do(fixture->other, "ALTER ROLE admin SET vacuum_cost_delay = '100ms';"
                              "ALTER ROLE admin SET vacuum_cost_limit = 1");
  relay_start(&relay, server.port);
  struct option_value *value = &fixture->driver.config->targets[0]->values[0];
  free(value->text);
  value->text = mem_printf("postgresql://admin@127.0.0.1:%d/postgres?sslmode=disable", relay.port);
  static const char *const asked[] = {"SELECT phase", "SELECT pg_cancel_backend"};
  for (size_t i = 0; i < 2; i++) {
    for (size_t to_standby = 0; to_standby < 2; to_standby++) {
      relay.state->second_port = 0;
      struct plan *plan = plan_of(fixture, "postgres.vacuum", NULL, table);
      assert_non_null(plan->server);
      assert_null(plan->start); /* the standby is of the plan's cluster */
      take_plan(fixture, plan);
      relay.state->second_port = to_standby ? standby.port : 0;
      relay_arm(&relay, 2, 0, RELAY_CUT, asked[i]);
      fixture->driver.on_change = i == 1 ? cancel_at_once : NULL;
      execute(fixture);
      assert_true(relay.state->connections > 1);
      assert_true(to_standby ? relay.state->changes == 0 : relay.state->changes > 0);
    }
  }
  relay_end(&relay);
  postgres_stop_server(&standby);
}

int main(void) {
  if (!postgres_find(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return 77;
  }
#define IDENTITY_TEST(name) cmocka_unit_test_setup_teardown(name, setup_filled, teardown_filled)
  const struct CMUnitTest tests[] = {
      IDENTITY_TEST(test_another_cluster_at_the_same_port), IDENTITY_TEST(test_a_promoted_standby),
      IDENTITY_TEST(test_a_copy_of_the_database),           IDENTITY_TEST(test_without_the_right),
      IDENTITY_TEST(test_a_second_connection_to_a_standby),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
