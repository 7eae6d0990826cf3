/* The connection of a step, with a real server, and with things that are not one. */
#include "actions/postgres/postgres_conn.h"

#include "act_driver.h"
#include "support/postgres_server.h"

static struct postgres_server server; /* one for all tests of the file */

static const struct option options[] = {{.name = "dsn", .type = OPTION_SECRET, .help = ""}};
static const struct target_kind kind = {
    .kind = "postgres", .key = "postgres", .title = "", .options = options, .option_count = 1};

struct answer {
  enum err_kind kind;
  char first[64];
  bool up; /* after it */
};

/* The questions of the step and their answers: nothing is asserted on its thread. */
struct fixture {
  struct driver driver;
  struct tiny_server tiny;
  const char *asks[12]; /* "?NAME": current_setting of a bound value; "!": ends the session */
  struct answer answers[12];
  int pid, version;
  bool opened;
};

static void open_as(struct fixture *fixture, const char *dsn) {
  const char *const settings[] = {"dsn", dsn, NULL};
  driver_open(&fixture->driver, &kind, settings);
}

static void end_session(int pid) {
  PGconn *admin = postgres_login(&server, "admin");
  char sql[64];
  snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", pid);
  postgres_do(admin, sql);
  PQfinish(admin);
}

static bool body(struct step *step) {
  struct fixture *fixture = ((struct driver *)step->call->pipeline)->arg;
  struct postgres_conn *conn = postgres_conn_open(step);
  fixture->opened = conn != NULL;
  if (!conn)
    return false;
  fixture->pid = postgres_pid(conn);
  fixture->version = postgres_version(conn);
  for (size_t i = 0; i < sizeof fixture->asks / sizeof *fixture->asks && fixture->asks[i]; i++) {
    const char *sql = fixture->asks[i];
    struct answer *answer = &fixture->answers[i];
    if (*sql == '!') {
      end_session(fixture->pid);
      continue;
    }
    const struct pg_rows *rows =
        *sql == '?' ? postgres_ask(conn, POSTGRES_VALUES("SELECT current_setting($1)", sql + 1))
                    : postgres_ask(conn, sql, 0, NULL);
    answer->kind = rows ? ERR_NONE : step->err.kind;
    answer->up = postgres_is_up(conn);
    if (rows && rows->rows > 0 && pg_cell(rows, 0, 0))
      snprintf(answer->first, sizeof answer->first, "%s", pg_cell(rows, 0, 0));
  }
  return true;
}

STEP(body, 0)

static void begin(struct fixture *fixture) {
  fixture->driver.arg = fixture;
  driver_begin(&fixture->driver, &body_step);
}

static enum err_kind run(struct fixture *fixture) {
  begin(fixture);
  driver_wait(&fixture->driver);
  assert_int_equal(fixture->opened, fixture->driver.err.kind == ERR_NONE);
  return fixture->driver.err.kind;
}

static int setup(void **state) {
  *state = calloc(1, sizeof(struct fixture));
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  if (fixture->tiny.port)
    tiny_stop(&fixture->tiny);
  driver_close(&fixture->driver); /* asserts that no handle is left */
  free(fixture);
  return 0;
}

static void test_it_is_set_up(void **state) {
  struct fixture *fixture = *state;
  static const char *const settings[] = {"stacktop", "3s", "0", "0", "pg_catalog"};
  static const char *const asks[] = {"?application_name",
                                     "?lock_timeout",
                                     "?statement_timeout",
                                     "?idle_in_transaction_session_timeout",
                                     "?search_path",
                                     "SELECT pg_backend_pid()",
                                     "VACUUM pg_class",
                                     "SELECT * FROM nowhere",
                                     "!",
                                     "SELECT 1"};
  enum { PID = 5, VACUUM, NOWHERE, END, AFTER };
  char dsn[160];
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=admin dbname=postgres application_name=x",
           server.port);
  open_as(fixture, dsn);
  memcpy(fixture->asks, asks, sizeof asks);
  assert_int_equal(run(fixture), ERR_NONE);
  assert_true(fixture->version >= 100000);
  const struct answer *answers = fixture->answers;
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    assert_int_equal(answers[i].kind, ERR_NONE);
    assert_string_equal(answers[i].first, settings[i]);
    assert_true(answers[i].up);
  }
  assert_int_equal(answers[PID].kind, ERR_NONE);
  assert_int_equal(strtol(answers[PID].first, NULL, 10), fixture->pid);
  assert_int_equal(answers[VACUUM].kind, ERR_NONE);
  assert_int_equal(answers[NOWHERE].kind, ERR_UNSUPPORTED);
  assert_true(answers[NOWHERE].up);
  assert_int_equal(answers[AFTER].kind, ERR_CLOSED);
  assert_false(answers[AFTER].up);
}

static void test_no_server_there(void **state) {
  struct fixture *fixture = *state;
  open_as(fixture, "host=127.0.0.1 port=1 user=admin");
  assert_int_equal(run(fixture), ERR_REFUSED);
}

/* Dropped before it begins, while it connects, while it asks: no callback, and no handle left. */
static void test_dropping_in_the_middle(void **state) {
  struct fixture *fixture = *state;
  char dsn[128];
  open_as(fixture, postgres_dsn(&server, "admin", dsn, sizeof dsn));
  fixture->asks[0] = "SELECT pg_sleep(60)";
  for (int turns = 0; turns < 3; turns++) {
    begin(fixture);
    for (int i = 0; i < turns; i++)
      uv_run(&fixture->driver.loop, UV_RUN_ONCE);
    driver_drop(&fixture->driver);
  }
  fixture->opened = false;
  begin(fixture);
  PGconn *admin = postgres_login(&server, "admin");
  while (postgres_server_ask(admin, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE"
                                    " 'SELECT pg_sleep%' AND state = 'active'") == 0)
    uv_run(&fixture->driver.loop, UV_RUN_NOWAIT);
  assert_true(fixture->opened);
  driver_drop(&fixture->driver);
  assert_int_equal(fixture->answers[0].kind, ERR_TIMEOUT);
  PQfinish(admin);
}

/* Its process id at the login differs from the server's, as with PgBouncer. */
static void test_a_pooler_is_refused(void **state) {
  struct fixture *fixture = *state;
  static const char login[] = "R\0\0\0\10\0\0\0\0"
                              "S\0\0\0\30server_version\00015.6\0"
                              "K\0\0\0\14\0\0\0\7\0\0\0\1"
                              "Z\0\0\0\5I";
  static const char row[] = "T\0\0\0\32\0\1p\0"
                            "\0\0\0\0\0\0\0\0\0\27\0\4\377\377\377\377\0\0"
                            "D\0\0\0\16\0\1\0\0\0\0044711"
                            "C\0\0\0\15SELECT 1\0"
                            "Z\0\0\0\5I";
  struct tiny_server *tiny = &fixture->tiny;
  *tiny = (struct tiny_server){.reply = login, .reply_len = sizeof login - 1, .delay_ms = 5};
  driver_open(&fixture->driver, &kind, NULL);
  assert_true(tiny_listen(tiny, &fixture->driver.loop, "127.0.0.1"));
  fixture->driver.config->targets[0]->values[0].text =
      mem_printf("postgresql://a@127.0.0.1:%d/x?sslmode=disable", tiny->port);
  begin(fixture);
  while (tiny->requests < 2)
    driver_turn(&fixture->driver);
  tiny->reply = row;
  tiny->reply_len = sizeof row - 1;
  tiny_run_until(&fixture->driver.loop, &fixture->driver.ended);
  if (fixture->driver.err.kind != ERR_UNSUPPORTED)
    fail_msg("%s", fixture->driver.err.text);
  assert_non_null(strstr(fixture->driver.err.text, "pooler"));
  assert_false(fixture->opened);
}

int main(void) {
  if (!postgres_start_server(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return 77;
  }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_it_is_set_up),
      TEST(test_no_server_there),
      TEST(test_dropping_in_the_middle),
      TEST(test_a_pooler_is_refused),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
