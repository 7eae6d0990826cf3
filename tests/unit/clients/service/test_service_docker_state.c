/* Which containers are a service's, and what they say together. */
#include "clients/service/service_docker_state.h"
#include "support/core_test.h"

#include <string.h>

static const double now_s = 1800000000;
static struct arena arena;

static int setup(void **state) {
  (void)state;
  arena_init(&arena, 1 << 20);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  arena_fini(&arena);
  return 0;
}

/* ---- which */

static struct docker_container of(const char *project, const char *service, const char *number) {
  return (struct docker_container){
      .id = "1", .name = number, .project = project, .service = service, .number = number};
}

static struct service_docker_place place_of(const char *runtime, const char *text) {
  struct service_docker_place place;
  service_docker_place_read(&place, runtime, text);
  return place;
}

static void test_the_place(void **state) {
  (void)state;
  struct service_docker_place place = place_of("compose", "ecap/api");
  assert_string_equal(place.project, "ecap");
  assert_string_equal(place.service, "api");
  assert_null(place.container);
  place = place_of("compose", "api");
  assert_string_equal(place.project, "");
  place = place_of("docker", "ecap-api-1");
  assert_string_equal(place.container, "ecap-api-1");
}

static void test_its_own_in_order_and_no_other(void **state) {
  struct docker_container all[] = {of("ecap", "api", "10"), of("ecap", "dashboard", "1"),
                                   of("shop", "api", "1"), of("ecap", "api", "2"),
                                   of("ecap", "api", "1")};
  const struct service_docker_place place = place_of("compose", "ecap/api");
  struct err err;
  size_t count = COUNT(all);
  (void)state;
  all[4].one_off = true; /* docker compose run */
  assert_true(service_docker_pick(&place, all, &count, &err));
  assert_int_equal(count, 2);
  assert_string_equal(all[0].number, "2");
  assert_string_equal(all[1].number, "10");
}

static void test_two_projects_are_named_in_the_same_order(void **state) {
  const struct service_docker_place place = place_of("compose", "api");
  (void)state;
  for (int turn = 0; turn < 2; turn++) {
    struct docker_container all[] = {of(turn ? "shop" : "ecap", "api", "1"),
                                     of(turn ? "ecap" : "shop", "api", "1")};
    struct err err;
    size_t count = COUNT(all);
    assert_false(service_docker_pick(&place, all, &count, &err));
    assert_non_null(strstr(err.text, "in more than one project: ecap, shop; name one: runtime: "
                                     "{compose: ecap/api}"));
  }
}

static void test_by_name_and_port(void **state) {
  struct docker_container all[] = {of("ecap", "api", "1"), of("shop", "api", "1"),
                                   of("demo", "api", "1")};
  const struct service_docker_place place = {.service = "api", .port = 8000};
  struct err err;
  size_t count = COUNT(all);
  (void)state;
  all[0].public_ports[0] = 9000;
  all[0].public_ports[1] = 8000;
  all[1].public_ports[0] = 8001;
  assert_true(service_docker_pick(&place, all, &count, &err));
  assert_int_equal(count, 1);
  assert_string_equal(all[0].project, "ecap");
  all[1].host_network = true; /* it may listen there */
  count = 2;
  all[0].project = "ecap";
  assert_false(service_docker_pick(&place, all, &count, &err));
}

static void test_too_many(void **state) {
  static struct docker_container all[SERVICE_OBJECTS_MAX + 1];
  const struct service_docker_place place = place_of("compose", "api");
  struct err err;
  size_t count = COUNT(all);
  (void)state;
  for (size_t i = 0; i < COUNT(all); i++)
    all[i] = of("ecap", "api", "1");
  assert_false(service_docker_pick(&place, all, &count, &err));
  assert_int_equal(err.kind, ERR_LIMIT);
}

/* ---- together */

static struct restarts none = {.known = -1};

static struct service_container running(const char *name) {
  return (struct service_container){.reading = {.container = {.id = name, .state = "running"},
                                                .has_detail = true,
                                                .detail = {.status = "running",
                                                           .error = "",
                                                           .health = "",
                                                           .checked = "",
                                                           .policy = "no",
                                                           .name = name,
                                                           .image = "bb:1",
                                                           .project = "ecap",
                                                           .started = name,
                                                           .started_s = now_s - 60,
                                                           .finished_s = -1,
                                                           .exit_code = 0}},
                                    .restarts = &none};
}

static void use(struct service_container *container, int64_t cpu_ns, int64_t memory,
                int64_t limit) {
  container->reading.has_usage = true;
  container->reading.usage = (struct docker_usage){.cpu_ns = cpu_ns, .memory = memory};
  container->reading.detail.memory_limit = limit;
}

static struct service_state state_of(const struct service_container *containers, size_t count) {
  struct service_state state;
  service_docker_state(containers, count, 2, "/run/s", now_s, &arena, &state);
  return state;
}

static void test_sums_and_the_worst(void **state) {
  struct service_container both[] = {running("one"), running("two")};
  (void)state;
  use(&both[0], 1000000000, 10, 100);
  use(&both[1], 500000000, 90, 100);
  both[0].reading.detail.restarts = 2;
  struct service_state together = state_of(both, 2);
  assert_string_equal(together.state, "running");
  assert_int_equal(together.severity, SEVERITY_OK);
  assert_int_equal(together.ready, 2);
  assert_int_equal(together.wanted, 2);
  assert_int_equal(together.restarts, 2);
  assert_int_equal(together.memory, 100);
  assert_int_equal(together.memory_limit, 200);
  assert_true(together.memory_share > 0.89 && together.memory_share < 0.91); /* not 50% */
  assert_true(together.cpu_s > 1.49 && together.cpu_s < 1.51);
  assert_string_equal(together.cpu_run, " one two");
  assert_string_equal(together.image, "bb:1");
  assert_int_equal(together.object_count, 2);
  assert_string_equal(together.objects[1].identity.place, "/run/s");
  assert_string_equal(together.objects[1].identity.run, "two");
  assert_string_equal(together.objects[1].undone_by[0],
                      "belongs to the compose project ecap: docker compose up starts it");
  assert_null(together.objects[1].undone_by[1]);
}

/* A sum of some of them would look like all. */
static void test_no_sum_of_some(void **state) {
  struct service_container both[] = {running("one"), running("two")};
  (void)state;
  use(&both[0], 1000000000, 10, 100);
  struct service_state together = state_of(both, 2);
  assert_int_equal(together.memory, -1);
  assert_true(together.cpu_s == -1);
  assert_int_equal(together.memory_limit, 0);
  assert_non_null(together.unused_why);
}

static void test_the_state_of_one_that_ended(void **state) {
  struct service_container both[] = {running("one"), running("two")};
  struct docker_detail *two = &both[1].reading.detail;
  (void)state;
  two->status = "exited";
  two->finished_s = now_s - 5;
  two->exit_code = 137;
  struct service_state together = state_of(both, 2);
  assert_string_equal(together.state, "exited 137");
  assert_int_equal(together.severity, SEVERITY_WARN);
  assert_string_equal(together.reason, "two: ended with exit code 137 (SIGKILL)");
  assert_int_equal(together.ready, 1);
  assert_true(together.since_s == 5);
  two->oom_killed = true;
  two->memory_limit = 16 << 20;
  together = state_of(both, 2);
  assert_string_equal(together.state, "OOM-killed");
  assert_int_equal(together.severity, SEVERITY_CRIT);
  /* stopped by a person: no finding, but it is what the state says */
  two->oom_killed = false;
  two->policy = "always";
  together = state_of(both, 2);
  assert_int_equal(together.severity, SEVERITY_OK);
  assert_string_equal(together.state, "exited 137");
  together = state_of(both + 1, 1);
  assert_string_equal(together.reason, "");
}

static void test_a_health_check_of_its_own(void **state) {
  struct service_container one = running("one");
  (void)state;
  one.reading.detail.health = "healthy";
  assert_string_equal(state_of(&one, 1).state, "running");
  one.reading.detail.health = "starting";
  assert_string_equal(state_of(&one, 1).state, "starting");
  assert_int_equal(state_of(&one, 1).ready, 0);
  one.reading.detail.health = "unhealthy";
  one.reading.detail.checked = "no database\n";
  assert_string_equal(state_of(&one, 1).reason, "its health check fails: no database");
}

static void test_nothing_is_there(void **state) {
  (void)state;
  const struct service_state together = state_of(NULL, 0);
  assert_string_equal(together.state, "absent");
  assert_int_equal(together.wanted, 0);
  assert_int_equal(together.memory, -1);
}

static void test_a_variable_is_as_in_the_worst(void **state) {
  struct service_container both[] = {running("one"), running("two")};
  (void)state;
  both[0].variables[0] = both[1].variables[0] = VARIABLE_SET;
  both[0].variables[1] = VARIABLE_SET;
  both[1].variables[1] = VARIABLE_MISSING;
  const struct service_state together = state_of(both, 2);
  assert_int_equal(together.variables[0], VARIABLE_SET);
  assert_int_equal(together.variables[1], VARIABLE_MISSING);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_the_place),
      TEST(test_its_own_in_order_and_no_other),
      TEST(test_two_projects_are_named_in_the_same_order),
      TEST(test_by_name_and_port),
      TEST(test_too_many),
      TEST(test_sums_and_the_worst),
      TEST(test_no_sum_of_some),
      TEST(test_the_state_of_one_that_ended),
      TEST(test_a_health_check_of_its_own),
      TEST(test_nothing_is_there),
      TEST(test_a_variable_is_as_in_the_worst),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
