/* Removing what nothing refers to, in front of a server that plays an engine. What a real engine
 * does is tested in tests/e2e/test_actions_docker_prune.py. */
#include "docker_played.h"

extern const struct action action_docker_prune;

static const char disk[] =
    "{\"LayersSize\":1000000,\"Containers\":[{\"Id\":\"aa\",\"State\":\"exited\",\"SizeRw\":4096,"
    "\"Names\":[\"/api\"]}],\"Images\":[{\"Id\":\"sha256:bb\",\"Size\":500000}],\"Volumes\":["
    "{\"Name\":\"-v\",\"CreatedAt\":\"c1\",\"UsageData\":{\"Size\":9,\"RefCount\":0}},"
    "{\"Name\":\"used\",\"UsageData\":{\"RefCount\":2}}],\"BuildCache\":[{\"Size\":2048}]}";
static const char less[] = "{\"LayersSize\":400000}";
static const char exited[] = "{\"State\":{\"Status\":\"exited\",\"StartedAt\":\"t1\"}}";

static const char *const picks[] = {"container/aa", "image/sha256:bb", "network/nn", "volume/-v",
                                    NULL};
static const char *const volumes[] = {"volumes", "-v", NULL};

static int setup(void **state) {
  played_setup(state);
  play("GET /system/df", "200 OK", disk);
  play("GET /networks", "200 OK", "[{\"Id\":\"nn\",\"Name\":\"old\"}]");
  play("GET /containers/aa/json", "200 OK", exited);
  play("GET /images/sha256%3Abb/json", "200 OK", "{\"Id\":\"sha256:bb\"}");
  play("GET /networks/nn", "200 OK", "{\"Id\":\"nn\"}");
  play("GET /volumes/-v", "200 OK", "{\"Name\":\"-v\",\"CreatedAt\":\"c1\"}");
  play("DELETE /containers/aa", "204 No Content", "");
  play("DELETE /images/sha256%3Abb?noprune=1", "200 OK", "[{\"Deleted\":\"sha256:bb\"}]");
  play("DELETE /networks/nn", "204 No Content", "");
  play("DELETE /volumes/-v", "204 No Content", "");
  return 0;
}

static void plan(const char *const *picked, const char *const *params) {
  if (!driver_survey(&driver, &action_docker_prune, NULL, NULL, params) ||
      !driver_plan(&driver, picked))
    fail_msg("%s", driver.err.text);
  *log_text = '\0';
}

static void survey_fails(const char *const *params, const char *words) {
  assert_false(driver_survey(&driver, &action_docker_prune, NULL, NULL, params));
  expect_words(&driver, words);
}

static void gone(const char *request) {
  play(request, "404 Not Found", "{\"message\":\"No such one\"}");
}

static void test_the_plan(void **state) {
  (void)state;
  plan(picks, volumes);
  const char *text = plan_text(&driver);
  expect_in(text, "docker rm aa\n");
  expect_in(text, "docker image rm --no-prune sha256:bb\n");
  expect_in(text, "docker network rm nn\n");
  expect_in(text, "docker volume rm -v\n");
  expect_in(text, "container/api");
  expect_in(text, "all data of the volumes");
  assert_null(strstr(text, "builder prune"));
  assert_string_equal(action_identity(driver.plan, 0, "mark"), "t1");
  assert_string_equal(action_identity(driver.plan, 3, "mark"), "c1");
  assert_int_equal(plan_confirmation(driver.plan), CONFIRM_COUNT);
  plan(picks, volumes);
  assert_false(driver_plan(&driver, NULL));
  expect_words(&driver, "nothing is picked");
}

static void test_volumes_only_where_they_are_named(void **state) {
  (void)state;
  plan((const char *const[]){"container/aa", NULL}, NULL);
  assert_int_equal(driver.found->tables[0].row_count, 4);
  assert_null(table_find(&driver.found->tables[0], "volume/-v"));
  survey_fails((const char *const[]){"volumes", "used", NULL},
               "volume used is in use by 2 containers");
  survey_fails((const char *const[]){"volumes", "nosuch", NULL}, "there is no volume nosuch");
  survey_fails((const char *const[]){"volumes", "'", NULL}, "unclosed");
}

static void test_each_by_its_id(void **state) {
  (void)state;
  plan(picks, volumes);
  assert_true(driver_execute(&driver));
  assert_string_equal(log_text, "GET /containers/aa/json, DELETE /containers/aa, "
                                "GET /images/sha256%3Abb/json, "
                                "DELETE /images/sha256%3Abb?noprune=1, GET /networks/nn, "
                                "DELETE /networks/nn, GET /volumes/-v, DELETE /volumes/-v");
  gone("GET /containers/aa/json");
  gone("GET /images/sha256%3Abb/json");
  gone("GET /networks/nn");
  gone("GET /volumes/-v");
  play("GET /system/df", "200 OK", less);
  assert_true(driver_verify(&driver));
  for (size_t i = 0; i < 4; i++)
    expect_object(i, OBJECT_DONE, "removed");
  expect_in(driver.outcome.proof, "4 of 4 removed; the engine keeps 391 kB, ");
  expect_in(driver.outcome.proof, " less than in the plan");
  assert_null(driver.outcome.undo);
}

static void test_what_came_into_use(void **state) {
  (void)state;
  plan(picks, volumes);
  play("GET /containers/aa/json", "200 OK",
       "{\"State\":{\"Status\":\"running\",\"StartedAt\":\"t2\"}}");
  play("GET /images/sha256%3Abb/json", "200 OK", "{\"Id\":\"b\",\"RepoTags\":[\"kept:1\"]}");
  play("DELETE /networks/nn", "403 Forbidden", "{\"message\":\"has active endpoints\"}");
  play("DELETE /volumes/-v", "409 Conflict", "{\"message\":\"volume is in use\"}");
  assert_true(driver_execute(&driver) && driver_verify(&driver));
  expect_object(0, OBJECT_REFUSED, "in use: it is running");
  expect_object(1, OBJECT_REFUSED, "in use: it has a name");
  expect_object(2, OBJECT_REFUSED, "in use: has active endpoints");
  expect_object(3, OBJECT_REFUSED, "in use: volume is in use");
  assert_null(strstr(log_text, "DELETE /containers"));
  assert_null(strstr(log_text, "DELETE /images"));
}

static void test_what_has_changed(void **state) {
  (void)state;
  plan(picks, volumes);
  play("GET /containers/aa/json", "200 OK",
       "{\"State\":{\"Status\":\"exited\",\"StartedAt\":\"t2\"}}");
  gone("GET /images/sha256%3Abb/json");
  gone("DELETE /networks/nn");
  play("GET /volumes/-v", "200 OK", "{\"Name\":\"-v\",\"CreatedAt\":\"c2\"}");
  assert_true(driver_execute(&driver));
  expect_object(0, OBJECT_REFUSED, "it was started since the plan was made");
  expect_object(1, OBJECT_GONE, "already removed");
  expect_object(2, OBJECT_GONE, "already removed");
  expect_object(3, OBJECT_REFUSED, "another volume of that name was made");
  assert_null(strstr(log_text, "DELETE /volumes"));
}

static void test_an_answer_that_is_not_true(void **state) {
  (void)state;
  plan((const char *const[]){"network/nn", NULL}, NULL);
  assert_true(driver_execute(&driver) && driver_verify(&driver));
  expect_object(0, OBJECT_UNKNOWN, "but it is still there");
  play("DELETE /networks/nn", "500 Internal Server Error", "{\"message\":\"plugin failed\"}");
  plan((const char *const[]){"network/nn", NULL}, NULL);
  assert_true(driver_execute(&driver));
  expect_object(0, OBJECT_REFUSED, "plugin failed");
}

static void test_no_answer(void **state) {
  (void)state;
  plan(picks, volumes);
  play("DELETE /images/sha256%3Abb?noprune=1", NULL, "");
  driver_execute_begin(&driver);
  while (!strstr(log_text, "DELETE /images"))
    driver_turn(&driver);
  driver_drop(&driver);
  expect_object(0, OBJECT_SENT, "removed");
  expect_object(1, OBJECT_UNKNOWN, "sent, but no answer");
  expect_object(2, OBJECT_SKIPPED, "not attempted");
  assert_null(strstr(log_text, "nn"));
}

/* As a whole, without what builds have used since the list was made: the engine gets a duration. */
static void test_the_build_cache(void **state) {
  static const char *const cache[] = {"build-cache/unused", "network/nn", NULL};
  (void)state;
  plan(cache, NULL);
  const char *text = plan_text(&driver);
  expect_in(text, "build-cache/unused");
  expect_in(text, "build cache: 1 record; what a build has used since the plan stays");
  expect_in(text, "docker builder prune --force --filter until=TIME");
  expect_in(text, "the next builds run their steps again");
  const char *since = action_identity(driver.plan, 0, "surveyed");
  assert_true(llabs(clock_wall_ms() - strtoll(since, NULL, 10)) < 60000);
  for (size_t i = 0; i < 2; i++) /* 90.5 s ago */
    driver.plan->objects[i].identities[4] =
        arena_printf(&driver.plan->arena, "%lld", (long long)clock_wall_ms() - 90500);
  static const char path[] = "POST /build/prune?filters=%7B%22until%22%3A%7B%2291s%22%3Atrue%7D%7D";
  play(path, "200 OK", "{\"CachesDeleted\":[\"a\",\"b\"],\"SpaceReclaimed\":2048}");
  assert_true(driver_execute(&driver));
  expect_object(0, OBJECT_SENT, "removed 2 records, 2.0 kB");
  gone("GET /networks/nn");
  play("GET /system/df", "200 OK", less);
  assert_true(driver_verify(&driver));
  expect_object(0, OBJECT_DONE, "removed 2 records, 2.0 kB");
  play("GET /system/df", "200 OK", disk);
  plan(cache, NULL);
  play("POST /build/prune?filters=%7B%22until%22%3A%7B%221s%22%3Atrue%7D%7D", "200 OK",
       "{\"CachesDeleted\":null,\"SpaceReclaimed\":0}");
  driver_execute(&driver);
  expect_object(0, OBJECT_REFUSED, "nothing was removed: builds have used all of it since");
}

static void test_nothing_to_remove(void **state) {
  (void)state;
  play("GET /system/df", "200 OK",
       "{\"LayersSize\":1,\"BuildCache\":[{\"Size\":2048,\"InUse\":true}]}");
  play("GET /networks", "200 OK", "[]");
  survey_fails(NULL, "nothing to remove");
  expect_words(&driver, "no unused build cache");
  play("GET /system/df", "200 OK", "[]");
  survey_fails(NULL, "not what a Docker engine says");
}

/* It runs by the time it is looked at. */
static void test_started_during_the_survey(void **state) {
  (void)state;
  play("GET /containers/aa/json", "200 OK", "{\"State\":{\"Status\":\"running\"}}");
  plan((const char *const[]){"network/nn", NULL}, NULL);
  assert_null(table_find(&driver.found->tables[0], "container/aa"));
}

/* A plan file that was edited. */
static void test_no_other_path_is_smuggled_in(void **state) {
  static const char *const ids[] = {"", ".", ".."};
  (void)state;
  for (size_t i = 0; i < COUNT(ids); i++) {
    plan((const char *const[]){"volume/-v", NULL}, volumes);
    driver.plan->objects[0].identities[1] = ids[i];
    assert_false(driver_execute(&driver));
    expect_object(0, OBJECT_REFUSED, "not an object of an engine");
    assert_string_equal(log_text, "");
  }
  plan((const char *const[]){"volume/-v", NULL}, volumes);
  driver.plan->objects[0].identities[0] = "engine";
  assert_false(driver_execute(&driver));
  expect_object(0, OBJECT_REFUSED, "not an object of an engine");
}

int main(void) {
  signal(SIGPIPE, SIG_IGN); /* as app does */
  unsetenv("http_proxy");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, played_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_the_plan),
      TEST(test_volumes_only_where_they_are_named),
      TEST(test_each_by_its_id),
      TEST(test_what_came_into_use),
      TEST(test_what_has_changed),
      TEST(test_an_answer_that_is_not_true),
      TEST(test_no_answer),
      TEST(test_the_build_cache),
      TEST(test_nothing_to_remove),
      TEST(test_started_during_the_survey),
      TEST(test_no_other_path_is_smuggled_in),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
