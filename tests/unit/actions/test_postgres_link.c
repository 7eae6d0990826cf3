/* The connection of an action, against a real server, and against things that are none. */
#include "actions/postgres/postgres_link.h"

#include "act_driver.h"
#include "support/postgres_server.h"

static struct postgres_server server; /* one for all tests of the file */

static const struct option options[] = {{.name = "dsn", .type = OPTION_SECRET, .help = ""}};
static const struct target_kind kind = {
    .kind = "postgres", .key = "postgres", .title = "", .options = options, .option_count = 1};

struct fixture {
  struct driver driver;
  struct act act;
  struct postgres_link *link;
  struct tiny_server tiny;
  bool answered, ticked;
  size_t rows;
  char first[64];
  struct err err;
};

static void open_as(struct fixture *fixture, const char *dsn) {
  const char *const settings[] = {"dsn", dsn, NULL};
  driver_open(&fixture->driver, &kind, settings);
  fixture->act =
      (struct act){.io = &fixture->driver.io, .target = fixture->driver.config->targets[0]};
}

static void on_answer(void *self, const struct pg_rows *rows, const struct err *err) {
  struct fixture *fixture = self;
  assert_true((rows == NULL) == (err != NULL));
  fixture->answered = true;
  fixture->rows = rows ? rows->rows : 0;
  fixture->err = err ? *err : (struct err){0};
  snprintf(fixture->first, sizeof fixture->first, "%s",
           fixture->rows > 0 && pg_cell(rows, 0, 0) ? pg_cell(rows, 0, 0) : "");
}

static void on_tick(void *self) {
  ((struct fixture *)self)->ticked = true;
}

static enum err_kind wait_answer(struct fixture *fixture) {
  assert_false(fixture->answered);
  tiny_run_until(&fixture->driver.loop, &fixture->answered);
  fixture->answered = false;
  return fixture->err.kind;
}

static enum err_kind begin(struct fixture *fixture) {
  fixture->answered = false;
  fixture->link = postgres_link_open(&fixture->act, on_answer, fixture);
  return wait_answer(fixture);
}

static enum err_kind ask(struct fixture *fixture, const char *sql) {
  postgres_link_ask(fixture->link, sql, 0, NULL, on_answer);
  return wait_answer(fixture);
}

static int setup(void **state) {
  *state = calloc(1, sizeof(struct fixture));
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  postgres_link_close(fixture->link);
  if (fixture->tiny.port)
    tiny_stop(&fixture->tiny);
  driver_close(&fixture->driver); /* asserts that nothing lives on */
  free(fixture);
  return 0;
}

static void test_it_is_set_up(void **state) {
  struct fixture *fixture = *state;
  char dsn[160];
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=admin dbname=postgres application_name=x",
           server.port);
  open_as(fixture, dsn);
  assert_int_equal(begin(fixture), ERR_NONE);
  assert_int_equal(fixture->rows, 0);
  assert_true(postgres_link_stands(fixture->link));
  assert_true(postgres_link_version(fixture->link) >= 100000);
  static const char *const settings[][2] = {{"application_name", "stacktop"},
                                            {"lock_timeout", "3s"},
                                            {"statement_timeout", "0"},
                                            {"idle_in_transaction_session_timeout", "0"},
                                            {"search_path", "pg_catalog"}};
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    postgres_link_ask(fixture->link, "SELECT current_setting($1)", 1, &settings[i][0], on_answer);
    assert_int_equal(wait_answer(fixture), ERR_NONE);
    assert_string_equal(fixture->first, settings[i][1]);
  }
  assert_int_equal(ask(fixture, "SELECT pg_backend_pid()"), ERR_NONE);
  assert_int_equal(strtol(fixture->first, NULL, 10), postgres_link_pid(fixture->link));
  assert_int_equal(ask(fixture, "VACUUM pg_class"), ERR_NONE);

  assert_int_equal(ask(fixture, "SELECT * FROM nowhere"), ERR_UNSUPPORTED);
  assert_true(postgres_link_stands(fixture->link));
  postgres_link_wait(fixture->link, 10, on_tick);
  tiny_run_until(&fixture->driver.loop, &fixture->ticked);
  PGconn *admin = postgres_login(&server, "admin");
  char sql[64];
  snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", postgres_link_pid(fixture->link));
  postgres_do(admin, sql);
  PQfinish(admin);
  assert_int_equal(ask(fixture, "SELECT 1"), ERR_CLOSED);
  assert_false(postgres_link_stands(fixture->link));
}

static void test_nobody_there(void **state) {
  struct fixture *fixture = *state;
  open_as(fixture, "host=127.0.0.1 port=1 user=admin");
  assert_int_equal(begin(fixture), ERR_REFUSED);
  assert_false(postgres_link_stands(fixture->link));
}

/* Closed while it connects, while it asks, while it waits: nothing comes, nothing stays. */
static void test_closing_in_the_middle(void **state) {
  struct fixture *fixture = *state;
  char dsn[128];
  open_as(fixture, postgres_dsn(&server, "admin", dsn, sizeof dsn));
  fixture->answered = false;
  postgres_link_close(postgres_link_open(&fixture->act, on_answer, fixture));
  assert_int_equal(begin(fixture), ERR_NONE);
  postgres_link_ask(fixture->link, "SELECT pg_sleep(60)", 0, NULL, on_answer);
  uv_run(&fixture->driver.loop, UV_RUN_NOWAIT);
  postgres_link_close(fixture->link);
  assert_int_equal(begin(fixture), ERR_NONE);
  postgres_link_wait(fixture->link, 5, on_tick);
  postgres_link_close(fixture->link);
  fixture->link = NULL;
  uv_run(&fixture->driver.loop, UV_RUN_DEFAULT);
  assert_false(fixture->answered);
  assert_false(fixture->ticked);
}

/* It tells a process id at the log-in that is not what the server says, as PgBouncer does. */
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
  fixture->act =
      (struct act){.io = &fixture->driver.io, .target = fixture->driver.config->targets[0]};
  fixture->answered = false;
  fixture->link = postgres_link_open(&fixture->act, on_answer, fixture);
  while (tiny->requests < 2)
    uv_run(&fixture->driver.loop, UV_RUN_ONCE);
  tiny->reply = row;
  tiny->reply_len = sizeof row - 1;
  if (wait_answer(fixture) != ERR_UNSUPPORTED)
    fail_msg("%s", fixture->err.text);
  assert_non_null(strstr(fixture->err.text, "pooler"));
  assert_false(postgres_link_stands(fixture->link));
}

int main(void) {
  if (!postgres_start_server(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return 77;
  }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_it_is_set_up),
      TEST(test_nobody_there),
      TEST(test_closing_in_the_middle),
      TEST(test_a_pooler_is_refused),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  postgres_stop_server(&server);
  return failed;
}
