/* Answers of PgBouncer's console as several versions give them, and the contract. */
#include "clients/postgres/pgbouncer_answer.h"
#include "clients/postgres/pgbouncer_contract.h"
#include "support/core_test.h"

#include <string.h>

static struct arena arena;
static struct err err;

static int setup(void **state) {
  (void)state;
  arena_init(&arena, 1 << 20);
  err = (struct err){0};
  return 0;
}

static int teardown(void **state) {
  (void)state;
  arena_fini(&arena);
  return 0;
}

#define ROWS(names_, cells_)                                      \
  (&(const struct pg_rows){.rows = COUNT(cells_) / COUNT(names_), \
                           .columns = COUNT(names_),              \
                           .cells = (cells_),                     \
                           .names = (names_),                     \
                           .tag = "SHOW"})

static void test_pools_of_1_16(void **state) {
  static const char *const names[] = {
      "database", "user",      "cl_active", "cl_waiting", "cl_cancel_req", "sv_active", "sv_idle",
      "sv_used",  "sv_tested", "sv_login",  "maxwait",    "maxwait_us",    "pool_mode"};
  static const char *const cells[] = {
      "app",       "ops",       "7", "3", "1", "5", "0", "1", "2", "4", "2", "500000", "session",
      "pgbouncer", "pgbouncer", "1", "0", "0", "0", "0", "0", "0", "0", "0", "0",      "statement"};
  struct pgbouncer_pools pools;
  (void)state;
  assert_true(pgbouncer_pools_read(ROWS(names, cells), &arena, &pools, &err));
  assert_int_equal(pools.count, 1); /* not the console */
  const struct pgbouncer_pool *pool = &pools.items[0];
  assert_string_equal(pool->database, "app");
  assert_string_equal(pool->user, "ops");
  assert_string_equal(pool->mode, "session");
  assert_int_equal(pool->clients, 7);
  assert_int_equal(pool->waiting, 3);
  assert_int_equal(pool->cancelling, 1);
  assert_int_equal(pool->login, 4);
  assert_int_equal(pool->wait_s, 2);
  assert_int_equal(pool->wait_us, 500000);
  assert_int_equal(pool->being_cancelled, PGBOUNCER_UNKNOWN);
  assert_int_equal(pgbouncer_open_servers(pool), 8); /* a login is none */
}

static void test_pools_of_1_24(void **state) {
  static const char *const names[] = {"database",
                                      "user",
                                      "cl_active",
                                      "cl_waiting",
                                      "cl_active_cancel_req",
                                      "cl_waiting_cancel_req",
                                      "sv_active",
                                      "sv_active_cancel",
                                      "sv_being_canceled",
                                      "sv_idle",
                                      "sv_used",
                                      "sv_tested",
                                      "sv_login",
                                      "maxwait",
                                      "maxwait_us",
                                      "pool_mode",
                                      "load_balance_hosts"};
  static const char *const cells[] = {"app", "ops", "7", "3", "2", "0", "5",           "1", "2",
                                      "0",   "0",   "0", "0", "0", "9", "transaction", NULL};
  struct pgbouncer_pools pools;
  (void)state;
  assert_true(pgbouncer_pools_read(ROWS(names, cells), &arena, &pools, &err));
  assert_int_equal(pools.items[0].cancelling, 2);
  assert_int_equal(pools.items[0].being_cancelled, 2);
  assert_int_equal(pgbouncer_open_servers(&pools.items[0]), 8);
}

static void test_databases_before_and_since_1_24(void **state) {
  static const char *const old_names[] = {"name",
                                          "host",
                                          "port",
                                          "database",
                                          "force_user",
                                          "pool_size",
                                          "min_pool_size",
                                          "reserve_pool",
                                          "pool_mode",
                                          "max_connections",
                                          "current_connections",
                                          "paused",
                                          "disabled"};
  static const char *const old_cells[] = {"app", "10.0.0.7", "5432", "ecap", NULL, "20", "1",
                                          "5",   NULL,       "0",    "3",    "1",  "0"};
  static const char *const names[] = {
      "name",   "reserve_pool_size", "max_client_connections", "current_client_connections",
      "paused", "disabled"};
  static const char *const cells[] = {"app", "6", "100", "40", "0", "1"};
  struct pgbouncer_databases databases;
  (void)state;
  assert_true(pgbouncer_databases_read(ROWS(old_names, old_cells), &arena, &databases, &err));
  const struct pgbouncer_database *database = pgbouncer_database_find(&databases, "app");
  assert_non_null(database);
  assert_null(pgbouncer_database_find(&databases, "ap"));
  assert_string_equal(database->host, "10.0.0.7");
  assert_string_equal(database->force_user, "");
  assert_int_equal(database->reserve, 5);
  assert_int_equal(database->paused, 1);
  assert_int_equal(database->clients, PGBOUNCER_UNKNOWN);
  assert_true(pgbouncer_databases_read(ROWS(names, cells), &arena, &databases, &err));
  assert_int_equal(databases.items[0].reserve, 6);
  assert_int_equal(databases.items[0].clients, 40);
  assert_int_equal(databases.items[0].disabled, 1);
  assert_int_equal(databases.items[0].port, PGBOUNCER_UNKNOWN);
  assert_string_equal(databases.items[0].host, "");
}

static void test_numbers_that_are_none(void **state) {
  static const char *const names[] = {"database", "total_query_count", "total_query_time",
                                      "avg_query_time", "avg_wait_time"};
  static const char *const cells[] = {"app", "-1", "99999999999999999999", "", NULL};
  struct pgbouncer_all_stats stats;
  (void)state;
  assert_true(pgbouncer_stats_read(ROWS(names, cells), &arena, &stats, &err));
  assert_int_equal(stats.items[0].queries, PGBOUNCER_UNKNOWN);
  assert_int_equal(stats.items[0].query_us, PGBOUNCER_UNKNOWN);
  assert_int_equal(stats.items[0].avg_query_us, PGBOUNCER_UNKNOWN);
  assert_int_equal(stats.items[0].avg_wait_us, PGBOUNCER_UNKNOWN);
  assert_int_equal(stats.items[0].xacts, PGBOUNCER_UNKNOWN);
}

static void test_another_answer_is_refused(void **state) {
  static const char *const names[] = {"?column?"};
  static const char *const cells[] = {"1"};
  struct pgbouncer_pools pools;
  struct pgbouncer_databases databases;
  struct pgbouncer_lists lists;
  struct pgbouncer_mode mode;
  const struct pg_rows none = {.tag = "SHOW"};
  (void)state;
  assert_false(pgbouncer_pools_read(ROWS(names, cells), &arena, &pools, &err));
  assert_string_equal(err.text, "PgBouncer's answer to SHOW POOLS has no column \"database\"");
  assert_false(pgbouncer_pools_read(&none, &arena, &pools, &err));
  assert_false(pgbouncer_databases_read(&none, &arena, &databases, &err));
  assert_false(pgbouncer_lists_read(ROWS(names, cells), &arena, &lists, &err));
  assert_false(pgbouncer_mode_read(ROWS(names, cells), &mode, &err));
}

static void test_an_answer_that_does_not_fit(void **state) {
  static const char *const names[] = {"database", "user"};
  static const char *const cells[] = {"app", "ops"};
  struct pgbouncer_pools pools;
  struct arena small;
  (void)state;
  arena_init(&small, 64);
  assert_false(pgbouncer_pools_read(ROWS(names, cells), &small, &pools, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
  arena_fini(&small);
}

static void test_settings_and_state(void **state) {
  static const char *const names[] = {"key", "value", "default", "changeable"};
  static const char *const cells[] = {"max_client_conn", "50",        "100", "yes",
                                      "admin_users",     "boss, ops", "",    "yes",
                                      "so_reuseport",    "1",         "0",   "no"};
  static const char *const state_names[] = {"key", "value"};
  static const char *const state_cells[] = {"active", "no", "paused", "yes", "suspended", "no"};
  struct pgbouncer_config config;
  struct pgbouncer_mode mode;
  (void)state;
  assert_true(pgbouncer_config_read(ROWS(names, cells), &arena, &config, &err));
  assert_int_equal(config.max_clients, 50);
  assert_int_equal(config.so_reuseport, 1);
  assert_int_equal(config.listen_port, PGBOUNCER_UNKNOWN);
  assert_string_equal(config.admin_users, "boss, ops");
  assert_string_equal(config.file, "");
  assert_true(pgbouncer_mode_read(ROWS(state_names, state_cells), &mode, &err));
  assert_true(mode.paused && !mode.suspended);
}

static void test_versions(void **state) {
  (void)state;
  assert_int_equal(pgbouncer_version("1.18.0/bouncer"), 11800);
  assert_int_equal(pgbouncer_version("1.9.0/bouncer"), 10900);
  assert_int_equal(pgbouncer_version("1.24.1/bouncer"), 12401);
  assert_int_equal(pgbouncer_version("15.8 (Debian 15.8-0)"), 0);
  assert_int_equal(pgbouncer_version("bouncer"), 0);
  assert_int_equal(pgbouncer_version(""), 0);
}

static bool is_admin(const char *list, const char *user, const char *address) {
  const struct pgbouncer_config config = {.admin_users = list};
  return pgbouncer_is_admin(&config, user, address);
}

static void test_who_is_an_admin(void **state) {
  (void)state;
  assert_true(is_admin("boss", "boss", "127.0.0.1:6432"));
  assert_true(is_admin(" ops,boss , x", "boss", "127.0.0.1:6432"));
  assert_false(is_admin("bosses, theboss", "boss", "127.0.0.1:6432"));
  assert_false(is_admin("", "boss", "127.0.0.1:6432"));
  assert_false(is_admin("boss", "", "127.0.0.1:6432"));
  assert_true(is_admin("", "pgbouncer", "/run/postgresql:6432"));
  assert_false(is_admin("", "pgbouncer", "127.0.0.1:6432"));
  assert_false(is_admin("", "boss", "/run/postgresql:6432"));
}

static void test_keys_of_pools_are_unique(void **state) {
  (void)state;
  assert_string_equal(pgbouncer_pool_key(&arena, "app", "ops"), "app/ops");
  assert_string_equal(pgbouncer_pool_key(&arena, "a/b", "c"), "\"a/b\"/c");
  assert_string_equal(pgbouncer_pool_key(&arena, "a", "b/c"), "a/\"b/c\"");
  assert_string_equal(pgbouncer_pool_key(&arena, "a\"", ""), "\"a\"\"\"/\"\"");
}

static void test_commands(void **state) {
  char out[PGBOUNCER_COMMAND_MAX], longest[70];
  (void)state;
  assert_true(pgbouncer_command(out, "PAUSE", "app_1", &err));
  assert_string_equal(out, "PAUSE app_1");
  assert_true(pgbouncer_command(out, "RESUME", "App", &err));
  assert_string_equal(out, "RESUME \"App\"");
  assert_true(pgbouncer_command(out, "PAUSE", "a\"; SHUTDOWN; --", &err));
  assert_string_equal(out, "PAUSE \"a\"\"; SHUTDOWN; --\"");
  assert_false(pgbouncer_command(out, "PAUSE", "", &err));
  memset(longest, 'a', sizeof longest);
  longest[63] = '\0';
  assert_true(pgbouncer_command(out, "PAUSE", longest, &err));
  longest[0] = 'A'; /* needs quotes */
  assert_false(pgbouncer_command(out, "PAUSE", longest, &err));
  assert_int_equal(err.kind, ERR_UNSUPPORTED);
  longest[61] = '\0';
  assert_true(pgbouncer_command(out, "PAUSE", longest, &err));
  longest[10] = '"'; /* is doubled */
  assert_false(pgbouncer_command(out, "PAUSE", longest, &err));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_pools_of_1_16),
      TEST(test_pools_of_1_24),
      TEST(test_databases_before_and_since_1_24),
      TEST(test_numbers_that_are_none),
      TEST(test_another_answer_is_refused),
      TEST(test_an_answer_that_does_not_fit),
      TEST(test_settings_and_state),
      TEST(test_versions),
      TEST(test_who_is_an_admin),
      TEST(test_keys_of_pools_are_unique),
      TEST(test_commands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
