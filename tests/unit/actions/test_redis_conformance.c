/* What every action on Redis does when something is wrong: another server answers than the plan's,
 * the server hangs, the connection breaks with the command sent, a client is another one. */
#include "conformance.h"
#include "redis_fixture.h"

extern const struct action action_redis_delete_keys, action_redis_expire_keys,
    action_redis_flush_db, action_redis_flush_all, action_redis_set_memory,
    action_redis_kill_client, action_redis_purge_memory, action_redis_reset_slowlog;

static const struct {
  const struct action *action;
  const char *params[5];
  const char *change; /* as the protocol has it: what only the command that changes sends */
} cases[] = {
    {&action_redis_delete_keys, {"pattern", "cache:*"}, "\r\nUNLINK\r\n"},
    {&action_redis_expire_keys, {"pattern", "cache:*", "ttl", "1h"}, "\r\nPEXPIRE\r\n"},
    {&action_redis_flush_db, {"db", "0"}, "\r\nFLUSHDB\r\n"},
    {&action_redis_flush_all, {0}, "\r\nFLUSHALL\r\n"},
    {&action_redis_set_memory, {"maxmemory", "1gb", "policy", "allkeys-lru"}, "\r\nSET\r\n"},
    {&action_redis_kill_client, {0}, "\r\nKILL\r\n"},
    {&action_redis_purge_memory, {0}, "\r\nPURGE\r\n"},
    {&action_redis_reset_slowlog, {0}, "\r\nRESET\r\n"},
};

static struct redis_fixture fixture;
static redisContext *other; /* the client that is killed */
static char other_id[24];

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

/* Work for each action. */
static void prepare(void) {
  redis_say(&fixture, "FLUSHALL");
  redis_say(&fixture, "CONFIG SET maxmemory 0");
  redis_say(&fixture, "CONFIG SET maxmemory-policy noeviction");
  redis_fill(&fixture, "cache:", 5);
  redis_say(&fixture, "CONFIG SET slowlog-log-slower-than 0");
  redis_say(&fixture, "CONFIG SET slowlog-log-slower-than -1");
  other = redisConnect("127.0.0.1", fixture.server.port);
  redisReply *reply = redisCommand(other, "CLIENT ID");
  snprintf(other_id, sizeof other_id, "%lld", reply->integer);
  freeReplyObject(reply);
  redis_drive(&fixture, fixture.relay.port, NULL);
}

static void finish(void) {
  driver_close(&fixture.driver);
  redisFree(other);
}

static int setup(void **state) {
  (void)state;
  prepare();
  return 0;
}

static int teardown(void **state) {
  (void)state;
  finish();
  relay_end(&fixture.relay);
  return 0;
}

static bool other_answers(void) {
  redisReply *reply = redisCommand(other, "PING");
  bool answered = reply != NULL;
  freeReplyObject(reply);
  return answered;
}

/* False where the server has no work for it: another allocator than jemalloc. */
static bool make_plan(size_t index) {
  struct driver *driver = &fixture.driver;
  const struct action *action = cases[index].action;
  const char *const picks[] = {other_id, NULL};
  if (!driver_survey(driver, action, NULL, NULL, cases[index].params))
    fail_msg("%s: %s", action->spec.id, driver->err.text);
  if (driver_plan(driver, action->spec.choice == CHOICE_NONE ? NULL : picks))
    return true;
  if (action != &action_redis_purge_memory)
    fail_msg("%s: %s", action->spec.id, driver->err.text);
  return false;
}

static void set_identity(const char *name, const char *value) {
  conformance_identity_set(&fixture.driver, name, value);
}

static void expect_all(const char *id, enum object_result result, const char *words) {
  const struct outcome *outcome = &fixture.driver.outcome;
  for (size_t i = 0; i < outcome->count; i++) {
    if (outcome->objects[i].result != result)
      fail_msg("%s: object %zu is %s: %s", id, i, object_result_name(outcome->objects[i].result),
               outcome->objects[i].words);
    expect_in(outcome->objects[i].words, words);
  }
}

static void expect_unchanged(void) {
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 5);
  assert_int_equal(redis_number(&fixture, "PTTL cache:1"), -1);
  assert_true(redis_number(&fixture, "SLOWLOG LEN") > 0);
  redisReply *reply = redis_get(&fixture, "CONFIG GET maxmemory");
  assert_string_equal(reply->element[1]->str, "0");
  freeReplyObject(reply);
  assert_true(other_answers());
}

/* So that another server's changes do not count as the proof. */
static void test_each_verification_refuses_another_server(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    if (!make_plan(i))
      continue;
    set_identity("run_id", "0123456789012345678901234567890123456789");
    driver_execute(&fixture.driver);
    for (size_t object = 0; object < fixture.driver.outcome.count; object++)
      fixture.driver.outcome.objects[object].result = OBJECT_SENT;
    assert_false(driver_verify(&fixture.driver));
    expect_all(cases[i].action->spec.id, OBJECT_UNKNOWN, "another server answers at 127.0.0.1");
  }
}

static const struct action *all[COUNT(cases)];
static const struct conformance conformance = {.driver = &fixture.driver,
                                               .relay = &fixture.relay,
                                               .actions = all,
                                               .count = COUNT(cases),
                                               .prepare = prepare,
                                               .finish = finish,
                                               .plan = make_plan,
                                               .expect_unchanged = expect_unchanged};

static int relayed_setup(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++)
    all[i] = cases[i].action;
  relay_start(&fixture.relay, fixture.server.port);
  return 0;
}

static int relayed_teardown(void **state) {
  (void)state;
  relay_end(&fixture.relay);
  return 0;
}

static void test_hung_and_dropped_at_each_question(void **state) {
  (void)state;
  conformance_hang(&conformance, false);
}

static void test_hung_and_cancelled_at_each_question(void **state) {
  (void)state;
  conformance_hang(&conformance, true);
}

static void test_each_identity(void **state) {
  static const struct {
    size_t index;
    const char *name, *value, *words;
  } broken[] = {{4, "old", "7", "is no longer 7, as it was in the plan"},
                {5, "addr", "127.0.0.1:1", "already disconnected"},
                {5, "id", "999999", "already disconnected"}};
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++)
    conformance_identity(&conformance, i, "run_id", "0123456789012345678901234567890123456789",
                         "another server answers at 127.0.0.1");
  for (size_t i = 0; i < COUNT(broken); i++)
    conformance_identity(&conformance, broken[i].index, broken[i].name, broken[i].value,
                         broken[i].words);
}

/* The command has reached the server, and no reply comes. */
static void test_each_action_without_an_answer_is_unknown(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    driver_close(&fixture.driver);
    fixture.relay = (struct relay){.cut = cases[i].change, .cut_after = 1};
    relay_start(&fixture.relay, fixture.server.port);
    redis_drive(&fixture, fixture.relay.port, NULL);
    if (make_plan(i)) {
      assert_false(driver_execute(&fixture.driver));
      const struct outcome *outcome = &fixture.driver.outcome;
      if (outcome->objects[0].result != OBJECT_UNKNOWN)
        fail_msg("%s: %s: %s", cases[i].action->spec.id,
                 object_result_name(outcome->objects[0].result), outcome->objects[0].words);
    }
    relay_end(&fixture.relay);
    redis_fill(&fixture, "cache:", 5);
  }
}

/* ---- verifications of actions that were never done */

static void begin_verify(size_t index) {
  struct driver *driver = &fixture.driver;
  assert_true(make_plan(index));
  outcome_init(&driver->outcome, driver->plan->object_count);
  driver->has_outcome = true;
  outcome_set_all(&driver->outcome, OBJECT_PENDING, OBJECT_SENT, "sent");
}

static void test_a_verification_sees_that_nothing_was_done(void **state) {
  (void)state;
  static const struct {
    size_t index;
    enum object_result result;
    const char *words;
  } unproved[] = {
      {0, OBJECT_DONE, "scanned again: 5 keys that match, written since"},
      {1, OBJECT_DONE, "scanned again: 5 keys that would live longer, written since"},
      {2, OBJECT_DONE, "flushed; 5 keys written since"},
      {3, OBJECT_DONE, "flushed; 5 keys written since"},
      {4, OBJECT_UNKNOWN, "it was set, but has another value now"},
      {7, OBJECT_UNKNOWN, "is still there"},
  };
  for (size_t i = 0; i < COUNT(unproved); i++) {
    begin_verify(unproved[i].index);
    assert_true(driver_verify(&fixture.driver));
    expect_all(cases[unproved[i].index].action->spec.id, unproved[i].result, unproved[i].words);
  }
}

static void test_a_client_in_the_list_is_looked_for_again(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  begin_verify(5);
  redis_say(&fixture, "CONFIG RESETSTAT");
  driver_begin(driver, driver->action->verify);
  for (bool twice = false; !twice;) {
    uv_run(&driver->loop, UV_RUN_NOWAIT);
    assert_false(driver->ended);
    redisReply *stats = redis_get(&fixture, "INFO commandstats");
    twice = strstr(stats->str, "cmdstat_client|list:calls=2") != NULL ||
            strstr(stats->str, "cmdstat_client:calls=3") != NULL; /* before 7.0, with SETNAME */
    freeReplyObject(stats);
  }
  redisFree(other);
  other = redisConnect("127.0.0.1", fixture.server.port);
  assert_true(driver_wait(driver));
  expect_all("redis.kill-client", OBJECT_DONE, "gone from CLIENT LIST after");
}

/* ---- clients */

/* A client that was killed before the connection broke is still proved. */
static void test_a_kill_before_the_connection_broke_is_proved(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  char second_id[24], third_id[24];
  redisContext *second = redisConnect("127.0.0.1", fixture.server.port);
  redisContext *third = redisConnect("127.0.0.1", fixture.server.port);
  redisReply *reply = redisCommand(second, "CLIENT ID");
  snprintf(second_id, sizeof second_id, "%lld", reply->integer);
  freeReplyObject(reply);
  reply = redisCommand(third, "CLIENT ID");
  snprintf(third_id, sizeof third_id, "%lld", reply->integer);
  freeReplyObject(reply);
  driver_close(driver);
  fixture.relay = (struct relay){.cut = "\r\nKILL\r\n", .cut_after = 2};
  relay_start(&fixture.relay, fixture.server.port);
  redis_drive(&fixture, fixture.relay.port, NULL);
  assert_true(driver_survey(driver, &action_redis_kill_client, NULL, NULL, NULL));
  assert_true(driver_plan(driver, (const char *const[]){other_id, second_id, third_id, NULL}));
  assert_false(driver_execute(driver));
  const struct object_outcome *objects = driver->outcome.objects;
  assert_int_equal(objects[0].result, OBJECT_SENT);
  assert_int_equal(objects[1].result, OBJECT_UNKNOWN);
  assert_int_equal(objects[2].result, OBJECT_SKIPPED);
  expect_in(objects[1].words, "sent, but no answer");
  expect_in(objects[2].words, "not attempted");
  assert_true(driver_verify(driver));
  assert_int_equal(objects[0].result, OBJECT_DONE);
  redisFree(second);
  redisFree(third);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define RELAYED(name) cmocka_unit_test_setup_teardown(name, relayed_setup, relayed_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      RELAYED(test_each_identity),
      RELAYED(test_hung_and_dropped_at_each_question),
      RELAYED(test_hung_and_cancelled_at_each_question),
      TEST(test_each_verification_refuses_another_server),
      TEST(test_each_action_without_an_answer_is_unknown),
      TEST(test_a_verification_sees_that_nothing_was_done),
      TEST(test_a_client_in_the_list_is_looked_for_again),
      TEST(test_a_kill_before_the_connection_broke_is_proved),
  };
  if (!redis_server_path()) {
    printf("SKIPPED no redis-server here\n");
    return 77;
  }
  signal(SIGPIPE, SIG_IGN); /* a killed client of the test's own */
  return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
