/* The collector with a real server: its sample says what a person would see in psql. */
#include "collectors/postgres_fixture.h"

#include "clients/postgres/pg_share.h"

static void test_figures(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone();
  PGconn *idle = postgres_login(&server, "admin");
  postgres_do(idle, "SELECT 1");
  watch_as(fixture, "admin");
  collect_well(fixture);
  assert_int_equal(summary_count(fixture, "used"), 3); /* admin, idle, the collector */
  assert_int_equal(summary_count(fixture, "limit"), 17);
  assert_int_equal(summary_count(fixture, "idle"), 3); /* ours is idle in between */
  assert_int_equal(summary_count(fixture, "active"), 0);
  assert_int_equal(summary_count(fixture, "waiting"), 0);
  assert_true(summary(fixture, "ratio").real == 3.0 / 17);
  assert_int_equal(summary(fixture, "longest_query").type, VALUE_NONE); /* nothing runs */
  assert_string_equal(summary(fixture, "role").text, "primary");
  assert_int_equal(summary_count(fixture, "replicas"), 0);
  assert_int_equal(summary(fixture, "lag_bytes").type, VALUE_NONE);
  assert_true(summary_count(fixture, "frozen_age") >= 0);
  assert_true(summary(fixture, "uptime").real > 0);
  assert_string_equal(summary(fixture, "commits").text, "needs two collections");
  assert_int_equal(summary(fixture, "hit_ratio").type, VALUE_NONE);
  assert_non_null(strstr(fixture->sample->server, "PostgreSQL 1"));
  assert_non_null(strstr(fixture->sample->address, "127.0.0.1:"));
  assert_int_equal(fixture->sample->note_count, 0);
  /* login, identity, three queries, and five for what is watched for changes */
  assert_int_equal(fixture->sample->requests, 10);

  assert_int_equal(sessions(fixture)->row_count, 2); /* not its own */
  const struct row *row = session(fixture, PQbackendPID(idle));
  assert_non_null(row);
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_string_equal(text(row, "state"), "idle");
  assert_string_equal(text(row, "user"), "admin");
  assert_string_equal(text(row, "database"), "postgres");
  assert_string_equal(text(row, "client"), "127.0.0.1");
  char sql[200];
  const char *start = strchr(row->key, '/') + 1; /* an action finds it by the key */
  snprintf(sql, sizeof sql,
           "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND"
           " (extract(epoch FROM backend_start) * 1000000)::bigint = %.*s%s",
           PQbackendPID(idle), (int)strcspn(start, "."), start, strchr(start, '.') + 1);
  assert_int_equal(postgres_server_ask(admin, sql), 1);
  snprintf(sql, sizeof sql,
           "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND state_change = '%s'"
           " AND query_start = '%s'",
           PQbackendPID(idle), text(row, "state_change"), text(row, "query_start"));
  assert_int_equal(postgres_server_ask(admin, sql), 1);

  for (int i = 0; i < 50; i++)
    postgres_do(idle, "CREATE TEMP TABLE t (n int); DROP TABLE t");
  if (PQserverVersion(idle) >= 150000) /* an older one flushes at the end of each transaction */
    postgres_do(idle, "SELECT pg_stat_force_next_flush()");
  int64_t give_up = clock_now_ms() + 5000;
  do /* until the server has counted them */
    collect_well(fixture);
  while (summary(fixture, "commits").real == 0 && clock_now_ms() < give_up);
  assert_true(fixture->sample->requests <= 3); /* the connection was kept */
  assert_true(summary(fixture, "commits").real > 0);
  assert_true(summary(fixture, "hit_ratio").real > 0.5);
  assert_true(summary(fixture, "hit_ratio").real <= 1);
  assert_true(summary(fixture, "deadlocks").real == 0);
  PQfinish(idle);
  PQfinish(admin);
}

/* hog is idle in its transaction; first waits for hog; second and third wait behind. */
static void test_chain_of_blocked(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone();
  PGconn *hog = postgres_login(&server, "admin"), *first = postgres_login(&server, "admin"),
         *second = postgres_login(&server, "admin");
  postgres_do(admin, "DROP TABLE IF EXISTS t; CREATE TABLE t AS SELECT n FROM "
                     "generate_series(1, 3) n");
  postgres_do(hog, "BEGIN; UPDATE t SET n = n WHERE n = 1");
  postgres_do(first, "BEGIN; UPDATE t SET n = n WHERE n = 2");
  assert_true(PQsendQuery(first, "UPDATE t\n   SET n = n\tWHERE n = 1"));
  await_waiting(admin, first);
  assert_true(PQsendQuery(second, "UPDATE t SET n = n WHERE n = 2"));
  await_waiting(admin, second);
  set(fixture, "blocking", "100ms");
  set(fixture, "blocking_critical", "1h");
  watch_as(fixture, "admin");
  const struct row *row;
  int64_t give_up = clock_now_ms() + 5000;
  do { /* until it has lasted for 100 ms */
    collect_well(fixture);
    row = session(fixture, PQbackendPID(hog));
    assert_non_null(row);
  } while (row->severity == SEVERITY_OK && clock_now_ms() < give_up);
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_non_null(strstr(row->reason, "idle in transaction "));
  assert_non_null(strstr(row->reason, ", blocks 2 for "));
  assert_null(row->parent);
  assert_ptr_equal(row, &sessions(fixture)->rows[0]); /* the most severe first */
  assert_int_equal(cell_of(row, 1, "blocks").integer, 2);
  assert_int_equal(cell_of(row, 1, "blocks_directly").integer, 1);
  assert_string_equal(text(row, "state"), "idle in txn");

  const struct row *child = &sessions(fixture)->rows[1], *grandchild = child + 1;
  assert_ptr_equal(child, session(fixture, PQbackendPID(first)));
  assert_ptr_equal(grandchild, session(fixture, PQbackendPID(second)));
  assert_string_equal(child->parent, row->key);
  assert_string_equal(grandchild->parent, child->key);
  assert_int_equal(child->severity, SEVERITY_OK); /* it is affected: the cause is one finding */
  assert_int_equal(cell_of(child, 1, "blocks").integer, 1);
  assert_string_equal(text(child, "query"), "UPDATE t SET n = n WHERE n = 1");
  assert_string_equal(text(child, "wait_event"), "Lock: transactionid");
  char pid[16];
  snprintf(pid, sizeof pid, "%d", PQbackendPID(hog));
  assert_string_equal(text(child, "blocked_by"), pid);
  if (PQserverVersion(admin) >= 140000)
    assert_int_equal(cell_of(child, 1, "wait").type, VALUE_REAL);
  assert_int_equal(summary_count(fixture, "waiting"), 2);
  assert_int_equal(summary_count(fixture, "idle_in_transaction"), 1);
  assert_int_equal(summary_count(fixture, "active"), 2);
  assert_true(summary(fixture, "longest_transaction").real > 0);

  postgres_do(hog, "ROLLBACK");
  PQfinish(hog);
  PQfinish(first);
  PQfinish(second);
  PQfinish(admin);
}

static void test_blocked_by_a_prepared_transaction(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone();
  PGconn *waiter = postgres_login(&server, "admin");
  postgres_do(admin, "DROP TABLE IF EXISTS p; CREATE TABLE p (n int)");
  postgres_do(admin, "BEGIN; LOCK p; PREPARE TRANSACTION 'forgotten'");
  assert_true(PQsendQuery(waiter, "SELECT * FROM p"));
  await_waiting(admin, waiter);
  watch_as(fixture, "admin");
  collect_well(fixture);
  const struct row *row = &sessions(fixture)->rows[0];
  assert_string_equal(row->key, "prepared");
  assert_string_equal(text(row, "session"), "prepared");
  assert_string_equal(session(fixture, PQbackendPID(waiter))->parent, "prepared");
  assert_string_equal(text(session(fixture, PQbackendPID(waiter)), "blocked_by"), "prepared");
  assert_int_equal(summary_count(fixture, "prepared"), 1);
  assert_true(summary(fixture, "prepared_age").real >= 0);
  postgres_do(admin, "ROLLBACK PREPARED 'forgotten'");
  PQfinish(waiter);
  PQfinish(admin);
}

static void test_aborted_and_long(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone();
  PGconn *aborted = postgres_login(&server, "admin"), *busy = postgres_login(&server, "admin");
  postgres_do(aborted, "BEGIN");
  PQclear(PQexec(aborted, "SELECT 1/0"));
  assert_true(PQsendQuery(busy, "SELECT pg_sleep(60)"));
  set(fixture, "long_query", "1s");
  set(fixture, "idle_in_transaction", "1s");
  watch_as(fixture, "admin");
  const struct row *query, *idle;
  int64_t give_up = clock_now_ms() + 5000;
  do {
    collect_well(fixture);
    query = session(fixture, PQbackendPID(busy));
    idle = session(fixture, PQbackendPID(aborted));
    assert_true(query && idle);
  } while ((query->severity == SEVERITY_OK || idle->severity == SEVERITY_OK) &&
           clock_now_ms() < give_up);
  assert_int_equal(query->severity, SEVERITY_WARN);
  assert_non_null(strstr(query->reason, "query running for 1"));
  assert_non_null(strstr(idle->reason, "idle in transaction (aborted) 1"));
  assert_string_equal(text(idle, "state"), "aborted txn");
  assert_int_equal(summary_count(fixture, "aborted"), 1);
  collect_well(fixture); /* the summary is queried before the sessions: its age is a little less */
  assert_true(summary(fixture, "longest_query").real > 0.9);
  PQrequestCancel(busy);
  PQfinish(busy);
  PQfinish(aborted);
  PQfinish(admin);
}

/* Without pg_monitor: no false zero. */
static void test_without_rights(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone();
  watch_as(fixture, "plain");
  collect_well(fixture);
  assert_int_equal(summary_count(fixture, "used"), 2);
  static const char *const columns[] = {"active", "idle", "waiting", "longest_query"};
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
    assert_int_equal(summary(fixture, columns[i]).type, VALUE_NONE);
    assert_string_equal(summary(fixture, columns[i]).text, "needs pg_monitor");
  }
  assert_true(has_note(fixture, "needs pg_monitor"));
  const struct row *row = session(fixture, PQbackendPID(admin));
  assert_non_null(row);
  assert_string_equal(text(row, "user"), "admin");
  static const char *const hidden[] = {"query", "state", "client", "blocks"};
  for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
    assert_int_equal(cell_of(row, 1, hidden[i]).type, VALUE_NONE);
    assert_string_equal(cell_of(row, 1, hidden[i]).text, "needs pg_monitor");
  }
  postgres_do(admin, "GRANT pg_monitor TO plain");
  collect_well(fixture);
  postgres_do(admin, "REVOKE pg_monitor FROM plain");
  assert_int_equal(summary_count(fixture, "idle"), 2);
  assert_int_equal(fixture->sample->note_count, 0);
  collect_well(fixture);
  assert_true(has_note(fixture, "needs pg_monitor"));
  assert_string_equal(summary(fixture, "idle").text, "needs pg_monitor");
  assert_non_null(session(fixture, PQbackendPID(admin)));
  PQfinish(admin);
}

static void test_no_slot_left(void **state) {
  struct fixture *fixture = *state;
  PGconn *taken[17] = {admin_alone()};
  size_t count = 1;
  while (count < 17)
    taken[count++] = postgres_login(&server, "plain");
  assert_null(postgres_try(&server, "plain"));
  watch_as(fixture, "plain");
  assert_int_equal(collect(fixture), ERR_REFUSED); /* which counts as critical */
  assert_non_null(strstr(fixture->err.text, "too many connections: "));
  PQfinish(taken[--count]);
  postgres_await(taken[0],
                 "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'", 16);
  int64_t give_up = clock_now_ms() + 10000; /* it frees its slot a little later than its row */
  while (collect(fixture) == ERR_REFUSED && clock_now_ms() < give_up)
    ;
  assert_int_equal(fixture->err.kind, ERR_NONE);
  assert_int_equal(summary_count(fixture, "used"), 17);
  assert_true(summary(fixture, "ratio").real == 1);
  while (count > 0)
    PQfinish(taken[--count]);
}

static void test_stopped_and_continued(void **state) {
  struct fixture *fixture = *state;
  watch_as(fixture, "admin");
  collect_well(fixture);
  postgres_signal_all(&server, SIGSTOP);
  static const char *const says[] = {"logged in, query still running",
                                     "connected, login not completed"};
  for (int i = 0; i < 2; i++) { /* with the kept connection, then with a new one */
    begin(fixture);
    for (int turn = 0; turn < 20; turn++) {
      uv_run(&fixture->loop, UV_RUN_NOWAIT);
      usleep(1000);
    }
    assert_false(fixture->done);
    struct err err = {.text = "no answer within 3s"};
    collector_postgres.cancel(fixture->self, &err);
    assert_non_null(strstr(err.text, says[i]));
  }
  postgres_signal_all(&server, SIGCONT);
  collect_well(fixture);
}

static void test_restart_between_two(void **state) {
  struct fixture *fixture = *state;
  watch_as(fixture, "admin");
  collect_well(fixture);
  postgres_kill(&server);
  assert_int_equal(collect(fixture), ERR_REFUSED);
  assert_non_null(strstr(fixture->err.text, "refused: nothing listens on port "));
  postgres_run(&server);
  collect_well(fixture);
  assert_string_equal(summary(fixture, "commits").text, "restarted: needs two collections");
  collect_well(fixture);
  assert_int_equal(summary(fixture, "commits").type, VALUE_REAL);
  postgres_kill(&server);
  postgres_run(&server);
  collect_well(fixture); /* no finding: the kept connection is replaced within the collection */
  assert_int_equal(fixture->sample->requests, 11);
}

static void on_lent(void *arg, const struct pg_rows *rows, const struct err *err) {
  if (err)
    fail_msg("%s", err->text);
  *(size_t *)arg = rows->rows + 1;
}

/* Rows of a statement in the session of the collector. */
static size_t ask_inside(struct fixture *fixture, const char *sql) {
  struct pg_loan loan = {0};
  size_t rows = 0;
  struct pg_share *share = pg_share_find(&fixture->io, target_text(fixture->target, "dsn"));
  assert_non_null(share);
  pg_loan_ask(&loan, share, sql, 0, NULL, on_lent, &rows);
  while (!rows)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  return rows - 1;
}

static void test_prepared_and_lost(void **state) {
  static const char prepared[] = "SELECT FROM pg_prepared_statements WHERE name ~ '^stacktop_'";
  struct fixture *fixture = *state;
  watch_as(fixture, "admin");
  collect_well(fixture);
  assert_int_equal(ask_inside(fixture, prepared), 0); /* `check` asks only once */
  for (int i = 0; i < 3; i++) {
    collect_well(fixture);
    assert_int_equal(fixture->sample->requests, 3 - i);
    assert_int_equal(ask_inside(fixture, prepared), i == 0 ? 3 : 4);
  }
  ask_inside(fixture, "DEALLOCATE ALL");
  collect_well(fixture); /* together, then each by its name but for the first, and as a text */
  assert_int_equal(fixture->sample->requests, 6);
  assert_false(sample_is_faulted(fixture->sample, "sessions"));
  collect_well(fixture);
  assert_int_equal(fixture->sample->requests, 3);
}

/* Collects until all are asked together. */
static void collect_together(struct fixture *fixture) {
  watch_as(fixture, "admin");
  for (int i = 0; i < 4; i++)
    collect_well(fixture);
  assert_int_equal(fixture->sample->requests, 1);
}

static void collect_until_together(struct fixture *fixture) {
  for (int i = 0; i < 5; i++) {
    collect_well(fixture);
    if (fixture->sample->requests == 1)
      return;
  }
  fail_msg("%d requests", (int)fixture->sample->requests);
}

/* An error of one leaves the others. */
static void test_one_fails_among_others(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone();
  collect_together(fixture);
  postgres_do(admin, "BEGIN; LOCK pg_database IN ACCESS EXCLUSIVE MODE");
  collect_well(fixture);
  assert_int_equal(fixture->sample->requests, 2); /* and once more for the sessions */
  assert_int_equal(summary_count(fixture, "used"), 2);
  assert_int_equal(summary(fixture, "commits").type, VALUE_NONE);
  collect_well(fixture); /* the failed one alone, and each behind it */
  assert_int_equal(fixture->sample->requests, 3);
  postgres_do(admin, "ROLLBACK");
  collect_well(fixture);
  assert_int_equal(fixture->sample->requests, 3);
  assert_non_null(session(fixture, PQbackendPID(admin)));
  collect_until_together(fixture);
  assert_non_null(session(fixture, PQbackendPID(admin)));
  assert_int_equal(summary(fixture, "commits").type, VALUE_REAL);
  PQfinish(admin);
}

/* What was not expected is asked for in the same collection: a slot, a waiter. */
static void test_asked_when_it_appears(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone(), *holder = postgres_login(&server, "admin"),
         *waiter = postgres_login(&server, "admin");
  postgres_do(admin, "DROP TABLE IF EXISTS t; CREATE TABLE t (n int)");
  collect_together(fixture);
  assert_int_equal(sample_table_view(fixture->sample, "replicas")->row_count, 0);
  postgres_do(admin, "SELECT pg_create_physical_replication_slot('seen', true)");
  collect_well(fixture);
  assert_int_equal(fixture->sample->requests, 3); /* together; replicas; sessions behind them */
  assert_int_equal(sample_table_view(fixture->sample, "replicas")->row_count, 1);
  postgres_do(admin, "SELECT pg_drop_replication_slot('seen')");
  collect_until_together(fixture);

  postgres_do(holder, "BEGIN; LOCK t");
  assert_true(PQsendQuery(waiter, "SELECT FROM t"));
  postgres_await(admin, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", 1);
  collect_well(fixture);
  assert_int_equal(fixture->sample->requests, 2); /* together; the sessions by harm */
  const struct row *row = session(fixture, PQbackendPID(holder));
  assert_non_null(row);
  assert_int_equal(cell_of(row, 1, "blocks").integer, 1);
  collect_well(fixture); /* that one is prepared, too */
  collect_well(fixture);
  assert_int_equal(fixture->sample->requests, 1);
  assert_int_equal(cell_of(session(fixture, PQbackendPID(holder)), 1, "blocks").integer, 1);
  PQfinish(holder);
  PQfinish(waiter);
  PQfinish(admin);
}

static void test_no_server(void **state) {
  struct fixture *fixture = *state;
  assert_true(tiny_listen(&fixture->tiny, &fixture->loop, "127.0.0.1"));
  fixture->tiny.reply = "HTTP/1.1 400 Bad Request\r\n\r\n";
  char dsn[128];
  snprintf(dsn, sizeof dsn, "postgresql://a@127.0.0.1:%d/x", fixture->tiny.port);
  watch(fixture, dsn);
  assert_int_equal(collect(fixture), ERR_PROTOCOL);
  assert_string_equal(fixture->err.text, "not a PostgreSQL server");
  tiny_stop(&fixture->tiny);
}

static void test_no_name(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "host=no.such.host.invalid user=a");
  assert_int_equal(collect(fixture), ERR_UNRESOLVED);
}

static void test_not_a_version_that_we_know(void **state) {
  struct fixture *fixture = *state;
  assert_true(tiny_listen(&fixture->tiny, &fixture->loop, "127.0.0.1"));
  static const char reply[] = "R\0\0\0\10\0\0\0\0"
                              "S\0\0\0\042server_version\0001.18.0/bouncer\0"
                              "Z\0\0\0\5I";
  fixture->tiny.reply = reply;
  fixture->tiny.reply_len = sizeof reply - 1;
  char dsn[128];
  snprintf(dsn, sizeof dsn, "postgresql://a@127.0.0.1:%d/x?sslmode=disable", fixture->tiny.port);
  watch(fixture, dsn);
  assert_int_equal(collect(fixture), ERR_UNSUPPORTED);
  assert_non_null(strstr(fixture->err.text, "PgBouncer's console"));
  tiny_stop(&fixture->tiny);
}

int main(void) {
  if (!postgres_start_server(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return 77;
  }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_figures),
      TEST(test_chain_of_blocked),
      TEST(test_blocked_by_a_prepared_transaction),
      TEST(test_aborted_and_long),
      TEST(test_without_rights),
      TEST(test_no_slot_left),
      TEST(test_stopped_and_continued),
      TEST(test_restart_between_two),
      TEST(test_prepared_and_lost),
      TEST(test_one_fails_among_others),
      TEST(test_asked_when_it_appears),
      TEST(test_no_server),
      TEST(test_no_name),
      TEST(test_not_a_version_that_we_know),
  };
  int failed = cmocka_run_group_tests(tests, make_roles, NULL);
  postgres_stop_server(&server);
  return failed;
}
