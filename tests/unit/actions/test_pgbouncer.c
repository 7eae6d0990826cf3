/* The actions on databases of PgBouncer with a real one: the effect, the neighbour that stays, each
 * refusal, and what holds for every action when something is wrong. */
#include "clients/postgres/pg.h"
#include "clients/postgres/pgbouncer_contract.h"
#include "conformance.h"
#include "support/pgbouncer_server.h"

extern const struct action action_pgbouncer_pause, action_pgbouncer_resume,
    action_pgbouncer_reconnect;

static const struct option options[] = {
    {.name = "dsn", .type = OPTION_SECRET, .required = true, .help = ""},
};
static const struct target_kind kind = {.kind = "pgbouncer",
                                        .key = "pgbouncer",
                                        .title = "PgBouncer",
                                        .options = options,
                                        .option_count = COUNT(options)};

static struct postgres_server postgres;
static struct pgbouncer_server bouncer;
static struct relay relay;
static struct driver driver;
static PGconn *console;

static void drive_as(int port, const char *user, const char *database) {
  char dsn[160];
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable", port, user,
           database);
  driver_open(&driver, &kind, (const char *const[]){"dsn", dsn, NULL});
}

static int group_setup(void **state) {
  (void)state;
  if (!postgres_start_server(&postgres))
    return -1;
  bouncer.databases = "Two_Words = host=127.0.0.1 port=1";
  pgbouncer_start(&bouncer, &postgres);
  console = pgbouncer_login(&bouncer, "boss", "pgbouncer");
  return 0;
}

static int group_teardown(void **state) {
  (void)state;
  PQfinish(console);
  pgbouncer_stop(&bouncer);
  postgres_stop_server(&postgres);
  return 0;
}

static long is_paused(const char *database) {
  return pgbouncer_number(console, "SHOW DATABASES", database, "paused");
}

static void resume_all(void) {
  static const char *const names[] = {"app", "held", "away"};
  for (size_t i = 0; i < COUNT(names); i++)
    if (is_paused(names[i])) {
      char command[40];
      snprintf(command, sizeof command, "RESUME %s", names[i]);
      postgres_do(console, command);
    }
}

static int setup(void **state) {
  (void)state;
  drive_as(bouncer.port, "boss", "pgbouncer");
  return 0;
}

static int teardown(void **state) {
  (void)state;
  driver_close(&driver);
  resume_all();
  return 0;
}

/* One server connection that is idle. */
static void use(const char *database) {
  PGconn *client = pgbouncer_login(&bouncer, "admin", database);
  postgres_do(client, "SELECT 1");
  PQfinish(client);
}

static bool try_plan(const struct action *action, const char *database, const char *wait) {
  static const char *keys[2];
  static const char *params[3];
  keys[0] = database;
  params[0] = wait ? "wait" : NULL;
  params[1] = wait;
  return driver_survey(&driver, action, PGBOUNCER_DATABASES_TABLE, keys, params) &&
         driver_plan(&driver, NULL);
}

static void plan(const struct action *action, const char *database, const char *wait) {
  if (!try_plan(action, database, wait))
    fail_msg("%s", driver.err.text);
}

static void run(void) {
  if (!driver_execute(&driver) || !driver_verify(&driver))
    fail_msg("%s", driver.err.text);
}

static void expect_object(enum object_result result, const char *words) {
  assert_int_equal(driver.outcome.count, 1);
  driver_expect(&driver, 0, result, words);
}

/* ---- pause and resume */

static void test_pause_and_resume(void **state) {
  PGconn *client = pgbouncer_login(&bouncer, "admin", "app");
  (void)state;
  postgres_do(client, "SELECT 1");
  plan(&action_pgbouncer_pause, "app", NULL);
  const char *text = plan_text(&driver);
  expect_in(text, "PAUSE app;");
  expect_in(text, "1 client: the next query of each waits until the database is resumed");
  expect_in(text, "query_wait_timeout is 2m 00s: clients that wait for longer are disconnected");
  expect_in(text, "leads to 127.0.0.1:");
  assert_null(strstr(text, "session pool"));
  assert_string_equal(driver.plan->title, "Pause database app of main");
  assert_int_equal(plan_confirmation(driver.plan), CONFIRM_NAME);
  run();
  expect_object(OBJECT_DONE, "paused; no server connection is in use, 0 clients wait");
  assert_string_equal(driver.outcome.undo, "pgbouncer.resume main app");
  assert_int_equal(is_paused("app"), 1);
  assert_int_equal(is_paused("held"), 0);
  assert_true(PQsendQuery(client, "SELECT 1")); /* waits */
  pgbouncer_await(console, "SHOW POOLS", "app", "cl_waiting", 1);

  plan(&action_pgbouncer_resume, "app", NULL);
  expect_in(plan_text(&driver), "1 waiting client continue");
  assert_int_equal(plan_confirmation(driver.plan), CONFIRM_YES);
  run();
  expect_object(OBJECT_DONE, "no longer paused; ");
  assert_string_equal(driver.outcome.undo, "pgbouncer.pause main app");
  PGresult *result = PQgetResult(client);
  assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
  PQclear(result);
  PQfinish(client);
}

/* PAUSE is not answered before it ends its transaction. */
static void test_a_pause_that_has_to_wait(void **state) {
  PGconn *client = pgbouncer_login(&bouncer, "admin", "app");
  (void)state;
  postgres_do(client, "BEGIN; SELECT 1");
  plan(&action_pgbouncer_pause, "app", "200ms");
  expect_in(plan_text(&driver), "1 server connection is in use; waits at most 200ms");
  run();
  expect_object(OBJECT_DONE, "paused; 1 server connection is still in use until the client ends "
                             "its transaction");
  assert_int_equal(is_paused("app"), 1);
  postgres_do(client, "COMMIT");
  pgbouncer_await(console, "SHOW POOLS", "app", "sv_active", 0);
  PQfinish(client);
}

static void test_a_pause_is_cancelled_while_it_waits(void **state) {
  PGconn *client = pgbouncer_login(&bouncer, "admin", "held");
  (void)state;
  postgres_do(client, "SELECT 1");
  plan(&action_pgbouncer_pause, "held", "10m");
  expect_in(plan_text(&driver), "it has a session pool");
  driver_execute_begin(&driver);
  while (is_paused("held") != 1)
    driver_turn(&driver);
  driver.step->cancel(&driver.call);
  assert_true(driver_wait(&driver));
  expect_object(OBJECT_SENT, "not answered while server connections are in use");
  assert_true(driver_verify(&driver));
  expect_object(OBJECT_DONE, "still in use until the client disconnects");
  PQfinish(client);
}

static void test_what_is_in_no_need_of_it(void **state) {
  (void)state;
  assert_false(try_plan(&action_pgbouncer_resume, "app", NULL));
  expect_words(&driver, "app: it is not paused");
  postgres_do(console, "PAUSE app");
  assert_false(try_plan(&action_pgbouncer_pause, "app", NULL));
  expect_words(&driver, "app: it is already paused");
  assert_false(try_plan(&action_pgbouncer_reconnect, "away", NULL));
  expect_words(&driver, "away: it has no server connection");
  assert_false(try_plan(&action_pgbouncer_pause, "nowhere", NULL));
  expect_words(&driver, "PgBouncer has no database nowhere");
}

static void test_a_name_in_quotes(void **state) {
  (void)state;
  plan(&action_pgbouncer_pause, "Two_Words", NULL);
  expect_in(plan_text(&driver), "PAUSE \"Two_Words\";");
  run();
  assert_int_equal(is_paused("Two_Words"), 1);
  postgres_do(console, "RESUME \"Two_Words\"");
}

/* It changes between the plan and its execution. */
static void test_another_has_paused_it(void **state) {
  (void)state;
  plan(&action_pgbouncer_pause, "app", NULL);
  postgres_do(console, "PAUSE app");
  assert_true(driver_execute(&driver));
  expect_object(OBJECT_REFUSED, "it is paused now: plan again");
}

static void test_a_verification_sees_that_nothing_was_done(void **state) {
  (void)state;
  plan(&action_pgbouncer_pause, "app", NULL);
  conformance_pretend_sent(&driver);
  assert_true(driver_verify(&driver));
  expect_object(OBJECT_UNKNOWN, "sent, but the database is not paused");
  postgres_do(console, "PAUSE app");
  plan(&action_pgbouncer_resume, "app", NULL);
  conformance_pretend_sent(&driver);
  assert_true(driver_verify(&driver));
  expect_object(OBJECT_UNKNOWN, "accepted, but the database is paused");
}

/* ---- reconnect */

static long backend_of(PGconn *client) {
  return postgres_server_ask(client, "SELECT pg_backend_pid()");
}

static void test_reconnect(void **state) {
  PGconn *client = pgbouncer_login(&bouncer, "admin", "app");
  (void)state;
  const long before = backend_of(client);
  plan(&action_pgbouncer_reconnect, "app", NULL);
  expect_in(plan_text(&driver), "RECONNECT app;");
  expect_in(plan_text(&driver), "no query is interrupted");
  assert_int_equal(plan_confirmation(driver.plan), CONFIRM_YES);
  run();
  expect_object(OBJECT_DONE, "all server connections of that time are closed");
  assert_null(driver.outcome.undo);
  assert_true(backend_of(client) != before);
  PQfinish(client);
}

static void test_reconnect_does_not_interrupt(void **state) {
  PGconn *client = pgbouncer_login(&bouncer, "admin", "held");
  (void)state;
  const long before = backend_of(client);
  plan(&action_pgbouncer_reconnect, "held", NULL);
  expect_in(plan_text(&driver), "released only when its client disconnects");
  run();
  expect_object(OBJECT_DONE, "1 old server connection is still in use, and closed when released");
  assert_int_equal(backend_of(client), before);
  PQfinish(client);
}

/* ---- who may */

static void test_a_user_that_may_only_read(void **state) {
  (void)state;
  driver_close(&driver);
  drive_as(bouncer.port, "watcher", "pgbouncer");
  assert_false(try_plan(&action_pgbouncer_pause, "app", NULL));
  expect_words(&driver, "watcher is not in admin_users of PgBouncer and may only read");
}

/* By the collector's sample the menu refuses it already. */
static void test_what_the_menu_says(void **state) {
  static const struct column_spec columns[] = {
      {.id = PGBOUNCER_SUMMARY_ID_ACCESS, .title = "access", .help = ""}};
  static const struct column_spec database_columns[] = {
      {.id = "database", .title = "DATABASE", .help = ""},
      {.id = PGBOUNCER_DATABASES_ID_STATE, .title = "STATE", .help = ""}};
  static const struct table_spec summary = {.id = PGBOUNCER_SUMMARY_TABLE,
                                            .title = "",
                                            .flags = TABLE_SUMMARY,
                                            .columns = columns,
                                            .column_count = COUNT(columns)};
  static const struct table_spec databases = {.id = PGBOUNCER_DATABASES_TABLE,
                                              .title = "",
                                              .columns = database_columns,
                                              .column_count = COUNT(database_columns)};
  static const struct table_spec *const specs[] = {&summary, &databases};
  static const char *const access[] = {PGBOUNCER_ACCESS_ADMIN, PGBOUNCER_ACCESS_READ_ONLY};
  (void)state;
  for (size_t i = 0; i < COUNT(access); i++) {
    struct sample *sample = sample_new(specs, COUNT(specs));
    sample_row(sample, &sample->tables[0], "1", NULL)->cells[0] = value_text(access[i]);
    struct row *row = sample_row(sample, &sample->tables[1], "app", NULL);
    row->cells[0] = value_text("app");
    row->cells[1] = value_text(PGBOUNCER_STATE_PAUSED);
    driver_publish(&driver, sample);
    assert_false(try_plan(&action_pgbouncer_pause, "app", NULL));
    expect_words(&driver, i == 0 ? "it is already paused" : "may only read");
  }
}

static void test_not_a_console(void **state) {
  (void)state;
  driver_close(&driver);
  drive_as(bouncer.port, "admin", "app");
  assert_false(try_plan(&action_pgbouncer_pause, "app", NULL));
  expect_words(&driver, "this is not PgBouncer's console but a server of version \"");
}

static void test_a_shared_port(void **state) {
  struct pgbouncer_server shared = {.settings = "so_reuseport = 1"};
  (void)state;
  pgbouncer_start(&shared, &postgres);
  driver_close(&driver);
  drive_as(shared.port, "boss", "pgbouncer");
  const bool planned = try_plan(&action_pgbouncer_pause, "app", NULL);
  pgbouncer_stop(&shared);
  assert_false(planned);
  expect_words(&driver, "several processes may share the port");
}

/* ---- what holds for every action */

static const struct action *const all[] = {&action_pgbouncer_pause, &action_pgbouncer_resume,
                                           &action_pgbouncer_reconnect};
enum { OF_PAUSE, OF_RESUME, OF_RECONNECT };
static size_t planned;

static void prepare(void) {
  resume_all();
  use("app");
  drive_as(relay.port, "boss", "pgbouncer");
}

static void finish(void) {
  driver_close(&driver);
}

static bool plan_case(size_t index) {
  planned = index;
  if (index == OF_RESUME)
    postgres_do(console, "PAUSE app");
  plan(all[index], "app", NULL);
  return true;
}

static void expect_unchanged(void) {
  assert_int_equal(is_paused("app"), planned == OF_RESUME);
}

static const struct conformance conformance = {.driver = &driver,
                                               .relay = &relay,
                                               .actions = all,
                                               .count = COUNT(all),
                                               .prepare = prepare,
                                               .finish = finish,
                                               .plan = plan_case,
                                               .expect_unchanged = expect_unchanged};

static void test_hung_and_dropped_at_each_question(void **state) {
  (void)state;
  relay_start(&relay, bouncer.port);
  conformance_hang(&conformance, false);
  relay_end(&relay);
  resume_all();
}

static void test_each_identity(void **state) {
  (void)state;
  relay_start(&relay, bouncer.port);
  for (size_t i = 0; i < COUNT(all); i++) {
    conformance_identity(&conformance, i, "process", "other.ini, port 1", "another PgBouncer ans");
    conformance_identity(&conformance, i, "server", "10.0.0.7:5432/app", "it leads to 127.0.0.1:");
    conformance_identity(&conformance, i, "state", "disabled", " now: plan again");
  }
  relay_end(&relay);
  resume_all();
}

/* The command has reached PgBouncer, and no answer comes. */
static void test_without_an_answer_it_is_unknown(void **state) {
  static const char *const changes[] = {"PAUSE app", "RESUME app", "RECONNECT app"};
  (void)state;
  for (size_t i = 0; i < COUNT(all); i++)
    conformance_unanswered(&conformance, bouncer.port, i, changes[i]);
  resume_all();
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  if (!pgbouncer_is_installed()) {
    printf("SKIPPED pgbouncer is not installed\n");
    return 77;
  }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_pause_and_resume),
      TEST(test_a_pause_that_has_to_wait),
      TEST(test_a_pause_is_cancelled_while_it_waits),
      TEST(test_what_is_in_no_need_of_it),
      TEST(test_a_name_in_quotes),
      TEST(test_another_has_paused_it),
      TEST(test_a_verification_sees_that_nothing_was_done),
      TEST(test_reconnect),
      TEST(test_reconnect_does_not_interrupt),
      TEST(test_a_user_that_may_only_read),
      TEST(test_what_the_menu_says),
      TEST(test_not_a_console),
      TEST(test_a_shared_port),
      cmocka_unit_test(test_hung_and_dropped_at_each_question),
      cmocka_unit_test(test_each_identity),
      cmocka_unit_test(test_without_an_answer_it_is_unknown),
  };
  return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
