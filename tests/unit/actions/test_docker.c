/* The actions on containers in front of a server that plays an engine: what is asked in which
 * order, what the engine may answer, and what is made of it. What a real engine does is tested in
 * tests/e2e/test_actions_docker.py. */
#include "act_driver.h"

#include "clients/docker/docker_contract.h"
#include "support/tiny_server.h"

#include <signal.h>
#include <stdio.h>

extern const struct action action_docker_restart, action_docker_start, action_docker_stop,
    action_docker_kill, action_docker_pause, action_docker_unpause;

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

/* ---- the engine */

struct played {
  const char *id, *status, *health, *policy, *project;
  int run, restarts, exit_code;
  bool gone;
  /* What a change makes of it. */
  const char *then, *then_health;
  bool new_run;
  const char *answer;  /* status line of its answer; NULL: 204; "": none */
  const char *message; /* of a refusal */
  int later;           /* after so many looks more it becomes this: */
  const char *at_last, *at_last_health;
  int at_last_restarts;
  bool silent; /* no question is answered any more */
};
enum { PLAYED_MAX = 3, TEXTS_MAX = 512 };
static struct played played[PLAYED_MAX];
static size_t played_count;
static char *texts[TEXTS_MAX];
static size_t text_count;
static char log_text[4096]; /* "inspect aa, POST aa/restart?t=10, " */
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

static struct played *of_id(const char *id) {
  for (size_t i = 0; i < played_count; i++)
    if (strcmp(played[i].id, id) == 0)
      return &played[i];
  return NULL;
}

static const char *looked_at(struct played *one) {
  char health[160] = "";
  if (one->later > 0 && --one->later == 0) {
    one->status = one->at_last;
    one->health = one->at_last_health;
    one->restarts = one->at_last_restarts;
  }
  if (one->health)
    snprintf(health, sizeof health,
             ",\"Health\":{\"Status\":\"%s\",\"Log\":[{\"Output\":\"no database\"}]}", one->health);
  const char *body = keep(mem_printf(
      "{\"Name\":\"/name-%s\",\"State\":{\"Status\":\"%s\",\"StartedAt\":\"2026-11-27T12:32:24."
      "%09dZ\",\"ExitCode\":%d%s},\"RestartCount\":%d,\"HostConfig\":{\"RestartPolicy\":{\"Name\":"
      "\"%s\"}},\"Config\":{\"Image\":\"bb:1\",\"Labels\":{\"com.docker.compose.project\":\"%s\"}}"
      "}",
      one->id, one->status, one->run, one->exit_code, health, one->restarts,
      one->policy ? one->policy : "no", one->project ? one->project : ""));
  return http("200 OK", body);
}

static const char *changed(struct played *one) {
  one->status = one->then ? one->then : one->status;
  one->health = one->then_health;
  one->run += one->new_run;
  if (one->answer && !*one->answer)
    return NULL;
  if (!one->answer)
    return "HTTP/1.1 204 No Content\r\n\r\n";
  return http(one->answer, keep(mem_printf("{\"message\":\"%s\"}", one->message)));
}

static const char *answer(struct tiny_server *self, const char *request) {
  char method[8], id[80], what[32];
  (void)self;
  if (sscanf(request, "%7s /containers/%79[^/]/%31[^ ]", method, id, what) != 3)
    fail_msg("%s", request);
  const size_t used = strlen(log_text);
  const bool look = strcmp(method, "GET") == 0;
  snprintf(log_text + used, sizeof log_text - used, "%s%s %s%s%s", used ? ", " : "",
           look ? "look" : "POST", id, look ? "" : "/", look ? "" : what);
  struct played *one = of_id(id);
  if (one && one->silent)
    return NULL;
  if (!one || one->gone)
    return http("404 Not Found", "{\"message\":\"No such container\"}");
  return look ? looked_at(one) : changed(one);
}

static struct played *play(const char *id, const char *status) {
  played[played_count] = (struct played){.id = id, .status = status};
  return &played[played_count++];
}

/* One that runs, and runs again after the change. */
static struct played *play_running(const char *id) {
  struct played *one = play(id, "running");
  one->then = "running";
  one->new_run = true;
  return one;
}

static int setup(void **state) {
  char endpoint[64];
  (void)state;
  played_count = 0;
  *log_text = '\0';
  driver_open(&driver, &kind, NULL);
  server = (struct tiny_server){.choose = answer, .unref = true};
  assert_true(tiny_listen(&server, &driver.loop, "127.0.0.1"));
  uv_unref((uv_handle_t *)&server.socket);
  snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", server.port);
  struct target *target = driver.config->targets[0];
  struct err err;
  assert_true(option_parse(&options[0], endpoint, &target->values[0], &err));
  target->values[0].set = true;
  return 0;
}

static int teardown(void **state) {
  (void)state;
  if (!uv_is_closing((uv_handle_t *)&server.socket))
    tiny_stop(&server);
  driver_close(&driver);
  for (size_t i = 0; i < text_count; i++)
    free(texts[i]);
  text_count = 0;
  return 0;
}

static const char *const aa[] = {"aa", NULL};
static const char *const two[] = {"aa", "bb", NULL};
static const char *const three[] = {"aa", "bb", "cc", NULL};

static void plan(const struct action *action, const char *const *keys) {
  if (!driver_survey(&driver, action, DOCKER_CONTAINERS_TABLE, keys, NULL) ||
      !driver_plan(&driver, NULL))
    fail_msg("%s", driver.err.text);
  *log_text = '\0';
}

static void expect_object(size_t object, enum object_result result, const char *words) {
  driver_expect(&driver, object, result, words);
}

static void run(void) {
  if (!driver_execute(&driver) || !driver_verify(&driver))
    fail_msg("%s", driver.err.text);
}

/* ---- the plan */

static void test_a_plan_names_whom_and_what(void **state) {
  (void)state;
  struct played *one = play_running("aabbccddeeff00112233");
  one->policy = "always";
  one->project = "ecap";
  plan(&action_docker_stop, (const char *const[]){"aabbccddeeff00112233", NULL});
  const char *text = plan_text(&driver);
  expect_in(text, "docker stop --time 10 aabbccddeeff\n");
  expect_in(text, "has the restart policy always: a restart of the engine starts it again");
  expect_in(text, "belongs to the compose project ecap: docker compose up starts it");
  expect_in(text, "it was not started or stopped since");
  assert_string_equal(driver.plan->title, "Stop name-aabbccddeeff00112233");
  assert_string_equal(action_identity(driver.plan, 0, "id"), "aabbccddeeff00112233");
  assert_string_equal(action_identity(driver.plan, 0, "run"), "2026-11-27T12:32:24.000000000Z");
  assert_string_equal(action_identity(driver.plan, 0, "state"), "running");
  assert_string_equal(action_identity(driver.plan, 0, "restarts"), "0");
}

static void test_states_in_which_it_makes_sense(void **state) {
  static const struct {
    const struct action *action;
    const char *good;
  } cases[] = {
      {&action_docker_restart, " created running paused restarting exited "},
      {&action_docker_start, " created exited dead "},
      {&action_docker_stop, " running paused restarting "},
      {&action_docker_kill, " running paused restarting "},
      {&action_docker_pause, " running "},
      {&action_docker_unpause, " paused "},
  };
  static const char *const states[] = {"created", "running",  "paused", "restarting",
                                       "exited",  "removing", "dead",   "run"};
  (void)state;
  struct played *one = play("aa", "");
  for (size_t i = 0; i < COUNT(cases); i++)
    for (size_t k = 0; k < COUNT(states); k++) {
      char word[32];
      one->status = states[k];
      snprintf(word, sizeof word, " %s ", states[k]);
      assert_true(driver_survey(&driver, cases[i].action, DOCKER_CONTAINERS_TABLE, aa, NULL));
      if (driver_plan(&driver, NULL) != (strstr(cases[i].good, word) != NULL))
        fail_msg("%s of one that is %s", cases[i].action->spec.id, states[k]);
    }
}

static void test_a_survey_of_one_that_is_gone(void **state) {
  (void)state;
  assert_false(driver_survey(&driver, &action_docker_stop, DOCKER_CONTAINERS_TABLE, aa, NULL));
  expect_words(&driver, "the container no longer exists");
}

static void test_a_survey_of_what_is_no_container(void **state) {
  (void)state;
  play("aa", "");
  assert_false(driver_survey(&driver, &action_docker_stop, DOCKER_CONTAINERS_TABLE, aa, NULL));
  expect_words(&driver, "no state of a container");
}

/* ---- the effect */

static void test_each_effect(void **state) {
  static const struct {
    const struct action *action;
    const char *from, *to, *log, *words, *undo;
    bool new_run;
  } cases[] = {
      {&action_docker_restart, "running", "running", "POST aa/restart?t=10", "running", NULL, true},
      {&action_docker_start, "exited", "running", "POST aa/start", "running", "docker.stop main aa",
       true},
      {&action_docker_stop, "running", "exited", "POST aa/stop?t=10", "exited, exit code 5",
       "docker.start main aa", false},
      {&action_docker_kill, "running", "exited", "POST aa/kill", "exited, exit code 5",
       "docker.start main aa", false},
      {&action_docker_pause, "running", "paused", "POST aa/pause", "paused",
       "docker.unpause main aa", false},
      {&action_docker_unpause, "paused", "running", "POST aa/unpause", "running",
       "docker.pause main aa", false},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    played_count = 0;
    struct played *one = play("aa", cases[i].from);
    one->then = cases[i].to;
    one->new_run = cases[i].new_run;
    one->exit_code = 5;
    plan(cases[i].action, aa);
    run();
    expect_in(log_text, cases[i].log);
    assert_null(strstr(strstr(log_text, "POST") + 1, "POST")); /* once */
    expect_object(0, OBJECT_DONE, cases[i].words);
    assert_string_equal(driver.outcome.undo ? driver.outcome.undo : "none",
                        cases[i].undo ? cases[i].undo : "none");
  }
}

static void test_a_health_check_is_waited_for(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  one->then_health = "starting";
  one->later = 6;
  one->at_last = "running";
  one->at_last_health = "healthy";
  plan(&action_docker_restart, aa);
  one->later = 6;
  run();
  expect_object(0, OBJECT_DONE, "healthy after ");
}

static void test_a_start_that_does_not_last(void **state) {
  static const struct {
    const char *status, *health, *words;
    int restarts;
  } cases[] = {
      {"exited", NULL, "started, but it is exited again: exit code 7", 0},
      {"restarting", NULL, "started, but it is restarting again: exit code 7", 1},
      {"running", NULL, "started, but it ended, and was started again", 1},
      {"running", "unhealthy", "started, but its health check fails: no database", 0},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    played_count = 0;
    struct played *one = play_running("aa");
    one->exit_code = 7;
    plan(&action_docker_restart, aa);
    one->later = 4; /* one before the change, and two good ones */
    one->at_last = cases[i].status;
    one->at_last_health = cases[i].health;
    one->at_last_restarts = cases[i].restarts;
    run();
    expect_object(0, OBJECT_PARTLY, cases[i].words);
    assert_null(driver.outcome.undo);
  }
}

/* The engine starts it again meanwhile: it is not down. */
static void test_a_stop_that_does_not_last(void **state) {
  (void)state;
  struct played *one = play("aa", "running");
  one->then = "restarting";
  plan(&action_docker_kill, aa);
  one->later = 5;
  one->at_last = "exited";
  run();
  expect_object(0, OBJECT_DONE, "exited, exit code 0");
}

/* ---- what has changed since the plan */

static void test_removed_meanwhile(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  plan(&action_docker_restart, aa);
  one->gone = true;
  run();
  expect_object(0, OBJECT_REFUSED, "the container was removed");
  one->gone = false;
  plan(&action_docker_stop, aa);
  one->gone = true;
  run();
  expect_object(0, OBJECT_GONE, "the container was removed"); /* it is down */
  assert_null(strstr(log_text, "POST"));
}

static void test_another_run(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  plan(&action_docker_stop, aa);
  one->run++;
  run();
  expect_object(0, OBJECT_REFUSED, "it was started since the plan was made");
  assert_null(strstr(log_text, "POST"));
  one->restarts = 3;
  plan(&action_docker_stop, aa);
  one->run++;
  one->restarts = 1; /* by hand, and then by the engine */
  run();
  expect_object(0, OBJECT_REFUSED, "it was started since the plan was made");
}

static void test_another_run_by_the_engine(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  one->restarts = 3;
  plan(&action_docker_stop, aa);
  one->run++;
  one->restarts = 4;
  one->status = "restarting";
  one->then = "exited";
  run();
  expect_object(0, OBJECT_DONE, "exited");
}

/* The plan was made while the engine waited for its time to restart it. */
static void test_a_run_that_was_due(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  one->status = "restarting";
  one->restarts = 3;
  plan(&action_docker_stop, aa);
  one->run++;
  one->status = "running";
  one->then = "exited";
  run();
  expect_object(0, OBJECT_DONE, "exited");
}

static void test_another_state(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  plan(&action_docker_restart, aa);
  one->status = "exited"; /* stopped by hand */
  run();
  expect_object(0, OBJECT_REFUSED, "it is exited now, and was running when the plan was made");
  one->status = "running";
  plan(&action_docker_pause, aa);
  one->status = "paused";
  run();
  expect_object(0, OBJECT_REFUSED, "it is paused now");
  assert_null(strstr(log_text, "POST"));
}

/* ---- what the engine refuses */

static void test_refusals(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  one->new_run = false;
  one->message = "port is already allocated";
  static const char *const answers[] = {"409 Conflict", "500 Internal Server Error",
                                        "403 Forbidden"};
  for (size_t i = 0; i < COUNT(answers); i++) {
    one->answer = answers[i];
    plan(&action_docker_restart, aa);
    run();
    expect_object(0, OBJECT_REFUSED, "port is already allocated");
  }
  one->answer = "304 Not Modified";
  one->message = "";
  one->then = "exited"; /* by others, meanwhile */
  plan(&action_docker_stop, aa);
  run();
  expect_object(0, OBJECT_REFUSED, "in that state already");
}

/* Podman finds that a container in a crash loop does not run, and starts it again. */
static void test_a_stop_between_two_runs(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  one->answer = "304 Not Modified";
  one->message = "";
  one->new_run = false;
  one->then = "stopped";
  one->policy = "always";
  plan(&action_docker_stop, aa);
  run();
  expect_object(0, OBJECT_REFUSED,
                "nothing was done: the engine met it between two runs, and it is restarting now");
}

/* A restart that stops it, and cannot start it again. */
static void test_a_refusal_half_way(void **state) {
  (void)state;
  struct played *one = play("aa", "running");
  one->then = "exited";
  one->answer = "500 Internal Server Error";
  one->message = "port is already allocated";
  plan(&action_docker_restart, aa);
  run();
  expect_object(0, OBJECT_PARTLY, "it is exited now: port is already allocated");
}

static void test_a_refusal_and_then_silence(void **state) {
  (void)state;
  struct played *one = play("aa", "running");
  one->answer = "500 Internal Server Error";
  one->message = "driver failed";
  plan(&action_docker_restart, aa);
  one->later = 2;
  one->at_last = ""; /* no container any more */
  run();
  expect_object(0, OBJECT_UNKNOWN, "driver failed; and then: the answer has no state");
}

/* ---- several */

static void test_one_after_the_other(void **state) {
  (void)state;
  play_running("aa");
  play_running("bb");
  plan(&action_docker_restart, two);
  assert_string_equal(driver.plan->title, "Restart 2 containers of main");
  run();
  expect_object(0, OBJECT_DONE, "running");
  expect_object(1, OBJECT_DONE, "running");
  assert_string_equal(driver.outcome.proof, "2 of 2 containers restarted");
  assert_null(driver.outcome.undo);
  /* the second is not touched before the first is seen up twice */
  expect_in(log_text, "look aa, POST aa/restart?t=10, look aa, look aa, ");
  expect_in(log_text, "look aa, look bb, POST bb/restart?t=10, look bb");
}

static void test_the_first_that_fails_ends_it(void **state) {
  (void)state;
  play_running("aa");
  struct played *bad = play_running("bb");
  play_running("cc");
  bad->then = "exited";
  plan(&action_docker_restart, three);
  run();
  expect_object(0, OBJECT_DONE, "running");
  expect_object(1, OBJECT_PARTLY, "it is exited again");
  expect_object(2, OBJECT_SKIPPED, "not attempted: name-bb failed");
  assert_null(strstr(log_text, "cc"));
  assert_string_equal(driver.outcome.proof, "1 of 3 containers restarted");
}

/* ---- an engine that does not answer */

static void test_nobody_there(void **state) {
  (void)state;
  play_running("aa");
  play_running("bb");
  plan(&action_docker_restart, two);
  tiny_stop(&server);
  http_client_free(driver.io.http); /* kept connections would still be served */
  driver.io.http = NULL;
  assert_false(driver_execute(&driver));
  expect_object(0, OBJECT_SKIPPED, "nothing was sent: refused");
  expect_object(1, OBJECT_SKIPPED, "nothing was sent: refused");
}

/* Between the look at it and the change. */
static const char *answer_and_stop(struct tiny_server *self, const char *request) {
  const char *reply = answer(self, request);
  tiny_stop(self);
  return reply;
}

static void test_gone_before_the_change(void **state) {
  (void)state;
  play_running("aa");
  plan(&action_docker_restart, aa);
  server.choose = answer_and_stop;
  assert_false(driver_execute(&driver));
  expect_object(0, OBJECT_SKIPPED, "nothing was sent: refused");
}

static void test_a_change_without_an_answer(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  play_running("bb");
  one->answer = "";
  plan(&action_docker_restart, two);
  driver_execute_begin(&driver);
  while (!strstr(log_text, "POST"))
    driver_turn(&driver);
  driver_drop(&driver);
  expect_object(0, OBJECT_UNKNOWN, "sent, but no answer");
  expect_object(1, OBJECT_SKIPPED, "");
  assert_null(strstr(log_text, "bb"));
}

static const char *hang_up_on_change(struct tiny_server *self, const char *request) {
  if (strncmp(request, "POST", 4) != 0)
    return answer(self, request);
  answer(self, request);
  self->close_after = true;
  return "";
}

static void test_a_connection_that_breaks(void **state) {
  (void)state;
  play_running("aa");
  play_running("bb");
  plan(&action_docker_restart, two);
  server.choose = hang_up_on_change;
  driver_execute(&driver);
  expect_object(0, OBJECT_UNKNOWN, "sent, but no answer: connection closed without an answer");
  expect_object(1, OBJECT_SKIPPED, "not attempted: name-aa failed");
  assert_null(strstr(strstr(log_text, "POST") + 1, "POST")); /* nothing is tried twice */
}

/* Dropped at the n-th question of each step. */
static void test_dropped_at_each_question(void **state) {
  (void)state;
  for (int n = 0; n < 8; n++) {
    played_count = 0;
    play_running("aa");
    plan(&action_docker_restart, aa);
    driver_execute_begin(&driver);
    for (int i = 0; i < n && !driver.ended; i++)
      uv_run(&driver.loop, UV_RUN_NOWAIT);
    if (!driver.ended)
      driver_drop(&driver);
    const enum object_result result = driver.outcome.objects[0].result;
    const bool seen = strstr(log_text, "POST"); /* by the engine */
    assert_true(result == OBJECT_UNKNOWN || result == (seen ? OBJECT_SENT : OBJECT_SKIPPED));
  }
}

static void test_a_verification_without_an_answer(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  plan(&action_docker_restart, aa);
  assert_true(driver_execute(&driver));
  expect_object(0, OBJECT_SENT, "the engine did it");
  one->silent = true;
  driver_begin(&driver, action_docker_restart.verify);
  for (int i = 0; i < 5; i++)
    driver_turn(&driver);
  driver_drop(&driver);
  expect_object(0, OBJECT_UNKNOWN, "accepted it, but the result could not be read");
}

static void test_cancelled_while_it_waits(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  play_running("bb");
  one->then_health = "starting";
  plan(&action_docker_restart, two);
  driver_execute_begin(&driver);
  while (!strstr(log_text, "POST aa/restart?t=10, look aa"))
    driver_turn(&driver);
  action_docker_restart.execute->cancel(&driver.call);
  driver_wait(&driver);
  assert_false(driver.late);
  expect_object(0, OBJECT_PARTLY,
                "still running, health check starting; its health was not awaited");
  expect_object(1, OBJECT_SKIPPED, "cancelled before its turn");
  assert_null(strstr(log_text, "bb"));
}

/* The last one is waited for in the verification. */
static void test_its_health_is_not_awaited(void **state) {
  (void)state;
  struct played *one = play_running("aa");
  one->then_health = "starting";
  plan(&action_docker_restart, aa);
  assert_true(driver_execute(&driver));
  expect_object(0, OBJECT_SENT, "the engine did it");
  driver_begin(&driver, action_docker_restart.verify);
  for (int i = 0; i < 50; i++)
    driver_turn(&driver);
  assert_non_null(action_docker_restart.verify->cancel);
  action_docker_restart.verify->cancel(&driver.call);
  driver_wait(&driver);
  expect_object(0, OBJECT_PARTLY,
                "still running, health check starting; its health was not awaited");
  assert_true(strstr(driver.outcome.proof, "its health was not awaited"));
}

/* A plan file that was edited. */
static void test_no_other_path_is_smuggled_in(void **state) {
  (void)state;
  play_running("aa");
  plan(&action_docker_stop, aa);
  driver.plan->objects[0].identities[0] = "aa/../../images/prune?x=";
  run();
  assert_string_equal(log_text, "look aa%2F..%2F..%2Fimages%2Fprune%3Fx%3D");
  expect_object(0, OBJECT_GONE, "removed");
  plan(&action_docker_stop, aa);
  driver.plan->objects[0].identities[0] = "";
  assert_false(driver_execute(&driver));
  expect_object(0, OBJECT_REFUSED, "not the id of a container");
}

int main(void) {
  signal(SIGPIPE, SIG_IGN); /* as app does */
  unsetenv("http_proxy");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_a_plan_names_whom_and_what),
      TEST(test_states_in_which_it_makes_sense),
      TEST(test_a_survey_of_one_that_is_gone),
      TEST(test_a_survey_of_what_is_no_container),
      TEST(test_each_effect),
      TEST(test_a_health_check_is_waited_for),
      TEST(test_a_start_that_does_not_last),
      TEST(test_a_stop_that_does_not_last),
      TEST(test_removed_meanwhile),
      TEST(test_another_run),
      TEST(test_another_run_by_the_engine),
      TEST(test_a_run_that_was_due),
      TEST(test_another_state),
      TEST(test_refusals),
      TEST(test_a_stop_between_two_runs),
      TEST(test_a_refusal_half_way),
      TEST(test_a_refusal_and_then_silence),
      TEST(test_one_after_the_other),
      TEST(test_the_first_that_fails_ends_it),
      TEST(test_nobody_there),
      TEST(test_gone_before_the_change),
      TEST(test_a_change_without_an_answer),
      TEST(test_a_connection_that_breaks),
      TEST(test_dropped_at_each_question),
      TEST(test_a_verification_without_an_answer),
      TEST(test_cancelled_while_it_waits),
      TEST(test_its_health_is_not_awaited),
      TEST(test_no_other_path_is_smuggled_in),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
