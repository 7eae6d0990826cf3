/* The client with a real server, and with things that are not one. */
#include "clients/postgres/pg.h"

#include "io/net/resolve.h"
#include "support/postgres_server.h"

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct tiny_server tiny;
  struct pg *pg;
  bool done, freed;
  struct err err;
  size_t rows, columns;
  char first[64], last[64];
};

static struct postgres_server server; /* one for all tests of the file */

static void on_done(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct fixture *fixture = arg;
  assert_true((rows == NULL) == (err != NULL));
  fixture->done = true;
  fixture->err = err ? *err : (struct err){0};
  fixture->rows = rows ? rows->rows : 0;
  fixture->columns = rows ? rows->columns : 0;
  fixture->first[0] = fixture->last[0] = '\0';
  if (fixture->rows > 0) {
    const char *first = pg_cell(rows, 0, 0);
    const char *last = pg_cell(rows, rows->rows - 1, rows->columns - 1);
    snprintf(fixture->first, sizeof fixture->first, "%s", first ? first : "NULL");
    snprintf(fixture->last, sizeof fixture->last, "%s", last ? last : "NULL");
  }
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  *state = fixture;
  return 0;
}

static void on_freed(void *arg) {
  *(bool *)arg = true;
}

static void free_pg(struct fixture *fixture) {
  if (!fixture->pg)
    return;
  fixture->freed = false;
  pg_free(fixture->pg, on_freed, &fixture->freed);
  fixture->pg = NULL;
  tiny_run_until(&fixture->loop, &fixture->freed);
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  free_pg(fixture);
  resolver_free(fixture->io.resolver);
  tiny_loop_end(&fixture->loop);
  free(fixture);
  return 0;
}

static void begin_connect(struct fixture *fixture, const char *dsn) {
  free_pg(fixture);
  fixture->pg = pg_new(&fixture->io, dsn);
  fixture->done = false;
  pg_connect(fixture->pg, on_done, fixture);
  assert_false(fixture->done);
}

static enum err_kind connect_to(struct fixture *fixture, const char *dsn) {
  begin_connect(fixture, dsn);
  tiny_run_until(&fixture->loop, &fixture->done);
  return fixture->err.kind;
}

static enum err_kind ask(struct fixture *fixture, const char *sql) {
  fixture->done = false;
  pg_query(fixture->pg, sql, on_done, fixture);
  assert_false(fixture->done);
  tiny_run_until(&fixture->loop, &fixture->done);
  return fixture->err.kind;
}

static void connect_as(struct fixture *fixture, const char *user) {
  char dsn[128];
  if (connect_to(fixture, postgres_dsn(&server, user, dsn, sizeof dsn)) != ERR_NONE)
    fail_msg("%s", fixture->err.text);
}

static void test_connect_and_ask(void **state) {
  struct fixture *fixture = *state;
  connect_as(fixture, "admin");
  assert_int_equal(pg_phase(fixture->pg), PG_IDLE);
  assert_true(pg_server_version(fixture->pg) >= 100000);
  char address[64], expected[64];
  pg_address(fixture->pg, address, sizeof address);
  snprintf(expected, sizeof expected, "127.0.0.1:%d", server.port);
  assert_string_equal(address, expected);
  assert_int_equal(ask(fixture, "SELECT current_setting('application_name'), NULL"), ERR_NONE);
  assert_int_equal(fixture->columns, 2);
  assert_string_equal(fixture->first, "stacktop");
  assert_string_equal(fixture->last, "NULL");
  assert_int_equal(ask(fixture, "SELECT pg_backend_pid()"), ERR_NONE);
  assert_int_equal(strtol(fixture->first, NULL, 10), pg_backend_pid(fixture->pg));
  assert_int_equal(ask(fixture, "SELECT n, n * 2 FROM generate_series(1, 5000) n"), ERR_NONE);
  assert_int_equal(fixture->rows, 5000);
  assert_string_equal(fixture->last, "10000");
}

/* Several statements are one transaction, the last answer counts, and none of them has an effect.
 */
static void test_one_message_is_one_transaction(void **state) {
  struct fixture *fixture = *state;
  connect_as(fixture, "admin");
  assert_int_equal(ask(fixture, "SET TRANSACTION READ ONLY; SET LOCAL lock_timeout = 77;"
                                " SELECT current_setting('lock_timeout'),"
                                " current_setting('transaction_read_only')"),
                   ERR_NONE);
  assert_string_equal(fixture->first, "77ms");
  assert_string_equal(fixture->last, "on");
  assert_int_equal(ask(fixture, "SELECT current_setting('lock_timeout')"), ERR_NONE);
  assert_string_equal(fixture->first, "0");
}

static enum err_kind ask_with(struct fixture *fixture, const char *sql, size_t count,
                              const char *const *values) {
  fixture->done = false;
  pg_query_params(fixture->pg, sql, count, values, on_done, fixture);
  assert_false(fixture->done);
  tiny_run_until(&fixture->loop, &fixture->done);
  return fixture->err.kind;
}

static void test_values_are_bound(void **state) {
  struct fixture *fixture = *state;
  connect_as(fixture, "admin");
  static const char *const values[] = {"'; DROP TABLE x; --", "41", NULL};
  assert_int_equal(ask_with(fixture, "SELECT $1::text, $2::int + 1, $3::text", 3, values),
                   ERR_NONE);
  assert_int_equal(fixture->columns, 3);
  assert_string_equal(fixture->first, values[0]);
  assert_string_equal(fixture->last, "NULL");
  assert_int_equal(ask_with(fixture, "SELECT $1::int + 1", 1, &values[1]), ERR_NONE);
  assert_string_equal(fixture->last, "42");
  assert_int_equal(ask_with(fixture, "SELECT 7", 0, NULL), ERR_NONE);
  assert_string_equal(fixture->last, "7");
  assert_int_equal(ask(fixture, "SELECT 8"), ERR_NONE); /* the other way again */
  assert_string_equal(fixture->last, "8");

  assert_int_equal(ask_with(fixture, "SELECT $1::int", 1, values), ERR_PROTOCOL);
  assert_non_null(strstr(fixture->err.text, "invalid input syntax for "));
  assert_int_equal(ask_with(fixture, "SELECT 1; SELECT 2", 0, NULL), ERR_UNSUPPORTED);
  assert_non_null(strstr(fixture->err.text, "multiple commands"));
  assert_int_equal(pg_phase(fixture->pg), PG_IDLE);
  static const char *const many[] = {"1000000"};
  assert_int_equal(ask_with(fixture, "SELECT generate_series(1, $1::int)", 1, many), ERR_LIMIT);
  assert_int_equal(pg_phase(fixture->pg), PG_DOWN);
}

/* More than the socket takes at once. */
static void test_a_long_value(void **state) {
  struct fixture *fixture = *state;
  connect_as(fixture, "admin");
  size_t length = 6 << 20;
  char *value = malloc(length + 1);
  memset(value, 'x', length);
  value[length] = '\0';
  const char *const values[] = {value};
  assert_int_equal(ask_with(fixture, "SELECT length($1)", 1, values), ERR_NONE);
  free(value);
  assert_string_equal(fixture->first, "6291456");
}

static void test_values_for_a_server_that_goes_away(void **state) {
  struct fixture *fixture = *state;
  connect_as(fixture, "admin");
  PGconn *admin = postgres_login(&server, "admin");
  char sql[64];
  snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", pg_backend_pid(fixture->pg));
  postgres_do(admin, sql);
  PQfinish(admin);
  static const char *const values[] = {"60"};
  assert_int_equal(ask_with(fixture, "SELECT pg_sleep($1::int)", 1, values), ERR_CLOSED);
  assert_int_equal(pg_phase(fixture->pg), PG_DOWN);
  connect_as(fixture, "admin");
  fixture->done = false; /* dropped: no callback */
  pg_query_params(fixture->pg, "SELECT pg_sleep($1::int)", 1, values, on_done, fixture);
  pg_drop(fixture->pg);
  free_pg(fixture);
  assert_false(fixture->done);
}

static void test_an_error_leaves_the_connection(void **state) {
  struct fixture *fixture = *state;
  connect_as(fixture, "admin");
  assert_int_equal(ask(fixture, "SELECT 1 FROM nowhere"), ERR_UNSUPPORTED);
  assert_string_equal(fixture->err.text, "relation \"nowhere\" does not exist");
  assert_string_equal(pg_sqlstate(fixture->pg), "42P01");
  if (pg_server_version(fixture->pg) >= 110000)
    assert_int_equal(ask(fixture, "SET LOCAL statement_timeout = 20; SELECT pg_sleep(60)"),
                     ERR_TIMEOUT);
  assert_int_equal(pg_phase(fixture->pg), PG_IDLE);
  assert_int_equal(ask(fixture, "DO $$BEGIN RAISE WARNING 'noise'; END$$; SELECT 7"), ERR_NONE);
  assert_string_equal(fixture->first, "7");
  assert_string_equal(pg_sqlstate(fixture->pg), "");
  assert_int_equal(
      ask(fixture, "DO $$BEGIN RAISE 'no' USING ERRCODE = '42501', DETAIL = 'why'; END$$"),
      ERR_DENIED);
  assert_string_equal(fixture->err.text, "no: why");
  assert_int_equal(ask(fixture, "COPY (SELECT 1) TO STDOUT"), ERR_PROTOCOL);
  assert_int_equal(pg_phase(fixture->pg), PG_DOWN);
}

struct parts {
  struct fixture *fixture;
  size_t count, rows[PG_PARTS_MAX];
  char first[PG_PARTS_MAX][16], tag[PG_PARTS_MAX][16];
};

static void on_parts(void *arg, const struct pg_rows *rows, size_t count, const struct err *err) {
  struct parts *parts = arg;
  parts->count = count;
  for (size_t i = 0; i < count; i++) {
    const char *first = rows[i].rows > 0 ? pg_cell(&rows[i], 0, 0) : NULL;
    parts->rows[i] = rows[i].rows;
    snprintf(parts->first[i], sizeof parts->first[i], "%s", first ? first : "NULL");
    snprintf(parts->tag[i], sizeof parts->tag[i], "%s", rows[i].tag);
  }
  parts->fixture->err = err ? *err : (struct err){0};
  parts->fixture->done = true;
}

static enum err_kind ask_parts(struct fixture *fixture, const char *sql, struct parts *parts) {
  *parts = (struct parts){.fixture = fixture};
  fixture->done = false;
  pg_query_parts(fixture->pg, sql, on_parts, parts);
  assert_false(fixture->done);
  tiny_run_until(&fixture->loop, &fixture->done);
  return fixture->err.kind;
}

static void test_parts(void **state) {
  struct fixture *fixture = *state;
  struct parts parts;
  connect_as(fixture, "admin");
  assert_int_equal(ask_parts(fixture,
                             "SET LOCAL lock_timeout = 77; SELECT 1;"
                             " SELECT n, n FROM generate_series(5, 7) n; SELECT 1 WHERE false",
                             &parts),
                   ERR_NONE);
  assert_int_equal(parts.count, 3);
  assert_string_equal(parts.first[0], "1");
  assert_string_equal(parts.first[1], "5");
  assert_string_equal(parts.tag[1], "SELECT 3");
  assert_int_equal(parts.rows[1], 3);
  assert_int_equal(parts.rows[2], 0);
  /* an error keeps those before it, and the connection */
  assert_int_not_equal(
      ask_parts(fixture, "SELECT 1; SELECT 1 / (n - 2) FROM generate_series(1, 2) n; SELECT 3",
                &parts),
      ERR_NONE);
  assert_int_equal(parts.count, 1);
  assert_string_equal(pg_sqlstate(fixture->pg), "22012");
  assert_int_equal(pg_phase(fixture->pg), PG_IDLE);
  assert_int_equal(ask(fixture, "SELECT 7"), ERR_NONE); /* an ordinary one follows */
  assert_string_equal(fixture->first, "7");
  assert_int_equal(ask_parts(fixture,
                             "SELECT 1; SELECT 2; SELECT 3; SELECT 4; SELECT 5; SELECT 6; SELECT 7;"
                             " SELECT 8; SELECT 9",
                             &parts),
                   ERR_LIMIT);
  assert_int_equal(parts.count, PG_PARTS_MAX);
  assert_int_equal(pg_phase(fixture->pg), PG_DOWN);
}

/* Dropped with one answer, and with the connection lost behind one. */
static void test_parts_cut_off(void **state) {
  struct fixture *fixture = *state;
  struct parts parts = {.fixture = fixture};
  connect_as(fixture, "admin");
  assert_int_equal(ask_parts(fixture,
                             "SELECT 1; SELECT pg_terminate_backend(pg_backend_pid()); SELECT 3",
                             &parts),
                   ERR_CLOSED);
  assert_int_equal(pg_phase(fixture->pg), PG_DOWN);
  connect_as(fixture, "admin");
  fixture->done = false;
  pg_query_parts(fixture->pg, "SELECT 1; SELECT pg_sleep(2)", on_parts, &parts);
  const int64_t until_ms = clock_now_ms() + 100;
  while (clock_now_ms() < until_ms)
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  pg_drop(fixture->pg);
  assert_false(fixture->done);
  assert_int_equal(pg_phase(fixture->pg), PG_DOWN);
}

static void test_ceilings(void **state) {
  struct fixture *fixture = *state;
  connect_as(fixture, "admin");
  assert_int_equal(ask(fixture, "SELECT generate_series(1, 1000000)"), ERR_LIMIT);
  assert_int_equal(pg_phase(fixture->pg), PG_DOWN);
  connect_as(fixture, "admin");
  assert_int_equal(ask(fixture, "SELECT repeat('x', 100000) FROM generate_series(1, 1000)"),
                   ERR_LIMIT);
}

static void test_the_server_goes_away(void **state) {
  struct fixture *fixture = *state;
  connect_as(fixture, "admin");
  PGconn *admin = postgres_login(&server, "admin");
  char sql[64];
  snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", pg_backend_pid(fixture->pg));
  fixture->done = false;
  pg_query(fixture->pg, "SELECT pg_sleep(60)", on_done, fixture);
  postgres_do(admin, sql);
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_int_equal(fixture->err.kind, ERR_CLOSED);
  assert_string_equal(fixture->err.text,
                      "connection closed: terminating connection due to administrator command");
  assert_int_equal(pg_phase(fixture->pg), PG_DOWN);

  connect_as(fixture, "admin"); /* and while no query is running */
  snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", pg_backend_pid(fixture->pg));
  postgres_do(admin, sql);
  snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d",
           pg_backend_pid(fixture->pg));
  postgres_await(admin, sql, 0);
  assert_int_equal(ask(fixture, "SELECT 1"), ERR_CLOSED);
  assert_int_equal(pg_phase(fixture->pg), PG_DOWN);
  PQfinish(admin);
}

static void test_sockets_and_several_hosts(void **state) {
  struct fixture *fixture = *state;
  char dsn[256], address[128], expected[128];
  snprintf(dsn, sizeof dsn, "host=%s port=%d user=admin dbname=postgres", server.folder,
           server.port);
  assert_int_equal(connect_to(fixture, dsn), ERR_NONE);
  pg_address(fixture->pg, address, sizeof address);
  snprintf(expected, sizeof expected, "%s:%d", server.folder, server.port);
  assert_string_equal(address, expected);
  assert_int_equal(ask(fixture, "SELECT 1"), ERR_NONE);

  int closed = tiny_free_port(&fixture->loop);
  snprintf(dsn, sizeof dsn,
           "postgresql://admin@no.such.host.invalid:1,127.0.0.1:%d,localhost:%d/postgres", closed,
           server.port);
  if (connect_to(fixture, dsn) != ERR_NONE)
    fail_msg("%s", fixture->err.text);
  assert_int_equal(ask(fixture, "SELECT 1"), ERR_NONE);
}

/* A port whose backlog is full drops packets, like a host that is switched off. */
static int silent_port(int sockets[8]) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  sockets[0] = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(sockets[0], (struct sockaddr *)&address, size), 0);
  assert_int_equal(listen(sockets[0], 0), 0);
  assert_int_equal(getsockname(sockets[0], (struct sockaddr *)&address, &size), 0);
  for (size_t i = 1; i < 8; i++) {
    sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(sockets[i], (struct sockaddr *)&address, size);
  }
  return ntohs(address.sin_port);
}

static void test_silent_address(void **state) {
  struct fixture *fixture = *state;
  char dsn[256], address[128], expected[128];
  int sockets[8], port = silent_port(sockets);
  snprintf(dsn, sizeof dsn,
           "host=localhost,127.0.0.1,127.0.0.1 hostaddr=127.0.0.1,127.0.0.1,127.0.0.1"
           " port=%d,%d,%d user=admin dbname=postgres",
           port, tiny_free_port(&fixture->loop), server.port);
  if (connect_to(fixture, dsn) != ERR_NONE)
    fail_msg("%s", fixture->err.text);
  pg_address(fixture->pg, address, sizeof address);
  snprintf(expected, sizeof expected, "127.0.0.1:%d", server.port);
  assert_string_equal(address, expected);
  assert_int_equal(ask(fixture, "SELECT 1"), ERR_NONE);
  for (size_t i = 0; i < 8; i++)
    close(sockets[i]);
}

static void test_denied(void **state) {
  struct fixture *fixture = *state;
  char dsn[256];
  snprintf(dsn, sizeof dsn, "postgresql://locked:right@127.0.0.1:%d/postgres", server.port);
  assert_int_equal(connect_to(fixture, dsn), ERR_NONE);
  snprintf(dsn, sizeof dsn, "postgresql://locked:wrong@127.0.0.1:%d/postgres", server.port);
  assert_int_equal(connect_to(fixture, dsn), ERR_DENIED);
  assert_string_equal(fixture->err.text,
                      "login denied: password authentication failed for user \"locked\"");
  snprintf(dsn, sizeof dsn, "postgresql://locked@127.0.0.1:%d/postgres", server.port);
  assert_int_equal(connect_to(fixture, dsn), ERR_DENIED);
  assert_non_null(strstr(fixture->err.text, "requires a password"));
  snprintf(dsn, sizeof dsn, "postgresql://encrypted@127.0.0.1:%d/postgres", server.port);
  assert_int_equal(connect_to(fixture, dsn), ERR_DENIED);
  assert_non_null(strstr(fixture->err.text, "without TLS"));
  snprintf(dsn, sizeof dsn, "postgresql://admin@127.0.0.1:%d/postgres?sslmode=require",
           server.port);
  assert_int_equal(connect_to(fixture, dsn), ERR_UNSUPPORTED);
  snprintf(dsn, sizeof dsn, "postgresql://admin@127.0.0.1:%d/nowhere", server.port);
  assert_int_equal(connect_to(fixture, dsn), ERR_INVALID);
  assert_string_equal(fixture->err.text, "database \"nowhere\" does not exist");
}

static void test_password_and_service_files(void **state) {
  struct fixture *fixture = *state;
  char path[128], dsn[256];
  snprintf(path, sizeof path, "%s/files", server.folder);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "127.0.0.1:%d:*:locked:right\n", server.port);
  fclose(file);
  chmod(path, 0600);
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=locked dbname=postgres passfile=%s",
           server.port, path);
  if (connect_to(fixture, dsn) != ERR_NONE)
    fail_msg("%s", fixture->err.text);

  file = fopen(path, "w");
  fprintf(file, "[here]\nhost=localhost\nport=%d\nuser=admin\ndbname=postgres\n", server.port);
  fclose(file);
  setenv("PGSERVICEFILE", path, 1);
  enum err_kind kind = connect_to(fixture, "service=here");
  enum err_kind unknown = connect_to(fixture, "service=nowhere");
  unsetenv("PGSERVICEFILE");
  unlink(path);
  assert_int_equal(kind, ERR_NONE);
  assert_int_equal(unknown, ERR_INVALID);
  assert_non_null(strstr(fixture->err.text, "nowhere"));
}

static void test_no_server_there(void **state) {
  struct fixture *fixture = *state;
  char dsn[128], expected[128];
  int port = tiny_free_port(&fixture->loop);
  snprintf(dsn, sizeof dsn, "postgresql://admin@127.0.0.1:%d/x", port);
  assert_int_equal(connect_to(fixture, dsn), ERR_REFUSED);
  snprintf(expected, sizeof expected, "refused: nothing listens on port %d of 127.0.0.1", port);
  assert_string_equal(fixture->err.text, expected);
  assert_int_equal(connect_to(fixture, "host=/nonexistent dbname=x"), ERR_REFUSED);
  assert_int_equal(connect_to(fixture, "host=127.0.0.1 port=99999"), ERR_INVALID);
  assert_int_equal(connect_to(fixture, "host=127.0.0.1 port=x"), ERR_INVALID);
  assert_int_equal(connect_to(fixture, "host=127.0.0.1 sslmode=x"), ERR_INVALID);
  assert_int_equal(connect_to(fixture, "host=no.such.host.invalid dbname=x"), ERR_UNRESOLVED);
  assert_non_null(strstr(fixture->err.text, "no.such.host.invalid"));
}

/* Servers that are not PostgreSQL, or behave badly. */
static void test_garbage(void **state) {
  struct fixture *fixture = *state;
  static const struct {
    const char *reply, *parameters;
    size_t len;
    enum err_kind kind;
  } cases[] = {
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "", 0, ERR_PROTOCOL},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "?sslmode=disable", 0, ERR_PROTOCOL},
      {"-ERR unknown command\r\n", "?sslmode=disable", 0, ERR_PROTOCOL},
      {"R\377\377\377\377garbage", "?sslmode=disable", 12, ERR_PROTOCOL},
      {"R\0\0\0\10\0\0\0\0Z\0\0\0\5I", "?sslmode=disable", 15, ERR_NONE}, /* no version, no key */
      {"R\0\0\0\10\0\0\0\143", "?sslmode=disable", 9, ERR_PROTOCOL},
      {"", "?sslmode=disable", 1, ERR_PROTOCOL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fixture->tiny = (struct tiny_server){.reply = cases[i].reply,
                                         .reply_len = cases[i].len,
                                         .close_after = cases[i].kind != ERR_NONE};
    assert_true(tiny_listen(&fixture->tiny, &fixture->loop, "127.0.0.1"));
    char dsn[128];
    snprintf(dsn, sizeof dsn, "postgresql://a@127.0.0.1:%d/x%s", fixture->tiny.port,
             cases[i].parameters);
    enum err_kind kind = connect_to(fixture, dsn);
    if (kind != cases[i].kind)
      fail_msg("case %zu: %s: %s", i, err_kind_name(kind), fixture->err.text);
    if (kind == ERR_NONE) {
      fixture->tiny.reply = "T\0\0\0\6\0\1bad";
      fixture->tiny.reply_len = 10;
      fixture->tiny.close_after = true;
      assert_int_not_equal(ask(fixture, "SELECT 1"), ERR_NONE);
      assert_int_equal(pg_server_version(fixture->pg), 0);
    }
    free_pg(fixture);
    tiny_stop(&fixture->tiny);
    uv_run(&fixture->loop, UV_RUN_DEFAULT); /* until all of it is closed */
  }
}

/* A stopped server accepts connections (the kernel does) and is silent. */
static void test_silence_and_drop(void **state) {
  struct fixture *fixture = *state;
  char dsn[128];
  assert_true(tiny_listen(&fixture->tiny, &fixture->loop, "127.0.0.1"));
  snprintf(dsn, sizeof dsn, "postgresql://a@127.0.0.1:%d/x", fixture->tiny.port);
  begin_connect(fixture, dsn);
  while (fixture->tiny.requests == 0)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  assert_int_equal(pg_phase(fixture->pg), PG_LOGGING_IN);
  pg_drop(fixture->pg);
  assert_int_equal(pg_phase(fixture->pg), PG_DOWN);
  assert_false(fixture->done);
  tiny_stop(&fixture->tiny);
  uv_run(&fixture->loop, UV_RUN_DEFAULT);

  connect_as(fixture, "admin");
  postgres_signal_all(&server, SIGSTOP);
  pg_query(fixture->pg, "SELECT 1", on_done, fixture);
  fixture->done = false;
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  int64_t began = clock_now_ms();
  pg_drop(fixture->pg);
  free_pg(fixture);
  assert_true(clock_now_ms() - began < 500);
  assert_false(fixture->done);
  postgres_signal_all(&server, SIGCONT);
  connect_as(fixture, "admin");

  begin_connect(fixture, "host=some.name.invalid"); /* while its name is looked up */
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  pg_drop(fixture->pg);
}

static int64_t lines_of_log(const char *text) {
  char path[128], line[1024];
  int64_t count = 0;
  snprintf(path, sizeof path, "%s/log", server.folder);
  FILE *log = fopen(path, "r");
  assert_non_null(log);
  while (fgets(line, sizeof line, log))
    count += strstr(line, text) != NULL;
  fclose(log);
  return count;
}

static void wait_until_one(const char *sql) {
  PGconn *admin = postgres_login(&server, "admin");
  for (bool reached = false; !reached;) {
    PGresult *result = PQexec(admin, sql);
    reached = strcmp(PQgetvalue(result, 0, 0), "1") == 0;
    PQclear(result);
  }
  PQfinish(admin);
}

/* An exit during a login left a line in the log of the server. */
static void test_dropped_before_the_login_is_read(void **state) {
  struct fixture *fixture = *state;
  const char *complaint = "could not receive data from client";
  const int64_t before = lines_of_log(complaint);
  char dsn[128], plain[200];
  postgres_dsn(&server, "admin", dsn, sizeof dsn);
  snprintf(plain, sizeof plain, "%s?sslmode=disable&application_name=leaver", dsn);
  for (int i = 0; i < 5; i++) {
    begin_connect(fixture, plain);
    while (pg_phase(fixture->pg) != PG_LOGGING_IN)
      uv_run(&fixture->loop, UV_RUN_ONCE);
    uv_run(&fixture->loop, UV_RUN_ONCE); /* sends its words */
    wait_until_one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leaver' "
                   "AND state = 'idle'");
    free_pg(fixture);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_false(fixture->done);
    wait_until_one("SELECT (count(*) = 0)::int FROM pg_stat_activity "
                   "WHERE application_name = 'leaver'");
  }
  assert_int_equal(lines_of_log(complaint), before);
}

/* An answer that does not fit into the buffers of the two kernels: the server is still sending. */
static void test_dropped_before_a_long_answer_is_read(void **state) {
  struct fixture *fixture = *state;
  const char *complaint = "could not send data to client";
  const int64_t before = lines_of_log(complaint);
  for (int i = 0; i < 5; i++) {
    connect_as(fixture, "admin");
    pg_query(fixture->pg, "SELECT repeat('x', 1000) FROM generate_series(1, 12000)", on_done,
             fixture);
    fixture->done = false;
    wait_until_one("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT repeat%' "
                   "AND wait_event = 'ClientWrite'");
    free_pg(fixture);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_false(fixture->done);
    wait_until_one(
        "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE query LIKE 'SELECT repeat%'");
  }
  assert_int_equal(lines_of_log(complaint), before);
}

static void test_dsn_check(void **state) {
  (void)state;
  struct err err = {0};
  assert_true(pg_dsn_check("postgresql://ecap_user@postgres:5432/ecap", &err));
  assert_true(pg_dsn_check("host=a,b user=c", &err));
  assert_true(pg_dsn_check("service=ecap", &err));
  assert_true(pg_dsn_check("postgresql://u:p%40ss@h/d?password=a@b", &err));
  assert_true(pg_dsn_check("postgresql://u:p?ss@h/d", &err));
  static const char *const leaks[] = {"postgres://u:p@ss@h/d", "postgres://u:p@ss/w@h/d",
                                      "postgresql://u:1/ss@h/d", "postgresql://:p@@h"};
  for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++) {
    assert_false(pg_dsn_check(leaks[i], &err));
    assert_non_null(strstr(err.text, "write %40 for @"));
    assert_null(strstr(err.text, "ss@"));
  }
  assert_true(pg_dsn_check("", &err)); /* all from the environment */
  static const char *const bad[] = {"postgresql:/u:s3cret@host/db",
                                    "postgresql://u:s3cret@host:x%/d",
                                    "host=a password=s3cret s3cret=b", "s3cret"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(pg_dsn_check(bad[i], &err));
    assert_int_equal(err.kind, ERR_INVALID);
    assert_null(strstr(err.text, "s3cret"));
  }
}

static int start_server(void **state) {
  (void)state;
  static const char *const variables[] = {"PGHOST",     "PGPORT",    "PGUSER",
                                          "PGDATABASE", "PGSERVICE", "PGPASSWORD",
                                          "PGSSLMODE",  "PGAPPNAME", "PGHOSTADDR"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    unsetenv(variables[i]);
  PGconn *admin = postgres_login(&server, "admin");
  postgres_do(admin, "CREATE ROLE locked LOGIN PASSWORD 'right'; CREATE ROLE encrypted LOGIN");
  PQfinish(admin);
  return 0;
}

int main(void) {
  if (!postgres_find(&server)) {
    puts("SKIPPED PostgreSQL is not installed");
    return 77;
  }
  if (!postgres_start_server(&server))
    return 77;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_connect_and_ask),
      TEST(test_one_message_is_one_transaction),
      TEST(test_values_are_bound),
      TEST(test_a_long_value),
      TEST(test_values_for_a_server_that_goes_away),
      TEST(test_an_error_leaves_the_connection),
      TEST(test_parts),
      TEST(test_parts_cut_off),
      TEST(test_ceilings),
      TEST(test_the_server_goes_away),
      TEST(test_sockets_and_several_hosts),
      TEST(test_denied),
      TEST(test_password_and_service_files),
      TEST(test_no_server_there),
      TEST(test_garbage),
      TEST(test_silence_and_drop),
      TEST(test_dropped_before_the_login_is_read),
      TEST(test_dropped_before_a_long_answer_is_read),
      TEST(test_silent_address),
      TEST(test_dsn_check),
  };
  int failed = cmocka_run_group_tests(tests, start_server, NULL);
  postgres_stop_server(&server);
  return failed;
}
