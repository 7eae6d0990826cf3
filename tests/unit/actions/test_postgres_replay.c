/* Resuming the replay of a real standby. */
#include "postgres_maintenance_fixture.h"

static struct postgres_server primary;
static PGconn *boss;

static void watch_server(struct fixture *fixture, const struct postgres_server *watched,
                         const char *user) {
  char dsn[128];
  struct option_value *value = &fixture->driver.config->targets[0]->values[0];
  free(value->text);
  value->text = mem_dup(postgres_dsn(watched, user, dsn, sizeof dsn));
}

static void hold(struct fixture *fixture) {
  postgres_do(fixture->admin, "SELECT pg_wal_replay_pause()");
  postgres_do(boss, "SELECT pg_logical_emit_message(false, 'test', repeat('x', 500000))");
  postgres_await(fixture->admin,
                 "SELECT (pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())"
                 " > 400000)::int",
                 1);
}

static long is_paused(struct fixture *fixture) {
  return postgres_server_ask(fixture->admin, "SELECT pg_is_wal_replay_paused()::int");
}

static void prepare_plan(struct fixture *fixture) {
  const char *const picks[] = {"replay", NULL};
  survey(fixture, "postgres.resume-replay", NULL);
  make_plan(fixture, picks);
}

static void test_resume(void **state) {
  struct fixture *fixture = *state;
  watch_server(fixture, &server, "helper");
  hold(fixture);
  prepare_plan(fixture);
  assert_true(found_cell(fixture, "replay", "behind").integer > 400000);
  assert_string_equal(fixture->driver.plan->title, "Resume the replay of this standby");
  assert_says(fixture, PLAN_EFFECT, "SELECT pg_wal_replay_resume();");
  assert_says(fixture, PLAN_LOSS, "cannot be undone");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "resumed, no longer paused");
  assert_int_equal(is_paused(fixture), 0);
}

/* Someone has resumed and paused it again: it is not what the plan was made for. */
static void test_at_another_position(void **state) {
  struct fixture *fixture = *state;
  watch_server(fixture, &server, "helper");
  hold(fixture);
  prepare_plan(fixture);
  postgres_do(fixture->admin, "SELECT pg_wal_replay_resume()");
  postgres_await(fixture->admin,
                 "SELECT (pg_last_wal_replay_lsn() = pg_last_wal_receive_lsn())::int", 1);
  hold(fixture);
  execute(fixture);
  assert_result(fixture, 0, OBJECT_GONE, "not resumed: it no longer exists, or was replaced");
  assert_int_equal(is_paused(fixture), 1);
  postgres_do(fixture->admin, "SELECT pg_wal_replay_resume()");
}

static void test_not_paused(void **state) {
  struct fixture *fixture = *state;
  const char *const picks[] = {"replay", NULL};
  watch_server(fixture, &server, "helper");
  survey(fixture, "postgres.resume-replay", NULL);
  assert_string_equal(found_cell(fixture, "replay", "problem").text, "it is not paused");
  assert_false(driver_plan(&fixture->driver, picks));
}

static void test_without_the_right(void **state) {
  struct fixture *fixture = *state;
  watch_server(fixture, &server, "owner");
  hold(fixture);
  survey(fixture, "postgres.resume-replay", NULL);
  assert_non_null(strstr(found_cell(fixture, "replay", "problem").text,
                         "GRANT EXECUTE ON FUNCTION pg_wal_replay_resume()"));
  postgres_do(fixture->admin, "SELECT pg_wal_replay_resume()");
}

static void test_a_primary(void **state) {
  struct fixture *fixture = *state;
  watch_server(fixture, &primary, "helper");
  assert_false(
      driver_survey(&fixture->driver, action_find("postgres.resume-replay"), NULL, NULL, NULL));
  assert_string_equal(fixture->driver.err.text, "the server is not a standby: it replays nothing");
}

static int stop(void **state) {
  (void)state;
  PQfinish(boss);
  postgres_stop_server(&server);
  server = primary;
  return 0;
}

#define REPLAY_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      REPLAY_TEST(test_resume),     REPLAY_TEST(test_at_another_position),
      REPLAY_TEST(test_not_paused), REPLAY_TEST(test_without_the_right),
      REPLAY_TEST(test_a_primary),
  };
  if (!fixture_server())
    return 77;
  primary = server;
  server = (struct postgres_server){0};
  postgres_start_standby(&server, &primary);
  boss = postgres_login(&primary, "admin");
  const int failed = cmocka_run_group_tests(tests, NULL, stop);
  postgres_stop_server(&server);
  return failed;
}
