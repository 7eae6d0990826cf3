/* What engines answer: Docker 20.10 with cgroup v1, one with cgroup v2, Podman's service; and what
 * none of them should. */
#include "clients/docker/docker_read.h"

#include "core/json/json_tree.h"
#include "support/core_test.h"

#include <math.h>
#include <string.h>

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

static json_t *tree(const char *text) {
  static const struct json_limits limits = {
      .bytes = 1 << 20, .values = 10000, .depth = 64, .as_reals = true};
  struct err err;
  json_t *json = json_tree_new(text, strlen(text), &limits, &err);
  if (!json)
    fail_msg("%s", err.text);
  return json;
}

/* ---- the list */

enum { MOST = 4 };
static struct docker_container containers[MOST];
static size_t count, total;

static bool read_list(const char *text, const struct docker_filter *filter) {
  static const struct docker_filter all = {0};
  json_t *json = tree(text);
  const bool good = docker_containers_read(json, filter ? filter : &all, &arena, containers, MOST,
                                           &count, &total);
  json_decref(json);
  return good;
}

/* As Docker 20.10.24 writes it, shortened. */
static const char list_20_10[] =
    "[{\"Id\":\"23e07692be59fe9c5d18a290c119e25794fc4efe751b789ed5ca8d6bd22eb980\","
    "\"Names\":[\"/ecap-api-1\"],\"Image\":\"bb:1\","
    "\"ImageID\":\"sha256:ef03f24749ed09ee885d34eece4bc013b2b521b66171b3bbe011a904908b032a\","
    "\"Command\":\"sleep 1000\",\"Created\":1795785732,\"Ports\":["
    "{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},"
    "{\"IP\":\"::\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},"
    "{\"PrivatePort\":9000,\"Type\":\"udp\"}],"
    "\"Labels\":{\"com.docker.compose.project\":\"ecap\",\"com.docker.compose.service\":\"api\","
    "\"com.docker.compose.container-number\":\"1\"},"
    "\"State\":\"running\",\"Status\":\"Up 3 seconds (unhealthy)\","
    "\"HostConfig\":{\"NetworkMode\":\"none\"},\"NetworkSettings\":{\"Networks\":{}},"
    "\"Mounts\":[]}]";

static void test_a_list_of_docker(void **state) {
  (void)state;
  assert_true(read_list(list_20_10, NULL));
  assert_int_equal(count, 1);
  assert_int_equal(total, 1);
  assert_int_equal(strlen(containers[0].id), 64);
  assert_string_equal(containers[0].name, "ecap-api-1");
  assert_string_equal(containers[0].image, "bb:1");
  assert_string_equal(containers[0].state, "running");
  assert_string_equal(containers[0].project, "ecap");
  assert_string_equal(containers[0].service, "api");
  assert_string_equal(containers[0].number, "1");
  assert_string_equal(containers[0].ports, "0.0.0.0:8080->80/tcp, :::8080->80/tcp, 9000/udp");
  assert_int_equal(containers[0].created_s, 1795785732);
}

/* Its names begin with a slash as well; what Docker leaves empty is null. */
static void test_a_list_of_podman(void **state) {
  (void)state;
  assert_true(read_list("[{\"Id\":\"7a\",\"Names\":[\"/db\"],\"Image\":\"localhost/bb:1\","
                        "\"Created\":1795785732,\"Ports\":null,\"Labels\":null,"
                        "\"State\":\"exited\",\"Status\":\"Exited (0)\",\"Mounts\":null}]",
                        NULL));
  assert_string_equal(containers[0].name, "db");
  assert_string_equal(containers[0].project, "");
  assert_string_equal(containers[0].ports, "");
}

static void test_states_of_podman_in_a_list(void **state) {
  static const char *const names[][2] = {
      {"stopped", "exited"},     {"stopping", "running"},      {"initialized", "created"},
      {"configured", "created"}, {"restarting", "restarting"}, {"unheard-of", "unheard-of"}};
  char text[96];
  (void)state;
  for (size_t i = 0; i < COUNT(names); i++) {
    snprintf(text, sizeof text, "[{\"Id\":\"7a\",\"State\":\"%s\"}]", names[i][0]);
    assert_true(read_list(text, NULL));
    assert_string_equal(containers[0].state, names[i][1]);
  }
}

static void test_a_link_gives_no_name(void **state) {
  (void)state;
  assert_true(read_list("[{\"Id\":\"7a\",\"State\":\"running\",\"Names\":[\"/web/db\",\"/db\"]},"
                        "{\"Id\":\"7b\",\"State\":\"running\",\"Names\":[\"/api\",\"/web/api\"]}]",
                        NULL));
  assert_string_equal(containers[0].name, "db");
  assert_string_equal(containers[1].name, "api");
}

static void test_a_container_without_a_name(void **state) {
  (void)state;
  assert_true(read_list("[{\"Id\":\"7a\",\"State\":\"dead\",\"Names\":null},"
                        "{\"Id\":\"7b\",\"State\":\"dead\",\"Names\":[7]}]",
                        NULL));
  assert_string_equal(containers[0].name, "7a");
  assert_string_equal(containers[1].name, "7b");
}

static void test_what_is_no_list(void **state) {
  static const char *const texts[] = {
      "{}", "[1]", "[{}]", "[{\"Id\":\"7a\"}]", "[{\"State\":\"running\"}]",
      "[{\"Id\":\"\",\"State\":\"running\"}]", "[{\"Id\":7,\"State\":\"running\"}]",
      "[{\"Id\":\"7a\",\"State\":{}}]",
      /* one that is none, behind one that is */
      "[{\"Id\":\"7a\",\"State\":\"running\"},null]"};
  static const struct docker_filter all = {0};
  (void)state;
  for (size_t i = 0; i < COUNT(texts); i++)
    if (read_list(texts[i], NULL))
      fail_msg("%s", texts[i]);
  assert_false(docker_containers_read(NULL, &all, &arena, containers, MOST, &count, &total));
}

static void test_only_some_projects(void **state) {
  static const char *const projects[] = {"ecap", "other"};
  const struct docker_filter filter = {projects, 2};
  (void)state;
#define OF(id, project)                                                                            \
  "{\"Id\":\"" id "\",\"State\":\"running\",\"Labels\":{\"com.docker.compose.project\":\"" project \
  "\"}}"
  assert_true(
      read_list("[" OF("1", "no") "," OF("2", "ecap") "," OF("3", "eca") "," OF("4", "no") "," OF(
                    "5", "other") ",{\"Id\":\"6\",\"State\":\"running\"}]",
                &filter));
  assert_int_equal(count, 2);
  assert_int_equal(total, 2);
  assert_string_equal(containers[0].id, "2");
  assert_string_equal(containers[1].id, "5");
}

/* Those that are not wanted take no room from those that are. */
static void test_more_than_there_is_room_for(void **state) {
  static const char *const projects[] = {"ecap"};
  const struct docker_filter filter = {projects, 1};
  (void)state;
  assert_true(read_list("[" OF("1", "no") "," OF("2", "no") "," OF("3", "no") "," OF(
                            "4", "no") "," OF("5", "ecap") "]",
                        &filter));
  assert_int_equal(count, 1);
  assert_int_equal(total, 1);
  assert_true(read_list("[" OF("1", "a") "," OF("2", "b") "," OF("3", "c") "," OF("4", "d") "," OF(
                            "5", "e") "," OF("6", "e") "]",
                        NULL));
  assert_int_equal(count, MOST);
  assert_int_equal(total, 6);
}

static void test_many_ports(void **state) {
  char text[4096] = "[{\"Id\":\"7a\",\"State\":\"running\",\"Ports\":[{}";
  (void)state;
  for (int i = 1; i < 20; i++)
    strcat(text, ",{\"PrivatePort\":99,\"PublicPort\":1e30,\"Type\":7}"); /* NOLINT */
  strcat(text, "]}]");                                                    /* NOLINT */
  assert_true(read_list(text, NULL));
  assert_non_null(strstr(containers[0].ports, "-1/tcp, 99/tcp, "));
  assert_non_null(strstr(containers[0].ports, "99/tcp and 4 more"));
}

static void test_a_long_text_is_cut(void **state) {
  char text[8192];
  (void)state;
  snprintf(text, sizeof text, "[{\"Id\":\"7a\",\"State\":\"running\",\"Image\":\"%05000d\"}]", 0);
  assert_true(read_list(text, NULL));
  assert_int_equal(strlen(containers[0].image), DOCKER_TEXT_MAX);
}

/* ---- a container */

static struct docker_detail detail;

static bool read_detail(const char *text) {
  json_t *json = tree(text);
  const bool good = docker_detail_read(json, &arena, &detail);
  json_decref(json);
  return good;
}

static void test_a_container_of_docker(void **state) {
  (void)state;
  assert_true(read_detail(
      "{\"Id\":\"23e0\",\"Created\":\"2026-11-27T13:22:12.577420034Z\",\"Path\":\"sleep\","
      "\"Args\":[\"1000\"],\"State\":{\"Status\":\"running\",\"Running\":true,\"Paused\":false,"
      "\"Restarting\":false,\"OOMKilled\":false,\"Dead\":false,\"Pid\":22835,\"ExitCode\":0,"
      "\"Error\":\"\",\"StartedAt\":\"2026-11-27T13:22:12.871240541Z\","
      "\"FinishedAt\":\"0001-01-01T00:00:00Z\",\"Health\":{\"Status\":\"unhealthy\","
      "\"FailingStreak\":3,\"Log\":[{\"Start\":\"2026-11-27T13:22:13.871608928Z\","
      "\"End\":\"2026-11-27T13:22:13.918711717Z\",\"ExitCode\":1,\"Output\":\"old\"},"
      "{\"ExitCode\":1,\"Output\":\"\\u001b[31mbad\\nline2\\n\"}]}},"
      "\"Image\":\"sha256:ef03\",\"Name\":\"/sick\",\"RestartCount\":2,"
      "\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":3},"
      "\"Memory\":67108864},\"Config\":{\"Image\":\"bb:1\","
      "\"Labels\":{\"com.docker.compose.project\":\"ecap\"}}}"));
  assert_string_equal(detail.status, "running");
  assert_string_equal(detail.health, "unhealthy");
  assert_string_equal(detail.checked, "\033[31mbad\nline2\n");
  assert_string_equal(detail.policy, "on-failure");
  assert_string_equal(detail.name, "sick");
  assert_string_equal(detail.image, "bb:1");
  assert_string_equal(detail.image_id, "sha256:ef03");
  assert_string_equal(detail.project, "ecap");
  assert_string_equal(detail.command, "sleep 1000");
  assert_string_equal(detail.started, "2026-11-27T13:22:12.871240541Z");
  assert_true(fabs(detail.started_s - 1795785732.871240541) < 1e-5);
  assert_true(detail.finished_s == -1);
  assert_int_equal(detail.restarts, 2);
  assert_int_equal(detail.memory_limit, 67108864);
  assert_false(detail.oom_killed);
}

static void test_a_container_that_was_oom_killed(void **state) {
  (void)state;
  assert_true(read_detail("{\"State\":{\"Status\":\"exited\",\"OOMKilled\":true,\"ExitCode\":137,"
                          "\"StartedAt\":\"2026-11-27T13:22:12.522283218Z\","
                          "\"FinishedAt\":\"2026-11-27T13:22:12.603017308Z\"}}"));
  assert_true(detail.oom_killed);
  assert_int_equal(detail.exit_code, 137);
  assert_true(detail.finished_s > detail.started_s);
}

/* Without a health check it has an empty one; its times have an offset. */
static void test_a_container_of_podman(void **state) {
  (void)state;
  assert_true(read_detail(
      "{\"Path\":\"sleep\",\"Args\":null,\"State\":{\"Status\":\"running\",\"ExitCode\":0,"
      "\"Health\":{\"Status\":\"\",\"FailingStreak\":0,\"Log\":null},"
      "\"StartedAt\":\"2026-11-27T15:22:12.5+02:00\"},\"RestartCount\":0,\"Name\":\"/db\","
      "\"HostConfig\":{\"Memory\":0,\"RestartPolicy\":{\"Name\":\"\",\"MaximumRetryCount\":0}}}"));
  assert_string_equal(detail.health, "");
  assert_string_equal(detail.checked, "");
  assert_string_equal(detail.policy, "");
  assert_string_equal(detail.command, "sleep");
  assert_int_equal(detail.memory_limit, 0);
  assert_true(fabs(detail.started_s - 1795785732.5) < 1e-5);
}

/* Between two runs it is "stopped", as one that has just ended for good. */
static void test_what_podman_starts_again(void **state) {
  static const struct {
    const char *policy, *state;
    int exit_code;
  } cases[] = {{"always", "restarting", 0},
               {"unless-stopped", "restarting", 3},
               {"on-failure", "restarting", 3},
               {"on-failure", "exited", 0},
               {"no", "exited", 3},
               {"", "exited", 3}};
  char text[256];
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    snprintf(text, sizeof text,
             "{\"State\":{\"Status\":\"stopped\",\"Restarting\":false,\"ExitCode\":%d},"
             "\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"%s\"}}}",
             cases[i].exit_code, cases[i].policy);
    assert_true(read_detail(text));
    assert_string_equal(detail.status, cases[i].state);
  }
  assert_true(read_detail("{\"State\":{\"Status\":\"exited\",\"ExitCode\":3},\"HostConfig\":"
                          "{\"RestartPolicy\":{\"Name\":\"always\"}}}"));
  assert_string_equal(detail.status, "exited"); /* a person has stopped it */
}

/* "none" is what an engine says of a container whose image's check was switched off. */
static void test_a_check_that_is_switched_off(void **state) {
  (void)state;
  assert_true(read_detail("{\"State\":{\"Status\":\"running\",\"Health\":{\"Status\":\"none\"}}}"));
  assert_string_equal(detail.health, "");
}

static void test_everything_is_missing(void **state) {
  (void)state;
  assert_true(read_detail("{\"State\":{\"Status\":\"created\"}}"));
  assert_string_equal(detail.name, "");
  assert_string_equal(detail.started, "");
  assert_int_equal(detail.exit_code, -1);
  assert_int_equal(detail.restarts, -1);
  assert_int_equal(detail.memory_limit, -1);
  assert_true(detail.started_s == -1 && detail.finished_s == -1);
}

static void test_wrong_types(void **state) {
  (void)state;
  assert_true(read_detail(
      "{\"Path\":7,\"Args\":{\"a\":1},\"State\":{\"Status\":\"running\",\"OOMKilled\":\"yes\","
      "\"ExitCode\":\"1\",\"StartedAt\":7,\"Health\":[\"Status\"]},\"RestartCount\":-1,"
      "\"HostConfig\":[],\"Config\":\"x\",\"Name\":{}}"));
  assert_false(detail.oom_killed);
  assert_int_equal(detail.exit_code, -1);
  assert_int_equal(detail.restarts, -1);
  assert_string_equal(detail.command, "");
  assert_string_equal(detail.started, "");
}

static void test_what_is_no_container(void **state) {
  static const char *const texts[] = {"{}",
                                      "[]",
                                      "7",
                                      "{\"State\":\"running\"}",
                                      "{\"State\":{\"Status\":\"\"}}",
                                      "{\"State\":{\"Running\":true}}"};
  (void)state;
  for (size_t i = 0; i < COUNT(texts); i++) {
    json_t *json = json_loads(texts[i], JSON_DECODE_ANY, NULL);
    if (docker_detail_read(json, &arena, &detail))
      fail_msg("%s", texts[i]);
    json_decref(json);
  }
  assert_false(docker_detail_read(NULL, &arena, &detail));
}

/* The arena would not hold all that lengthening texts leave behind. */
static void test_a_long_command(void **state) {
  static char text[16384] = "{\"Path\":\"p\",\"State\":{\"Status\":\"running\"},\"Args\":[\"a\"";
  size_t at = strlen(text);
  (void)state;
  for (int i = 0; i < 3000; i++)
    at += (size_t)snprintf(text + at, sizeof text - at, ",\"b\"");
  snprintf(text + at, sizeof text - at, "]}");
  arena_fini(&arena);
  arena_init(&arena, 8 << 10);
  assert_true(read_detail(text));
  assert_int_equal(strlen(detail.command), DOCKER_TEXT_MAX);
  assert_false(arena.exhausted);
}

/* ---- what it uses */

static struct docker_usage usage_of(const char *text) {
  struct docker_usage usage;
  json_t *json = tree(text);
  docker_usage_read(json, &usage);
  json_decref(json);
  return usage;
}

static void test_usage_by_cgroup_v1(void **state) {
  (void)state;
  const struct docker_usage usage = usage_of(
      "{\"pids_stats\":{\"current\":3},\"blkio_stats\":{\"io_service_bytes_recursive\":["
      "{\"major\":8,\"minor\":0,\"op\":\"Read\",\"value\":4096},"
      "{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":1},"
      "{\"major\":8,\"minor\":0,\"op\":\"Write\",\"value\":8192},"
      "{\"major\":8,\"minor\":0,\"op\":\"Total\",\"value\":12288}]},"
      "\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":21584303,\"percpu_usage\":[1,2]},"
      "\"system_cpu_usage\":92587130000000,\"online_cpus\":2},"
      "\"memory_stats\":{\"usage\":221184,\"max_usage\":3555328,\"stats\":{\"inactive_file\":7,"
      "\"hierarchical_memory_limit\":9223372036854771712,\"total_inactive_file\":1184},"
      "\"limit\":67108864},\"networks\":{\"eth0\":{\"rx_bytes\":10,\"tx_bytes\":20},"
      "\"eth1\":{\"rx_bytes\":1,\"tx_bytes\":2}}}");
  assert_int_equal(usage.cpu_ns, 21584303);
  assert_int_equal(usage.memory, 220000);
  assert_int_equal(usage.memory_limit, 67108864);
  assert_int_equal(usage.pids, 3);
  assert_int_equal(usage.disk_read, 4097);
  assert_int_equal(usage.written, 8192);
  assert_int_equal(usage.received, 11);
  assert_int_equal(usage.sent, 22);
}

static void test_usage_by_cgroup_v2(void **state) {
  (void)state;
  const struct docker_usage usage = usage_of(
      "{\"pids_stats\":{\"current\":1,\"limit\":18446744073709551615},\"blkio_stats\":"
      "{\"io_service_bytes_recursive\":[{\"op\":\"read\",\"value\":5},{\"op\":\"write\","
      "\"value\":6}]},\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":9000}},\"memory_stats\":"
      "{\"usage\":1000,\"stats\":{\"anon\":1,\"inactive_file\":400},\"limit\":18446744073709551615}"
      "}");
  assert_int_equal(usage.memory, 600);
  assert_int_equal(usage.memory_limit, -1);
  assert_int_equal(usage.disk_read, 5);
  assert_int_equal(usage.written, 6);
  assert_int_equal(usage.received, -1); /* the host's network: none of its own */
}

/* As `docker stats` does. */
static void test_more_cache_than_usage(void **state) {
  (void)state;
  assert_int_equal(
      usage_of("{\"memory_stats\":{\"usage\":400,\"stats\":{\"inactive_file\":400}}}").memory, 400);
  assert_int_equal(usage_of("{\"memory_stats\":{\"usage\":400,\"stats\":null}}").memory, 400);
}

/* A container that has just ended, and one whose cgroup the engine cannot read. */
static void test_no_usage(void **state) {
  static const char *const texts[] = {
      "{}", "{\"memory_stats\":{},\"cpu_stats\":{\"cpu_usage\":{}},\"networks\":null}",
      "{\"memory_stats\":[],\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":-1}},\"networks\":[1],"
      "\"blkio_stats\":{\"io_service_bytes_recursive\":null}}",
      "{\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":1e300}},\"pids_stats\":{\"current\":\"1\"}}"};
  (void)state;
  for (size_t i = 0; i < COUNT(texts); i++) {
    const struct docker_usage usage = usage_of(texts[i]);
    assert_int_equal(usage.cpu_ns, -1);
    assert_int_equal(usage.memory, -1);
    assert_int_equal(usage.pids, -1);
    assert_int_equal(usage.received, -1);
    assert_int_equal(usage.disk_read, -1);
  }
}

static void test_sums_do_not_overflow(void **state) {
  (void)state;
  const struct docker_usage usage =
      usage_of("{\"networks\":{\"a\":{\"rx_bytes\":4611686018427387904},"
               "\"b\":{\"rx_bytes\":4611686018427387904},\"c\":{\"rx_bytes\":9e18}}}");
  assert_true(usage.received > 0);
}

/* ---- times */

static void test_times(void **state) {
  static const struct {
    const char *text;
    double seconds;
  } cases[] = {
      {"2026-11-27T12:32:24Z", 1795782744},
      {"2026-11-27T12:32:24.5Z", 1795782744.5},
      {"2026-11-27T14:32:24.250000000+02:00", 1795782744.25},
      {"2026-11-27T09:02:24-03:30", 1795782744},
      {"1970-01-01T00:00:00Z", 0},
      {"0001-01-01T00:00:00Z", -1},
      {"1969-12-31T23:59:59Z", -1},
      {"1970-01-01T00:00:00+01:00", -1},
      {"2026-13-27T12:32:24Z", -1},
      {"2026-11-27", -1},
      {"yesterday", -1},
      {"", -1},
      {NULL, -1},
      {"2026-11-27T12:32:24.5e300Z", 1795782744.5},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++)
    if (fabs(docker_time(cases[i].text) - cases[i].seconds) > 1e-6)
      fail_msg("%s: %f", cases[i].text ? cases[i].text : "NULL", docker_time(cases[i].text));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_a_list_of_docker),
      TEST(test_a_list_of_podman),
      TEST(test_states_of_podman_in_a_list),
      TEST(test_a_link_gives_no_name),
      TEST(test_a_container_without_a_name),
      TEST(test_what_is_no_list),
      TEST(test_only_some_projects),
      TEST(test_more_than_there_is_room_for),
      TEST(test_many_ports),
      TEST(test_a_long_text_is_cut),
      TEST(test_a_container_of_docker),
      TEST(test_a_container_that_was_oom_killed),
      TEST(test_a_container_of_podman),
      TEST(test_what_podman_starts_again),
      TEST(test_a_check_that_is_switched_off),
      TEST(test_everything_is_missing),
      TEST(test_wrong_types),
      TEST(test_what_is_no_container),
      TEST(test_a_long_command),
      TEST(test_usage_by_cgroup_v1),
      TEST(test_usage_by_cgroup_v2),
      TEST(test_more_cache_than_usage),
      TEST(test_no_usage),
      TEST(test_sums_do_not_overflow),
      TEST(test_times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
