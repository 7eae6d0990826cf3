/* The actions on services in front of a server that plays an engine: what is asked, what an engine
 * may answer, and what is made of it. What a real engine does is tested in
 * tests/e2e/test_actions_service_docker.py. */
#include "service_fixture.h"
#include "support/tiny_server.h"

#include <signal.h>
#include <stdio.h>

extern const struct action action_service_restart, action_service_stop;

/* ---- the engine, which serves the service as well */

static struct played {
  const char *status, *then, *answer, *labels;
  int run, then_run;
  bool gone, silent;
} played;
enum { TEXTS_MAX = 512 };
static char *texts[TEXTS_MAX];
static size_t text_count;
static int changes;
static char change_path[128];
static struct tiny_server server;
static struct driver driver;

static const char *keep(char *text) {
  assert_true(text_count < TEXTS_MAX);
  return texts[text_count++] = text;
}

static const char *http(const char *status, const char *body) {
  return keep(
      mem_printf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body));
}

static const char *listed(void) {
  const char *entry = keep(mem_printf(
      "{\"Id\":\"aabbccddeeff0011\",\"Names\":[\"/ecap-api-1\"],\"State\":\"%s\",\"Labels\":{%s}}",
      played.status, played.labels));
  return http("200 OK", played.gone ? "[]" : keep(mem_printf("[%s]", entry)));
}

static const char *looked_at(void) {
  return http(
      "200 OK",
      keep(mem_printf("{\"Id\":\"aabbccddeeff0011\",\"Name\":\"/ecap-api-1\",\"State\":{\"Status\":"
                      "\"%s\",\"StartedAt\":\"2026-11-27T12:32:24.%09dZ\",\"ExitCode\":3},"
                      "\"RestartCount\":0,\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"always\"}},"
                      "\"Config\":{\"Image\":\"bb:1\",\"Env\":[\"KEY=hunter2\"],\"Labels\":{%s}}}",
                      played.status, played.run, played.labels)));
}

static const char *changed(const char *request) {
  changes++;
  snprintf(change_path, sizeof change_path, "%.*s", (int)strcspn(request + 5, " "), request + 5);
  played.status = played.then ? played.then : played.status;
  played.run += played.then_run;
  if (played.answer && !*played.answer)
    return NULL;
  return played.answer ? http(played.answer, "{\"message\":\"disk full\"}")
                       : "HTTP/1.1 204 No Content\r\n\r\n";
}

static const char *answer(struct tiny_server *self, const char *request) {
  (void)self;
  if (strncmp(request, "GET /health", 11) == 0)
    return http("200 OK", "ok");
  if (played.silent)
    return NULL;
  if (strncmp(request, "POST", 4) == 0)
    return played.gone ? http("404 Not Found", "{}") : changed(request);
  if (strncmp(request, "GET /containers/json", 20) == 0)
    return listed();
  if (strstr(request, "/stats"))
    return http("200 OK", "{}");
  return played.gone ? http("404 Not Found", "{\"message\":\"No such container\"}") : looked_at();
}

static void set(struct target *target, const char *name, const char *text) {
  struct option_value *value = (struct option_value *)(uintptr_t)target_option(target, name);
  free(value->text);
  value->text = mem_dup(text);
  value->set = true;
}

static void set_runtime(struct target *target, const char *name, const char *text) {
  struct option_value *runtime = (struct option_value *)(uintptr_t)target_option(target, "runtime");
  runtime->names = mem_new(sizeof *runtime->names);
  runtime->items = mem_new(sizeof *runtime->items);
  runtime->names[0] = mem_dup(name);
  runtime->items[0] = mem_dup(text);
  runtime->item_count = 1;
  runtime->set = true;
}

static int setup(void **state) {
  char text[80];
  (void)state;
  played = (struct played){.status = "running",
                           .then_run = 1,
                           .labels = "\"com.docker.compose.project\":\"ecap\","
                                     "\"com.docker.compose.service\":\"api\""};
  changes = 0;
  *change_path = '\0';
  driver_open(&driver, &service_kind, NULL);
  server = (struct tiny_server){.choose = answer, .unref = true};
  assert_true(tiny_listen(&server, &driver.loop, "127.0.0.1"));
  uv_unref((uv_handle_t *)&server.socket);
  struct target *target = driver.config->targets[0];
  snprintf(text, sizeof text, "tcp://127.0.0.1:%d", server.port);
  set(target, "engine", text);
  snprintf(text, sizeof text, "127.0.0.1:%d", server.port);
  set(target, "address", text);
  snprintf(text, sizeof text, "http://127.0.0.1:%d/health", server.port);
  set(target, "health", text);
  set_runtime(target, "compose", "api");
  return 0;
}

static int teardown(void **state) {
  (void)state;
  if (!uv_is_closing((uv_handle_t *)&server.socket))
    tiny_stop(&server);
  driver_close(&driver); /* no handle is left */
  for (size_t i = 0; i < text_count; i++)
    free(texts[i]);
  text_count = 0;
  return 0;
}

static void plan(const struct action *action) {
  if (!driver_survey(&driver, action, NULL, NULL, NULL) || !driver_plan(&driver, NULL))
    fail_msg("%s", driver.err.text);
}

static void expect_object(enum object_result result, const char *words) {
  driver_expect(&driver, 0, result, words);
}

/* ---- the plan */

static void test_a_plan_names_whom_and_what(void **state) {
  (void)state;
  plan(&action_service_stop);
  const char *text = plan_text(&driver);
  expect_in(text, "docker stop --time 10 aabbccddeeff\n");
  expect_in(text, "ecap-api-1 has the restart policy always");
  expect_in(text, "ecap-api-1 belongs to the compose project ecap");
  expect_in(text, "each has the id that is shown, and was not started or stopped since");
  assert_null(strstr(text, "hunter2"));
  assert_string_equal(driver.plan->title, "Stop main");
  assert_string_equal(driver.plan->name, "main"); /* which is typed */
  assert_string_equal(action_identity(driver.plan, 0, "id"), "aabbccddeeff0011");
  assert_string_equal(action_identity(driver.plan, 0, "run"), "2026-11-27T12:32:24.000000000Z");
  assert_string_equal(action_identity(driver.plan, 0, "runtime"), "docker");
  assert_int_equal(changes, 0);
}

/* A filter that an engine does not know, or ignores. */
static void test_others_in_the_list_are_no_part_of_it(void **state) {
  (void)state;
  played.labels = "\"com.docker.compose.project\":\"ecap\",\"com.docker.compose.service\":\"web\"";
  assert_false(driver_survey(&driver, &action_service_restart, NULL, NULL, NULL));
  expect_words(&driver, "there is no container of main");
}

static void test_a_state_in_which_it_makes_no_sense(void **state) {
  (void)state;
  played.status = "exited";
  assert_true(driver_survey(&driver, &action_service_stop, NULL, NULL, NULL));
  assert_false(driver_plan(&driver, NULL));
  expect_words(&driver, "ecap-api-1 is exited");
}

static void test_an_engine_that_does_not_answer(void **state) {
  (void)state;
  tiny_stop(&server);
  assert_false(driver_survey(&driver, &action_service_restart, NULL, NULL, NULL));
  expect_words(&driver, "docker: ");
}

/* ---- the effect */

static void test_the_effect_is_sent_once_and_proved(void **state) {
  (void)state;
  plan(&action_service_restart);
  assert_true(driver_execute(&driver));
  assert_int_equal(changes, 1);
  expect_in(change_path, "/containers/aabbccddeeff0011/restart?t=10");
  expect_object(OBJECT_SENT, "the engine did it");
  assert_true(driver_verify(&driver));
  expect_object(OBJECT_DONE, "healthy after ");
}

static void test_another_run_is_refused(void **state) {
  (void)state;
  plan(&action_service_restart);
  played.run++;
  assert_false(driver_execute(&driver));
  expect_object(OBJECT_REFUSED, "it was started since the plan was made");
  assert_int_equal(changes, 0);
}

static void test_one_that_is_gone_is_not_restarted(void **state) {
  (void)state;
  plan(&action_service_restart);
  played.gone = true;
  assert_false(driver_execute(&driver));
  expect_object(OBJECT_REFUSED, "the container was removed");
  assert_int_equal(changes, 0);
}

static void test_the_engine_refuses(void **state) {
  (void)state;
  plan(&action_service_restart);
  played.answer = "409 Conflict";
  played.then_run = 0;
  assert_false(driver_execute(&driver));
  expect_object(OBJECT_REFUSED, "disk full");
}

static void test_the_engine_fails_in_the_middle(void **state) {
  (void)state;
  plan(&action_service_restart);
  played.answer = "500 Internal Server Error";
  played.then = "exited";
  assert_false(driver_execute(&driver));
  expect_object(OBJECT_PARTLY, "it is exited now: disk full");
  assert_int_equal(changes, 1);
}

static void test_the_engine_fails_before(void **state) {
  (void)state;
  plan(&action_service_restart);
  played.answer = "500 Internal Server Error";
  played.then_run = 0;
  assert_false(driver_execute(&driver));
  expect_object(OBJECT_REFUSED, "disk full");
}

static void test_no_answer_to_the_change(void **state) {
  (void)state;
  plan(&action_service_restart);
  played.answer = "";
  driver_execute_begin(&driver);
  for (int i = 0; i < 2000 && changes == 0; i++)
    driver_turn(&driver);
  assert_int_equal(changes, 1);
  driver_drop(&driver);
  expect_object(OBJECT_UNKNOWN, "sent, but no answer");
}

/* What was not sent cannot have had an effect. */
static void test_no_answer_before_the_change(void **state) {
  (void)state;
  plan(&action_service_restart);
  played.silent = true;
  driver_execute_begin(&driver);
  for (int i = 0; i < 20; i++)
    driver_turn(&driver);
  driver_drop(&driver);
  expect_object(OBJECT_SKIPPED, "nothing was sent");
  assert_int_equal(changes, 0);
}

static void test_it_ends_again(void **state) {
  (void)state;
  plan(&action_service_restart);
  played.then = "exited";
  assert_true(driver_execute(&driver));
  assert_true(driver_verify(&driver));
  expect_object(OBJECT_PARTLY, "started, but it is exited again: exit code 3");
  assert_null(driver.outcome.proof);
}

/* A cancel lets the engine answer: what it was sent, it does. */
static void test_a_cancel_while_it_is_waited_for(void **state) {
  (void)state;
  plan(&action_service_restart);
  set(driver.config->targets[0], "expect", "204");
  assert_true(driver_execute(&driver));
  driver_begin(&driver, driver.action->verify);
  for (int i = 0; i < 200; i++)
    driver_turn(&driver);
  driver.step->cancel(&driver.call);
  driver_wait(&driver);
  expect_object(OBJECT_PARTLY, "was not awaited");
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_a_plan_names_whom_and_what),
      TEST(test_others_in_the_list_are_no_part_of_it),
      TEST(test_a_state_in_which_it_makes_no_sense),
      TEST(test_an_engine_that_does_not_answer),
      TEST(test_the_effect_is_sent_once_and_proved),
      TEST(test_another_run_is_refused),
      TEST(test_one_that_is_gone_is_not_restarted),
      TEST(test_the_engine_refuses),
      TEST(test_the_engine_fails_in_the_middle),
      TEST(test_the_engine_fails_before),
      TEST(test_no_answer_to_the_change),
      TEST(test_no_answer_before_the_change),
      TEST(test_it_ends_again),
      TEST(test_a_cancel_while_it_is_waited_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
