/* redis.delete-keys and redis.expire-keys with a real server: the keys that go, the keys that stay,
 * the refusals, and the report when it breaks off midway. */
#include "redis_fixture.h"

#include "actions/redis/redis_found.h"

extern const struct action action_redis_delete_keys, action_redis_expire_keys;

static struct redis_fixture fixture;

#define DELETE &action_redis_delete_keys
#define EXPIRE &action_redis_expire_keys

static const char *const cache_only[] = {"pattern", "cache:*", NULL};

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

static void drive_through_relay(void) {
  driver_close(&fixture.driver);
  relay_start(&fixture.relay, fixture.server.port);
  redis_drive(&fixture, fixture.relay.port, NULL);
}

static enum object_result result(void) {
  return fixture.driver.outcome.objects[0].result;
}

/* ---- delete */

static void test_the_pattern_goes_and_its_neighbours_stay(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "cache:", 3000);
  redis_fill(&fixture, "session:", 40);
  redis_say(&fixture, "SELECT 3");
  redis_fill(&fixture, "cache:", 7);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only));
  assert_true(driver_plan(driver, NULL));
  assert_int_equal(driver->plan->count, 3000);
  assert_string_equal(driver->plan->unit, "keys");
  char phrase[PLAN_PHRASE_MAX];
  assert_string_equal(plan_phrase(driver->plan, phrase), "cache:*");
  const char *text = plan_text(driver);
  expect_in(text, "3,000 keys match, of 3,040 in db 0");
  expect_in(text, "for example cache:");
  expect_in(text, "of memory, from MEMORY USAGE of 100 of them");
  expect_in(text, "-n 0 --no-raw --scan --quoted-pattern 'cache:*' | sed 's/^/UNLINK /' |");
  expect_in(text, "0 of 100 sampled keys have a time to live");
  assert_true(driver_execute(driver));
  assert_int_equal(result(), OBJECT_SENT);
  assert_int_equal(driver->progress.done, 3000);
  assert_true(driver_verify(driver));
  assert_int_equal(result(), OBJECT_DONE);
  expect_in(driver->outcome.proof, "3,000 keys deleted");
  expect_in(driver->outcome.proof, "scanned again: no keys that match");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 7);
  redis_say(&fixture, "SELECT 0");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 40);
}

static void test_another_database_can_be_meant(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "cache:", 5);
  redis_say(&fixture, "SELECT 3");
  redis_fill(&fixture, "cache:", 7);
  const char *const params[] = {"pattern", "cache:*", "db", "3", NULL};
  assert_true(driver_run(driver, DELETE, NULL, NULL, params, NULL));
  assert_int_equal(result(), OBJECT_DONE);
  expect_in(plan_text(driver), "that is every key of the database");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 0);
  redis_say(&fixture, "SELECT 0");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 5);
}

static void test_names_of_any_bytes_go(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_say(&fixture, "SET %b 1", "cache:a\nb c'\"", (size_t)13);
  redis_say(&fixture, "SET %b 1", "cache:\0\xff\x1b[2J", (size_t)12);
  redis_say(&fixture, "SET %b 1", "cach\0e:", (size_t)7);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only));
  assert_true(driver_plan(driver, NULL));
  const char *text = plan_text(driver);
  expect_in(text, "cache:a\\nb c'\\\"");
  expect_in(text, "cache:\\x00\\xff\\x1b[2J");
  assert_null(strchr(text, '\x1b'));
  assert_true(driver_execute(driver) && driver_verify(driver));
  assert_int_equal(result(), OBJECT_DONE);
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 1);
}

static void test_a_pattern_that_matches_all_is_refused(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  static const char *const all[] = {"*", "**", "?*", "*?", "[^x]*", ""};
  redis_fill(&fixture, "cache:", 5);
  for (size_t i = 0; i < COUNT(all); i++) {
    const char *const params[] = {"pattern", all[i], NULL};
    assert_false(driver_survey(driver, DELETE, NULL, NULL, params));
    expect_words(driver, "names no key in particular");
  }
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 5);
}

static void test_no_match_makes_no_plan(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "session:", 5);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only));
  assert_false(driver_plan(driver, NULL));
  expect_words(driver, "no key of db 0 matches cache:*");
}

static void test_keys_added_after_the_plan_are_deleted_too(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "cache:", 5);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only) && driver_plan(driver, NULL));
  expect_in(plan_text(driver), "a matching key that is written meanwhile is deleted");
  redis_say(&fixture, "SET cache:late 1");
  assert_true(driver_execute(driver));
  redis_say(&fixture, "SET cache:later 1");
  assert_true(driver_verify(driver));
  expect_in(driver->outcome.proof, "6 keys deleted");
  expect_in(driver->outcome.proof, "scanned again: 1 key that match, written since");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 1);
}

static void fact_set(struct driver *driver, const char *name, int64_t number) {
  const struct table *facts = sample_table(driver->found, "facts");
  ((struct row *)table_find(facts, name))->cells[1] = value_int(number);
}

/* A survey of a huge database takes too long to wait for here. */
static void test_skipped_checks_are_reported(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "cache:", 5);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only));
  fact_set(driver, "complete", 0);
  fact_set(driver, "scanned", 437);
  fact_set(driver, "exact", 0);
  assert_true(driver_plan(driver, NULL));
  assert_string_equal(driver->plan->unit, "keys or more");
  expect_in(plan_text(driver), "about 5 keys match");
  expect_in(plan_text(driver), "only 43.7% of the database was scanned in 60 s");
  expect_in(plan_text(driver), "SCAN may return a key twice");
  assert_null(strstr(plan_text(driver), "every key of the database"));
  fact_set(driver, "keys", 0);
  assert_false(driver_plan(driver, NULL));
  expect_words(driver, "no key so far matches cache:*");
  assert_int_equal(driver->err.kind, ERR_LIMIT);
}

static void expect_partly(int64_t done, int64_t total, bool at_least) {
  const struct object_outcome *object = &fixture.driver.outcome.objects[0];
  assert_int_equal(object->result, OBJECT_PARTLY);
  assert_int_equal(object->amount.done, done);
  assert_int_equal(object->amount.total, total);
  assert_string_equal(object->amount.unit, "keys");
  assert_int_equal(object->amount.at_least, at_least);
}

static void on_change_cancel(struct driver *driver) {
  if (driver->step == driver->action->execute && driver->progress.done > 0)
    driver->step->cancel(&driver->call);
}

static void test_cancelled_midway_leaves_the_rest(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "cache:", 5000);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only) && driver_plan(driver, NULL));
  driver->on_change = on_change_cancel;
  assert_true(driver_execute(driver));
  assert_string_equal(driver->err.text, "cancelled");
  long long left = redis_number(&fixture, "DBSIZE");
  assert_true(left > 0 && left < 5000);
  expect_partly(5000 - left, 5000, false);
  expect_in(object_words(driver, 0), "deleted, then cancelled; the rest is unchanged");
  assert_int_equal(driver->progress.done, 5000 - left);
  assert_true(driver_verify(driver));
  assert_int_equal(result(), OBJECT_PARTLY);
}

static void on_change_kill(struct driver *driver) {
  if (driver->step == driver->action->execute && driver->progress.done > 0)
    redis_say(&fixture, "CLIENT KILL TYPE normal SKIPME yes");
}

/* Between two portions the number is known. Within one, it may be more. */
static void test_a_killed_connection_leaves_a_part(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "cache:", 5000);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only) && driver_plan(driver, NULL));
  driver->on_change = on_change_kill;
  assert_false(driver_execute(driver));
  long long gone = 5000 - redis_number(&fixture, "DBSIZE");
  const struct object_outcome *object = &driver->outcome.objects[0];
  assert_int_equal(object->result, OBJECT_PARTLY);
  assert_true(object->amount.done > 0 && object->amount.done <= gone);
  assert_true(object->amount.at_least || object->amount.done == gone);
  assert_int_equal(object->amount.total, 5000);
}

static void on_change_freeze(struct driver *driver) {
  if (driver->step == driver->action->execute && driver->progress.done > 0)
    kill(fixture.server.pid, SIGSTOP);
}

/* The server stands still midway, until the step is given up. */
static void test_a_frozen_server_leaves_a_part(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "cache:", 5000);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only) && driver_plan(driver, NULL));
  driver->on_change = on_change_freeze;
  driver_execute_begin(driver);
  while (driver->progress.done == 0)
    driver_turn(driver);
  for (int i = 0; i < 5; i++)
    uv_run(&driver->loop, UV_RUN_NOWAIT);
  driver_drop(driver);
  kill(fixture.server.pid, SIGCONT);
  const struct object_outcome *object = &driver->outcome.objects[0];
  assert_int_equal(object->result, OBJECT_PARTLY);
  assert_int_equal(object->amount.done, driver->progress.done);
  assert_true(object->amount.done > 0 && object->amount.done < 5000);
  assert_true(object->amount.done <= 5000 - redis_number(&fixture, "DBSIZE"));
  expect_in(object_words(driver, 0), "given up");
}

static void test_dropped_midway_is_reported(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "cache:", 5);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only) && driver_plan(driver, NULL));
  driver_execute_begin(driver);
  driver_drop(driver);
  assert_int_equal(result(), OBJECT_SKIPPED);
  expect_in(object_words(driver, 0), "nothing was sent");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 5);
}

/* UNLINK is held back by the server, SCAN is not. */
static void test_dropped_with_an_answer_owed_is_unknown(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "cache:", 5);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only) && driver_plan(driver, NULL));
  redis_say(&fixture, "CLIENT PAUSE 30000 WRITE");
  driver_execute_begin(driver);
  for (bool held = false; !held;) {
    uv_run(&driver->loop, UV_RUN_NOWAIT);
    redisReply *clients = redis_get(&fixture, "INFO clients");
    held = strstr(clients->str, "blocked_clients:1") != NULL;
    freeReplyObject(clients);
  }
  driver_drop(driver);
  assert_int_equal(result(), OBJECT_UNKNOWN);
  expect_in(object_words(driver, 0), "no answer for up to 5 more");
  redis_say(&fixture, "CLIENT UNPAUSE");
}

static void test_a_connection_that_breaks_is_unknown(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  fixture.relay = (struct relay){.cut = "UNLINK", .cut_after = 2};
  drive_through_relay();
  redis_fill(&fixture, "cache:", 5000);
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only) && driver_plan(driver, NULL));
  assert_false(driver_execute(driver));
  const struct object_outcome *object = &driver->outcome.objects[0];
  assert_int_equal(object->result, OBJECT_PARTLY);
  assert_true(object->amount.at_least); /* the second UNLINK reached the server */
  assert_true(object->amount.done > 0);
  assert_true(5000 - redis_number(&fixture, "DBSIZE") > object->amount.done);
  expect_in(object_words(driver, 0), "deleted; no answer for up to");
  assert_int_equal(driver->err.kind, ERR_CLOSED);
  assert_true(redis_number(&fixture, "DBSIZE") > 1000);
}

static void test_an_old_server_gets_del(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  fixture.relay = (struct relay){.major = '3'};
  drive_through_relay();
  redis_say(&fixture, "CONFIG RESETSTAT");
  redis_fill(&fixture, "cache:", 300);
  redis_fill(&fixture, "other:", 3);
  assert_true(driver_run(driver, DELETE, NULL, NULL, cache_only, NULL));
  assert_int_equal(result(), OBJECT_DONE);
  expect_in(plan_text(driver), "has no UNLINK");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 3);
  redisReply *stats = redis_get(&fixture, "INFO commandstats");
  assert_non_null(strstr(stats->str, "cmdstat_del:"));
  assert_null(strstr(stats->str, "cmdstat_unlink:"));
  freeReplyObject(stats);
}

static void test_a_user_without_the_right_is_refused(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_say(&fixture, "ACL SETUSER reader on >secret ~* +@read +info +select +memory|usage");
  redis_fill(&fixture, "cache:", 5);
  driver_close(driver);
  redis_drive(&fixture, 0, (const char *const[]){"username", "reader", "password", "secret", NULL});
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only) && driver_plan(driver, NULL));
  assert_false(driver_execute(driver));
  assert_int_equal(result(), OBJECT_REFUSED);
  expect_in(object_words(driver, 0), "NOPERM");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 5);
  redis_say(&fixture, "ACL SETUSER reader -info");
  assert_false(driver_survey(driver, DELETE, NULL, NULL, cache_only));
  expect_words(driver, "its ACL user needs +info");
  redis_say(&fixture, "ACL SETUSER reader +info -memory -pttl");
  assert_true(driver_survey(driver, DELETE, NULL, NULL, cache_only) && driver_plan(driver, NULL));
  expect_in(plan_text(driver), "their memory is not known: NOPERM");
  expect_in(plan_text(driver), "how many have a time to live is not known: NOPERM");
  redis_say(&fixture, "ACL DELUSER reader");
}

static void test_a_missing_database_is_reported(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  const char *const params[] = {"pattern", "cache:*", "db", "4000", NULL};
  assert_false(driver_survey(driver, DELETE, NULL, NULL, params));
  expect_words(driver, "DB index is out of range");
}

/* ---- expire */

static long long pttl(const char *key) {
  redisReply *reply = redis_get(&fixture, "PTTL %s", key);
  long long number = reply->integer;
  freeReplyObject(reply);
  return number;
}

static void fill_lives(void) {
  redis_say(&fixture, "SET session:none 1");
  redis_say(&fixture, "SET session:long 1 EX 7200");
  redis_say(&fixture, "SET session:short 1 EX 60");
  redis_say(&fixture, "SET other 1");
}

static void expect_lives(void) {
  assert_in_range(pttl("session:none"), 3500000, 3600000);
  assert_in_range(pttl("session:long"), 3500000, 3600000);
  assert_in_range(pttl("session:short"), 1, 60000);
  assert_int_equal(pttl("other"), -1);
}

static const char *const an_hour[] = {"pattern", "session:*", "ttl", "1h", NULL};

static void test_a_shorter_life_is_kept(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  fill_lives();
  assert_true(driver_survey(driver, EXPIRE, NULL, NULL, an_hour) && driver_plan(driver, NULL));
  char phrase[PLAN_PHRASE_MAX];
  assert_string_equal(plan_phrase(driver->plan, phrase), "session:*");
  expect_in(plan_text(driver), "1 of 3 sampled keys expire sooner anyway");
  expect_in(plan_text(driver), found_int(driver->found, "version", 0) >= 70000
                                   ? "sed 's/.*/PEXPIRE & 3600000 LT/'"
                                   : "sed 's/.*/EVAL ");
  assert_true(driver_execute(driver) && driver_verify(driver));
  assert_int_equal(result(), OBJECT_DONE);
  expect_in(driver->outcome.proof, "2 keys set to expire");
  expect_in(driver->outcome.proof, "no keys that would live longer");
  expect_lives();
}

static void test_an_old_server_is_asked_before(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  fixture.relay = (struct relay){.major = '6'};
  drive_through_relay();
  fill_lives();
  assert_true(driver_run(driver, EXPIRE, NULL, NULL, an_hour, NULL));
  expect_in(plan_text(driver), "cannot compare by itself");
  expect_in(driver->outcome.proof, "2 keys set to expire");
  expect_lives();
}

static void test_many_keys_expire(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  redis_fill(&fixture, "session:", 3000);
  assert_true(driver_run(driver, EXPIRE, NULL, NULL, an_hour, NULL));
  expect_in(driver->outcome.proof, "3,000 keys set to expire");
  fixture.relay = (struct relay){.major = '6'};
  drive_through_relay();
  const char *const half[] = {"pattern", "session:*", "ttl", "30m", NULL};
  assert_true(driver_run(driver, EXPIRE, NULL, NULL, half, NULL));
  expect_in(driver->outcome.proof, "3,000 keys set to expire");
  assert_in_range(pttl("session:77"), 1700000, 1800000);
}

static void test_no_time_is_none(void **state) {
  (void)state;
  const char *const params[] = {"pattern", "session:*", "ttl", "0s", NULL};
  assert_false(driver_survey(&fixture.driver, EXPIRE, NULL, NULL, params));
  expect_words(&fixture.driver, "out of range");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_the_pattern_goes_and_its_neighbours_stay),
      TEST(test_another_database_can_be_meant),
      TEST(test_names_of_any_bytes_go),
      TEST(test_a_pattern_that_matches_all_is_refused),
      TEST(test_no_match_makes_no_plan),
      TEST(test_keys_added_after_the_plan_are_deleted_too),
      TEST(test_skipped_checks_are_reported),
      TEST(test_cancelled_midway_leaves_the_rest),
      TEST(test_a_killed_connection_leaves_a_part),
      TEST(test_a_frozen_server_leaves_a_part),
      TEST(test_dropped_midway_is_reported),
      TEST(test_dropped_with_an_answer_owed_is_unknown),
      TEST(test_a_connection_that_breaks_is_unknown),
      TEST(test_an_old_server_gets_del),
      TEST(test_a_user_without_the_right_is_refused),
      TEST(test_a_missing_database_is_reported),
      TEST(test_a_shorter_life_is_kept),
      TEST(test_an_old_server_is_asked_before),
      TEST(test_many_keys_expire),
      TEST(test_no_time_is_none),
  };
  if (!redis_server_path()) {
    printf("SKIPPED no redis-server here\n");
    return 77;
  }
  return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
