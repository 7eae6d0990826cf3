/* The collector with real servers. */
#include "redis_collector_fixture.h"

static void test_healthy(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  REDIS_SAY(&fixture->server, "SET", "cache:a", "1");
  REDIS_SAY(&fixture->server, "SET", "session:b", "1", "EX", "100");
  watch(fixture, "", fixture->server.port);
  const struct row *row = collect(fixture);
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_non_null(strstr(fixture->sample->server, "."));
  char address[32];
  snprintf(address, sizeof address, "127.0.0.1:%d", fixture->server.port);
  assert_string_equal(fixture->sample->address, address);
  assert_int_equal(fixture->sample->requests, 1);
  assert_int_equal(fixture->sample->note_count, 0);
  assert_true(number(row, "keys") == 2);
  assert_true(number(row, "expires") == 1);
  assert_true(number(row, "clients") == 1);
  assert_true(number(row, "used") > 100000);
  assert_string_equal(reason(row, "memory_ratio"), "maxmemory is not set");
  assert_string_equal(reason(row, "hit_ratio"), "needs two collections");
  assert_int_equal(sample_table_view(fixture->sample, "keyspace")->row_count, 1);

  REDIS_SAY(&fixture->server, "GET", "cache:a");
  REDIS_SAY(&fixture->server, "GET", "cache:a");
  REDIS_SAY(&fixture->server, "GET", "cache:a");
  REDIS_SAY(&fixture->server, "GET", "cache:none");
  row = collect(fixture);
  assert_true(number(row, "hit_ratio") == 0.75);
  assert_true(number(row, "evictions") == 0);
  row = collect(fixture); /* quiet */
  assert_null(reason(row, "hit_ratio"));

  REDIS_SAY(&fixture->server, "CONFIG", "RESETSTAT");
  row = collect(fixture);
  assert_non_null(strstr(reason(row, "hit_ratio"), "reset"));
  assert_non_null(strstr(reason(row, "evictions"), "reset"));
  row = collect(fixture);
  assert_true(number(row, "evictions") == 0);
}

/* 500 more keys of 1 kB; false when the server refuses them. */
static bool grow(struct fixture *fixture, int round) {
  char prefix[16];
  snprintf(prefix, sizeof prefix, "cache:%d:", round);
  const char *words[] = {
      "EVAL", "for i=1,500 do redis.call('set',KEYS[1]..i,string.rep('x',1000)) end", "1", prefix};
  redisReply *reply = redis_server_ask(&fixture->server, NULL, 4, words);
  bool taken = reply->type != REDIS_REPLY_ERROR;
  if (!taken)
    assert_non_null(strstr(reply->str, "OOM"));
  freeReplyObject(reply);
  return taken;
}

static void test_full_and_evicting(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, (const char *const[]){"--maxmemory", "4mb", "--maxmemory-policy",
                                              "allkeys-lru", NULL});
  watch(fixture, "", fixture->server.port);
  const struct row *row = collect(fixture);
  double empty = number(row, "memory_ratio");
  assert_true(empty > 0.1 && empty < 0.6);
  for (int i = 0; i < 12; i++)
    assert_true(grow(fixture, i));
  REDIS_SAY(&fixture->server, "SET", "one", "more"); /* evicts what the last script was granted */
  row = collect(fixture);
  assert_true(number(row, "memory_ratio") > 0.9);
  assert_true(number(row, "evictions") > 100);
  assert_int_equal(row->severity, SEVERITY_OK); /* full is normal for a cache */
  assert_string_equal(cell(row, "policy").text, "allkeys-lru");
  assert_non_null(strstr(cell(row, "memory").text, "/4.0 MB"));
}

static void test_full_and_not_evicting(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, (const char *const[]){"--maxmemory", "4mb", NULL});
  watch(fixture, "", fixture->server.port);
  int rounds = 0;
  while (grow(fixture, rounds))
    assert_true(++rounds < 100);
  const struct row *row = collect(fixture);
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_non_null(strstr(row->reason, "noeviction: writes are refused"));
  assert_true(number(row, "memory_ratio") > 0.95);
}

static void test_login(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture,
               (const char *const[]){"--requirepass", "right", "--user", "watcher", "on", ">pw",
                                     "+info", "--user", "nobody", "on", ">pw", "+ping", NULL});
  int port = fixture->server.port;
  watch(fixture, ":right@", port);
  collect(fixture);
  watch(fixture, "watcher:pw@", port); /* may run INFO, but neither CONFIG nor CLIENT */
  const struct row *row = collect(fixture);
  assert_int_equal(fixture->sample->note_count, 0); /* INFO has all of it */
  assert_true(number(row, "maxclients") > 0);

  watch(fixture, ":wrong@", port);
  fails(fixture, ERR_DENIED, "WRONGPASS");
  fails(fixture, ERR_DENIED, "WRONGPASS"); /* on a new connection */
  watch(fixture, "", port);
  fails(fixture, ERR_DENIED, "REDISCLI_AUTH");
  watch(fixture, "nobody:pw@", port);
  fails(fixture, ERR_DENIED, "+info");

  fill(fixture, "password", "pw");
  fill(fixture, "username", "watcher");
  watch(fixture, "", port);
  collect(fixture);
}

/* An old server without maxclients in INFO, which we may not ask for it: asked once, not each time.
 */
static void test_config_blocked(void **state) {
  struct fixture *fixture = *state;
  static const char info[] = "+OK\r\n$76\r\nredis_version:6.0.16\r\nrun_id:a\r\nused_memory:100\r\n"
                             "connected_clients:5\r\n123456\r\n";
  static const char again[] = "$76\r\nredis_version:6.0.16\r\nrun_id:a\r\nused_memory:100\r\n"
                              "connected_clients:5\r\n123456\r\n";
  static const char denied[] = "-NOPERM no\r\n*0\r\n*2\r\n$10\r\nmaxclients\r\n$2\r\n50\r\n";
  fixture->tiny.reply = info;
  fixture->tiny.delay_ms = 20; /* so that the next answer can be put in place */
  assert_true(tiny_listen(&fixture->tiny, &fixture->loop, "127.0.0.1"));
  watch(fixture, "", fixture->tiny.port);
  begin(fixture);
  while (fixture->tiny.requests < 2)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  fixture->tiny.reply = denied;
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_non_null(fixture->sample);
  assert_non_null(strstr(fixture->tiny.last_request, "maxclients"));
  assert_int_equal(fixture->sample->note_count, 1);
  assert_non_null(strstr(fixture->sample->notes[0].text, "NOPERM"));
  const struct row *row = &fixture->sample->tables[0].rows[0];
  assert_true(number(row, "maxclients") == 50); /* the allowed values are there */
  assert_string_equal(reason(row, "memory_ratio"), "needs CONFIG GET");

  fixture->tiny.reply = again;
  collect(fixture);
  assert_int_equal(fixture->sample->requests, 1);
  assert_int_equal(fixture->tiny.requests, 3);
  assert_int_equal(fixture->sample->note_count, 1);
}

/* A question that fails although it is permitted: the state is not known, and it is asked again. */
static void test_a_failed_question_is_a_fault(void **state) {
  struct fixture *fixture = *state;
  static const char info[] = "+OK\r\n$74\r\nredis_version:6.0.16\r\nrun_id:a\r\nused_memory:100\r\n"
                             "cluster_enabled:1\r\n123456\r\n";
  static const char failed[] = "*0\r\n*0\r\n-ERR internal error\r\n-ERR no memory\r\n-ERR no\r\n";
  fixture->tiny.reply = info;
  fixture->tiny.delay_ms = 20;
  assert_true(tiny_listen(&fixture->tiny, &fixture->loop, "127.0.0.1"));
  watch(fixture, "", fixture->tiny.port);
  begin(fixture);
  while (fixture->tiny.requests < 2)
    uv_run(&fixture->loop, UV_RUN_ONCE);
  fixture->tiny.reply = failed;
  tiny_run_until(&fixture->loop, &fixture->done);
  assert_non_null(fixture->sample);
  assert_true(sample_is_faulted(fixture->sample, "summary"));
  assert_int_equal(fixture->sample->notes[0].severity, SEVERITY_UNKNOWN);
  assert_string_equal(fixture->sample->notes[0].text, "CLUSTER INFO failed: ERR no memory");
}

static void test_stopped(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  watch(fixture, "", fixture->server.port);
  collect(fixture);
  tiny_freeze(fixture->server.pid);
  begin(fixture);
  for (int i = 0; i < 10; i++)
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  assert_false(fixture->done);
  struct err err;
  err_set(&err, ERR_TIMEOUT, "no answer within 3s");
  collector_redis.cancel(fixture->self, &err);
  assert_int_equal(err.kind, ERR_TIMEOUT);
  assert_non_null(strstr(err.text, "no answer within 3s: connected to 127.0.0.1:"));
  assert_non_null(strstr(err.text, "no answer to INFO"));
  begin(fixture); /* connects, because the kernel still listens, and is cancelled again */
  for (int i = 0; i < 10; i++)
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  collector_redis.cancel(fixture->self, &err);
  kill(fixture->server.pid, SIGCONT);
  collect(fixture);
  /* rates continue: it is the same server */
  assert_true(number(&fixture->sample->tables[0].rows[0], "evictions") == 0);
}

static void test_restarted(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  REDIS_SAY(&fixture->server, "GET", "none");
  watch(fixture, "", fixture->server.port);
  collect(fixture);
  redis_server_kill(&fixture->server);
  start_server(fixture, NULL);
  for (int i = 0; i < 3; i++) /* the loop runs between two collections */
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  const struct row *row = collect(fixture);
  assert_string_equal(reason(row, "hit_ratio"), "restarted: needs two collections");
  REDIS_SAY(&fixture->server, "GET", "none");
  row = collect(fixture);
  assert_true(number(row, "hit_ratio") == 0); /* a true zero */

  redis_server_kill(&fixture->server);
  for (int i = 0; i < 3; i++)
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  fails(fixture, ERR_REFUSED, "nothing listens");
  start_server(fixture, NULL);
  collect(fixture);
}

static void test_refused(void **state) {
  struct fixture *fixture = *state;
  watch(fixture, "", tiny_free_port(&fixture->loop));
  fails(fixture, ERR_REFUSED, "refused: nothing listens on port");
}

static void test_garbage(void **state) {
  struct fixture *fixture = *state;
  fixture->tiny.reply = "HTTP/1.1 400 Bad Request\r\n\r\n";
  assert_true(tiny_listen(&fixture->tiny, &fixture->loop, "127.0.0.1"));
  watch(fixture, "", fixture->tiny.port);
  fails(fixture, ERR_PROTOCOL, "does not speak the Redis protocol");
  fixture->tiny.reply = "+OK\r\n+OK\r\n";
  fails(fixture, ERR_PROTOCOL, "the answer to INFO is not that of a Redis");
  end(fixture);
  watch(fixture, "", fixture->tiny.port);
  fixture->tiny.reply = "+OK\r\n$12\r\n<html></html\r\n";
  fails(fixture, ERR_PROTOCOL, "the answer to INFO is not that of a Redis");
  end(fixture);
  watch(fixture, "", fixture->tiny.port);
  fixture->tiny.close_after = true;
  fixture->tiny.reply = "+OK\r\n$100\r\nused_memory";
  fails(fixture, ERR_CLOSED, "closed");
}

static void test_too_many_clients(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, (const char *const[]){"--maxclients", "2", NULL});
  redisContext *other = redisConnect("127.0.0.1", fixture->server.port);
  freeReplyObject(redisCommand(other, "PING"));
  watch(fixture, "", fixture->server.port);
  const struct row *row = collect(fixture);
  assert_true(number(row, "client_ratio") == 1);
  redisContext *turned_away = redisConnect("127.0.0.1", fixture->server.port);
  redisReply *reply = redisCommand(turned_away, "PING");
  freeReplyObject(reply);
  redisFree(turned_away);
  row = collect(fixture);
  assert_int_equal(row->severity, SEVERITY_CRIT);
  assert_non_null(strstr(row->reason, "1 client rejected"));
  assert_true(number(row, "rejected") > 0);
  redisFree(other);
}

/* Closing does not wait for the server, whatever is running. */
static void test_closed_at_each_step(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  for (int turns = 0; turns < 8; turns++) {
    watch(fixture, "", fixture->server.port);
    begin(fixture);
    for (int i = 0; i < turns && !fixture->done; i++)
      uv_run(&fixture->loop, UV_RUN_NOWAIT);
    struct err err = {.kind = ERR_NONE};
    if (!fixture->done)
      collector_redis.cancel(fixture->self, &err);
    end(fixture);
  }
  watch(fixture, "", fixture->server.port);
  end(fixture); /* never started */
}

static void test_options(void **state) {
  struct err err = {0};
  (void)state;
  for (size_t i = 0; i < collector_redis.kind.option_count; i++) {
    const struct option *option = &collector_redis.kind.options[i];
    struct option_value value = {0};
    if (strcmp(option->name, "url") != 0)
      continue;
    assert_int_equal(option->type, OPTION_SECRET);
    assert_true(option->required);
    assert_false(option_parse(option, "redis:6379", &value, &err));
    assert_non_null(strstr(err.text, "redis://"));
  }
}

int main(void) {
  if (!redis_server_path()) {
    printf("SKIPPED redis-server is not installed\n");
    return 77;
  }
  unsetenv("REDISCLI_AUTH");
  const struct CMUnitTest tests[] = {
      REDIS_TEST(test_healthy),
      REDIS_TEST(test_full_and_evicting),
      REDIS_TEST(test_full_and_not_evicting),
      REDIS_TEST(test_login),
      REDIS_TEST(test_config_blocked),
      REDIS_TEST(test_a_failed_question_is_a_fault),
      REDIS_TEST(test_stopped),
      REDIS_TEST(test_restarted),
      REDIS_TEST(test_refused),
      REDIS_TEST(test_garbage),
      REDIS_TEST(test_too_many_clients),
      REDIS_TEST(test_closed_at_each_step),
      REDIS_TEST(test_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
