/* The actions on sessions with a real server: the effect, the neighbour, and the refusals. */
#include "actions/postgres/sessions/postgres_sessions.h"

#include "postgres_sessions_fixture.h"

#include "clients/postgres/pg_error.h"
#include "clients/postgres/pg_share.h"
#include "support/postgres_server.h"

#include <errno.h>

static struct postgres_server server; /* one for all tests of the file */

struct fixture {
  struct driver driver;
  struct tiny_server tiny;
  PGconn *admin, *object, *neighbour, *waiter;
};

/* The collector's query, as far as the actions use it. */
static const char sessions_sql[] =
    "SELECT pid || '/' || extract(epoch FROM date_trunc('second', backend_start))::bigint"
    "   || to_char(backend_start, '.US'),"
    " 'pid ' || pid, pid, CASE state WHEN 'idle in transaction' THEN 'idle in txn'"
    "   WHEN 'idle in transaction (aborted)' THEN 'aborted txn' ELSE state END,"
    " extract(epoch FROM clock_timestamp() - state_change),"
    " extract(epoch FROM clock_timestamp() - query_start),"
    " extract(epoch FROM clock_timestamp() - xact_start),"
    " array_to_string(pg_blocking_pids(pid), ', '), backend_type, usename, query,"
    " to_char(query_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00',"
    " to_char(state_change AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'"
    " FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

static void publish(struct fixture *fixture) {
  PGresult *result = PQexec(fixture->admin, sessions_sql);
  if (PQresultStatus(result) != PGRES_TUPLES_OK)
    fail_msg("%s", PQresultErrorMessage(result));
  struct sample *sample = sample_new(session_tables, 1);
  for (int i = 0; i < PQntuples(result); i++) {
    const char *cell[13];
    for (int c = 0; c < 13; c++)
      cell[c] = PQgetisnull(result, i, c) ? NULL : sample_copy(sample, PQgetvalue(result, i, c));
    struct row *row = sample_row(sample, &sample->tables[0], cell[0], NULL);
    assert_non_null(row);
    bool active = cell[3] && strcmp(cell[3], "active") == 0;
    bool idle_in = cell[3] && strstr(cell[3], "txn");
    double age = cell[4] ? strtod(cell[4], NULL) : 0;
    row->cells[COLUMN_SESSION] = value_text(cell[1]);
    row->cells[COLUMN_PID] = value_int(strtol(cell[2], NULL, 10));
    row->cells[COLUMN_STATE] = cell[3] ? value_text(cell[3]) : value_none(NULL);
    row->cells[COLUMN_STATE_AGE] = value_real(age);
    row->cells[COLUMN_QUERY_AGE] = active ? value_real(strtod(cell[5], NULL)) : value_none(NULL);
    row->cells[COLUMN_IDLE_IN_TRANSACTION] = idle_in ? value_real(age) : value_none(NULL);
    row->cells[COLUMN_TRANSACTION_AGE] =
        cell[6] ? value_real(strtod(cell[6], NULL)) : value_none(NULL);
    row->cells[COLUMN_BLOCKED_BY] = *cell[7] ? value_text(cell[7]) : value_none(NULL);
    row->cells[COLUMN_BLOCKS] = value_int(0);
    row->cells[COLUMN_TYPE] = value_text(cell[8]);
    row->cells[COLUMN_USER] = value_text(cell[9]);
    row->cells[COLUMN_QUERY] = value_text(cell[10]);
    row->cells[COLUMN_QUERY_START] = cell[11] ? value_text(cell[11]) : value_none(NULL);
    row->cells[COLUMN_STATE_CHANGE] = cell[12] ? value_text(cell[12]) : value_none(NULL);
  }
  PQclear(result);
  driver_publish(&fixture->driver, sample);
}

static const char *key_of(struct fixture *fixture, const PGconn *conn) {
  const struct table *table = &fixture->driver.model.targets[0].sample->tables[0];
  for (size_t i = 0; i < table->row_count; i++)
    if (table->rows[i].cells[COLUMN_PID].integer == PQbackendPID(conn))
      return table->rows[i].key;
  fail_msg("the session is not listed");
  return NULL;
}

/* ---- the test's sessions */

static void use_dsn(struct fixture *fixture, const char *user) {
  char dsn[128];
  struct option_value *value = &fixture->driver.config->targets[0]->values[0];
  free(value->text);
  value->text = mem_dup(postgres_dsn(&server, user, dsn, sizeof dsn));
}

static void begin(PGconn *conn, const char *sql) {
  assert_int_equal(PQsendQuery(conn, sql), 1);
}

/* Whether the server shows that session in that state. */
static bool state_is(struct fixture *fixture, const PGconn *conn, const char *state) {
  char sql[200];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND state = '%s'",
           PQbackendPID(conn), state);
  return postgres_server_ask(fixture->admin, sql) == 1;
}

static void await_state(struct fixture *fixture, const PGconn *conn, const char *state) {
  char sql[200];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND state = '%s'",
           PQbackendPID(conn), state);
  postgres_await(fixture->admin, sql, 1);
}

static void await_waiting(struct fixture *fixture, const PGconn *conn) {
  char sql[200];
  snprintf(sql, sizeof sql,
           "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND wait_event_type = 'Lock'",
           PQbackendPID(conn));
  postgres_await(fixture->admin, sql, 1);
}

static bool lives(struct fixture *fixture, const PGconn *conn) {
  char sql[100];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d",
           PQbackendPID(conn));
  return postgres_server_ask(fixture->admin, sql) == 1;
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  driver_open(&fixture->driver, &session_kind, NULL);
  use_dsn(fixture, "helper");
  fixture->admin = postgres_login(&server, "admin");
  fixture->object = postgres_login(&server, "app");
  fixture->neighbour = postgres_login(&server, "app");
  fixture->waiter = postgres_login(&server, "app");
  postgres_do(fixture->neighbour, "BEGIN; SELECT 1");
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  postgres_do(
      fixture->admin,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
      " WHERE usename = 'app'"); /* a sleeping backend does not notice that its client is gone */
  postgres_await(fixture->admin, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'", 0);
  PQfinish(fixture->admin);
  PQfinish(fixture->object);
  PQfinish(fixture->neighbour);
  PQfinish(fixture->waiter);
  if (fixture->tiny.port)
    tiny_stop(&fixture->tiny);
  driver_close(&fixture->driver); /* asserts that no handle is left */
  free(fixture);
  return 0;
}

static void make_plan(struct fixture *fixture, const char *id, const PGconn *conn) {
  static const char *keys[2];
  publish(fixture);
  keys[0] = key_of(fixture, conn);
  if (!driver_survey(&fixture->driver, action_find(id), "sessions", keys, NULL) ||
      !driver_plan(&fixture->driver, NULL))
    fail_msg("%s", fixture->driver.err.text);
}

static void execute(struct fixture *fixture) {
  if (!driver_execute(&fixture->driver))
    fail_msg("%s", fixture->driver.err.text);
}

static void verify(struct fixture *fixture) {
  if (!driver_verify(&fixture->driver))
    fail_msg("%s", fixture->driver.err.text);
}

static void assert_result(struct fixture *fixture, size_t object, enum object_result result,
                          const char *words) {
  const struct object_outcome *outcome = &fixture->driver.outcome.objects[object];
  if (outcome->result != result || !strstr(outcome->words, words))
    fail_msg("%s: %s", object_result_name(outcome->result), outcome->words);
}

/* The server's words differ between versions; the missing right has one name, in capitals or not.
 */
static void assert_refused(struct fixture *fixture, const char *right) {
  assert_result(fixture, 0, OBJECT_REFUSED, "");
  const char *words = fixture->driver.outcome.objects[0].words;
  if (!strcasestr(words, right))
    fail_msg("%s does not name %s", words, right);
}

/* ---- effects */

static void test_cancel(void **state) {
  struct fixture *fixture = *state;
  begin(fixture->object, "SELECT pg_sleep(60)");
  begin(fixture->waiter, "SELECT pg_sleep(60)");
  await_state(fixture, fixture->object, "active");
  await_state(fixture, fixture->waiter, "active");
  make_plan(fixture, "postgres.cancel", fixture->object);
  execute(fixture);
  assert_result(fixture, 0, OBJECT_SENT, "signalled");
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "its query ended after ");
  assert_string_equal(fixture->driver.outcome.proof, "1 query ended");
  assert_true(state_is(fixture, fixture->object, "idle"));
  assert_true(state_is(fixture, fixture->waiter, "active")); /* the neighbour's query continues */
  PGresult *result = PQgetResult(fixture->object);
  assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "57014");
  PQclear(result);
}

static void test_cancel_only_that_query(void **state) {
  struct fixture *fixture = *state;
  begin(fixture->object, "SELECT pg_sleep(60)");
  await_state(fixture, fixture->object, "active");
  make_plan(fixture, "postgres.cancel", fixture->object);
  char sql[64];
  snprintf(sql, sizeof sql, "SELECT pg_cancel_backend(%d)", PQbackendPID(fixture->object));
  postgres_do(fixture->admin, sql);
  await_state(fixture, fixture->object, "idle");
  PQclear(PQgetResult(fixture->object));
  assert_null(PQgetResult(fixture->object));
  execute(fixture);
  assert_result(fixture, 0, OBJECT_GONE, "that query has ended; it is now idle");
  begin(fixture->object, "SELECT pg_sleep(61)");
  await_state(fixture, fixture->object, "active");
  execute(fixture);
  assert_result(fixture, 0, OBJECT_GONE, "it is now active with another query and was not touched");
  verify(fixture);
  assert_null(fixture->driver.outcome.proof);
  assert_true(state_is(fixture, fixture->object, "active"));
}

static void lock_and_wait(struct fixture *fixture) {
  postgres_do(fixture->object, "BEGIN; LOCK TABLE stock");
  begin(fixture->waiter, "LOCK TABLE stock");
  /* outside a transaction LOCK is refused at once */
  PQclear(PQgetResult(fixture->waiter));
  assert_null(PQgetResult(fixture->waiter));
  begin(fixture->waiter, "SELECT count(*) FROM stock");
  await_waiting(fixture, fixture->waiter);
}

static void test_terminate(void **state) {
  struct fixture *fixture = *state;
  lock_and_wait(fixture);
  make_plan(fixture, "postgres.terminate", fixture->object);
  assert_says(fixture->driver.plan, PLAN_BLAST, "frees 1 session that waits for it");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "gone after ");
  assert_string_equal(fixture->driver.outcome.proof, "1 gone, 1 session freed");
  assert_false(lives(fixture, fixture->object));
  assert_true(state_is(fixture, fixture->neighbour, "idle in transaction"));
  PGresult *result = PQgetResult(fixture->waiter);
  assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK); /* it has continued */
  PQclear(result);
}

/* Waits until the session has been in its state for that long; the server's clock counts. */
static void await_age(struct fixture *fixture, const PGconn *conn, const char *column, int ms) {
  char sql[200];
  snprintf(sql, sizeof sql,
           "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND %s < clock_timestamp() - "
           "interval '%d ms'",
           PQbackendPID(conn), column, ms);
  postgres_await(fixture->admin, sql, 1);
}

static void plan_all(struct fixture *fixture, const char *id, const char *age) {
  const char *params[] = {"age", age, NULL};
  if (!driver_survey(&fixture->driver, action_find(id), NULL, NULL, params) ||
      !driver_plan(&fixture->driver, NULL))
    fail_msg("%s", fixture->driver.err.text);
}

/* The waiter's own row leads to the root. */
static void test_terminate_the_root(void **state) {
  struct fixture *fixture = *state;
  lock_and_wait(fixture);
  publish(fixture);
  const char *keys[2] = {key_of(fixture, fixture->waiter), NULL};
  fixture->driver.model.targets[0].sample->tables[0].row_count = 0; /* the model knows no session */
  if (!driver_run(&fixture->driver, action_find("postgres.terminate-root"), "sessions", keys, NULL,
                  NULL))
    fail_msg("%s", fixture->driver.err.text);
  assert_string_equal(fixture->driver.outcome.proof, "1 gone, 1 session freed");
  assert_false(lives(fixture, fixture->object));
  assert_true(lives(fixture, fixture->waiter));
  assert_true(lives(fixture, fixture->neighbour));
}

/* A pid without a row in the model, given by hand. */
static void test_a_pid_by_hand(void **state) {
  struct fixture *fixture = *state;
  char pid[16], checkpointer[16];
  const char *keys[2] = {pid, NULL}, *worker[2] = {checkpointer, NULL};
  driver_publish(&fixture->driver, sample_new(session_tables, 1));
  snprintf(pid, sizeof pid, "%d", PQbackendPID(fixture->object));
  postgres_do(fixture->object, "SELECT 'hidden'");
  const struct action *action = action_find("postgres.terminate");
  assert_string_equal(action->row_named(pid), pid);
  assert_string_equal(action->row_named("pid 8123"), "8123");
  assert_null(action->row_named("pid8123"));
  assert_null(action->row_named("8123 "));
  assert_null(action->row_named("0"));
  assert_null(action->row_named(""));
  assert_true(driver_survey(&fixture->driver, action, "sessions", keys, NULL));
  assert_true(driver_plan(&fixture->driver, NULL));
  char phrase[PLAN_PHRASE_MAX];
  assert_string_equal(plan_phrase(fixture->driver.plan, phrase), pid);
  for (size_t c = 0; c < fixture->driver.plan->column_count; c++)
    assert_true(!fixture->driver.plan->objects[0].cells[c] ||
                !strstr(fixture->driver.plan->objects[0].cells[c], "hidden"));
  execute(fixture);
  verify(fixture);
  assert_false(lives(fixture, fixture->object));
  assert_true(lives(fixture, fixture->neighbour));
  assert_true(driver_survey(&fixture->driver, action, "sessions", keys, NULL));
  assert_false(driver_plan(&fixture->driver, NULL));
  assert_non_null(strstr(fixture->driver.err.text, "no session has the pid "));
  snprintf(checkpointer, sizeof checkpointer, "%ld",
           postgres_server_ask(fixture->admin, "SELECT pid FROM pg_stat_activity"
                                               " WHERE backend_type = 'checkpointer'"));
  assert_true(driver_survey(&fixture->driver, action, "sessions", worker, NULL));
  assert_false(driver_plan(&fixture->driver, NULL));
  assert_non_null(strstr(fixture->driver.err.text, "checkpointer: only client sessions"));
}

static PGconn *login_to(const char *user, const char *database) {
  char dsn[128];
  snprintf(dsn, sizeof dsn, "postgresql://%s@127.0.0.1:%d/%s", user, server.port, database);
  PGconn *conn = PQconnectdb(dsn);
  assert_int_equal(PQstatus(conn), CONNECTION_OK);
  return conn;
}

static void use_database(struct fixture *fixture, const char *database) {
  char dsn[128];
  struct option_value *value = &fixture->driver.config->targets[0]->values[0];
  snprintf(dsn, sizeof dsn, "postgresql://helper@127.0.0.1:%d/%s", server.port, database);
  free(value->text);
  value->text = mem_dup(dsn);
}

static size_t object_of(const struct fixture *fixture, const PGconn *conn) {
  const struct plan *plan = fixture->driver.plan;
  for (size_t i = 0; i < plan->object_count; i++)
    if (strtol(plan->objects[i].key, NULL, 10) == PQbackendPID(conn))
      return i;
  fail_msg("not planned");
  return 0;
}

/* The session's query as the plan shows it. */
static const char *query_shown(const struct fixture *fixture, const PGconn *conn) {
  const struct plan *plan = fixture->driver.plan;
  return plan->objects[object_of(fixture, conn)].cells[plan->column_count - 1];
}

/* A query in the bytes of another encoding does not hide any session, whatever the encoding of the
 * database that is asked, and is shown in its own characters. */
static void test_bytes_of_another_encoding(void **state) {
  struct fixture *fixture = *state;
  enum { COUNT = 3 };
  static const char *const databases[COUNT] = {"latin", "ascii", "postgres"};
  static const char *const queries[COUNT] = {"SELECT pg_sleep(60), 'caf\351' AS caf\351, 1",
                                             "SELECT pg_sleep(60) AS caf\351, 1",
                                             "SELECT pg_sleep(60) AS caf\303\251"};
  static const char *const shown[COUNT] = {"SELECT pg_sleep(60), '***' AS caf\303\251, 1",
                                           "SELECT pg_sleep(60) AS caf\357\277\275, 1",
                                           "SELECT pg_sleep(60) AS caf\303\251"};
  for (size_t asked = 0; asked < COUNT; asked++) {
    PGconn *others[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
      others[i] = login_to("app", databases[i]);
      if (i == 0)
        postgres_do(others[i], "SET client_encoding = 'LATIN1'");
      begin(others[i], queries[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
      await_state(fixture, others[i], "active");
      await_age(fixture, others[i], "query_start", 1000);
    }
    use_database(fixture, databases[asked]);
    plan_all(fixture, "postgres.terminate-active", "1s");
    assert_int_equal(fixture->driver.plan->object_count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
      assert_string_equal(query_shown(fixture, others[i]), shown[i]);
    execute(fixture);
    verify(fixture);
    for (size_t i = 0; i < COUNT; i++) {
      assert_result(fixture, i, OBJECT_DONE, "gone");
      PQfinish(others[i]);
    }
  }
}

/* So does the name of a role that was created in a database of another encoding; and the session is
 * known by its start, whatever its texts. */
static void test_a_name_of_another_encoding(void **state) {
  struct fixture *fixture = *state;
  static const char *const asked[] = {"postgres", "latin", "ascii"};
  PGconn *maker = login_to("admin", "latin");
  postgres_do(maker, "SET client_encoding = 'LATIN1'");
  postgres_do(maker, "CREATE ROLE \"ren\351\" LOGIN");
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    PGconn *other = login_to("ren\351", "latin");
    postgres_do(other, "SET client_encoding = 'LATIN1'; BEGIN; SELECT 'caf\351'");
    char pid[16];
    const char *keys[2] = {pid, NULL};
    snprintf(pid, sizeof pid, "%d", PQbackendPID(other));
    use_database(fixture, asked[i]);
    driver_publish(&fixture->driver, sample_new(session_tables, 1));
    if (!driver_survey(&fixture->driver, action_find("postgres.terminate"), "sessions", keys,
                       NULL) ||
        !driver_plan(&fixture->driver, NULL))
      fail_msg("%s", fixture->driver.err.text);
    struct plan_object *object = &fixture->driver.plan->objects[0];
    bool named = false;
    for (size_t c = 0; c < fixture->driver.plan->column_count; c++)
      named |= object->cells[c] && strcmp(object->cells[c], "ren\303\251") == 0;
    assert_true(named);
    struct plan *plan = fixture->driver.plan;
    const char *start = action_identity(plan, 0, POSTGRES_SESSION_START);
    postgres_identify(plan, object, POSTGRES_SESSION_START, "2001-01-01 00:00:00.000001+00");
    execute(fixture); /* now another session's pid */
    assert_result(fixture, 0, OBJECT_GONE, "now belongs to another session (ren\303\251, since ");
    assert_true(lives(fixture, other));
    postgres_identify(plan, object, POSTGRES_SESSION_START, start);
    execute(fixture);
    verify(fixture);
    assert_result(fixture, 0, OBJECT_DONE, "gone");
    PQfinish(other);
  }
  postgres_do(maker, "DROP ROLE \"ren\351\"");
  PQfinish(maker);
}

static void test_terminate_idle(void **state) {
  struct fixture *fixture = *state;
  postgres_do(fixture->object, "BEGIN; SELECT 1");
  postgres_do(fixture->waiter, "BEGIN");
  PQclear(PQexec(fixture->waiter, "SELECT 1/0")); /* aborted */
  await_age(fixture, fixture->object, "state_change", 1000);
  await_age(fixture, fixture->waiter, "state_change", 1000);
  postgres_do(fixture->neighbour, "SELECT 2");
  plan_all(fixture, "postgres.terminate-idle", "1s");
  assert_int_equal(fixture->driver.plan->object_count, 2);
  execute(fixture);
  verify(fixture);
  assert_int_equal(outcome_count(&fixture->driver.outcome, OBJECT_DONE), 2);
  assert_string_equal(fixture->driver.outcome.proof, "2 gone");
  assert_true(
      lives(fixture, fixture->neighbour)); /* idle in its transaction, but not for so long */
}

/* A session that has continued since is not touched. */
static void test_terminate_idle_only_the_idle(void **state) {
  struct fixture *fixture = *state;
  postgres_do(fixture->object, "BEGIN; SELECT 1");
  postgres_do(fixture->waiter, "BEGIN; SELECT 1");
  await_age(fixture, fixture->object, "state_change", 1000);
  await_age(fixture, fixture->waiter, "state_change", 1000);
  postgres_do(fixture->neighbour, "SELECT 2");
  plan_all(fixture, "postgres.terminate-idle", "1s");
  postgres_do(fixture->waiter, "SELECT 2"); /* idle in the same transaction again */
  execute(fixture);
  verify(fixture);
  assert_result(fixture, object_of(fixture, fixture->object), OBJECT_DONE, "gone after ");
  assert_result(fixture, object_of(fixture, fixture->waiter), OBJECT_GONE,
                "no longer idle in that transaction");
  assert_true(lives(fixture, fixture->waiter));
}

static void test_terminate_active(void **state) {
  struct fixture *fixture = *state;
  PGconn *young = postgres_login(&server, "app");
  begin(fixture->object, "SELECT pg_sleep(60)");
  begin(fixture->waiter, "SELECT pg_sleep(61)");
  await_state(fixture, fixture->object, "active");
  await_state(fixture, fixture->waiter, "active");
  await_age(fixture, fixture->object, "query_start", 1000);
  await_age(fixture, fixture->waiter, "query_start", 1000);
  begin(young, "SELECT pg_sleep(62)");
  await_state(fixture, young, "active");
  plan_all(fixture, "postgres.terminate-active", "1s");
  assert_int_equal(fixture->driver.plan->object_count, 2);
  char sql[64];
  snprintf(sql, sizeof sql, "SELECT pg_cancel_backend(%d)", PQbackendPID(fixture->waiter));
  postgres_do(fixture->admin, sql);
  await_state(fixture, fixture->waiter, "idle");
  execute(fixture);
  verify(fixture);
  assert_result(fixture, object_of(fixture, fixture->object), OBJECT_DONE, "gone after ");
  assert_result(fixture, object_of(fixture, fixture->waiter), OBJECT_GONE, "that query has ended");
  assert_true(lives(fixture, fixture->waiter));
  assert_true(lives(fixture, young));
  assert_true(lives(fixture, fixture->neighbour));
  PQfinish(young);
}

/* ---- refusals */

static void test_a_pid_that_is_used_again(void **state) {
  struct fixture *fixture = *state;
  make_plan(fixture, "postgres.terminate", fixture->object);
  struct plan *plan = fixture->driver.plan;
  char earlier[64];
  snprintf(earlier, sizeof earlier, "%s", action_identity(plan, 0, POSTGRES_SESSION_START));
  earlier[25] = earlier[25] == '0' ? '1' : '0'; /* by some microseconds */
  postgres_identify(plan, &plan->objects[0], POSTGRES_SESSION_START, earlier);
  execute(fixture);
  assert_result(fixture, 0, OBJECT_GONE, "the pid now belongs to another session (app, since ");
  verify(fixture);
  assert_true(lives(fixture, fixture->object));
}

static void test_a_session_that_has_ended(void **state) {
  struct fixture *fixture = *state;
  make_plan(fixture, "postgres.terminate", fixture->waiter);
  char sql[100];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d",
           PQbackendPID(fixture->waiter));
  PQfinish(fixture->waiter);
  fixture->waiter = NULL;
  postgres_await(fixture->admin, sql, 0);
  execute(fixture);
  assert_result(fixture, 0, OBJECT_GONE, "already ended");
}

static void test_rights(void **state) {
  struct fixture *fixture = *state;
  begin(fixture->object, "SELECT pg_sleep(60)");
  await_state(fixture, fixture->object, "active");
  use_dsn(fixture, "watcher");
  make_plan(fixture, "postgres.terminate", fixture->object);
  execute(fixture);
  assert_refused(fixture, "pg_signal_backend");
  make_plan(fixture, "postgres.cancel", fixture->object);
  execute(fixture);
  assert_refused(fixture, "pg_signal_backend");
  assert_true(state_is(fixture, fixture->object, "active"));

  PGconn *boss = postgres_login(&server, "admin");
  use_dsn(fixture, "helper");
  make_plan(fixture, "postgres.terminate", boss);
  execute(fixture);
  assert_refused(fixture, "superuser");
  assert_true(lives(fixture, boss));
  verify(fixture); /* there is nothing to look for */
  assert_null(fixture->driver.outcome.proof);
  PQfinish(boss);
}

/* The statement itself: asked by the session that it targets, and for a process of the server. */
static void test_neither_itself_nor_a_worker(void **state) {
  struct fixture *fixture = *state;
  char sql[POSTGRES_EFFECT_MAX], count[POSTGRES_EFFECT_MAX + 64];
  static const char *const whom[] = {
      "pg_backend_pid()", "(SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer')"};
  for (size_t i = 0; i < 2; i++) {
    snprintf(count, sizeof count, "WITH s AS (%s) SELECT count(*) FROM s",
             postgres_effect_sql(postgres_effect_named("postgres.terminate"), whom[i],
                                 "backend_start", "", sql));
    assert_int_equal(postgres_server_ask(fixture->admin, count), 0);
  }
  /* and not because the session is missing: a client's is found this way */
  char pid[16];
  snprintf(pid, sizeof pid, "%d", PQbackendPID(fixture->object));
  snprintf(count, sizeof count, "WITH s AS (%s) SELECT count(*) FROM s",
           postgres_effect_sql(postgres_effect_named("postgres.terminate"), pid, "backend_start",
                               "", sql));
  assert_int_equal(postgres_server_ask(fixture->admin, count), 1);
}

static void test_several(void **state) {
  struct fixture *fixture = *state;
  publish(fixture);
  const char *keys[] = {key_of(fixture, fixture->object), key_of(fixture, fixture->waiter), NULL};
  if (!driver_run(&fixture->driver, action_find("postgres.terminate"), "sessions", keys, NULL,
                  NULL))
    fail_msg("%s", fixture->driver.err.text);
  assert_int_equal(outcome_count(&fixture->driver.outcome, OBJECT_DONE), 2);
  assert_string_equal(fixture->driver.outcome.proof, "2 gone");
  assert_int_equal(fixture->driver.progress.done, 2);
  assert_true(lives(fixture, fixture->neighbour));
}

/* Stopped after the first: the others are not touched. */
static void cancel_step(struct driver *driver) {
  driver->step->cancel(&driver->call);
}

static void test_stopping_midway(void **state) {
  struct fixture *fixture = *state;
  publish(fixture);
  const char *keys[] = {key_of(fixture, fixture->object), key_of(fixture, fixture->waiter), NULL};
  assert_true(
      driver_survey(&fixture->driver, action_find("postgres.terminate"), "sessions", keys, NULL));
  assert_true(driver_plan(&fixture->driver, NULL));
  fixture->driver.on_change = cancel_step;
  execute(fixture);
  fixture->driver.on_change = NULL;
  assert_result(fixture, 0, OBJECT_SENT, "");
  assert_result(fixture, 1, OBJECT_SKIPPED, "nothing was done");
  verify(fixture);
  assert_result(fixture, 0, OBJECT_DONE, "gone");
  assert_true(lives(fixture, fixture->waiter));
}

/* A process that does not handle its signals. */
static void test_a_session_that_stays(void **state) {
  struct fixture *fixture = *state;
  make_plan(fixture, "postgres.terminate", fixture->object);
  kill(PQbackendPID(fixture->object), SIGSTOP);
  execute(fixture);
  verify(fixture);
  kill(PQbackendPID(fixture->object), SIGCONT);
  assert_result(fixture, 0, OBJECT_UNKNOWN, "still there after 5 s");
  assert_null(fixture->driver.outcome.proof);
}

static void test_a_server_that_is_down(void **state) {
  struct fixture *fixture = *state;
  make_plan(fixture, "postgres.terminate", fixture->object);
  struct option_value *value = &fixture->driver.config->targets[0]->values[0];
  free(value->text);
  value->text = mem_printf("postgresql://helper@127.0.0.1:%d/postgres",
                           tiny_free_port(&fixture->driver.loop));
  assert_false(driver_execute(&fixture->driver));
  assert_int_equal(fixture->driver.err.kind, ERR_REFUSED);
  assert_result(fixture, 0, OBJECT_SKIPPED, "nothing was sent");
  assert_true(lives(fixture, fixture->object));
}

/* ---- no slot is left */

enum { SLOTS = 20 };

struct crowd {
  PGconn *conns[SLOTS];
  size_t count;
};

/* Takes all slots of ordinary roles. lenders: connections of ours beside the fixture's. */
static void crowd_fill(struct crowd *crowd, long lenders) {
  enum { FIXTURE = 4 };
  PGconn *conn;
  postgres_await_backends(&server, "", FIXTURE + lenders);
  while (crowd->count < SLOTS && (conn = postgres_try(&server, "app")))
    crowd->conns[crowd->count++] = conn;
  assert_true(crowd->count > 0 && crowd->count < SLOTS);
}

/* Until their slots are free. */
static void crowd_leave(struct crowd *crowd) {
  int64_t give_up = clock_now_ms() + 10000;
  for (size_t i = 0; i < crowd->count; i++) {
    pid_t pid = PQbackendPID(crowd->conns[i]);
    PQfinish(crowd->conns[i]);
    while (kill(pid, 0) == 0 || errno != ESRCH) {
      assert_true(clock_now_ms() < give_up);
      usleep(2000);
    }
  }
  crowd->count = 0;
}

struct lender {
  struct pg *pg;
  struct pg_share share;
  bool ready;
  int resumed;
};

static void on_lender_ready(void *arg, const struct pg_rows *rows, const struct err *err) {
  (void)rows;
  if (err)
    fail_msg("%s", err->text);
  ((struct lender *)arg)->ready = true;
}

static void on_lender_resumed(void *owner) {
  ((struct lender *)owner)->resumed++;
}

static void on_lender_freed(void *arg) {
  *(bool *)arg = true;
}

/* As the collector has it. */
static void lender_open(struct fixture *fixture, struct lender *lender) {
  const char *dsn = fixture->driver.config->targets[0]->values[0].text;
  *lender = (struct lender){.pg = pg_new(&fixture->driver.io, dsn)};
  lender->share =
      (struct pg_share){.pg = lender->pg, .dsn = dsn, .resume = on_lender_resumed, .owner = lender};
  pg_connect(lender->pg, on_lender_ready, lender);
  tiny_run_until(&fixture->driver.loop, &lender->ready);
  pg_share_offer(&fixture->driver.io, &lender->share);
}

static void lender_close(struct fixture *fixture, struct lender *lender) {
  bool freed = false;
  pg_share_withdraw(&fixture->driver.io, &lender->share);
  pg_free(lender->pg, on_lender_freed, &freed);
  tiny_run_until(&fixture->driver.loop, &freed);
}

/* From the pid to the verification, over the existing connection. */
static void test_no_slot_left(void **state) {
  struct fixture *fixture = *state;
  struct crowd crowd = {0};
  struct lender lender;
  char pid[16];
  const char *keys[] = {pid, NULL};
  driver_publish(&fixture->driver, sample_new(session_tables, 1));
  lender_open(fixture, &lender);
  crowd_fill(&crowd, 1);
  snprintf(pid, sizeof pid, "%d", PQbackendPID(crowd.conns[0]));
  if (!driver_run(&fixture->driver, action_find("postgres.terminate"), "sessions", keys, NULL,
                  NULL))
    fail_msg("%s", fixture->driver.err.text);
  assert_result(fixture, 0, OBJECT_DONE, "gone after ");
  assert_null(lender.share.loan);
  assert_int_equal(pg_phase(lender.pg), PG_IDLE);
  assert_int_equal(lender.resumed, 0);
  assert_true(lives(fixture, crowd.conns[1]));
  crowd_leave(&crowd);
  lender_close(fixture, &lender);
}

/* The owner's turn comes between two statements of the borrower's. */
static void test_the_lender_continues(void **state) {
  struct fixture *fixture = *state;
  struct crowd crowd = {0};
  struct lender lender;
  char pid[16];
  const char *keys[] = {pid, NULL};
  driver_publish(&fixture->driver, sample_new(session_tables, 1));
  lender_open(fixture, &lender);
  crowd_fill(&crowd, 1);
  snprintf(pid, sizeof pid, "%d", PQbackendPID(crowd.conns[0]));
  assert_true(
      driver_survey(&fixture->driver, action_find("postgres.terminate"), "sessions", keys, NULL));
  assert_true(driver_plan(&fixture->driver, NULL));
  driver_execute_begin(&fixture->driver);
  while (!lender.share.loan)
    driver_turn(&fixture->driver);
  lender.share.waits = true;
  assert_true(driver_wait(&fixture->driver));
  assert_int_equal(lender.resumed, 1);
  assert_result(fixture, 0, OBJECT_SENT, "");
  crowd_leave(&crowd);
  lender_close(fixture, &lender);
}

/* Dropped or cancelled in the middle of a loan: the connection is given up, no handle is left. */
static void test_a_loan_that_is_dropped(void **state) {
  struct fixture *fixture = *state;
  struct crowd crowd = {0};
  struct lender lender;
  char pid[16];
  const char *keys[] = {pid, NULL};
  const struct action *action = action_find("postgres.terminate");
  driver_publish(&fixture->driver, sample_new(session_tables, 1));
  lender_open(fixture, &lender);
  crowd_fill(&crowd, 1);
  snprintf(pid, sizeof pid, "%d", PQbackendPID(crowd.conns[0]));
  assert_true(driver_survey(&fixture->driver, action, "sessions", keys, NULL));
  assert_true(driver_plan(&fixture->driver, NULL));
  driver_execute_begin(&fixture->driver);
  while (!lender.share.loan)
    driver_turn(&fixture->driver);
  lender.share.waits = true;
  fixture->driver.step->drop(&fixture->driver.call);
  assert_int_equal(pg_phase(lender.pg), PG_DOWN);
  assert_int_equal(lender.resumed, 1);
  assert_null(lender.share.loan);
  fixture->driver.ended = true;
  lender_close(fixture, &lender);

  crowd_leave(&crowd);
  lender_open(fixture, &lender);
  crowd_fill(&crowd, 1);
  driver_execute_begin(&fixture->driver);
  while (!lender.share.loan)
    driver_turn(&fixture->driver);
  lender_close(fixture, &lender);
  assert_false(driver_wait(&fixture->driver));
  assert_int_equal(fixture->driver.err.kind, ERR_CLOSED);
  crowd_leave(&crowd);
}

/* Without any connection it reports that there is no slot. A superuser takes a reserved one. */
static void test_full_before_the_start(void **state) {
  struct fixture *fixture = *state;
  struct crowd crowd = {0};
  char pid[16];
  const char *keys[] = {pid, NULL};
  const struct action *action = action_find("postgres.terminate");
  driver_publish(&fixture->driver, sample_new(session_tables, 1));
  crowd_fill(&crowd, 0);
  snprintf(pid, sizeof pid, "%d", PQbackendPID(crowd.conns[0]));
  assert_false(driver_survey(&fixture->driver, action, "sessions", keys, NULL));
  assert_true(pg_error_is_full(&fixture->driver.err));
  assert_non_null(strstr(fixture->driver.err.text, "reserved for"));
  use_dsn(fixture, "admin");
  if (!driver_run(&fixture->driver, action, "sessions", keys, NULL, NULL))
    fail_msg("%s", fixture->driver.err.text);
  assert_result(fixture, 0, OBJECT_DONE, "gone after ");
  crowd_leave(&crowd);
}

/* ---- in the middle */

/* Accepts any login, says that it is not a pooler, and is silent from then on. */
static void begin_silent(struct fixture *fixture) {
  static const char login[] = "R\0\0\0\10\0\0\0\0"
                              "S\0\0\0\30server_version\00015.6\0"
                              "K\0\0\0\14\0\0\0\7\0\0\0\1"
                              "Z\0\0\0\5I";
#define FIELD "c\0\0\0\0\0\0\0\0\0\0\27\0\4\377\377\377\377\0\0"
  static const char row[] = "T\0\0\0\126\0\4" FIELD FIELD FIELD FIELD
                            "D\0\0\0\32\0\4\0\0\0\0017\0\0\0\001s\0\0\0\001d\0\0\0\001f"
                            "C\0\0\0\15SELECT 1\0"
                            "Z\0\0\0\5I";
  struct tiny_server *tiny = &fixture->tiny;
  struct plan *plan = fixture->driver.plan; /* it claims to be the plan's server */
  plan->server = NULL;
  plan->start = "s";
  plan->database = "d";
  *tiny = (struct tiny_server){.reply = login, .reply_len = sizeof login - 1, .delay_ms = 5};
  assert_true(tiny_listen(tiny, &fixture->driver.loop, "127.0.0.1"));
  struct option_value *value = &fixture->driver.config->targets[0]->values[0];
  free(value->text);
  value->text = mem_printf("postgresql://a@127.0.0.1:%d/x?sslmode=disable", tiny->port);
  driver_execute_begin(&fixture->driver);
  while (tiny->requests < 2)
    driver_turn(&fixture->driver);
  tiny->reply = row;
  tiny->reply_len = sizeof row - 1;
  while (tiny->requests < 3)
    driver_turn(&fixture->driver);
  tiny->reply = NULL;
}

static void test_dropped_in_the_middle(void **state) {
  struct fixture *fixture = *state;
  publish(fixture);
  const char *keys[] = {key_of(fixture, fixture->object), key_of(fixture, fixture->waiter), NULL};
  assert_true(
      driver_survey(&fixture->driver, action_find("postgres.terminate"), "sessions", keys, NULL));
  assert_true(driver_plan(&fixture->driver, NULL));
  begin_silent(fixture);
  assert_false(fixture->driver.ended);
  fixture->driver.step->drop(&fixture->driver.call);
  tiny_stop(&fixture->tiny);
  fixture->tiny.port = 0;
  uv_run(&fixture->driver.loop, UV_RUN_DEFAULT); /* ends: no handle is left */
  assert_false(fixture->driver.ended);           /* and nothing has come */
  assert_result(fixture, 0, OBJECT_UNKNOWN, "no answer: given up");
  assert_result(fixture, 1, OBJECT_SKIPPED, "nothing was done");
}

static void test_dropped_while_it_connects_or_watches(void **state) {
  struct fixture *fixture = *state;
  make_plan(fixture, "postgres.terminate", fixture->object);
  driver_execute_begin(&fixture->driver);
  driver_drop(&fixture->driver);
  assert_result(fixture, 0, OBJECT_SKIPPED, "nothing was sent");
  assert_true(lives(fixture, fixture->object));
  execute(fixture);
  driver_begin(&fixture->driver, fixture->driver.action->verify);
  driver_drop(&fixture->driver);
  assert_result(fixture, 0, OBJECT_UNKNOWN, "signalled, but not seen to end");
}

int main(void) {
  if (!postgres_start_server(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return 77;
  }
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "CREATE ROLE app LOGIN; CREATE ROLE helper LOGIN; CREATE ROLE watcher LOGIN;"
                     "GRANT pg_monitor, pg_signal_backend TO helper; GRANT pg_monitor TO watcher;"
                     "CREATE TABLE stock (n int); GRANT ALL ON stock TO app");
  postgres_do(admin, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
  postgres_do(admin, "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0");
  PQfinish(admin);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_cancel),
      TEST(test_cancel_only_that_query),
      TEST(test_terminate),
      TEST(test_terminate_the_root),
      TEST(test_a_pid_by_hand),
      TEST(test_bytes_of_another_encoding),
      TEST(test_a_name_of_another_encoding),
      TEST(test_terminate_idle),
      TEST(test_terminate_idle_only_the_idle),
      TEST(test_terminate_active),
      TEST(test_a_pid_that_is_used_again),
      TEST(test_a_session_that_has_ended),
      TEST(test_rights),
      TEST(test_neither_itself_nor_a_worker),
      TEST(test_several),
      TEST(test_stopping_midway),
      TEST(test_a_session_that_stays),
      TEST(test_a_server_that_is_down),
      TEST(test_no_slot_left),
      TEST(test_the_lender_continues),
      TEST(test_a_loan_that_is_dropped),
      TEST(test_full_before_the_start),
      TEST(test_dropped_in_the_middle),
      TEST(test_dropped_while_it_connects_or_watches),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
