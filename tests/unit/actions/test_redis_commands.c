/* A plan's commands for copying do the same as the action: each command is run by a shell, and the
 * result is compared with the action's. */
#include "redis_fixture.h"

#include "actions/redis/redis_found.h"

extern const struct action action_redis_delete_keys, action_redis_expire_keys,
    action_redis_flush_db, action_redis_flush_all, action_redis_set_memory,
    action_redis_kill_client, action_redis_purge_memory, action_redis_reset_slowlog;

static struct redis_fixture fixture;

static int group_setup(void **state) {
  (void)state;
  redis_fixture_start(&fixture, NULL);
  return 0;
}

static int group_teardown(void **state) {
  (void)state;
  redis_fixture_end(&fixture);
  return 0;
}

static int setup(void **state) {
  (void)state;
  redis_say(&fixture, "FLUSHALL");
  redis_say(&fixture, "SELECT 3");
  redis_drive(&fixture, 0, NULL);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  driver_close(&fixture.driver);
  relay_end(&fixture.relay);
  return 0;
}

/* ---- hostile keys */

#define KEY(text) \
  { text, sizeof text - 1 }
static const struct {
  const char *name;
  size_t length;
} names[] = {
    KEY("cache:plain"),
    KEY("cache:"),
    KEY("cache:a\nb"),
    KEY("b"),
    KEY("cache:a"),
    KEY("a\nb"),
    KEY("cache:\"quoted\""),
    KEY("cache:it's"),
    KEY("cache: a  b "),
    KEY("cache:*"),
    KEY("cache:?[x]"),
    KEY("cache:\\n"),
    KEY("cache:\0nul"),
    KEY("cache"),
    KEY("cache:\xff\xfe\x80"),
    KEY("cache:$(touch x)`id`"),
    KEY("-cache:dash"),
    KEY("cache:-n 0"),
    KEY("cache:&/\\1"),
    KEY("cache:;quit"),
    KEY("cache:\r\n"),
    KEY("\ncache:"),
    KEY("cache:\x1b[2J"),
    KEY("cache:\xc3\xa9"),
    KEY(""),
    KEY("quit"),
    KEY("3"),
    KEY("cache:#"),
};

/* The times to live alternate: none, a minute, a day. */
static void fill(void) {
  redis_say(&fixture, "FLUSHDB");
  for (size_t i = 0; i < COUNT(names); i++) {
    redis_say(&fixture, "SET %b x", names[i].name, names[i].length);
    if (i % 3 > 0)
      redis_say(&fixture, "EXPIRE %b %d", names[i].name, names[i].length, i % 3 == 1 ? 60 : 86400);
  }
}

/* All keys with their times to live, to the minute; the caller's. */
static redisReply *all_keys(void) {
  return redis_get(&fixture, "EVAL %s 0",
                   "local all = redis.call('KEYS', '*') table.sort(all) local out = {} "
                   "for i, key in ipairs(all) do "
                   "local ttl = redis.call('PTTL', key) "
                   "out[i] = key .. '=' .. (ttl < 0 and ttl or math.ceil(ttl / 60000)) end "
                   "return table.concat(out, '|')");
}

/* ---- commands */

static bool has_cli(void) {
  return system("redis-cli --version >/dev/null 2>&1") == 0; /* NOLINT(cert-env33-c) */
}

static void run(const char *command) {
  char line[16384];
  snprintf(line, sizeof line, "%s >/dev/null", command);
  if (system(line) != 0) /* NOLINT(cert-env33-c) */
    fail_msg("failed: %s", command);
}

/* Runs all commands of the plan; returns how many. */
static int run_plan(void) {
  const struct plan *plan = fixture.driver.plan;
  int count = 0;
  for (size_t i = 0; i < plan->text_count; i++) {
    if (plan->texts[i].part != PLAN_EFFECT)
      continue;
    assert_null(strstr(plan->texts[i].text, "s3cret"));
    if (strncmp(plan->texts[i].text, "redis-cli ", 10) != 0)
      continue;
    run(plan->texts[i].text);
    count++;
  }
  return count;
}

/* By the action and by the command, from the same start. */
static void compare(const struct action *action, const char *const *params) {
  struct driver *driver = &fixture.driver;
  fill();
  assert_true(driver_survey(driver, action, NULL, NULL, params));
  assert_true(driver_plan(driver, NULL));
  assert_true(driver_execute(driver) && driver_verify(driver));
  redisReply *expected = all_keys();
  fill();
  redisReply *before = all_keys();
  assert_int_equal(run_plan(), 1);
  redisReply *left = all_keys();
  if (before->len == left->len && memcmp(before->str, left->str, left->len) == 0)
    fail_msg("the command does nothing");
  if (expected->len != left->len || memcmp(expected->str, left->str, left->len) != 0)
    fail_msg("the action leaves\n%s\nthe command\n%s", expected->str, left->str);
  freeReplyObject(expected);
  freeReplyObject(before);
  freeReplyObject(left);
}

static const char *const patterns[] = {
    "cache:*",      "cache:a*",       "*b",          "cache:\\**", "cache:\n*",
    "cache:it's*",  "cache: *",       "cache:\"*",   "*\n*",       "-*",
    "cache:[a\n]*", "cache:\xc3\xa9", "cache:\xff*", "cache:$*",   "cache:\\\\*"};

static void test_each_key_of_a_pattern_is_deleted_and_no_other(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(patterns); i++) {
    const char *const params[] = {"pattern", patterns[i], "db", "3", NULL};
    fill();
    assert_true(driver_survey(&fixture.driver, &action_redis_delete_keys, NULL, NULL, params));
    if (found_int(fixture.driver.found, "keys", 0) > 0)
      compare(&action_redis_delete_keys, params);
  }
}

static void test_each_key_of_a_pattern_expires_unless_it_would_sooner(void **state) {
  (void)state;
  const char *const params[] = {"pattern", "cache:*", "db", "3", "ttl", "1h", NULL};
  compare(&action_redis_expire_keys, params);
}

static void through_relay(char major) {
  fixture.relay = (struct relay){.major = major};
  driver_close(&fixture.driver);
  relay_start(&fixture.relay, fixture.server.port);
  redis_drive(&fixture, fixture.relay.port, NULL);
}

static void test_an_old_server_compares_in_the_command(void **state) {
  (void)state;
  const char *const params[] = {"pattern", "cache:*", "db", "3", "ttl", "1h", NULL};
  through_relay('6');
  compare(&action_redis_expire_keys, params);
  expect_in(plan_text(&fixture.driver), "EVAL");
}

static void test_one_database_is_flushed(void **state) {
  (void)state;
  const char *const params[] = {"db", "3", NULL};
  redis_say(&fixture, "SELECT 0");
  redis_say(&fixture, "SET neighbour 1");
  redis_say(&fixture, "SELECT 3");
  compare(&action_redis_flush_db, params);
  redis_say(&fixture, "SELECT 0");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 1);
  redis_say(&fixture, "SELECT 3");
  compare(&action_redis_flush_all, NULL);
  redis_say(&fixture, "SELECT 0");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 0);
}

/* The user is named, and the password is only in the environment. */
static void test_a_user_is_named_and_the_password_is_not(void **state) {
  (void)state;
  const char *const params[] = {"pattern", "cache:*", "db", "3", NULL};
  redis_say(&fixture, "ACL SETUSER ops on >s3cret ~* +@all");
  driver_close(&fixture.driver);
  redis_drive(&fixture, 0, (const char *const[]){"username", "ops", "password", "s3cret", NULL});
  fill();
  assert_true(driver_survey(&fixture.driver, &action_redis_delete_keys, NULL, NULL, params));
  assert_true(driver_plan(&fixture.driver, NULL));
  redis_say(&fixture, "ACL SETUSER default -unlink -scan"); /* so that only ops can */
  setenv("REDISCLI_AUTH", "s3cret", 1);
  long long before = redis_number(&fixture, "DBSIZE");
  assert_int_equal(run_plan(), 1);
  unsetenv("REDISCLI_AUTH");
  redis_say(&fixture, "ACL SETUSER default +@all");
  assert_true(redis_number(&fixture, "DBSIZE") < before - 10);
  expect_in(plan_text(&fixture.driver), " --user ops -n 3");
  expect_in(plan_text(&fixture.driver), "with the password of ops in REDISCLI_AUTH");
  redis_say(&fixture, "ACL DELUSER ops");
}

static void expect_config(const char *name, const char *value) {
  redisReply *reply = redis_get(&fixture, "CONFIG GET %s", name);
  assert_string_equal(reply->element[1]->str, value);
  freeReplyObject(reply);
}

static void test_settings_are_set(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  const char *const params[] = {"maxmemory", "1gb", "policy", "allkeys-lru", NULL};
  assert_true(driver_survey(driver, &action_redis_set_memory, NULL, NULL, params));
  assert_true(driver_plan(driver, NULL));
  assert_int_equal(run_plan(), 2);
  expect_config("maxmemory", "1073741824");
  expect_config("maxmemory-policy", "allkeys-lru");
  redis_say(&fixture, "CONFIG SET maxmemory 0");
  redis_say(&fixture, "CONFIG SET maxmemory-policy noeviction");
}

static void test_a_client_is_killed_by_its_id_and_address(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  char id[24], path[128];
  snprintf(path, sizeof path, "%s/redis.sock", fixture.server.dir);
  redisContext *other = redisConnect("127.0.0.1", fixture.server.port);
  redisContext *local = redisConnectUnix(path);
  redisReply *reply = redisCommand(local, "CLIENT ID");
  snprintf(id, sizeof id, "%lld", reply->integer);
  freeReplyObject(reply);
  assert_true(driver_survey(driver, &action_redis_kill_client, NULL, NULL, NULL));
  assert_true(driver_plan(driver, (const char *const[]){id, NULL}));
  assert_int_equal(run_plan(), 1);
  reply = redisCommand(local, "PING");
  assert_null(reply);
  reply = redisCommand(other, "PING");
  assert_non_null(reply);
  freeReplyObject(reply);
  redisFree(other);
  redisFree(local);
}

static void test_the_slow_log_is_reset_and_memory_purged(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_say(&fixture, "CONFIG SET slowlog-log-slower-than 0");
  redis_say(&fixture, "SET a 1");
  redis_say(&fixture, "CONFIG SET slowlog-log-slower-than -1");
  assert_true(redis_number(&fixture, "SLOWLOG LEN") > 0);
  assert_true(driver_survey(driver, &action_redis_reset_slowlog, NULL, NULL, NULL));
  assert_true(driver_plan(driver, NULL));
  assert_int_equal(run_plan(), 1);
  assert_int_equal(redis_number(&fixture, "SLOWLOG LEN"), 0);
  assert_true(driver_survey(driver, &action_redis_purge_memory, NULL, NULL, NULL));
  if (!driver_plan(driver, NULL))
    return; /* another allocator */
  assert_int_equal(run_plan(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_each_key_of_a_pattern_is_deleted_and_no_other),
      TEST(test_each_key_of_a_pattern_expires_unless_it_would_sooner),
      TEST(test_an_old_server_compares_in_the_command),
      TEST(test_one_database_is_flushed),
      TEST(test_a_user_is_named_and_the_password_is_not),
      TEST(test_settings_are_set),
      TEST(test_a_client_is_killed_by_its_id_and_address),
      TEST(test_the_slow_log_is_reset_and_memory_purged),
  };
  if (!redis_server_path() || !has_cli()) {
    printf("SKIPPED no redis-server or redis-cli here\n");
    return 77;
  }
  signal(SIGPIPE, SIG_IGN); /* a killed client of the test's own */
  return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
