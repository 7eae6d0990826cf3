/* Keys, paths, reasons and settings of Kafka Connect. Pure. */
#include "clients/connect/connect.h"

#include "core/json/json_tree.h"
#include "support/core_test.h"

#include <stdlib.h>
#include <string.h>

static void test_keys(void **state) {
  char key[CONNECT_NAME_MAX + 32];
  int64_t task;
  (void)state;
  assert_string_equal(connect_key(key, sizeof key, "a/b 1", -1), "connector/a/b 1");
  assert_string_equal(connect_key_read(key, &task), "a/b 1");
  assert_int_equal(task, -1);
  assert_string_equal(connect_key(key, sizeof key, "a/b 1", 12), "task 12/a/b 1");
  assert_string_equal(connect_key_read(key, &task), "a/b 1");
  assert_int_equal(task, 12);
  static const char *const wrong[] = {"",         "a",       "connector/", "task /a",
                                      "task x/a", "task 1/", "task 1"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_null(connect_key_read(wrong[i], &task));
}

static void test_paths(void **state) {
  char path[CONNECT_PATH_MAX], name[CONNECT_PATH_MAX + 1];
  (void)state;
  assert_true(connect_path(path, "a/b ?", "/status"));
  assert_string_equal(path, "/connectors/a%2Fb%20%3F/status");
  assert_false(connect_path(path, "..", "/status"));
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  assert_false(connect_path(path, name, ""));
}

static void test_reasons(void **state) {
  struct arena arena;
  (void)state;
  arena_init(&arena, 1 << 16);
  assert_string_equal(connect_reason("A: x\n\tat B\n", &arena), "A: x");
  assert_string_equal(
      connect_reason("A: x\n\tat B\nCaused by: C: y\n\tat D\nCaused by: E: z\n", &arena),
      "A: x; caused by E: z");
  assert_string_equal(connect_reason("", &arena), "");
  arena_fini(&arena);
}

static void test_settings(void **state) {
  static const char text[] =
      "{\"key.converter\":\"org.C\",\"db.password\":\"hunter2\",\"a.secret\":\"${file:/run/s:k}\","
      "\"b.secret\":\"${file:/run/s:k}x$\",\"c.secret\":\"${x}\",\"value.converter.user.info\":"
      "\"u:hidden\",\"u\":\"jdbc:x://u:hidden@db/x\",\"empty.password\":\"\"}";
  static const char *const expected[][2] = {{"a.secret", "${file:/run/s:k}"},
                                            {"b.secret", "***"},
                                            {"c.secret", "***"},
                                            {"db.password", "***"},
                                            {"empty.password", ""},
                                            {"key.converter", "org.C"},
                                            {"u", "jdbc:x://u:***@db/x"},
                                            {"value.converter.user.info", "***"}};
  const struct json_limits limits = {.bytes = 1 << 16, .values = 100, .depth = 8};
  struct connect_config *configs;
  struct arena arena;
  struct err err;
  (void)state;
  arena_init(&arena, 1 << 20);
  json_t *json = json_tree_new(text, strlen(text), &limits, &err);
  assert_int_equal(connect_config_read(json, &arena, &configs, &err), 8);
  for (size_t i = 0; i < 8; i++) {
    assert_string_equal(configs[i].name, expected[i][0]);
    assert_string_equal(configs[i].value, expected[i][1]);
  }
  json_decref(json);
  arena_fini(&arena);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keys),
      cmocka_unit_test(test_paths),
      cmocka_unit_test(test_reasons),
      cmocka_unit_test(test_settings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
