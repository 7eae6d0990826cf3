/* What the collector must get right: texts of other encodings, failing queries, counts that add up,
 * the harmful ones of many sessions, and the limits of each role. */
#include "collectors/postgres_fixture.h"

#include "collectors/postgres/postgres_queries.h"

static PGconn *login_to(const char *database) {
  char dsn[160];
  snprintf(dsn, sizeof dsn, "postgresql://admin@127.0.0.1:%d/%s", server.port, database);
  PGconn *conn = PQconnectdb(dsn);
  if (PQstatus(conn) != CONNECTION_OK)
    fail_msg("%s", PQerrorMessage(conn));
  return conn;
}

static void watch_database(struct fixture *fixture, const char *database) {
  char dsn[160];
  snprintf(dsn, sizeof dsn, "postgresql://admin@127.0.0.1:%d/%s", server.port, database);
  watch(fixture, dsn);
}

static const char *fault(const struct fixture *fixture) {
  for (size_t i = 0; i < fixture->sample->note_count; i++)
    if (fixture->sample->notes[i].severity != SEVERITY_OK)
      return fixture->sample->notes[i].text;
  return NULL;
}

static const char *const encodings[] = {"UTF8", "LATIN1", "SQL_ASCII", "EUC_JP"};
enum { ENCODINGS = sizeof encodings / sizeof *encodings };

/* The same letters in each encoding; SQL_ASCII has any bytes. */
static const struct {
  const char *bytes, *utf8;
} letters[ENCODINGS] = {{"caf\xC3\xA9", "caf\xC3\xA9"},
                        {"caf\xE9", "caf\xC3\xA9"},
                        {"caf\xE9!", "caf\xEF\xBF\xBD!"},
                        {"\xC6\xFC\xCB\xDC", "\xE6\x97\xA5\xE6\x9C\xAC"}};

/* Every encoding is watched from every other: all sessions are listed, each query is right. */
static void test_encodings(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone(), *witness = login_to("postgres"), *waiter = login_to("postgres"),
         *sessions_of[ENCODINGS];
  postgres_do(admin, "DROP TABLE IF EXISTS t; CREATE TABLE t (n int)");
  postgres_do(admin, "BEGIN; LOCK t");
  for (size_t i = 0; i < ENCODINGS; i++) {
    char query[100];
    sessions_of[i] = login_to(encodings[i]);
    assert_int_equal(PQsetClientEncoding(sessions_of[i], encodings[i]), 0);
    snprintf(query, sizeof query, "SELECT 'a\\b' --%s", letters[i].bytes);
    postgres_do(sessions_of[i], query);
  }
  assert_true(PQsendQuery(waiter, "TABLE t"));
  postgres_await(witness, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
                 1);
  for (size_t from = 0; from < ENCODINGS; from++) {
    watch_database(fixture, encodings[from]);
    collect_well(fixture);
    if (fault(fixture))
      fail_msg("from %s: %s", encodings[from], fault(fixture));
    assert_int_equal(cell_of(session(fixture, PQbackendPID(admin)), 1, "blocks").integer, 1);
    for (size_t i = 0; i < ENCODINGS; i++) {
      char wanted[100];
      snprintf(wanted, sizeof wanted, "SELECT 'a\\b' --%s", letters[i].utf8);
      const struct row *row = session(fixture, PQbackendPID(sessions_of[i]));
      assert_non_null(row);
      assert_string_equal(text(row, "query"), wanted);
      assert_string_equal(text(row, "database"), encodings[i]);
    }
    fixture->closed = false;
    collector_postgres.close(fixture->self, on_closed, &fixture->closed);
    tiny_run_until(&fixture->loop, &fixture->closed);
    fixture->self = NULL;
  }
  for (size_t i = 0; i < ENCODINGS; i++)
    PQfinish(sessions_of[i]);
  PQfinish(admin);
  PQfinish(waiter);
  PQfinish(witness);
}

/* Roles and databases are shared by all databases, and their names have any encoding: from every
 * database, every session is listed. */
static void test_names(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone(), *latin = login_to("LATIN1");
  assert_int_equal(PQsetClientEncoding(latin, "LATIN1"), 0);
  postgres_do(latin, "CREATE ROLE \"caf\xE9\" LOGIN");
  postgres_do(latin, "CREATE DATABASE \"base\xE9\" ENCODING 'LATIN1' TEMPLATE template0");
  const char *const keys[] = {"host", "port", "user", "dbname", "application_name", NULL};
  const char *const values[] = {"127.0.0.1", server.port_text, "caf\xE9",
                                "base\xE9",  "app\xE9",        NULL};
  PGconn *named = PQconnectdbParams(keys, values, 0);
  if (PQstatus(named) != CONNECTION_OK)
    fail_msg("%s", PQerrorMessage(named));
  postgres_do(named, "SELECT 1");
  for (size_t from = 0; from < ENCODINGS; from++) {
    watch_database(fixture, encodings[from]);
    collect_well(fixture);
    if (fault(fixture))
      fail_msg("from %s: %s", encodings[from], fault(fixture));
    const struct row *row = session(fixture, PQbackendPID(named));
    assert_non_null(row);
    assert_string_equal(text(row, "user"), "caf\xC3\xA9");
    assert_string_equal(text(row, "database"), "base\xC3\xA9");
    assert_non_null(strstr(text(row, "application"), "app"));
    fixture->closed = false;
    collector_postgres.close(fixture->self, on_closed, &fixture->closed);
    tiny_run_until(&fixture->loop, &fixture->closed);
    fixture->self = NULL;
  }
  PQfinish(named);
  postgres_await_backends(&server, "caf\xE9", 0);
  postgres_do(latin, "DROP DATABASE \"base\xE9\"");
  postgres_do(latin, "DROP ROLE \"caf\xE9\"");
  PQfinish(latin);
  PQfinish(admin);
}

/* A password that was set with ALTER ROLE is on no screen and in no report. */
static void test_passwords(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone(), *other = login_to("postgres");
  postgres_do(other, "CREATE ROLE keeper --'\nPASSWORD 'hidden-word'");
  watch_database(fixture, "UTF8");
  collect_well(fixture);
  assert_string_equal(text(session(fixture, PQbackendPID(other)), "query"),
                      "CREATE ROLE keeper /*...*/ PASSWORD '***'");
  postgres_do(admin, "DROP ROLE keeper");
  PQfinish(other);
  PQfinish(admin);
}

/* A failed query is a fault of its table; the known values are still shown. */
static void test_failed_question(void **state) {
  struct fixture *fixture = *state;
  PGconn *broken = login_to("broken");
  if (PQserverVersion(broken) < 140000) { /* it reads no pg_locks, and 10 protects its catalog */
    PQfinish(broken);
    skip();
  }
  postgres_do(broken, "SET allow_system_table_mods = on");
  postgres_do(broken, "ALTER VIEW pg_catalog.pg_locks RENAME TO pg_locks_gone");
  watch_database(fixture, "broken");
  collect_well(fixture);
  assert_true(sample_is_faulted(fixture->sample, "sessions"));
  assert_false(sample_is_faulted(fixture->sample, "connections"));
  assert_non_null(strstr(fault(fixture), "cannot read sessions: "));
  assert_true(summary_count(fixture, "used") >= 2);

  postgres_do(broken, "ALTER VIEW pg_catalog.pg_locks_gone RENAME TO pg_locks");
  postgres_do(broken, "ALTER FUNCTION pg_catalog.pg_prepared_xact() RENAME TO gone");
  collect_well(fixture);
  assert_true(sample_is_faulted(fixture->sample, "connections"));
  assert_false(sample_is_faulted(fixture->sample, "sessions"));
  assert_non_null(strstr(fault(fixture), "cannot read statistics: "));
  assert_int_equal(summary(fixture, "xmin_age").type, VALUE_NONE);
  postgres_do(broken, "ALTER FUNCTION pg_catalog.gone() RENAME TO pg_prepared_xact");
  collect_well(fixture);
  assert_null(fault(fixture));
  PQfinish(broken);
}

/* The states add up to the connections, whatever the sessions do. */
static void test_states_add_up(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone(), *idle = postgres_login(&server, "admin"),
         *busy = postgres_login(&server, "admin"), *in = postgres_login(&server, "admin"),
         *aborted = postgres_login(&server, "admin"), *off = postgres_login(&server, "admin");
  assert_true(PQsendQuery(busy, "SELECT pg_sleep(60)"));
  postgres_do(in, "BEGIN");
  postgres_do(aborted, "BEGIN");
  PQclear(PQexec(aborted, "SELECT 1/0"));
  watch_as(fixture, "admin");
  postgres_await(admin, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'", 2);
  collect_well(fixture);
  static const char *const states[] = {"active", "idle", "idle_in_transaction", "aborted", "other"};
  static const long wanted[] = {1, 4, 1, 1, 0};
  long sum = 0;
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    assert_int_equal(summary_count(fixture, states[i]), wanted[i]);
    sum += wanted[i];
  }
  assert_int_equal(summary_count(fixture, "used"), sum);

  postgres_do(off, "SET track_activities = off"); /* not a zero: unknown */
  collect_well(fixture);
  assert_int_equal(summary_count(fixture, "used"), sum);
  assert_int_equal(summary_count(fixture, "other"), 1);
  assert_int_equal(summary_count(fixture, "waiting"), 0);
  assert_string_equal(summary(fixture, "active").text, "track_activities is off");
  assert_int_equal(summary(fixture, "active").type, VALUE_NONE);
  assert_int_equal(summary(fixture, "longest_query").type, VALUE_NONE);
  assert_true(has_note(fixture, "track_activities is off for 1 of 7 sessions"));
  PQrequestCancel(busy);
  PQfinish(busy);
  PQfinish(idle);
  PQfinish(in);
  PQfinish(aborted);
  PQfinish(off);
  PQfinish(admin);
}

/* A role without rights cannot distinguish parallel workers from clients: no more are counted than
 * there are, and the note says so. */
static void test_workers_without_rights(void **state) {
  struct fixture *fixture = *state;
  PGconn *admin = admin_alone(), *busy = postgres_login(&server, "admin");
  postgres_do(busy,
              "DROP TABLE IF EXISTS big; CREATE TABLE big AS SELECT generate_series(1, 1000) n;"
              " ANALYZE big");
  postgres_do(busy, "SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0;"
                    " SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
                    " CREATE OR REPLACE FUNCTION slow(n int) RETURNS int LANGUAGE plpgsql"
                    " PARALLEL SAFE AS 'BEGIN PERFORM pg_sleep(1); RETURN n; END'");
  assert_true(PQsendQuery(busy, "SELECT count(slow(n)) FROM big"));
  postgres_await(admin,
                 "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE '% worker'"
                 " AND backend_xmin IS NOT NULL",
                 2);
  watch_as(fixture, "plain");
  collect_well(fixture);
  assert_int_equal(summary_count(fixture, "used"), 3); /* admin, busy, ours; was 5 */
  assert_true(has_note(fixture, "between 3 and 5 connections: needs pg_monitor"));
  postgres_do(admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                     " WHERE state = 'active' AND pid <> pg_backend_pid()");
  PQfinish(busy);
  PQfinish(admin);
}

/* The rows of the query with room for that many sessions, and blockers for that many waiters. */
static PGresult *list(PGconn *admin, int sessions_max, int waiters_max) {
  struct postgres_timeouts timeouts = {5000, 500};
  char *query =
      postgres_sessions_query(&timeouts, PQserverVersion(admin), sessions_max, waiters_max);
  PGresult *result = PQexec(admin, query);
  if (PQresultStatus(result) != PGRES_TUPLES_OK)
    fail_msg("%s", PQresultErrorMessage(result));
  free(query);
  return result;
}

/* While none waits, the short query has the same rows. */
static void test_quiet_is_the_same(void **state) {
  (void)state;
  struct postgres_timeouts timeouts = {5000, 500};
  PGconn *admin = admin_alone(), *old = postgres_login(&server, "admin"),
         *young = postgres_login(&server, "plain"), *idle = postgres_login(&server, "plain");
  postgres_do(old, "BEGIN; SELECT txid_current()");
  postgres_do(young, "BEGIN; SELECT 1");
  postgres_do(idle, "SELECT 2");
  PGresult *all = list(admin, POSTGRES_SESSIONS_MAX, POSTGRES_WAITERS_MAX);
  char *query = postgres_quiet_query(&timeouts, PQserverVersion(admin));
  PGresult *quiet = PQexec(admin, query);
  free(query);
  if (PQresultStatus(quiet) != PGRES_TUPLES_OK)
    fail_msg("%s", PQresultErrorMessage(quiet));
  assert_int_equal(PQntuples(quiet), 3);
  assert_int_equal(PQntuples(all), 3);
  assert_int_equal(PQnfields(quiet), SESSIONS_COLUMN_COUNT);
  for (int row = 0; row < 3; row++)
    for (int i = 0; i < SESSIONS_TOTAL; i++)
      if (i < SESSIONS_TRANSACTION_AGE || i > SESSIONS_STATE_AGE) {
        assert_string_equal(PQgetvalue(quiet, row, i), PQgetvalue(all, row, i));
        assert_int_equal(PQgetisnull(quiet, row, i), PQgetisnull(all, row, i));
      }
  PQclear(all);
  PQclear(quiet);
  PQfinish(old);
  PQfinish(young);
  PQfinish(idle);
  PQfinish(admin);
}

static int place_of(const PGresult *result, const PGconn *conn) {
  for (int row = 0; row < PQntuples(result); row++)
    if (strtol(PQgetvalue(result, row, SESSIONS_PID), NULL, 10) == PQbackendPID(conn))
      return row;
  return -1;
}

/* The harmful ones of each kind come before the limit; the counts are whole. */
static void test_many_sessions(void **state) {
  (void)state;
  enum { IDLE = 3, YOUNG = 4, WAITERS = 3 };
  PGconn *admin = admin_alone(), *old = postgres_login(&server, "admin"),
         *hog = postgres_login(&server, "admin"), *idle[IDLE], *young[YOUNG], *waiters[WAITERS];
  postgres_do(admin, "DROP TABLE IF EXISTS t; CREATE TABLE t (n int)");
  assert_true(PQsendQuery(old, "SELECT pg_sleep(60)"));
  postgres_await(admin, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'", 2);
  for (int i = 0; i < IDLE; i++)
    idle[i] = postgres_login(&server, "admin");
  for (int i = 0; i < YOUNG; i++) {
    young[i] = postgres_login(&server, "admin");
    postgres_do(young[i], "BEGIN");
  }
  postgres_do(hog, "BEGIN; LOCK t");
  for (int i = 0; i < WAITERS; i++) {
    waiters[i] = postgres_login(&server, "admin");
    assert_true(PQsendQuery(waiters[i], "TABLE t"));
    await_waiting(admin, waiters[i]);
  }
  PGresult *result = list(admin, 6, 2);
  assert_int_equal(PQntuples(result), 6);
  assert_int_equal(place_of(result, hog), 0);
  assert_int_equal(place_of(result, waiters[0]), 1);
  assert_int_equal(place_of(result, waiters[1]), 2);
  assert_int_equal(place_of(result, old), 3); /* older than those idle in a transaction */
  assert_int_equal(place_of(result, waiters[2]), -1);
  for (int i = 0; i < IDLE; i++)
    assert_int_equal(place_of(result, idle[i]), -1);
  assert_string_equal(PQgetvalue(result, 0, SESSIONS_TOTAL), "12");
  assert_string_equal(PQgetvalue(result, 0, SESSIONS_WAITERS), "3");
  PQclear(result);
  result = list(admin, 3, 2); /* one of each kind */
  assert_int_equal(place_of(result, hog), 0);
  assert_int_equal(place_of(result, waiters[0]), 1);
  assert_int_equal(place_of(result, old), 2);
  PQclear(result);
  PQrequestCancel(old);
  PQfinish(hog);
  PQfinish(old);
  for (int i = 0; i < IDLE; i++)
    PQfinish(idle[i]);
  for (int i = 0; i < YOUNG; i++)
    PQfinish(young[i]);
  for (int i = 0; i < WAITERS; i++)
    PQfinish(waiters[i]);
  PQfinish(admin);
}

static void test_facts(void **state) {
  struct fixture *fixture = *state;
  watch_as(fixture, "admin");
  collect_well(fixture);
  const char *const *facts = fixture->sample->facts;
  char start[40], system[40];
  snprintf(start, sizeof start, "%s", facts[FACT_START]);
  snprintf(system, sizeof system, "%s", facts[FACT_SERVER]);
  assert_string_equal(facts[FACT_ROLE], "primary");
  collect_well(fixture);
  assert_string_equal(fixture->sample->facts[FACT_START], start);
  postgres_kill(&server);
  postgres_run(&server);
  collect_well(fixture); /* it was not seen down */
  assert_string_not_equal(fixture->sample->facts[FACT_START], start);
  assert_string_equal(fixture->sample->facts[FACT_SERVER], system);
}

static int make_databases(void **state) {
  make_roles(state);
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "CREATE DATABASE broken");
  for (size_t i = 0; i < ENCODINGS; i++) {
    char sql[200];
    snprintf(sql, sizeof sql,
             "CREATE DATABASE \"%s\" ENCODING '%s' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
             encodings[i], encodings[i]);
    postgres_do(admin, sql);
  }
  PQfinish(admin);
  return 0;
}

int main(void) {
  if (!postgres_start_server(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return 77;
  }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_encodings),         TEST(test_names),         TEST(test_passwords),
      TEST(test_failed_question),   TEST(test_states_add_up), TEST(test_workers_without_rights),
      TEST(test_quiet_is_the_same), TEST(test_many_sessions), TEST(test_facts),
  };
  int failed = cmocka_run_group_tests(tests, make_databases, NULL);
  postgres_stop_server(&server);
  return failed;
}
