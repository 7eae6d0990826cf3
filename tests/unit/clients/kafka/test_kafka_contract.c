/* Keys of rows that collector and actions share. */
#include "clients/kafka/kafka_contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

static void a_key_leads_to_its_partition(void **state) {
  (void)state;
  char *group = kafka_group_key("a/b%c"), *topic = kafka_topic_key(group, "orders");
  char *partition = kafka_partition_key(topic, 3);
  assert_string_equal(group, "a%2Fb%25c");
  assert_string_equal(partition, "a%2Fb%25c/orders/3");
  assert_int_equal(kafka_partition_of_key(partition), 3);
  assert_int_equal(kafka_partition_of_key(topic), -1);
  assert_int_equal(kafka_partition_of_key(group), -1);
  free(group);
  free(topic);
  free(partition);
}

static void check_names(const char *key, const char *group, const char *topic) {
  char *of_group = kafka_group_of_key(key), *of_topic = kafka_topic_of_key(key);
  assert_string_equal(of_group, group);
  if (topic)
    assert_string_equal(of_topic, topic);
  else
    assert_null(of_topic);
  free(of_group);
  free(of_topic);
}

static void a_key_leads_to_its_names(void **state) {
  (void)state;
  check_names("a%2Fb%25c", "a/b%c", NULL);
  check_names("a%2Fb%25c/orders/3", "a/b%c", "orders");
  check_names("%252F/orders", "%2F", "orders");
  check_names("", "", NULL);
  check_names("a%", "a%", NULL);
  check_names("a%2", "a%2", NULL);
  check_names("/", "", "");
}

static void other_texts_have_no_partition(void **state) {
  (void)state;
  static const char *const none[] = {"",      "/",      "//",     "g/t/",
                                     "g/t/x", "g/t/1x", "g/t/-1", "g/t/99999999999999999999"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    assert_int_equal(kafka_partition_of_key(none[i]), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_leads_to_its_partition),
      cmocka_unit_test(a_key_leads_to_its_names),
      cmocka_unit_test(other_texts_have_no_partition),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
