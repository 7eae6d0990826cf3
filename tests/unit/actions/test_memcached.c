/* The actions on Memcached with a real server: the effect, the neighbour that stays, each refusal,
 * and what holds for every action when something is wrong. */
#include "clients/memcached/memcached.h"
#include "conformance.h"
#include "support/memcached_server.h"

extern const struct action action_memcached_flush_all, action_memcached_delete_key;

static const struct option options[] = {
    {.name = "address", .type = OPTION_TEXT, .required = true, .help = ""},
};
static const struct target_kind kind = {.kind = "memcached",
                                        .key = "memcached",
                                        .title = "Memcached",
                                        .options = options,
                                        .option_count = COUNT(options)};

static struct memcached_server server;
static struct relay relay;
static struct driver driver;

static void say(const char *commands, const char *last) {
  memcached_server_say(&server, commands, strlen(commands), last);
}

static void drive(int port) {
  char address[32];
  snprintf(address, sizeof address, "127.0.0.1:%d", port);
  driver_open(&driver, &kind, (const char *const[]){"address", address, NULL});
}

static int group_setup(void **state) {
  (void)state;
  close(listen_free(&server.port));
  memcached_server_start(&server, "8");
  return 0;
}

static int group_teardown(void **state) {
  (void)state;
  memcached_server_kill(&server);
  return 0;
}

static int setup(void **state) {
  (void)state;
  say("set user:1 0 600 3\r\nabc\r\nset user:2 0 0 3\r\nabc\r\nversion\r\n", "VERSION");
  drive(server.port);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  driver_close(&driver);
  return 0;
}

static void plan(const struct action *action, const char *const *params) {
  if (!driver_survey(&driver, action, NULL, NULL, params) || !driver_plan(&driver, NULL))
    fail_msg("%s", driver.err.text);
}

static const char *const user_1[] = {"key", "user:1", NULL};

static void expect_object(enum object_result result, const char *words) {
  assert_int_equal(driver.outcome.count, 1);
  driver_expect(&driver, 0, result, words);
}

/* ---- flush-all */

static void test_all_items_are_flushed(void **state) {
  char phrase[PLAN_PHRASE_MAX];
  (void)state;
  plan(&action_memcached_flush_all, NULL);
  const char *text = plan_text(&driver);
  expect_in(text, "| nc 127.0.0.1 ");
  expect_in(text, "the same server process answers: pid ");
  expect_in(text, "Memcached has no identity but its pid and start time");
  expect_in(text, "all items: Memcached has no other copy");
  assert_int_equal(plan_confirmation(driver.plan), CONFIRM_COUNT);
  plan_phrase(driver.plan, phrase);
  assert_string_equal(phrase, "main 2");
  if (!driver_execute(&driver) || !driver_verify(&driver))
    fail_msg("%s", driver.err.text);
  expect_object(OBJECT_DONE, "cmd_flush rose from ");
  say("get user:1 user:2\r\n", "END");
}

static void test_a_flush_is_delayed(void **state) {
  (void)state;
  plan(&action_memcached_flush_all, (const char *const[]){"delay", "1500ms", NULL});
  expect_in(plan_text(&driver), "flush_all 2\\r\\n");
  expect_in(plan_text(&driver), "it cannot be cancelled");
  assert_string_equal(driver.plan->title, "Flush all items of main in 2.0s");
  assert_true(driver_execute(&driver));
  say("mg user:1\r\n", "HD"); /* still there */
  assert_true(driver_verify(&driver));
  expect_object(OBJECT_DONE, "items become invalid 2 s after the command");
  say("flush_all\r\n", "OK"); /* which replaces it */
}

static void test_an_empty_server_has_nothing_to_flush(void **state) {
  (void)state;
  say("delete user:1\r\ndelete user:2\r\nversion\r\n", "VERSION");
  assert_true(driver_survey(&driver, &action_memcached_flush_all, NULL, NULL, NULL));
  assert_false(driver_plan(&driver, NULL));
  expect_words(&driver, "nothing to flush");
}

/* ---- delete-key */

static void test_a_key_is_deleted_and_its_neighbour_stays(void **state) {
  (void)state;
  plan(&action_memcached_delete_key, user_1);
  expect_in(plan_text(&driver), "md user:1 C");
  assert_string_equal(driver.plan->objects[0].cells[0], "3 B");
  assert_string_not_equal(driver.plan->objects[0].cells[1], "never");
  assert_int_equal(plan_confirmation(driver.plan), CONFIRM_NAME);
  if (!driver_execute(&driver) || !driver_verify(&driver))
    fail_msg("%s", driver.err.text);
  expect_object(OBJECT_DONE, "a read of the key misses");
  say("mg user:1\r\n", "EN");
  say("mg user:2\r\n", "HD");
}

static void test_a_newer_value_stays(void **state) {
  (void)state;
  plan(&action_memcached_delete_key, user_1);
  say("set user:1 0 0 3\r\nnew\r\n", "STORED");
  assert_true(driver_execute(&driver));
  expect_object(OBJECT_REFUSED, "another value was stored meanwhile");
  say("get user:1\r\n", "new");
}

static void test_a_key_that_has_gone(void **state) {
  (void)state;
  plan(&action_memcached_delete_key, user_1);
  say("delete user:1\r\n", "DELETED");
  assert_true(driver_execute(&driver));
  expect_object(OBJECT_GONE, "no longer stored");
}

static void test_invalid_keys(void **state) {
  char longest[MEMCACHED_KEY_MAX + 2];
  const char *const wrong[] = {"", "two words", "line\r\nflush_all", "\x01", longest};
  (void)state;
  memset(longest, 'k', sizeof longest);
  longest[sizeof longest - 1] = '\0';
  for (size_t i = 0; i < COUNT(wrong); i++) {
    assert_false(driver_survey(&driver, &action_memcached_delete_key, NULL, NULL,
                               (const char *const[]){"key", wrong[i], NULL}));
    expect_words(&driver, "not a key of Memcached");
  }
  longest[MEMCACHED_KEY_MAX] = '\0';
  assert_false(driver_survey(&driver, &action_memcached_delete_key, NULL, NULL,
                             (const char *const[]){"key", longest, NULL}));
  expect_words(&driver, "no item has the key kkk");
}

/* A plan file that was edited. */
static void test_no_second_command_is_smuggled_in(void **state) {
  (void)state;
  plan(&action_memcached_delete_key, user_1);
  conformance_identity_set(&driver, "key", "user:1\r\nflush_all\r\n");
  assert_false(driver_execute(&driver));
  expect_words(&driver, "not a single command");
  say("mg user:2\r\n", "HD");
}

/* ---- a verification sees that nothing was done */

static void test_an_action_not_done_is_not_proved(void **state) {
  (void)state;
  plan(&action_memcached_flush_all, NULL);
  conformance_pretend_sent(&driver);
  assert_true(driver_verify(&driver));
  expect_object(OBJECT_UNKNOWN, "accepted, but cmd_flush is still ");
  plan(&action_memcached_delete_key, user_1);
  conformance_pretend_sent(&driver);
  assert_true(driver_verify(&driver));
  expect_object(OBJECT_UNKNOWN, "accepted, but the item is still stored");
}

static void test_another_server_proves_nothing(void **state) {
  (void)state;
  plan(&action_memcached_delete_key, user_1);
  conformance_pretend_sent(&driver);
  conformance_identity_set(&driver, "run", "pid 1, started 1");
  assert_false(driver_verify(&driver));
  expect_object(OBJECT_UNKNOWN, "another server answers at 127.0.0.1");
}

static void test_a_restarted_server_is_another(void **state) {
  (void)state;
  plan(&action_memcached_flush_all, NULL);
  memcached_server_kill(&server);
  memcached_server_start(&server, "8");
  assert_false(driver_execute(&driver));
  expect_object(OBJECT_REFUSED, "another server answers at 127.0.0.1");
}

/* ---- what holds for every action */

static const struct action *const all[] = {&action_memcached_delete_key,
                                           &action_memcached_flush_all};

static void prepare(void) {
  say("set user:1 0 600 3\r\nabc\r\nset user:2 0 0 3\r\nabc\r\nversion\r\n", "VERSION");
  drive(relay.port);
}

static void finish(void) {
  driver_close(&driver);
}

static bool plan_case(size_t index) {
  plan(all[index], index == 0 ? user_1 : NULL);
  return true;
}

static void expect_unchanged(void) {
  say("mg user:1\r\n", "HD");
  say("mg user:2\r\n", "HD");
}

static const struct conformance conformance = {.driver = &driver,
                                               .relay = &relay,
                                               .actions = all,
                                               .count = COUNT(all),
                                               .prepare = prepare,
                                               .finish = finish,
                                               .plan = plan_case,
                                               .expect_unchanged = expect_unchanged};

static void test_hung_and_dropped_at_each_question(void **state) {
  (void)state;
  relay_start(&relay, server.port);
  conformance_hang(&conformance, false);
  relay_end(&relay);
}

static void test_each_identity(void **state) {
  (void)state;
  relay_start(&relay, server.port);
  for (size_t i = 0; i < COUNT(all); i++)
    conformance_identity(&conformance, i, "run", "pid 1, started 1", "another server answers at");
  conformance_identity(&conformance, 0, "cas", "999999999", "another value was stored");
  conformance_identity(&conformance, 0, "key", "user:3", "no longer stored");
  relay_end(&relay);
}

/* The command has reached the server, and no answer comes. */
static void test_without_an_answer_it_is_unknown(void **state) {
  static const char *const changes[] = {"md user:1 ", "flush_all "};
  (void)state;
  for (size_t i = 0; i < COUNT(all); i++)
    conformance_unanswered(&conformance, server.port, i, changes[i]);
}

int main(void) {
  if (access(MEMCACHED_SERVER_PATH, X_OK) != 0) {
    printf("SKIPPED memcached is not installed\n");
    return 77;
  }
  signal(SIGPIPE, SIG_IGN);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_all_items_are_flushed),
      TEST(test_a_flush_is_delayed),
      TEST(test_an_empty_server_has_nothing_to_flush),
      TEST(test_a_key_is_deleted_and_its_neighbour_stays),
      TEST(test_a_newer_value_stays),
      TEST(test_a_key_that_has_gone),
      TEST(test_invalid_keys),
      TEST(test_no_second_command_is_smuggled_in),
      TEST(test_an_action_not_done_is_not_proved),
      TEST(test_another_server_proves_nothing),
      TEST(test_a_restarted_server_is_another),
      cmocka_unit_test(test_hung_and_dropped_at_each_question),
      cmocka_unit_test(test_each_identity),
      cmocka_unit_test(test_without_an_answer_it_is_unknown),
  };
  return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
