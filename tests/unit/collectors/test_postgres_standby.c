/* A primary and its standby, real ones: one that is cut off, one that is gone, and cases that are
 * neither. */
#include "collectors/postgres_fixture.h"

#include "collectors/postgres/postgres_queries.h"

static struct postgres_server standby;

static void watch_server(struct fixture *fixture, const struct postgres_server *which) {
  char dsn[128];
  watch(fixture, postgres_dsn(which, "admin", dsn, sizeof dsn));
}

/* The first row of the summary. */
static const struct row *figures(const struct fixture *fixture) {
  return &fixture->sample->tables[0].rows[0];
}

static const char *reason(const struct fixture *fixture) {
  return figures(fixture)->reason ? figures(fixture)->reason : "";
}

static const struct table *replicas(const struct fixture *fixture) {
  return sample_table_view(fixture->sample, "replicas");
}

static struct value replica_cell(const struct fixture *fixture, size_t row, const char *column) {
  return cell_of(&replicas(fixture)->rows[row], 2, column);
}

/* Collects until the summary has that severity, for up to 15 s. */
static void collect_until(struct fixture *fixture, enum severity severity) {
  int64_t give_up = clock_now_ms() + 15000;
  do
    collect_well(fixture);
  while (figures(fixture)->severity != severity && clock_now_ms() < give_up);
  if (figures(fixture)->severity != severity)
    fail_msg("severity %d: %s", (int)figures(fixture)->severity, reason(fixture));
}

static void collect_until_replicas(struct fixture *fixture, long count) {
  int64_t give_up = clock_now_ms() + 15000;
  do
    collect_well(fixture);
  while (summary_count(fixture, "replicas") != count && clock_now_ms() < give_up);
  assert_int_equal(summary_count(fixture, "replicas"), count);
}

static void test_streaming(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = postgres_login(&server, "admin");
  watch_server(fixture, &server);
  collect_until_replicas(fixture, 1);
  assert_int_equal(replicas(fixture)->row_count, 1);
  assert_string_equal(replica_cell(fixture, 0, "replica").text, "walreceiver");
  assert_string_equal(replica_cell(fixture, 0, "type").text, "standby");
  assert_string_equal(replica_cell(fixture, 0, "state").text, "streaming");
  assert_int_equal(replica_cell(fixture, 0, "lag_bytes").type, VALUE_INT);
  char timeline[16];
  snprintf(timeline, sizeof timeline, "%s", fixture->sample->facts[FACT_HISTORY]);
  assert_string_equal(timeline, "00000001");
  char system[32];
  snprintf(system, sizeof system, "%s", fixture->sample->facts[FACT_SERVER]);

  collector_postgres.close(fixture->self, on_closed, &fixture->closed);
  tiny_run_until(&fixture->loop, &fixture->closed);
  fixture->closed = false;
  watch_server(fixture, &standby);
  collect_well(fixture);
  assert_int_equal(figures(fixture)->severity, SEVERITY_OK);
  assert_string_equal(fixture->sample->facts[FACT_ROLE], "standby");
  assert_string_equal(fixture->sample->facts[FACT_SERVER], system);
  assert_string_equal(fixture->sample->facts[FACT_HISTORY], timeline);
  assert_int_equal(summary_count(fixture, "lag_bytes"), 0);
  assert_true(summary(fixture, "lag").real == 0);
  assert_int_equal(summary(fixture, "contact").type, VALUE_REAL);
  assert_int_equal(fixture->sample->note_count, 0);
  PQfinish(admin);
}

/* The fault: received and replayed agree, so the lag is 0 B and all looks well. */
static void test_cut_off(void **state) {
  struct fixture *fixture = *state;
  watch_server(fixture, &standby);
  collect_well(fixture);
  assert_int_equal(figures(fixture)->severity, SEVERITY_OK);
  postgres_kill(&server);
  collect_until(fixture, SEVERITY_WARN); /* critical after 30 s: see test_postgres_replication */
  assert_non_null(strstr(reason(fixture), "not receiving WAL for "));
  assert_non_null(strstr(reason(fixture), ", replay lag at least "));
  assert_int_equal(summary(fixture, "lag_bytes").type, VALUE_NONE);
  assert_string_equal(summary(fixture, "lag_bytes").text, "not receiving WAL");
  double first = summary(fixture, "lag").real;
  collect_well(fixture);
  assert_true(summary(fixture, "lag").real > first);
  postgres_run(&server);
  collect_until(fixture, SEVERITY_OK);
}

/* An observer that has not seen it stream knows it by its setting. */
static void test_cut_off_at_the_first_look(void **state) {
  struct fixture *fixture = *state;
  postgres_kill(&server);
  postgres_kill(&standby);
  postgres_run(&standby);
  watch_server(fixture, &standby);
  collect_well(fixture);
  if (postgres_major(&standby) >= 12) { /* before, nothing indicates that it should stream */
    assert_int_equal(figures(fixture)->severity, SEVERITY_WARN); /* because it has just started */
    assert_non_null(strstr(reason(fixture), "not receiving WAL"));
    assert_null(strstr(reason(fixture), " for "));
    assert_int_equal(summary(fixture, "lag").type, VALUE_NONE);
    assert_string_equal(summary(fixture, "lag").text, "not receiving WAL");
    collect_well(fixture); /* the start of the observation is known */
    assert_non_null(strstr(reason(fixture), "not receiving WAL for at least "));
    assert_int_equal(summary(fixture, "lag").type, VALUE_REAL);
  }
  postgres_run(&server);
  collect_until(fixture, SEVERITY_OK);
}

/* The server's answer to the activity query of a version. */
static struct postgres_activity ask_as_version(PGconn *conn, int version, bool sees_all) {
  struct postgres_timeouts timeouts = {1000, 500};
  char *query = postgres_activity_query(&timeouts, version, sees_all);
  PGresult *result = PQexec(conn, query);
  free(query);
  if (PQntuples(result) != 1)
    fail_msg("%s", PQresultErrorMessage(result));
  const char *cells[ACTIVITY_COLUMN_COUNT];
  for (int i = 0; i < ACTIVITY_COLUMN_COUNT; i++)
    cells[i] = PQgetisnull(result, 0, i) ? NULL : PQgetvalue(result, 0, i);
  struct pg_rows rows = {1, ACTIVITY_COLUMN_COUNT, cells};
  struct postgres_activity activity;
  struct err err = {0};
  if (!postgres_activity_read(&rows, &activity, &err))
    fail_msg("%s", err.text);
  PQclear(result);
  return activity;
}

/* It is active from its first day to its last. Before 12 it takes a connection of the clients'. */
static void test_walsender_is_not_a_query(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone();
  watch_server(fixture, &server);
  collect_until_replicas(fixture, 1);
  bool takes = postgres_major(&server) < 12;
  assert_int_equal(summary_count(fixture, "used"), 2 + takes); /* admin, the collector */
  assert_int_equal(summary_count(fixture, "active"), 0);
  assert_int_equal(summary_count(fixture, "other"), takes);
  assert_int_equal(summary(fixture, "longest_query").type, VALUE_NONE);
  assert_int_equal(sessions(fixture)->row_count, 1);

  for (int sees_all = 0; sees_all < 2; sees_all++) {
    struct postgres_activity now = ask_as_version(admin, 120000, sees_all);
    assert_int_equal(now.used, 2);
    assert_int_equal(now.other, 0);
    struct postgres_activity before = ask_as_version(admin, 110000, sees_all);
    assert_int_equal(before.used, 3);
    assert_int_equal(before.other, 1);
    assert_int_equal(before.active, 0);
    assert_true(before.longest_query == POSTGRES_UNKNOWN);
  }
  PQfinish(admin);
}

/* A walsender that hangs: connected, streaming, and silent. */
static void test_frozen_walsender(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = postgres_login(&server, "admin");
  postgres_kill(&standby);
  standby.settings[2] = "wal_receiver_timeout=4s";
  postgres_run(&standby);
  postgres_await(admin, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", 1);
  watch_server(fixture, &standby);
  collect_until(fixture, SEVERITY_OK);
  pid_t walsender = (pid_t)postgres_server_ask(admin, "SELECT pid FROM pg_stat_replication");
  kill(walsender, SIGSTOP);
  collect_until(fixture, SEVERITY_WARN);
  assert_non_null(strstr(reason(fixture), "not receiving WAL for "));
  kill(walsender, SIGCONT);
  collect_until(fixture, SEVERITY_OK);
  PQfinish(admin);
}

static void test_paused(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = postgres_login(&standby, "admin");
  postgres_do(admin, "SELECT pg_wal_replay_pause()");
  watch_server(fixture, &standby);
  collect_until(fixture, SEVERITY_WARN);
  assert_non_null(strstr(reason(fixture), "replay is paused"));
  postgres_do(admin, "SELECT pg_wal_replay_resume()");
  collect_until(fixture, SEVERITY_OK);
  PQfinish(admin);
}

/* It replays WAL from an archive, and has no primary: that is not an alarm. */
static void test_archive_only(void **state) {
  struct fixture *fixture = *state;
  if (postgres_major(&standby) < 12)
    skip(); /* its settings are in recovery.conf */
  postgres_kill(&standby);
  standby.settings[3] = "primary_conninfo=";
  standby.settings[4] = "restore_command=false";
  postgres_run(&standby);
  watch_server(fixture, &standby);
  collect_well(fixture);
  assert_int_equal(figures(fixture)->severity, SEVERITY_OK);
  assert_string_equal(summary(fixture, "lag_bytes").text, "recovers from an archive");
  assert_string_equal(summary(fixture, "lag").text, "recovers from an archive");
  postgres_kill(&standby);
  standby.settings[3] = standby.settings[4] = NULL;
  postgres_run(&standby);
  collect_until(fixture, SEVERITY_OK);
}

/* A replica that disappears is a row with a severity until it is back. */
static void test_replica_gone(void **state) {
  struct fixture *fixture = *state;
  watch_server(fixture, &server);
  collect_until_replicas(fixture, 1);
  postgres_kill(&standby);
  collect_until_replicas(fixture, 0);
  assert_int_equal(replicas(fixture)->row_count, 1);
  const struct row *row = &replicas(fixture)->rows[0];
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_non_null(strstr(row->reason, "disconnected for "));
  assert_string_equal(replica_cell(fixture, 0, "state").text, "gone");
  collect_well(fixture);
  assert_int_equal(replicas(fixture)->row_count, 1);
  postgres_run(&standby);
  collect_until_replicas(fixture, 1);
  assert_int_equal(replicas(fixture)->row_count, 1);
  assert_int_equal(replicas(fixture)->rows[0].severity, SEVERITY_OK);
}

/* The server itself knows a slot: an observer that has not seen its replica sees it, too. */
static void test_slot_left_behind(void **state) {
  struct fixture *fixture = *state;
  if (postgres_major(&standby) < 12)
    skip(); /* its settings are in recovery.conf */
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "SELECT pg_create_physical_replication_slot('second')");
  watch_server(fixture, &server);
  collect_well(fixture); /* never used, it retains nothing */
  for (size_t i = 0; i < replicas(fixture)->row_count; i++)
    assert_int_equal(replicas(fixture)->rows[i].severity, SEVERITY_OK);
  postgres_kill(&standby);
  standby.settings[3] = "primary_slot_name=second";
  postgres_run(&standby);
  postgres_await(
      admin, "SELECT count(*) FROM pg_replication_slots WHERE active AND restart_lsn IS NOT NULL",
      1);
  postgres_kill(&standby);
  postgres_await(admin, "SELECT count(*) FROM pg_replication_slots WHERE active", 0);
  collect_well(fixture);
  const struct row *row = table_find(replicas(fixture), "slot second");
  assert_non_null(row);
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_non_null(strstr(row->reason, "slot inactive"));
  assert_non_null(strstr(row->reason, " of WAL"));
  postgres_do(admin, "SELECT pg_drop_replication_slot('second')");
  standby.settings[3] = NULL;
  postgres_run(&standby);
  PQfinish(admin);
}

/* pg_receivewal replays nothing: it is not a replica, has no lag, and may disappear. */
static void test_receiver_is_not_a_replica(void **state) {
  struct fixture *fixture = *state;
  char program[300];
  snprintf(program, sizeof program, "%s/pg_receivewal", server.binaries);
  if (access(program, X_OK) != 0) /* a package of the server alone */
    skip();
  PGconn *admin = postgres_login(&server, "admin");
  char dsn[128];
  const char *const argv[] = {"pg_receivewal",
                              "-D",
                              server.folder,
                              "-d",
                              postgres_dsn(&server, "admin", dsn, sizeof dsn),
                              NULL};
  pid_t pid = postgres_spawn(&server, "pg_receivewal", argv);
  postgres_await(admin,
                 "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'pg_receivewal'"
                 " AND state = 'streaming'",
                 1);
  watch_server(fixture, &server);
  collect_until_replicas(fixture, 1);
  assert_int_equal(replicas(fixture)->row_count, 2);
  const struct row *row = table_find(replicas(fixture), "pg_receivewal@127.0.0.1");
  assert_non_null(row);
  assert_string_equal(cell_of(row, 2, "type").text, "receiver");
  assert_int_equal(cell_of(row, 2, "lag_bytes").type, VALUE_NONE);
  kill(pid, SIGKILL);
  postgres_server_wait(pid);
  postgres_await(
      admin, "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'pg_receivewal'",
      0);
  collect_until_replicas(fixture, 1);
  assert_int_equal(replicas(fixture)->row_count, 1);
  PQfinish(admin);
}

static void test_promoted(void **state) {
  struct fixture *fixture = *state;
  watch_server(fixture, &standby);
  collect_well(fixture);
  assert_string_equal(fixture->sample->facts[FACT_ROLE], "standby");
  postgres_promote(&standby);
  collect_well(fixture);
  assert_string_equal(fixture->sample->facts[FACT_ROLE], "primary");
  assert_string_equal(fixture->sample->facts[FACT_HISTORY], "00000002");
  assert_int_equal(figures(fixture)->severity, SEVERITY_OK);
}

static int start_standby(void **state) {
  make_roles(state);
  standby.settings[0] = "hot_standby=on"; /* replaced by its primary, where that is a setting */
  standby.settings[1] = "wal_retrieve_retry_interval=50ms"; /* how often it looks for that */
  postgres_start_standby(&standby, &server);
  return 0;
}

int main(void) {
  if (!postgres_start_server(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return 77;
  }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_streaming),        TEST(test_walsender_is_not_a_query),
      TEST(test_cut_off),          TEST(test_cut_off_at_the_first_look),
      TEST(test_frozen_walsender), TEST(test_paused),
      TEST(test_archive_only),     TEST(test_replica_gone),
      TEST(test_slot_left_behind), TEST(test_receiver_is_not_a_replica),
      TEST(test_promoted),
  };
  int failed = cmocka_run_group_tests(tests, start_standby, NULL);
  postgres_stop_server(&standby);
  postgres_stop_server(&server);
  return failed;
}
