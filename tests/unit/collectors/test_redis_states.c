/* States of a real server in which it answers, but does not work: each is detected, and says why.
 */
#include "redis_collector_fixture.h"

#include <sys/resource.h>

static void is_crit(const struct row *row, const char *reason) {
  if (row->severity != SEVERITY_CRIT || !row->reason || !strstr(row->reason, reason))
    fail_msg("severity %d: \"%s\", expected CRIT: \"%s\"", (int)row->severity,
             row->reason ? row->reason : "", reason);
}

/* A server with these options, watched. */
static const struct row *see(struct fixture *fixture, const char *const *arguments) {
  start_server(fixture, arguments);
  watch(fixture, "", fixture->server.port);
  return collect(fixture);
}

static void remove_from_dir(struct fixture *fixture, const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", fixture->server.dir, name);
  unlink(path);
}

/* ---- a cluster */

/* One node, which has the slots from `first` on. */
static const struct row *see_cluster(struct fixture *fixture, int first, const char *coverage) {
  enum { SLOTS = 16384, BUS_ABOVE = 10000 };
  static char numbers[SLOTS][12];
  static const char *words[SLOTS + 2] = {"CLUSTER", "ADDSLOTS"}; /* a range only since 7.0 */
  int count = 2;
  do
    fixture->server.port = tiny_free_port(&fixture->loop);
  while (fixture->server.port > 65535 - BUS_ABOVE);
  see(fixture,
      (const char *const[]){"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
                            "--cluster-require-full-coverage", coverage, NULL});
  for (int slot = first; slot < SLOTS; slot++) {
    snprintf(numbers[slot], sizeof numbers[slot], "%d", slot);
    words[count++] = numbers[slot];
  }
  redisReply *reply = redis_server_ask(&fixture->server, NULL, count, words);
  assert_int_equal(reply->type, REDIS_REPLY_STATUS);
  freeReplyObject(reply);
  const struct row *row = collect(fixture);
  remove_from_dir(fixture, "nodes.conf");
  return row;
}

static void test_a_cluster_with_all_slots_is_fine(void **state) {
  struct fixture *fixture = *state;
  const struct row *row = see_cluster(fixture, 0, "yes");
  for (int64_t began = clock_now_ms();
       row->severity != SEVERITY_OK && clock_now_ms() - began < 5000;)
    row = collect(fixture); /* it waits a moment before it takes part */
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_string_equal(cell(row, "cluster").text, "ok");
  assert_int_equal(strlen(fixture->sample->facts[FACT_SERVER]), 40);
  assert_string_not_equal(fixture->sample->facts[FACT_SERVER], fixture->sample->facts[FACT_START]);
  assert_true(number(row, "slots") == 16384);
}

static void test_a_cluster_that_is_down_says_which_slots(void **state) {
  struct fixture *fixture = *state;
  const struct row *row = see_cluster(fixture, 5461, "yes");
  is_crit(row, "cluster is down: 5,461 of 16,384 slots not served");
  assert_string_equal(cell(row, "cluster").text, "fail");
}

static void test_a_cluster_that_serves_a_part_is_just_as_bad(void **state) {
  struct fixture *fixture = *state;
  const struct row *row = see_cluster(fixture, 5461, "no");
  for (int64_t began = clock_now_ms();
       strcmp(cell(row, "cluster").text, "ok") != 0 && clock_now_ms() - began < 5000;)
    row = collect(fixture);
  is_crit(row, "cluster is partly down: 5,461 of 16,384 slots not served");
}

/* ---- a script */

/* A connection that has sent one command and waits for the answer. */
static redisContext *send_only(struct fixture *fixture, int argc, const char **argv) {
  redisContext *context = redisConnect("127.0.0.1", fixture->server.port);
  int done = 0;
  redisAppendCommandArgv(context, argc, argv, NULL);
  while (!done)
    assert_int_equal(redisBufferWrite(context, &done), REDIS_OK);
  return context;
}

/* The first of two looks, and those too soon after it, cannot know for how long. */
static void is_crit_since(struct fixture *fixture, const char *reason) {
  const struct row *row = collect(fixture);
  while (!strstr(row->reason, " for "))
    row = collect(fixture);
  is_crit(row, reason);
}

static const struct row *collect_free(struct fixture *fixture) {
  const struct row *row = collect(fixture);
  while (row->reason && strstr(row->reason, "busy")) /* a killed script ends a little later */
    row = collect(fixture);
  return row;
}

static const struct row *collect_busy(struct fixture *fixture) {
  const struct row *row = collect(fixture);
  while (row->severity == SEVERITY_OK) /* its quiet period is not over */
    row = collect(fixture);
  return row;
}

static void test_a_server_in_a_script_is_busy(void **state) {
  struct fixture *fixture = *state;
  see(fixture, (const char *const[]){"--lua-time-limit", "50", NULL});
  const char *words[] = {"EVAL", "local secret = 'hidden' while true do end", "0"};
  redisContext *client = send_only(fixture, 3, words);
  const struct row *row = collect_busy(fixture);
  is_crit(row, "busy running a script, refuses other commands; end it with SCRIPT KILL");
  assert_true(number(row, "latency") >= 0);
  assert_string_equal(reason(row, "keys"), "busy: refuses INFO");
  assert_string_equal(reason(row, "role"), "busy: refuses INFO");
  assert_null(strstr(row->reason, "hidden"));
  is_crit_since(fixture, "busy running a script for at least ");
  REDIS_SAY(&fixture->server, "SCRIPT", "KILL");
  redisFree(client);
  row = collect_free(fixture);
  assert_int_equal(row->severity, SEVERITY_OK);
  assert_true(number(row, "keys") == 0);
}

/* It is reported before INFO: SELECT is refused. */
static void test_a_busy_server_may_refuse_the_database(void **state) {
  struct fixture *fixture = *state;
  char url[64];
  struct err err = {0};
  see(fixture, (const char *const[]){"--lua-time-limit", "50", NULL});
  const char *words[] = {"EVAL", "while true do end", "0"};
  redisContext *client = send_only(fixture, 3, words);
  collect_busy(fixture);
  end(fixture);
  snprintf(url, sizeof url, "redis://127.0.0.1:%d/3", fixture->server.port);
  fill(fixture, "url", url);
  fixture->self = collector_redis.open(&fixture->io, fixture->target, &err);
  is_crit(collect(fixture), "busy running a script, refuses other commands");
  is_crit_since(fixture, "busy running a script for at least ");
  REDIS_SAY(&fixture->server, "SCRIPT", "KILL");
  redisFree(client);
  assert_int_equal(collect_free(fixture)->severity, SEVERITY_OK);
}

static void test_a_function_is_named_without_its_words(void **state) {
  struct fixture *fixture = *state;
  see(fixture, (const char *const[]){"--lua-time-limit", "50", NULL});
  const char *load[] = {"FUNCTION", "LOAD",
                        "#!lua name=lib\nredis.register_function('slow', function(keys, args) "
                        "while true do end end)"};
  redisReply *loaded = redis_server_ask(&fixture->server, NULL, 3, load);
  bool has_functions = loaded->type != REDIS_REPLY_ERROR; /* since 7.0 */
  freeReplyObject(loaded);
  if (!has_functions)
    return;
  const char *call[] = {"FCALL", "slow", "0", "hidden"};
  redisContext *client = send_only(fixture, 4, call);
  const struct row *row = collect_busy(fixture);
  is_crit(row, "busy running a function, slow for ");
  is_crit(row, "refuses other commands; end it with FUNCTION KILL");
  assert_null(strstr(row->reason, "hidden"));
  REDIS_SAY(&fixture->server, "FUNCTION", "KILL");
  redisFree(client);
}

/* ---- writes are refused */

static bool takes_writes(struct fixture *fixture, const char *error) {
  const char *words[] = {"SET", "a", "1"};
  redisReply *reply = redis_server_ask(&fixture->server, NULL, 3, words);
  bool taken = reply->type != REDIS_REPLY_ERROR;
  if (!taken && strncmp(reply->str, error, strlen(error)) != 0)
    fail_msg("%s, expected %s", reply->str, error);
  freeReplyObject(reply);
  return taken;
}

static void test_too_few_replicas_refuse_writes(void **state) {
  struct fixture *fixture = *state;
  const struct row *row = see(fixture, (const char *const[]){"--min-replicas-to-write", "2", NULL});
  assert_false(takes_writes(fixture, "NOREPLICAS"));
  is_crit(row, "writes are refused: 0 of 2 replicas that min-replicas-to-write requires");
  REDIS_SAY(&fixture->server, "CONFIG", "SET", "min-replicas-to-write", "0");
  assert_true(takes_writes(fixture, "OK"));
  assert_int_equal(collect(fixture)->severity, SEVERITY_OK);
}

static void test_too_few_replicas_are_seen_without_config(void **state) {
  struct fixture *fixture = *state;
  is_crit(see(fixture, (const char *const[]){"--min-replicas-to-write", "2", "--rename-command",
                                             "CONFIG", "", NULL}),
          "writes are refused: no replica, but min-replicas-to-write requires some");
}

/* Its folder is gone: no file can be made there. */
static void fail_a_save(struct fixture *fixture) {
  remove_from_dir(fixture, "redis.sock");
  assert_int_equal(rmdir(fixture->server.dir), 0);
  REDIS_SAY(&fixture->server, "BGSAVE");
  for (bool failed = false; !failed;) {
    const char *words[] = {"INFO", "persistence"};
    redisReply *reply = redis_server_ask(&fixture->server, NULL, 2, words);
    failed = strstr(reply->str, "rdb_last_bgsave_status:err") != NULL;
    freeReplyObject(reply);
  }
}

static void test_a_failed_save_refuses_writes(void **state) {
  struct fixture *fixture = *state;
  see(fixture, NULL);
  REDIS_SAY(&fixture->server, "CONFIG", "SET", "save", "3600 1000000");
  assert_true(takes_writes(fixture, ""));
  fail_a_save(fixture);
  assert_false(takes_writes(fixture, "MISCONF"));
  is_crit(collect(fixture), "last background save failed: writes are refused "
                            "(stop-writes-on-bgsave-error)");
  REDIS_SAY(&fixture->server, "CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
  assert_true(takes_writes(fixture, ""));
  const struct row *row = collect(fixture);
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_string_equal(row->reason, "last background save failed");
  REDIS_SAY(&fixture->server, "CONFIG", "SET", "stop-writes-on-bgsave-error", "yes");
  REDIS_SAY(&fixture->server, "CONFIG", "SET", "save", "");
  assert_true(takes_writes(fixture, "")); /* no save is configured: the error blocks no client */
  row = collect(fixture);
  assert_int_equal(row->severity, SEVERITY_WARN);
}

static void test_a_failed_aof_refuses_writes(void **state) {
  struct fixture *fixture = *state;
  signal(SIGXFSZ, SIG_IGN); /* the server inherits it: a write beyond the limit is an error */
  see(fixture, (const char *const[]){"--appendonly", "yes", "--appendfsync", "everysec", NULL});
  const struct rlimit none = {1, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
  assert_int_equal(prlimit(fixture->server.pid, RLIMIT_FSIZE, &none, NULL), 0);
  const struct row *row;
  do {
    takes_writes(fixture, "MISCONF");
    row = collect(fixture);
  } while (row->severity == SEVERITY_OK);
  is_crit(row, "last write to the AOF failed: writes are refused");
  assert_false(takes_writes(fixture, "MISCONF"));
  assert_int_equal(prlimit(fixture->server.pid, RLIMIT_FSIZE, &all, NULL), 0);
  redis_server_kill(&fixture->server);
  char path[160];
  static const char *const files[] = {"appendonly.aof.manifest", "appendonly.aof.1.base.rdb",
                                      "appendonly.aof.1.incr.aof"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf(path, sizeof path, "appendonlydir/%s", files[i]);
    remove_from_dir(fixture, path);
  }
  remove_from_dir(fixture, "appendonly.aof"); /* before 7.0 */
  snprintf(path, sizeof path, "%s/appendonlydir", fixture->server.dir);
  rmdir(path);
}

/* ---- replicas */

static void test_a_replica_is_fine_and_without_its_master_is_not(void **state) {
  struct fixture *fixture = *state;
  struct redis_server master = {.port = tiny_free_port(&fixture->loop)};
  char port[12], role[64];
  redis_server_start(&master, (const char *const[]){"--repl-diskless-sync-delay", "0", NULL});
  snprintf(port, sizeof port, "%d", master.port);
  see(fixture, NULL);
  assert_string_equal(fixture->sample->facts[FACT_ROLE], "master");
  char *first = strdup(fixture->sample->facts[FACT_SERVER]);
  REDIS_SAY(&fixture->server, "REPLICAOF", "127.0.0.1", port);
  const struct row *row = collect(fixture);
  while (row->severity != SEVERITY_OK)
    row = collect(fixture);
  assert_string_equal(cell(row, "role").text, "replica");
  snprintf(role, sizeof role, "replica of 127.0.0.1:%s", port);
  assert_string_equal(fixture->sample->facts[FACT_ROLE], role);
  assert_string_equal(fixture->sample->facts[FACT_SERVER], first);
  assert_non_null(fixture->sample->facts[FACT_HISTORY]);
  redis_server_end(&master);
  do
    row = collect(fixture);
  while (row->severity == SEVERITY_OK);
  is_crit(row, "master link down");
  free(first);
  remove_from_dir(fixture, "dump.rdb");
}

/* ---- which server, and how fast */

static void test_a_restart_is_another_start_of_the_same_server(void **state) {
  struct fixture *fixture = *state;
  see(fixture, NULL);
  char *server = strdup(fixture->sample->facts[FACT_SERVER]);
  char *start = strdup(fixture->sample->facts[FACT_START]);
  assert_string_equal(server, start);
  redis_server_kill(&fixture->server);
  start_server(fixture, NULL);
  for (int i = 0; i < 3; i++)
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  collect(fixture);
  assert_string_equal(fixture->sample->facts[FACT_SERVER], server);
  assert_string_not_equal(fixture->sample->facts[FACT_START], start);
  free(server);
  free(start);
}

static void let_go_on(uv_timer_t *timer) {
  struct fixture *fixture = timer->data;
  kill(fixture->server.pid, SIGCONT);
}

/* Stops for that long while a collection is running. */
static const struct row *collect_held(struct fixture *fixture, int64_t ms) {
  tiny_freeze(fixture->server.pid);
  begin(fixture);
  uv_update_time(&fixture->loop); /* a timer counts from the time that the loop keeps */
  uv_timer_t timer; /* the loop waits, as it does in use: one that spins measures nothing */
  uv_timer_init(&fixture->loop, &timer);
  timer.data = fixture;
  uv_timer_start(&timer, let_go_on, (uint64_t)ms, 0);
  tiny_run_until(&fixture->loop, &fixture->done);
  uv_close((uv_handle_t *)&timer, NULL);
  uv_run(&fixture->loop, UV_RUN_NOWAIT);
  return &fixture->sample->tables[0].rows[0];
}

static void test_the_round_trip_is_measured(void **state) {
  struct fixture *fixture = *state;
  const struct row *row = see(fixture, NULL);
  assert_true(number(row, "latency") > 0 && number(row, "latency") < 0.2);
  assert_true(number(row, "typical_latency") == number(row, "latency"));
  row = collect_held(fixture, 250);
  assert_true(number(row, "latency") > 0.2 && number(row, "latency") < 2);
  assert_true(number(row, "typical_latency") < 0.2); /* once is not typical */
  row = collect_held(fixture, 250);
  assert_true(number(row, "typical_latency") > 0.2);
}

int main(void) {
  if (!redis_server_path()) {
    printf("SKIPPED redis-server is not installed\n");
    return 77;
  }
  unsetenv("REDISCLI_AUTH");
  const struct CMUnitTest tests[] = {
      REDIS_TEST(test_a_cluster_with_all_slots_is_fine),
      REDIS_TEST(test_a_cluster_that_is_down_says_which_slots),
      REDIS_TEST(test_a_cluster_that_serves_a_part_is_just_as_bad),
      REDIS_TEST(test_a_server_in_a_script_is_busy),
      REDIS_TEST(test_a_busy_server_may_refuse_the_database),
      REDIS_TEST(test_a_function_is_named_without_its_words),
      REDIS_TEST(test_too_few_replicas_refuse_writes),
      REDIS_TEST(test_too_few_replicas_are_seen_without_config),
      REDIS_TEST(test_a_failed_save_refuses_writes),
      REDIS_TEST(test_a_failed_aof_refuses_writes),
      REDIS_TEST(test_a_replica_is_fine_and_without_its_master_is_not),
      REDIS_TEST(test_a_restart_is_another_start_of_the_same_server),
      REDIS_TEST(test_the_round_trip_is_measured),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
