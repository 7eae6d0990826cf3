/* The PgBouncer collector with a real PgBouncer in front of a real PostgreSQL. */
#include "collectors/collector_driver.h"
#include "support/c11_threads.h"
#include "support/core_test.h"
#include "support/pgbouncer_server.h"

extern const struct collector collector_pgbouncer;

static struct postgres_server postgres;
static struct pgbouncer_server bouncer;
static struct driver driver;

static void watch_as(const char *user, const char *database) {
  char dsn[128];
  driver_init(&driver, &collector_pgbouncer);
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=%s dbname=%s", bouncer.port, user,
           database);
  driver_fill(&driver, "dsn", dsn);
  driver_fill(&driver, "waiting", "100ms");
  driver_fill(&driver, "waiting_critical", "1h");
  driver_open(&driver);
}

static int setup(void **state) {
  (void)state;
  bouncer.databases = bouncer.settings = NULL;
  pgbouncer_start(&bouncer, &postgres);
  watch_as("watcher", "pgbouncer");
  return 0;
}

static int teardown(void **state) {
  (void)state;
  driver_fini(&driver);
  pgbouncer_stop(&bouncer);
  return 0;
}

static void collect(void) {
  driver_collect(&driver, 3000);
  if (!driver.sample)
    fail_msg("%s", driver.err.text);
}

static const struct row *row_of(const char *table, const char *key) {
  const struct row *row = table_find(sample_table_view(driver.sample, table), key);
  if (!row)
    fail_msg("%s has no row %s", table, key);
  return row;
}

static struct value cell(const char *table, const char *key, const char *column) {
  const struct row *row = row_of(table, key);
  const int index = table_column(sample_table_view(driver.sample, table)->spec, column);
  assert_true(index >= 0);
  return row->cells[index];
}

static long count(const char *table, const char *key, const char *column) {
  const struct value value = cell(table, key, column);
  assert_int_equal(value.type, VALUE_INT);
  return (long)value.integer;
}

static double summary(const char *column) {
  return driver_number(&driver, "pgbouncer", column);
}

static const char *summary_text(const char *column) {
  const struct value value = driver_cell(&driver, "pgbouncer", column);
  assert_int_equal(value.type, VALUE_TEXT);
  return value.text;
}

static bool has_note(const char *words) {
  for (size_t i = 0; i < driver.sample->note_count; i++)
    if (strstr(driver.sample->notes[i].text, words))
      return true;
  return false;
}

static void expect_reason(const struct row *row, enum severity severity, const char *words) {
  assert_int_equal(row->severity, severity);
  if (!strstr(row->reason, words))
    fail_msg("%s", row->reason);
}

static void test_the_figures(void **state) {
  (void)state;
  collect();
  struct value value = driver_cell(&driver, "pgbouncer", "queries");
  assert_int_equal(value.type, VALUE_NONE);
  assert_string_equal(value.text, "needs two collections");
  PGconn *client = pgbouncer_login(&bouncer, "admin", "app");
  for (int i = 0; i < 20; i++)
    postgres_do(client, "SELECT pg_sleep(0.001)");
  collect();
  assert_true(summary("queries") > 0);
  assert_true(summary("transactions") > 0);
  assert_true(summary("query_time") >= 0.001 && summary("query_time") < 1);
  assert_true(summary("wait_time") >= 0);
  assert_true(summary("query_load") > 0);
  assert_true(summary("received") > 0 && summary("sent") > 0);
  assert_true(summary("clients") == 2 && summary("client_limit") == 50);
  assert_true(summary("client_ratio") == 2.0 / 50);
  assert_true(summary("waiting") == 0 && summary("longest_wait") == 0);
  assert_true(summary("clients_active") == 1);
  assert_true(summary("servers_active") + summary("servers_idle") + summary("servers_used") == 1);
  assert_true(summary("query_wait_timeout") == 120);
  assert_string_equal(summary_text("pool_mode"), "transaction");
  assert_string_equal(summary_text("access"), "read-only");
  assert_true(strncmp(driver.sample->server, "PgBouncer 1.", 12) == 0);
  assert_string_equal(driver.sample->server + 10, summary_text("version"));
  assert_non_null(strstr(driver.sample->address, "127.0.0.1:"));
  assert_int_equal(driver.sample->note_count, 0); /* nothing is incomplete for it */
  PQfinish(client);
}

static void test_pools_and_databases(void **state) {
  (void)state;
  PGconn *client = pgbouncer_login(&bouncer, "admin", "app");
  postgres_do(client, "SELECT 1");
  collect();
  assert_int_equal(count("pools", "app/admin", "clients"), 1);
  assert_int_equal(count("pools", "app/admin", "pool_size"), 2);
  assert_string_equal(cell("pools", "app/admin", "pool_mode").text, "transaction");
  assert_string_equal(cell("databases", "held", "pool_mode").text, "session");
  assert_int_equal(cell("databases", "app", "pool_mode").type, VALUE_NONE);
  assert_string_equal(cell("databases", "app", "state").text, "open");
  assert_int_equal(count("databases", "app", "connections"), 1);
  assert_string_equal(cell("databases", "app", "force_user").text, "admin");
  assert_int_equal(sample_table_view(driver.sample, "databases")->row_count, 3);
  for (size_t i = 0; i < 3; i++)
    assert_string_not_equal(sample_table_view(driver.sample, "databases")->rows[i].key,
                            "pgbouncer");
  PQfinish(client);
}

static void test_clients_that_wait(void **state) {
  (void)state;
  PGconn *holder = pgbouncer_login(&bouncer, "admin", "held");
  PGconn *waiter = pgbouncer_login(&bouncer, "admin", "held");
  postgres_do(holder, "SELECT 1");
  assert_true(PQsendQuery(waiter, "SELECT 1"));
  do /* until it has waited for long enough */
    collect();
  while (row_of("pools", "held/admin")->severity == SEVERITY_OK);
  expect_reason(row_of("pools", "held/admin"), SEVERITY_WARN, "1 client waits for 1");
  expect_reason(row_of("pools", "held/admin"), SEVERITY_WARN,
                "ms: the pool is exhausted, its only server connection is in use");
  assert_true(row_of("pools", "held/admin")->lasted_ms >= 100);
  assert_true(sample_table_view(driver.sample, "pools")->rows == row_of("pools", "held/admin"));
  assert_true(summary("waiting") == 1 && summary("longest_wait") >= 0.1);
  PQfinish(holder);
  PQclear(PQgetResult(waiter));
  collect();
  assert_int_equal(row_of("pools", "held/admin")->severity, SEVERITY_OK);
  PQfinish(waiter);
}

/* A client that waits for its login has no maxwait. */
static void test_a_server_that_cannot_be_reached(void **state) {
  char dsn[128];
  (void)state;
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=admin dbname=away", bouncer.port);
  PGconn *client = PQconnectStart(dsn);
  PGconn *console = pgbouncer_login(&bouncer, "boss", "pgbouncer");
  while (pgbouncer_number(console, "SHOW POOLS", "away", "cl_waiting") != 1)
    PQconnectPoll(client);
  pgbouncer_await(console, "SHOW POOLS", "away", "sv_login", 0);
  collect();
  expect_reason(row_of("pools", "away/admin"), SEVERITY_WARN,
                "1 client waits: no connection to 127");
  assert_int_equal(row_of("pools", "away/admin")->lasted_ms, 0);
  do
    collect();
  while (row_of("pools", "away/admin")->lasted_ms < 100);
  expect_reason(row_of("pools", "away/admin"), SEVERITY_WARN, "1 client waits for ");
  assert_true(summary("longest_wait") == 0);
  PQfinish(client);
  PQfinish(console);
}

static void test_paused_and_disabled(void **state) {
  PGconn *console = pgbouncer_login(&bouncer, "boss", "pgbouncer");
  (void)state;
  postgres_do(console, "PAUSE app");
  postgres_do(console, "DISABLE held");
  collect();
  expect_reason(row_of("databases", "app"), SEVERITY_WARN, "paused: its clients wait");
  expect_reason(row_of("databases", "held"), SEVERITY_WARN, "disabled: new clients are refused");
  assert_string_equal(cell("databases", "app", "state").text, "paused");
  assert_string_equal(cell("databases", "held", "state").text, "disabled");
  assert_int_equal(row_of("databases", "away")->severity, SEVERITY_OK);
  assert_string_equal(summary_text("paused"), "1 of 3 databases");
  postgres_do(console, "RESUME app");
  postgres_do(console, "ENABLE held");
  collect();
  assert_int_equal(row_of("databases", "app")->severity, SEVERITY_OK);
  assert_int_equal(strncmp(summary_text("paused"), "no", 2), 0);
  PQfinish(console);
}

/* A database of clients' choice; the names are theirs. */
static void test_hostile_names(void **state) {
  static const char *const names[] = {"\x1b[31mred", "-x", "two\nlines", "a/b", "quo\"te"};
  (void)state;
  pgbouncer_kill(&bouncer);
  bouncer.databases = "* = host=127.0.0.1 port=1";
  bouncer.settings = "client_login_timeout = 1";
  pgbouncer_configure(&bouncer, &postgres);
  pgbouncer_run(&bouncer);
  PGconn *clients[COUNT(names)];
  PGconn *console = pgbouncer_login(&bouncer, "boss", "pgbouncer");
  for (size_t i = 0; i < COUNT(names); i++) {
    char port[8];
    snprintf(port, sizeof port, "%d", bouncer.port);
    const char *const keys[] = {"host", "port", "user", "dbname", NULL};
    const char *const values[] = {"127.0.0.1", port, "admin", names[i], NULL};
    clients[i] = PQconnectStartParams(keys, values, 0);
    while (pgbouncer_number(console, "SHOW POOLS", names[i], "cl_waiting") != 1)
      PQconnectPoll(clients[i]);
  }
  collect();
  for (size_t i = 0; i < COUNT(names); i++)
    row_of("databases", names[i]);
  row_of("pools", "\"a/b\"/admin");
  row_of("pools", "\"quo\"\"te\"/admin");
  for (size_t i = 0; i < COUNT(names); i++)
    PQfinish(clients[i]);
  PQfinish(console);
}

static void test_an_admin_and_a_shared_port(void **state) {
  (void)state;
  pgbouncer_kill(&bouncer);
  bouncer.settings = "so_reuseport = 1";
  pgbouncer_configure(&bouncer, &postgres);
  pgbouncer_run(&bouncer);
  driver_fini(&driver);
  watch_as("boss", "pgbouncer");
  collect();
  assert_string_equal(summary_text("access"), "admin");
  assert_true(has_note("so_reuseport is on"));
}

static void expect_failure(enum err_kind kind, const char *words) {
  driver_collect(&driver, 3000);
  assert_null(driver.sample);
  if (driver.err.kind != kind || !strstr(driver.err.text, words))
    fail_msg("%s: %s", err_kind_name(driver.err.kind), driver.err.text);
}

static void test_not_a_console(void **state) {
  (void)state;
  driver_fini(&driver);
  watch_as("admin", "app");
  expect_failure(ERR_UNSUPPORTED, "this is not PgBouncer's console but a server of version \"");
}

static void test_denied(void **state) {
  (void)state;
  driver_fini(&driver);
  watch_as("admin", "pgbouncer"); /* in neither list */
  expect_failure(ERR_DENIED, "login denied: not allowed");
  driver_fini(&driver);
  watch_as("stranger", "pgbouncer");
  expect_failure(ERR_DENIED, "login denied: ");
}

static void test_restarted_between_two_collections(void **state) {
  (void)state;
  collect();
  pgbouncer_kill(&bouncer);
  pgbouncer_run(&bouncer);
  PGconn *client = pgbouncer_login(&bouncer, "admin", "app");
  postgres_do(client, "SELECT 1");
  collect(); /* over a new connection, at once */
  PQfinish(client);
  pgbouncer_kill(&bouncer);
  expect_failure(ERR_REFUSED, "refused");
  pgbouncer_run(&bouncer);
  collect();
}

static void test_hung(void **state) {
  (void)state;
  collect();
  tiny_freeze(bouncer.pid);
  driver_begin(&driver, 60000);
  for (int i = 0; i < 20; i++)
    uv_run(&driver.loop, UV_RUN_NOWAIT);
  const struct err err = driver_cancel(&driver);
  if (!strstr(err.text, "no answer within 1s: logged in, no answer to SHOW CONFIG"))
    fail_msg("%s", err.text);
  kill(bouncer.pid, SIGCONT);
  collect();
}

static int group_setup(void **state) {
  (void)state;
  return postgres_start_server(&postgres) ? 0 : -1;
}

static int group_teardown(void **state) {
  (void)state;
  postgres_stop_server(&postgres);
  return 0;
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  if (!pgbouncer_is_installed()) {
    printf("SKIPPED pgbouncer is not installed\n");
    return 77;
  }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_the_figures),
      TEST(test_pools_and_databases),
      TEST(test_clients_that_wait),
      TEST(test_a_server_that_cannot_be_reached),
      TEST(test_paused_and_disabled),
      TEST(test_hostile_names),
      TEST(test_an_admin_and_a_shared_port),
      TEST(test_not_a_console),
      TEST(test_denied),
      TEST(test_restarted_between_two_collections),
      TEST(test_hung),
  };
  return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
