/* The actions on a Redis as a whole, against a real one: flush, memory, clients, purge, slow log.
 */
#include "redis_fixture.h"

extern const struct action action_redis_flush_db, action_redis_flush_all, action_redis_set_memory,
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
  redis_say(&fixture, "CONFIG SET maxmemory 0");
  redis_say(&fixture, "CONFIG SET maxmemory-policy noeviction");
  redis_say(&fixture, "FLUSHALL");
  redis_say(&fixture, "SELECT 0");
  redis_drive(&fixture, 0, NULL);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  driver_close(&fixture.driver);
  relay_end(&fixture.relay);
  return 0;
}

static enum object_result result(size_t object) {
  return fixture.driver.outcome.objects[object].result;
}

static void expect_config(const char *name, const char *value) {
  redisReply *reply = redis_get(&fixture, "CONFIG GET %s", name);
  assert_int_equal(reply->elements, 2);
  assert_string_equal(reply->element[1]->str, value);
  freeReplyObject(reply);
}

static void fill_three(void) {
  redis_fill(&fixture, "a:", 100);
  redis_say(&fixture, "SELECT 3");
  redis_fill(&fixture, "b:", 7);
  redis_say(&fixture, "SET b:ttl 1 EX 100");
  redis_say(&fixture, "SELECT 0");
}

static void expect_phrase(const char *phrase) {
  char out[PLAN_PHRASE_MAX];
  assert_string_equal(plan_phrase(fixture.driver.plan, out), phrase);
}

/* ---- flush */

static void test_one_database_is_flushed(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  const char *const params[] = {"db", "3", NULL};
  fill_three();
  assert_true(driver_survey(driver, &action_redis_flush_db, NULL, NULL, params));
  assert_true(driver_plan(driver, NULL));
  assert_int_equal(driver->plan->object_count, 1);
  assert_string_equal(driver->plan->objects[0].cells[0], "8");
  assert_string_equal(driver->plan->objects[0].cells[1], "1");
  expect_phrase("db3");
  expect_in(plan_text(driver), "-n 3 FLUSHDB ASYNC");
  assert_true(driver_execute(driver) && driver_verify(driver));
  assert_int_equal(result(0), OBJECT_DONE);
  expect_in(driver->outcome.proof, "no key in it; all memory is freed");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 100);
  redis_say(&fixture, "SELECT 3");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 0);
}

static void test_all_databases_are_flushed(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  fill_three();
  assert_true(driver_survey(driver, &action_redis_flush_all, NULL, NULL, NULL));
  assert_true(driver_plan(driver, NULL));
  assert_int_equal(driver->plan->object_count, 2);
  expect_phrase("main 108");
  const char *text = plan_text(driver);
  expect_in(text, "FLUSHALL ASYNC");
  expect_in(text, "108 keys");
  expect_in(text, "Objects: 108 keys");
  assert_true(driver_execute(driver));
  redis_say(&fixture, "SET late 1");
  assert_true(driver_verify(driver));
  expect_in(object_words(driver, 0), "flushed; 1 key written since");
  expect_in(object_words(driver, 1), "no key in it");
  assert_int_equal(result(0), OBJECT_DONE);
  assert_int_equal(result(1), OBJECT_DONE);
}

static void test_an_empty_database_makes_no_plan(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "a:", 5);
  const char *const params[] = {"db", "3", NULL};
  assert_true(driver_survey(driver, &action_redis_flush_db, NULL, NULL, params));
  assert_false(driver_plan(driver, NULL));
  expect_words(driver, "no key is there");
}

static void test_an_old_server_is_flushed_without_async(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  fixture.relay = (struct relay){.major = '3'};
  driver_close(driver);
  relay_start(&fixture.relay, fixture.server.port);
  redis_drive(&fixture, fixture.relay.port, NULL);
  redis_fill(&fixture, "a:", 5);
  assert_true(driver_run(driver, &action_redis_flush_all, NULL, NULL, NULL, NULL));
  assert_null(strstr(plan_text(driver), "FLUSHALL ASYNC"));
  assert_int_equal(result(0), OBJECT_DONE);
}

static void test_a_flush_without_an_answer_is_unknown(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  fixture.relay = (struct relay){.cut = "FLUSHALL", .cut_after = 1};
  driver_close(driver);
  relay_start(&fixture.relay, fixture.server.port);
  redis_drive(&fixture, fixture.relay.port, NULL);
  redis_fill(&fixture, "a:", 5);
  assert_true(driver_survey(driver, &action_redis_flush_all, NULL, NULL, NULL));
  assert_true(driver_plan(driver, NULL));
  assert_false(driver_execute(driver));
  assert_int_equal(result(0), OBJECT_UNKNOWN);
  expect_in(object_words(driver, 0), "sent, but no answer");
}

/* ---- memory */

static const char *const limited[] = {"maxmemory", "6mb", "policy", "allkeys-lru", NULL};

static void fill_memory(void) {
  redis_say(&fixture, "EVAL %s 0",
            "for i=1,20000 do redis.call('SET','k'..i,string.rep('x',400)) end");
}

static void test_memory_is_limited_and_evicts(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  fill_memory();
  assert_true(driver_survey(driver, &action_redis_set_memory, NULL, NULL, limited));
  assert_true(driver_plan(driver, NULL));
  const char *text = plan_text(driver);
  expect_in(text, "evicted at once by allkeys-lru");
  assert_int_equal(plan_confirmation(driver->plan), CONFIRM_COUNT);
  expect_in(text, "lost at the next restart: the server has no configuration file");
  expect_in(text, "CONFIG SET maxmemory 6291456");
  /* the policy first: a full server must evict at any moment */
  assert_string_equal(driver->plan->objects[0].key, "maxmemory-policy");
  assert_true(driver->plan->count > 1000); /* so that it is confirmed like a deletion */
  assert_true(driver_execute(driver) && driver_verify(driver));
  assert_int_equal(result(0), OBJECT_DONE);
  assert_int_equal(result(1), OBJECT_DONE);
  expect_config("maxmemory", "6291456");
  expect_config("maxmemory-policy", "allkeys-lru");
  expect_in(driver->outcome.proof, "maxmemory 6291456, policy allkeys-lru");
  assert_null(strstr(driver->outcome.proof, " 0 keys evicted"));
  assert_true(redis_number(&fixture, "DBSIZE") < 19000);
}

static void test_memory_is_undone_by_its_undo(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  assert_true(driver_run(driver, &action_redis_set_memory, NULL, NULL, limited, NULL));
  assert_string_equal(driver->outcome.undo, "redis.set-memory main policy=noeviction maxmemory=0");
  expect_phrase("y");
  const char *const back[] = {"maxmemory", "0", "policy", "noeviction", NULL};
  assert_true(driver_run(driver, &action_redis_set_memory, NULL, NULL, back, NULL));
  assert_string_equal(driver->plan->objects[0].key, "maxmemory");
  expect_config("maxmemory", "0");
  expect_config("maxmemory-policy", "noeviction");
}

static void expect_warning(const char *limit, const char *policy, const char *warning) {
  struct driver *driver = &fixture.driver;
  const char *const params[] = {"maxmemory", limit, "policy", policy, NULL};
  assert_true(driver_survey(driver, &action_redis_set_memory, NULL, NULL, params));
  assert_true(driver_plan(driver, NULL));
  expect_in(plan_text(driver), warning);
}

static void test_expected_failures_are_reported(void **state) {
  (void)state;
  fill_memory();
  redis_say(&fixture, "CONFIG SET maxmemory-policy allkeys-lfu");
  expect_warning("6mb", "noeviction", "noeviction: every write will fail with OOM at once");
  expect_warning("6mb", "volatile-lru",
                 "volatile-lru evicts nothing because no key has a time to live");
  expect_warning("900mb", "volatile-ttl", "volatile-ttl will evict nothing");
  expect_warning("900000gb", "allkeys-lru", "the kernel may end the server");
}

static void test_unchanged_memory_makes_no_plan(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  const char *const same[] = {"maxmemory", "0b", NULL}, *const bad[] = {"maxmemory", "50%", NULL};
  assert_true(driver_survey(driver, &action_redis_set_memory, NULL, NULL, same));
  assert_false(driver_plan(driver, NULL));
  expect_words(driver, "nothing to change");
  assert_true(driver_survey(driver, &action_redis_set_memory, NULL, NULL, NULL));
  assert_false(driver_plan(driver, NULL));
  expect_words(driver, "set maxmemory, policy, or both");
  assert_false(driver_survey(driver, &action_redis_set_memory, NULL, NULL, bad));
  expect_words(driver, "is not a size");
}

static void test_memory_changed_by_another_is_refused(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  assert_true(driver_survey(driver, &action_redis_set_memory, NULL, NULL, limited));
  assert_true(driver_plan(driver, NULL));
  redis_say(&fixture, "CONFIG SET maxmemory 7mb");
  assert_false(driver_execute(driver));
  assert_int_equal(result(0), OBJECT_REFUSED);
  assert_int_equal(result(1), OBJECT_REFUSED);
  expect_words(driver, "maxmemory is no longer 0");
  expect_config("maxmemory", "7340032");
  expect_config("maxmemory-policy", "noeviction");
}

static void test_memory_needs_the_right(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_say(&fixture, "ACL SETUSER looker on >secret +info +config|get");
  driver_close(driver);
  redis_drive(&fixture, 0, (const char *const[]){"username", "looker", "password", "secret", NULL});
  assert_true(driver_survey(driver, &action_redis_set_memory, NULL, NULL, limited));
  assert_true(driver_plan(driver, NULL));
  assert_false(driver_execute(driver));
  assert_int_equal(result(0), OBJECT_REFUSED);
  expect_in(object_words(driver, 0), "NOPERM");
  assert_int_equal(result(1), OBJECT_SKIPPED);
  assert_null(driver->outcome.undo);
  redis_say(&fixture, "ACL SETUSER looker -config");
  assert_false(driver_survey(driver, &action_redis_set_memory, NULL, NULL, limited));
  expect_words(driver, "CONFIG is not allowed here");
  redis_say(&fixture, "ACL DELUSER looker");
}

/* ---- clients */

static redisContext *client_named(const char *name, char id[24]) {
  redisContext *context = redisConnect("127.0.0.1", fixture.server.port);
  freeReplyObject(redisCommand(context, "CLIENT SETNAME %s", name));
  redisReply *reply = redisCommand(context, "CLIENT ID");
  snprintf(id, 24, "%lld", reply->integer);
  freeReplyObject(reply);
  return context;
}

static bool answers(redisContext *context) {
  redisReply *reply = redisCommand(context, "PING");
  bool answered = reply != NULL;
  freeReplyObject(reply);
  return answered;
}

static void test_the_picked_client_is_killed(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  char object[24], neighbour[24], own[24];
  redisContext *first = client_named("victim", object), *second = client_named("web", neighbour);
  redisContext *third = client_named("stacktop", own);
  redis_say(&fixture, "CLIENT SETNAME test");
  assert_true(driver_survey(driver, &action_redis_kill_client, NULL, NULL, NULL));
  const struct table *clients = &driver->found->tables[0];
  assert_int_equal(clients->row_count, 3); /* the test's own, and two: none of stacktop */
  assert_null(table_find(clients, own));
  assert_non_null(table_find(clients, neighbour));
  assert_false(driver_plan(driver, NULL));
  expect_words(driver, "no client is selected");
  assert_true(driver_plan(driver, (const char *const[]){object, NULL}));
  expect_in(plan_text(driver), "CLIENT KILL ID ");
  expect_in(plan_text(driver), "victim");
  char phrase[PLAN_PHRASE_MAX];
  snprintf(phrase, sizeof phrase, "client %s", object);
  expect_phrase(phrase);
  assert_true(driver_execute(driver) && driver_verify(driver));
  assert_int_equal(result(0), OBJECT_DONE);
  expect_in(driver->outcome.proof, "1 of 1 are gone");
  assert_false(answers(first));
  assert_true(answers(second));
  assert_true(answers(third));
  redisFree(first);
  redisFree(second);
  redisFree(third);
}

static void on_change_cancel(struct driver *driver) {
  if (driver->step->cancel)
    driver->step->cancel(&driver->call);
}

static void test_killing_stops_between_two(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  char one[24], two[24];
  redisContext *first = client_named("one", one), *second = client_named("two", two);
  assert_true(driver_survey(driver, &action_redis_kill_client, NULL, NULL, NULL));
  assert_true(driver_plan(driver, (const char *const[]){one, two, NULL}));
  driver->on_change = on_change_cancel;
  assert_true(driver_execute(driver) && driver_verify(driver));
  assert_int_equal(result(0), OBJECT_DONE);
  assert_int_equal(result(1), OBJECT_SKIPPED);
  assert_false(answers(first));
  assert_true(answers(second));
  redisFree(first);
  redisFree(second);
}

static void test_a_client_that_left_is_gone(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  char left[24], stays[24];
  redisContext *first = client_named("left", left), *second = client_named("sub", stays);
  freeReplyObject(redisCommand(second, "SUBSCRIBE news"));
  assert_true(driver_survey(driver, &action_redis_kill_client, NULL, NULL, NULL));
  assert_true(driver_plan(driver, (const char *const[]){left, stays, NULL}));
  expect_in(plan_text(driver), "is subscribed");
  expect_phrase("main 2");
  redisFree(first);
  while (true) { /* until the server knows */
    redisReply *list = redis_get(&fixture, "CLIENT LIST");
    bool there = strstr(list->str, "name=left") != NULL;
    freeReplyObject(list);
    if (!there)
      break;
  }
  assert_true(driver_execute(driver) && driver_verify(driver));
  assert_int_equal(result(0), OBJECT_GONE);
  assert_int_equal(result(1), OBJECT_DONE);
  redisFree(second);
}

/* ---- purge, slow log */

static void test_unused_memory_is_purged(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  assert_true(driver_survey(driver, &action_redis_purge_memory, NULL, NULL, NULL));
  redisReply *info = redis_get(&fixture, "INFO memory");
  bool jemalloc = strstr(info->str, "mem_allocator:jemalloc") != NULL;
  freeReplyObject(info);
  if (!jemalloc) {
    assert_false(driver_plan(driver, NULL));
    expect_words(driver, "only jemalloc can be purged");
    return;
  }
  assert_true(driver_plan(driver, NULL));
  expect_in(plan_text(driver), "MEMORY PURGE");
  expect_phrase("y");
  assert_true(driver_execute(driver) && driver_verify(driver));
  assert_int_equal(result(0), OBJECT_DONE);
  expect_in(driver->outcome.proof, "resident memory ");
}

static void test_the_slow_log_is_reset(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_say(&fixture, "CONFIG SET slowlog-log-slower-than 0");
  redis_say(&fixture, "SET %b 1", "slow\x1b[2J", (size_t)8);
  redis_say(&fixture, "CONFIG SET slowlog-log-slower-than -1");
  assert_true(driver_survey(driver, &action_redis_reset_slowlog, NULL, NULL, NULL));
  assert_true(driver_plan(driver, NULL));
  expect_in(plan_text(driver), "SET slow\\x1b[2J ...\n");
  assert_true(driver->plan->count >= 2);
  assert_true(driver_execute(driver));
  redis_say(&fixture, "CONFIG SET slowlog-log-slower-than 0");
  redis_say(&fixture, "SET newer 1");
  redis_say(&fixture, "CONFIG SET slowlog-log-slower-than -1");
  assert_true(driver_verify(driver));
  assert_int_equal(result(0), OBJECT_DONE);
  expect_in(driver->outcome.proof, "2 new entries");
  redis_say(&fixture, "SLOWLOG RESET");
  assert_true(driver_survey(driver, &action_redis_reset_slowlog, NULL, NULL, NULL));
  assert_false(driver_plan(driver, NULL));
  expect_words(driver, "the slow log is empty");
}

/* Neither the plan nor the survey contains an argument. */
static void test_the_slow_log_shows_no_secret(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_say(&fixture, "CONFIG SET slowlog-log-slower-than 0");
  redis_say(&fixture, "SET session:1 hunter2");
  redis_say(&fixture, "EVAL %s 1 session:1 hunter2", "return 'hunter2'");
  redis_say(&fixture, "CONFIG SET masterauth hunter2");
  redis_say(&fixture, "ACL SETUSER ops on >hunter2");
  redis_say(&fixture, "CONFIG SET slowlog-log-slower-than -1");
  assert_true(driver_survey(driver, &action_redis_reset_slowlog, NULL, NULL, NULL));
  assert_true(driver_plan(driver, NULL));
  const char *text = plan_text(driver);
  expect_in(text, "ACL SETUSER ...\n");
  expect_in(text, "EVAL ...\n");
  expect_in(text, "CONFIG SET ...\n");
  expect_in(text, "SET session:1 ...\n");
  assert_null(strstr(text, "hunter2"));
  const struct table *entries = sample_table(driver->found, "entries");
  for (size_t i = 0; i < entries->row_count; i++)
    assert_null(strstr(entries->rows[i].cells[3].text, "hunter2"));
  redis_say(&fixture, "ACL DELUSER ops");
  redis_say(&fixture, "CONFIG SET masterauth %s", "");
  redis_say(&fixture, "SLOWLOG RESET");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_one_database_is_flushed),
      TEST(test_all_databases_are_flushed),
      TEST(test_an_empty_database_makes_no_plan),
      TEST(test_an_old_server_is_flushed_without_async),
      TEST(test_a_flush_without_an_answer_is_unknown),
      TEST(test_memory_is_limited_and_evicts),
      TEST(test_memory_is_undone_by_its_undo),
      TEST(test_expected_failures_are_reported),
      TEST(test_unchanged_memory_makes_no_plan),
      TEST(test_memory_changed_by_another_is_refused),
      TEST(test_memory_needs_the_right),
      TEST(test_the_picked_client_is_killed),
      TEST(test_killing_stops_between_two),
      TEST(test_a_client_that_left_is_gone),
      TEST(test_unused_memory_is_purged),
      TEST(test_the_slow_log_is_reset),
      TEST(test_the_slow_log_shows_no_secret),
  };
  if (!redis_server_path()) {
    printf("SKIPPED no redis-server here\n");
    return 77;
  }
  return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
