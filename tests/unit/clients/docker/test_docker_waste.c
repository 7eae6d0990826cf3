/* What nothing refers to, by what an engine says; and the limits that go with a new one. */
#include "clients/docker/docker_limit.h"
#include "clients/docker/docker_waste.h"
#include "core/json/json_tree.h"
#include "support/core_test.h"

#include <string.h>

enum { ARENA_MAX = 4 << 20, TEXT_MAX = 4096 };
static const struct json_limits limits = {
    .bytes = 1 << 20, .values = 10000, .depth = 64, .as_reals = true};

static struct arena arena;
static struct docker_disk disk;
static char text[TEXT_MAX]; /* "container/aa:exited:12 image/sha256:bb::100" */

static int setup(void **state) {
  (void)state;
  arena_init(&arena, ARENA_MAX);
  disk = (struct docker_disk){0};
  return 0;
}

static int teardown(void **state) {
  (void)state;
  arena_fini(&arena);
  return 0;
}

static bool read(bool (*reader)(json_t *, struct arena *, void *), const char *source, void *out) {
  struct err err;
  json_t *json = json_tree_new(source, strlen(source), &limits, &err);
  assert_non_null(json);
  const bool good = reader(json, &arena, out);
  json_decref(json);
  return good;
}

static const char *waste(void) {
  *text = '\0';
  for (size_t i = 0; i < disk.count; i++) {
    const size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "%s%s/%s:%s:%lld", used ? " " : "",
             docker_waste_name(disk.waste[i].kind), disk.waste[i].id, disk.waste[i].state,
             (long long)disk.waste[i].bytes);
  }
  return text;
}

static void expect_disk(const char *source, const char *wanted) {
  assert_true(read(docker_disk_read, source, &disk));
  assert_string_equal(waste(), wanted);
}

static void test_containers_that_do_not_run(void **state) {
  (void)state;
  expect_disk("{\"LayersSize\":1000,\"Containers\":["
              "{\"Id\":\"aa\",\"State\":\"exited\",\"SizeRw\":12,\"Names\":[\"/api\"]},"
              "{\"Id\":\"bb\",\"State\":\"running\",\"SizeRw\":20},"
              "{\"Id\":\"cc\",\"State\":\"paused\"},{\"Id\":\"dd\",\"State\":\"restarting\"},"
              "{\"Id\":\"ee\",\"State\":\"removing\"},{\"Id\":\"ff\",\"State\":\"created\"},"
              "{\"Id\":\"gg\",\"State\":\"dead\"},{\"Id\":\"hh\",\"State\":\"new in 2030\"}]}",
              "container/aa:exited:12 container/ff:created:0 container/gg:dead:0");
  assert_string_equal(disk.waste[0].name, "api");
  assert_int_equal(disk.total, 1032);
}

static void test_images_without_a_name(void **state) {
  (void)state;
  expect_disk(
      "{\"LayersSize\":1,\"Containers\":[{\"Id\":\"aa\",\"State\":\"running\",\"ImageID\":"
      "\"sha256:5\"}],\"Images\":["
      "{\"Id\":\"sha256:1\",\"RepoTags\":null,\"Size\":100,\"SharedSize\":30,\"Containers\":0},"
      "{\"Id\":\"sha256:2\",\"RepoTags\":[\"<none>:<none>\"],\"Size\":100,\"SharedSize\":-1},"
      "{\"Id\":\"sha256:3\",\"RepoTags\":[\"bb:1\"],\"Size\":100},"
      "{\"Id\":\"sha256:4\",\"RepoTags\":[],\"Size\":100,\"Containers\":1},"
      "{\"Id\":\"sha256:5\",\"RepoTags\":[],\"Size\":100,\"Containers\":-1}]}",
      "image/sha256:1::70 image/sha256:2::100");
}

static void test_networks_without_a_container(void **state) {
  (void)state;
  assert_true(read(docker_disk_read,
                   "{\"LayersSize\":0,\"Containers\":[{\"Id\":\"aa\",\"State\":\"exited\","
                   "\"NetworkSettings\":{\"Networks\":{\"needed\":{\"NetworkID\":\"n2\"}}},"
                   "\"HostConfig\":{\"NetworkMode\":\"mode\"}}]}",
                   &disk));
  disk.count = 0;
  assert_true(read(docker_networks_read,
                   "[{\"Id\":\"n1\",\"Name\":\"old\",\"Scope\":\"local\"},"
                   "{\"Id\":\"n2\",\"Name\":\"renamed\"},{\"Id\":\"n3\",\"Name\":\"needed\"},"
                   "{\"Id\":\"n4\",\"Name\":\"mode\"},{\"Id\":\"n5\",\"Name\":\"bridge\"},"
                   "{\"Id\":\"n6\",\"Name\":\"full\",\"Containers\":{\"x\":{}}},"
                   "{\"Id\":\"n7\",\"Name\":\"ingress\",\"Ingress\":true},"
                   "{\"Id\":\"n8\",\"Name\":\"far\",\"Scope\":\"swarm\"},"
                   "{\"Id\":\"n9\",\"Name\":\"host\"},{\"Id\":\"n0\",\"Name\":\"none\"}]",
                   &disk));
  assert_string_equal(waste(), "network/n1::0");
}

static void test_only_volumes_that_are_named(void **state) {
  static const char volumes[] =
      "{\"LayersSize\":5,\"Volumes\":["
      "{\"Name\":\"old\",\"CreatedAt\":\"2026-11-27T10:00:00Z\",\"UsageData\":{\"Size\":7,"
      "\"RefCount\":0}},"
      "{\"Name\":\"used\",\"UsageData\":{\"Size\":8,\"RefCount\":2}},"
      "{\"Name\":\"other\",\"UsageData\":{\"Size\":9,\"RefCount\":0}}]}";
  static char old[] = "old", used[] = "used", nosuch[] = "nosuch";
  char *names[] = {old, used, nosuch, old, NULL};
  (void)state;
  expect_disk(volumes, "");
  assert_int_equal(disk.total, 29);
  disk.volumes = names;
  expect_disk(volumes, "volume/old::7");
  assert_string_equal(disk.waste[0].mark, "2026-11-27T10:00:00Z");
  assert_int_equal(disk.volume_users[0], 0);
  assert_int_equal(disk.volume_users[1], 2);
  assert_int_equal(disk.volume_users[2], -1);
  assert_int_equal(disk.volume_users[3], 0);
}

static void test_the_build_cache(void **state) {
  (void)state;
  expect_disk("{\"LayersSize\":1,\"BuildCache\":[{\"Size\":10},{\"Size\":5,\"Shared\":true},"
              "{\"Size\":2,\"Shared\":false},{\"Size\":\"x\"},{\"Size\":20,\"InUse\":true},"
              "{\"Size\":40,\"Type\":\"internal\"},{\"Size\":80,\"Type\":\"frontend\"}]}",
              "build-cache/unused::12");
  assert_int_equal(disk.build_cache, 152);
  assert_int_equal(disk.unused_cache, 12);
  assert_int_equal(disk.cache_records, 3);
  assert_int_equal(disk.total, 153);
  expect_disk("{\"LayersSize\":1,\"BuildCache\":null}", "");
  expect_disk("{\"LayersSize\":1,\"BuildCache\":[{\"Size\":20,\"InUse\":true}]}", "");
}

static void test_what_is_none(void **state) {
  static const char *const bad[] = {"[]", "{}", "{\"LayersSize\":\"x\"}",
                                    "{\"LayersSize\":1,\"Containers\":[{\"Id\":\"a\"}]}",
                                    "{\"LayersSize\":1,\"Images\":[{\"Id\":3}]}"};
  struct docker_kept kept;
  (void)state;
  for (size_t i = 0; i < COUNT(bad); i++)
    assert_false(read(docker_disk_read, bad[i], &disk));
  assert_true(read(docker_disk_read, "{\"LayersSize\":1}", &disk));
  assert_false(read(docker_networks_read, "{}", &disk));
  assert_false(read(docker_networks_read, "[{\"Id\":\"n\"}]", &disk));
  assert_false(read(docker_kept_container, "{\"State\":{}}", &kept));
  assert_false(read(docker_kept_image, "[]", &kept));
  assert_false(read(docker_kept_network, "{\"Id\":4}", &kept));
  assert_false(read(docker_kept_volume, "{}", &kept));
  assert_int_equal(docker_waste_kind_of("engine"), DOCKER_WASTE_KINDS);
  assert_int_equal(docker_waste_kind_of("volume"), DOCKER_WASTE_VOLUME);
}

static void test_too_many(void **state) {
  static char source[1 << 19];
  size_t at = (size_t)snprintf(source, sizeof source, "{\"LayersSize\":1,\"Images\":[");
  (void)state;
  for (int i = 0; i <= DOCKER_WASTE_MAX; i++)
    at += (size_t)snprintf(source + at, sizeof source - at, "%s{\"Id\":\"%d\"}", i ? "," : "", i);
  snprintf(source + at, sizeof source - at, "]}");
  struct err err;
  const struct json_limits wide = {
      .bytes = 1 << 20, .values = 100000, .depth = 64, .as_reals = true};
  json_t *json = json_tree_new(source, strlen(source), &wide, &err);
  assert_non_null(json);
  assert_true(docker_disk_read(json, &arena, &disk));
  json_decref(json);
  assert_true(disk.cut);
  assert_int_equal(disk.count, DOCKER_WASTE_MAX);
}

static void test_one_object(void **state) {
  struct docker_kept kept;
  (void)state;
  assert_true(read(docker_kept_container,
                   "{\"State\":{\"Status\":\"running\",\"StartedAt\":\"t\"}}", &kept));
  assert_true(kept.in_use);
  assert_string_equal(kept.why, "it is running");
  assert_true(read(docker_kept_container, "{\"State\":{\"Status\":\"exited\",\"StartedAt\":\"t\"}}",
                   &kept));
  assert_false(kept.in_use);
  assert_string_equal(kept.mark, "t");
  assert_true(read(docker_kept_image, "{\"Id\":\"i\",\"RepoTags\":[\"a:1\"]}", &kept));
  assert_true(kept.in_use);
  assert_true(read(docker_kept_image, "{\"Id\":\"i\",\"RepoTags\":[]}", &kept));
  assert_false(kept.in_use);
  assert_true(read(docker_kept_network, "{\"Id\":\"i\",\"Containers\":{\"a\":{}}}", &kept));
  assert_true(kept.in_use);
  assert_true(read(docker_kept_volume, "{\"Name\":\"v\",\"CreatedAt\":\"c\"}", &kept));
  assert_false(kept.in_use);
  assert_string_equal(kept.mark, "c");
}

static void test_swap_with_a_limit(void **state) {
  static const struct {
    struct docker_limit old;
    int64_t memory, swap;
  } cases[] = {
      {{0, 0}, 100, 200},     /* no limit so far: docker run's default */
      {{100, 200}, 300, 400}, /* as much swap as before */
      {{100, 100}, 50, 50},   /* no swap */
      {{100, -1}, 300, -1},   /* swap without a limit */
      {{0, -1}, 300, -1},
      {{100, 0}, 300, 0},    /* not counted */
      {{100, 50}, 300, 300}, /* which no engine says */
      {{INT64_MAX - 1, INT64_MAX}, INT64_MAX - 2, INT64_MAX - 1},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct docker_limit next = docker_limit_next(&cases[i].old, cases[i].memory);
    assert_int_equal(next.memory, cases[i].memory);
    assert_int_equal(next.swap, cases[i].swap);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_containers_that_do_not_run),
      TEST(test_images_without_a_name),
      TEST(test_networks_without_a_container),
      TEST(test_only_volumes_that_are_named),
      TEST(test_the_build_cache),
      TEST(test_what_is_none),
      TEST(test_too_many),
      TEST(test_one_object),
      TEST(test_swap_with_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
