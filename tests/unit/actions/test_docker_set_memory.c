/* The memory limit of a container, in front of a server that plays an engine. What a real engine
 * does is tested in tests/e2e/test_actions_docker_memory_long.py. */
#include "docker_played.h"

#include "clients/docker/docker_contract.h"

extern const struct action action_docker_set_memory;

#define LOOK(status, memory, swap)                                                 \
  "{\"Name\":\"/api\",\"State\":{\"Status\":\"" status "\",\"StartedAt\":\"t1\"}," \
  "\"HostConfig\":{\"Memory\":" memory ",\"MemorySwap\":" swap "}}"
#define M64 "67108864"
#define M128 "134217728"
#define M192 "201326592"

static const char look[] = "GET /containers/aa/json";
static const char update[] = "POST /containers/aa/update";

static int setup(void **state) {
  played_setup(state);
  play(look, "200 OK", LOOK("running", M64, M128));
  play("GET /containers/aa/stats?stream=false&one-shot=true", "200 OK",
       "{\"memory_stats\":{\"usage\":20971520,\"stats\":{\"total_inactive_file\":0}}}");
  play(update, "200 OK", "{\"Warnings\":null}");
  return 0;
}

static bool plan_of(const char *memory, const char *below) {
  static const char *const aa[] = {"aa", NULL};
  const char *const params[] = {"memory", memory, "below-usage", below, NULL};
  return driver_survey(&driver, &action_docker_set_memory, DOCKER_CONTAINERS_TABLE, aa, params) &&
         driver_plan(&driver, NULL);
}

static void plan(const char *memory) {
  if (!plan_of(memory, "false"))
    fail_msg("%s", driver.err.text);
  *log_text = '\0';
}

static void test_the_plan(void **state) {
  (void)state;
  plan("128MB");
  const char *text = plan_text(&driver);
  assert_string_equal(driver.plan->title, "Set the memory limit of api to 128 MB");
  expect_in(text, "docker update --memory " M128 " --memory-swap " M192 " aa\n");
  expect_in(text, "memory limit: 128 MB, so far 64 MB");
  expect_in(text, "it uses 20 MB now");
  expect_in(text, "swap: 64 MB beside the memory, as before");
  expect_in(text, "docker.set-memory memory=" M64);
  assert_int_equal(plan_confirmation(driver.plan), CONFIRM_NAME);
}

static void test_no_limit_so_far(void **state) {
  (void)state;
  play(look, "200 OK", LOOK("running", "0", "0"));
  plan("64MB");
  const char *text = plan_text(&driver);
  expect_in(text, "memory limit: 64 MB, so far none");
  expect_in(text, "--memory " M64 " --memory-swap " M128);
  expect_in(text, "only a new container has none");
  assert_null(strstr(text, "memory=0"));
}

static void test_swap_without_a_limit(void **state) {
  (void)state;
  play(look, "200 OK", LOOK("running", M64, "-1"));
  plan("128MB");
  expect_in(plan_text(&driver), "docker update --memory " M128 " aa\n");
  assert_true(driver_execute(&driver));
  assert_string_equal(sent_body, "{\"Memory\":" M128 "}");
}

static void test_below_what_it_uses(void **state) {
  (void)state;
  assert_false(plan_of("10MB", "false"));
  expect_words(&driver, "it uses 20 MB now, more than 10 MB; below-usage=true allows that");
  assert_true(plan_of("10MB", "true"));
  expect_in(plan_text(&driver), "the kernel may OOM-kill its processes");
  play("GET /containers/aa/stats?stream=false&one-shot=true", "200 OK", "{}");
  plan("10MB");
  expect_in(plan_text(&driver), "does not say how much the container uses");
}

static void test_what_is_no_limit(void **state) {
  static const char *const bad[] = {"0", "5MB", "80%", "-1", "x", "1e30", "nan", ""};
  (void)state;
  for (size_t i = 0; i < COUNT(bad); i++)
    if (plan_of(bad[i], "false"))
      fail_msg("%s", bad[i]);
  assert_false(plan_of("64MB", "false"));
  expect_words(&driver, "nothing to change: its limit is 64 MB");
  play(look, "200 OK", LOOK("exited", M64, M128));
  assert_false(plan_of("128MB", "false"));
  expect_words(&driver, "api is exited");
}

static void test_its_effect(void **state) {
  (void)state;
  plan("128MB");
  assert_true(driver_execute(&driver));
  assert_string_equal(log_text, "GET /containers/aa/json, POST /containers/aa/update");
  assert_string_equal(sent_body, "{\"Memory\":" M128 ",\"MemorySwap\":" M192 "}");
  play(look, "200 OK", LOOK("running", M128, M192));
  assert_true(driver_verify(&driver));
  expect_object(0, OBJECT_DONE, "read again: the limit is 128 MB, and it is running");
  assert_string_equal(driver.outcome.undo, "docker.set-memory main aa memory=" M64);
}

static void test_what_became_of_it(void **state) {
  static const struct {
    const char *then, *words;
    enum object_result result;
  } cases[] = {
      {LOOK("running", M64, M192), "but is 64 MB now", OBJECT_UNKNOWN},
      {LOOK("exited", M128, M192), "set to 128 MB, but it is exited now", OBJECT_PARTLY},
      {LOOK("running", M128, M128), "somebody changed it since", OBJECT_UNKNOWN},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    play(look, "200 OK", LOOK("running", M64, M128));
    plan("128MB");
    assert_true(driver_execute(&driver));
    play(look, "200 OK", cases[i].then);
    assert_true(driver_verify(&driver));
    expect_object(0, cases[i].result, cases[i].words);
    assert_null(driver.outcome.undo);
  }
  play(look, "200 OK", LOOK("running", M64, M128));
  plan("128MB");
  assert_true(driver_execute(&driver));
  play(look, "404 Not Found", "{\"message\":\"No such container\"}");
  assert_true(driver_verify(&driver));
  expect_object(0, OBJECT_PARTLY, "the container was removed");
}

static void test_a_refusal(void **state) {
  (void)state;
  play(update, "500 Internal Server Error", "{\"message\":\"device or resource busy\"}");
  plan("32MB");
  driver_execute(&driver);
  expect_object(0, OBJECT_REFUSED, "device or resource busy");
  assert_true(driver_verify(&driver));
  assert_null(driver.outcome.undo);
}

static void test_changed_since(void **state) {
  (void)state;
  plan("128MB");
  play(look, "200 OK", LOOK("running", M192, M192));
  assert_false(driver_execute(&driver));
  expect_object(0, OBJECT_REFUSED, "its limit is 192 MB now");
  assert_null(strstr(log_text, "POST"));
  play(look, "200 OK", LOOK("running", M64, M128));
  plan("128MB");
  play(look, "200 OK", LOOK("exited", M64, M128));
  assert_true(driver_execute(&driver));
  expect_object(0, OBJECT_REFUSED, "it is exited now");
  assert_null(strstr(log_text, "POST"));
}

static void test_no_answer(void **state) {
  (void)state;
  plan("128MB");
  play(update, NULL, "");
  driver_execute_begin(&driver);
  while (!strstr(log_text, "POST"))
    driver_turn(&driver);
  driver_drop(&driver);
  expect_object(0, OBJECT_UNKNOWN, "sent, but no answer");
}

int main(void) {
  signal(SIGPIPE, SIG_IGN); /* as app does */
  unsetenv("http_proxy");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, played_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_the_plan),           TEST(test_no_limit_so_far),  TEST(test_swap_without_a_limit),
      TEST(test_below_what_it_uses), TEST(test_what_is_no_limit), TEST(test_its_effect),
      TEST(test_what_became_of_it),  TEST(test_a_refusal),        TEST(test_changed_since),
      TEST(test_no_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
