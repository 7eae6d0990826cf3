/* A command in a container, in front of a server that plays an engine. What a real engine does is
 * tested in tests/e2e/test_actions_docker_exec_long.py. */
#include "act_driver.h"

#include "clients/docker/docker_contract.h"
#include "support/tiny_server.h"

#include <signal.h>
#include <stdio.h>

extern const struct action action_docker_exec;

static const struct option options[] = {
    {.name = "endpoint", .type = OPTION_TEXT, .help = ""},
    {.name = "ca_file", .type = OPTION_TEXT, .help = ""},
    {.name = "cert_file", .type = OPTION_TEXT, .help = ""},
    {.name = "key_file", .type = OPTION_TEXT, .help = ""},
};
static const struct target_kind kind = {.kind = "docker",
                                        .key = "docker",
                                        .title = "Docker",
                                        .options = options,
                                        .option_count = COUNT(options)};

static const char running[] =
    "{\"Name\":\"/api\",\"State\":{\"Status\":\"running\",\"StartedAt\":\"2026-11-27T12:32:24Z\"}}";

/* What the engine answers; NULL: nothing. */
static struct {
  const char *look, *create_status, *create, *start_status, *output, *how, *how_later;
  size_t output_len;
  bool breaks; /* instead of an end of the output: it says how long it is, and hangs up before */
} engine;

enum { TEXTS_MAX = 64, ANSWER_MAX = 1024 };
static char answers[TEXTS_MAX][ANSWER_MAX];
static size_t answer_count;
static char log_text[2048], created[1024], started[1024];
static struct tiny_server server;
static struct driver driver;

static const char *http(const char *status, const char *body) {
  char *out = answers[answer_count++];
  assert_true(answer_count < TEXTS_MAX && strlen(body) + 100 < ANSWER_MAX);
  snprintf(out, ANSWER_MAX, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body),
           body);
  return out;
}

/* The output is raw: it ends where the engine hangs up. Frames have NUL bytes, so the answer's
 * length is the server's. */
static const char *start_answer(struct tiny_server *self) {
  static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream"
                             "\r\n\r\n";
  static const char long_head[] = "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n";
  const char *used = engine.breaks ? long_head : head;
  char *out = answers[answer_count++];
  if (engine.start_status)
    return http(engine.start_status, "{\"message\":\"it is paused\"}");
  if (!engine.output)
    return NULL;
  assert_true(strlen(used) + engine.output_len < ANSWER_MAX);
  memcpy(out, used, strlen(used));
  memcpy(out + strlen(used), engine.output, engine.output_len);
  self->reply_len = strlen(used) + engine.output_len;
  self->close_after = true;
  return out;
}

static const char *answer(struct tiny_server *self, const char *request) {
  const size_t used = strlen(log_text);
  const char *body = strstr(request, "\r\n\r\n");
  self->reply_len = 0;
  self->close_after = false;
  snprintf(log_text + used, sizeof log_text - used, "%s%.*s", used ? ", " : "",
           (int)strcspn(request, "\r"), request);
  log_text[strlen(log_text) - strlen(" HTTP/1.1")] = '\0';
  if (strncmp(request, "GET /containers/aa/json ", 24) == 0)
    return http("200 OK", engine.look);
  if (strncmp(request, "POST /containers/aa/exec ", 25) == 0) {
    snprintf(created, sizeof created, "%s", body + 4);
    return engine.create ? http(engine.create_status, engine.create) : NULL;
  }
  if (strncmp(request, "POST /exec/e1/start ", 20) == 0) {
    snprintf(started, sizeof started, "%s", body + 4);
    return start_answer(self);
  }
  if (strncmp(request, "GET /exec/e1/json ", 18) == 0) {
    const char *how = engine.how;
    if (engine.how_later)
      engine.how = engine.how_later;
    return how ? http("200 OK", how) : http("404 Not Found", "{\"message\":\"No such exec\"}");
  }
  fail_msg("%s", request);
  return NULL;
}

static int setup(void **state) {
  char endpoint[64];
  struct err err;
  (void)state;
  memset(&engine, 0, sizeof engine);
  engine.look = running;
  engine.create_status = "201 Created";
  engine.create = "{\"Id\":\"e1\"}";
  engine.output = "";
  engine.how = "{\"Running\":false,\"ExitCode\":0,\"Pid\":0}";
  *log_text = *created = *started = '\0';
  answer_count = 0;
  driver_open(&driver, &kind, NULL);
  server = (struct tiny_server){.choose = answer, .unref = true};
  assert_true(tiny_listen(&server, &driver.loop, "127.0.0.1"));
  uv_unref((uv_handle_t *)&server.socket);
  snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", server.port);
  struct target *target = driver.config->targets[0];
  assert_true(option_parse(&options[0], endpoint, &target->values[0], &err));
  target->values[0].set = true;
  return 0;
}

static int teardown(void **state) {
  (void)state;
  if (!uv_is_closing((uv_handle_t *)&server.socket))
    tiny_stop(&server);
  driver_close(&driver);
  return 0;
}

static bool plan_of(const char *command, const char *timeout) {
  static const char *const aa[] = {"aa", NULL};
  const char *const settings[] = {"command", command, "timeout", timeout, NULL};
  if (!driver_survey(&driver, &action_docker_exec, DOCKER_CONTAINERS_TABLE, aa, settings))
    return false;
  return driver_plan(&driver, NULL);
}

static void plan(const char *command) {
  if (!plan_of(command, "10s"))
    fail_msg("%s", driver.err.text);
  *log_text = '\0';
}

static void expect(enum object_result result, const char *words) {
  if (driver.outcome.objects[0].result != result)
    fail_msg("%s: %s", object_result_name(driver.outcome.objects[0].result),
             object_words(&driver, 0));
  expect_in(object_words(&driver, 0), words);
}

/* ---- */

static void test_the_plan(void **state) {
  (void)state;
  plan("sh -c 'echo a b'");
  const char *text = plan_text(&driver);
  expect_in(text, "docker exec aa sh -c 'echo a b'\n");
  expect_in(text, "after 10s without an end the outcome is unknown");
  expect_in(text, "recorded in the audit log");
  assert_string_equal(driver.plan->title, "Run a command in api");
  assert_int_equal(plan_confirmation(driver.plan), CONFIRM_NAME);
  engine.look = "{\"Name\":\"/api\",\"State\":{\"Status\":\"paused\"}}";
  assert_false(plan_of("true", "10s"));
  expect_words(&driver, "api is paused");
}

static void test_what_is_no_command(void **state) {
  static const struct {
    const char *command, *words;
  } cases[] = {
      {"'open", "unclosed"},
      {"", "no program is named"},
      {"'' a", "no program is named"},
      {"echo \xff", "word 2 of the command is not UTF-8"},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_false(plan_of(cases[i].command, "10s"));
    expect_words(&driver, cases[i].words);
  }
}

static void test_words_go_as_they_are(void **state) {
  (void)state;
  plan("echo '$HOME' \"a \\\" b\" -- ''");
  assert_true(driver_execute(&driver));
  assert_string_equal(created, "{\"AttachStdout\":true,\"AttachStderr\":true,\"Cmd\":[\"echo\","
                               "\"$HOME\",\"a \\\" b\",\"--\",\"\"]}");
  assert_string_equal(started, "{\"Detach\":false,\"Tty\":false}");
  assert_string_equal(log_text, "GET /containers/aa/json, POST /containers/aa/exec, "
                                "POST /exec/e1/start, GET /exec/e1/json");
  expect(OBJECT_DONE, "ended with exit code 0 after ");
}

static void test_its_outputs_are_kept_apart(void **state) {
  static const char output[] = "\1\0\0\0\0\0\0\3one\2\0\0\0\0\0\0\4two\n\1\0\0\0\0\0\0\0"
                               "\1\0\0\0\0\0\0\6 three";
  (void)state;
  engine.output = output;
  engine.output_len = sizeof output - 1;
  plan("x");
  assert_true(driver_execute(&driver));
  assert_int_equal(driver.outcome.output_count, 2);
  assert_string_equal(driver.outcome.outputs[0].text, "one three");
  assert_int_equal(driver.outcome.outputs[0].stream, OUTPUT_STDOUT);
  assert_string_equal(driver.outcome.outputs[1].text, "two\n");
  assert_int_equal(driver.outcome.outputs[1].stream, OUTPUT_STDERR);
}

static void test_how_it_ended(void **state) {
  static const struct {
    const char *how, *words;
    enum object_result result;
  } cases[] = {
      {"{\"Running\":false,\"ExitCode\":0}", "exit code 0", OBJECT_DONE},
      {"{\"Running\":false,\"ExitCode\":3}", "exit code 3 after ", OBJECT_UNKNOWN},
      {"{\"Running\":false,\"ExitCode\":127}", "127 (no such program)", OBJECT_UNKNOWN},
      {"{\"Running\":false,\"ExitCode\":126}", "126 (it could not be run)", OBJECT_UNKNOWN},
      {"{\"Running\":false,\"ExitCode\":137}", "137 (SIGKILL)", OBJECT_UNKNOWN},
      {"{\"Running\":false,\"ExitCode\":null}", "does not say how", OBJECT_UNKNOWN},
      {"{\"Running\":1}", "what became of it is not known", OBJECT_UNKNOWN},
      {"[]", "what became of it is not known", OBJECT_UNKNOWN},
      {NULL, "No such exec", OBJECT_UNKNOWN},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    engine.how = cases[i].how;
    plan("x");
    driver_execute(&driver);
    expect(cases[i].result, cases[i].words);
  }
}

/* The engine learns of the end a little after the output has ended. */
static void test_it_ends_after_its_output(void **state) {
  (void)state;
  engine.how = "{\"Running\":true,\"Pid\":77}";
  engine.how_later = "{\"Running\":false,\"ExitCode\":0}";
  plan("x");
  assert_true(driver_execute(&driver));
  expect(OBJECT_DONE, "exit code 0");
}

static void test_no_end(void **state) {
  (void)state;
  engine.output = NULL;
  engine.how = "{\"Running\":true,\"Pid\":77}";
  assert_true(plan_of("x", "1s"));
  assert_true(driver_execute(&driver));
  expect(OBJECT_UNKNOWN, "no end after 1");
  expect(OBJECT_UNKNOWN, "it still runs in the container, as process 77 of the engine's host");
}

static void test_cancelled(void **state) {
  (void)state;
  engine.output = NULL;
  engine.how = "{\"Running\":true}";
  plan("x");
  driver_execute_begin(&driver);
  while (!*started)
    driver_turn(&driver);
  action_docker_exec.execute->cancel(&driver.call);
  assert_true(driver_wait(&driver));
  expect(OBJECT_UNKNOWN, "cancelled after ");
  expect(OBJECT_UNKNOWN, "; it still runs in the container");
}

static void test_dropped(void **state) {
  (void)state;
  engine.output = NULL;
  plan("x");
  driver_execute_begin(&driver);
  while (!*started)
    driver_turn(&driver);
  driver_drop(&driver);
  expect(OBJECT_UNKNOWN, "it may still run in the container");
}

/* The connection breaks: the engine still knows what became of it. */
static void test_its_output_breaks_off(void **state) {
  static const char output[] = "\1\0\0\0\0\0\0\7par";
  (void)state;
  engine.output = output;
  engine.output_len = sizeof output - 1;
  engine.breaks = true;
  plan("x");
  driver_execute(&driver);
  expect(OBJECT_DONE, "ended with exit code 0");
  assert_string_equal(driver.outcome.outputs[0].text, "par");
}

static void test_what_the_engine_refuses(void **state) {
  (void)state;
  engine.create_status = "409 Conflict";
  engine.create = "{\"message\":\"container aa is not running\"}";
  plan("x");
  driver_execute(&driver);
  expect(OBJECT_REFUSED, "nothing was run: container aa is not running");
  engine.create_status = "201 Created";
  engine.create = "{}";
  plan("x");
  driver_execute(&driver);
  expect(OBJECT_REFUSED, "nothing was run: ");
  engine.create = "{\"Id\":\"e1\"}";
  engine.start_status = "409 Conflict";
  plan("x");
  driver_execute(&driver);
  expect(OBJECT_REFUSED, "it is paused");
}

static void test_another_container_or_run(void **state) {
  (void)state;
  plan("x");
  engine.look = "{\"Name\":\"/api\",\"State\":{\"Status\":\"running\",\"StartedAt\":"
                "\"2026-11-27T13:00:00Z\"}}";
  driver_execute(&driver);
  expect(OBJECT_REFUSED, "it was started since the plan was made");
  assert_string_equal(log_text, "GET /containers/aa/json");
}

static void test_nobody_there(void **state) {
  (void)state;
  plan("x");
  tiny_stop(&server);
  http_client_free(driver.io.http); /* kept connections would still be served */
  driver.io.http = NULL;
  assert_false(driver_execute(&driver));
  expect(OBJECT_SKIPPED, "nothing was sent: refused");
}

int main(void) {
  signal(SIGPIPE, SIG_IGN); /* as app does */
  unsetenv("http_proxy");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_the_plan),
      TEST(test_what_is_no_command),
      TEST(test_words_go_as_they_are),
      TEST(test_its_outputs_are_kept_apart),
      TEST(test_how_it_ended),
      TEST(test_it_ends_after_its_output),
      TEST(test_no_end),
      TEST(test_cancelled),
      TEST(test_dropped),
      TEST(test_its_output_breaks_off),
      TEST(test_what_the_engine_refuses),
      TEST(test_another_container_or_run),
      TEST(test_nobody_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
