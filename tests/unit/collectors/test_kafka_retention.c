/* When the settings of a topic allow its messages to be deleted. */
#include "collectors/kafka/kafka_retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *retention(const char *policy, const char *ms, const char *bytes,
                             int64_t *retention_ms, bool *by_size) {
  struct kafka_topic_setting settings[] = {
      {"cleanup.policy", policy, "default", true},
      {"retention.ms", ms, "topic", false},
      {"retention.bytes", bytes, "default", true},
  };
  const struct kafka_topic topic = {.name = "t", .settings = settings, .setting_count = 3};
  return kafka_retention_of(&topic, retention_ms, by_size);
}

static void by_time_and_by_size(void **state) {
  (void)state;
  int64_t ms = 0;
  bool by_size = true;
  assert_null(retention("delete", "604800000", "-1", &ms, &by_size));
  assert_int_equal(ms, 604800000);
  assert_false(by_size);
  assert_null(retention("compact,delete", "0", "1024", &ms, &by_size));
  assert_int_equal(ms, 0);
  assert_true(by_size);
  assert_null(retention("delete", "5", NULL, &ms, NULL));
}

static void no_time(void **state) {
  (void)state;
  int64_t ms = 0;
  assert_string_equal(retention("compact", "5", "-1", &ms, NULL),
                      "the topic is compacted: nothing is deleted by age");
  assert_string_equal(retention("delete", "-1", "-1", &ms, NULL),
                      "retention.ms is -1: nothing is deleted by age");
}

static void what_is_not_known_is_no_time(void **state) {
  (void)state;
  static const char unknown[] = "the retention of the topic is not known";
  const struct kafka_topic denied = {.name = "t", .settings_error = "needs DESCRIBE_CONFIGS"};
  const struct kafka_topic bare = {.name = "t"};
  int64_t ms = 0;
  assert_string_equal(retention(NULL, "5", "-1", &ms, NULL), unknown);
  assert_string_equal(retention("delete", NULL, "-1", &ms, NULL), unknown);
  assert_string_equal(retention("delete", "", "-1", &ms, NULL), unknown);
  assert_string_equal(retention("delete", "5x", "-1", &ms, NULL), unknown);
  assert_string_equal(retention("delete", "99999999999999999999", "-1", &ms, NULL), unknown);
  assert_string_equal(kafka_retention_of(&bare, &ms, NULL), unknown);
  assert_string_equal(kafka_retention_of(&denied, &ms, NULL), "needs DESCRIBE_CONFIGS");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_time_and_by_size),
      cmocka_unit_test(no_time),
      cmocka_unit_test(what_is_not_known_is_no_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
