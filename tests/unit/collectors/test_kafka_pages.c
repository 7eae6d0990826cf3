/* What pages of Kafka make of texts: JSON as lines, lists of replicas, keys of rows. */
#include "collectors/kafka/kafka_json.h"
#include "collectors/kafka/pages/kafka_topic_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct got {
  char text[400];
  int left; /* lines before it stops */
};

static bool take(void *arg, const char *line, size_t length) {
  struct got *got = arg;
  strncat(got->text, line, length);
  strcat(got->text, "|");
  return --got->left > 0;
}

static void check_json(const char *json, const char *lines) {
  struct got got = {.left = 1000};
  assert_int_equal(kafka_json_lines(json, take, &got), lines != NULL);
  assert_string_equal(got.text, lines ? lines : "");
}

static void json_is_indented_and_nothing_changes(void **state) {
  (void)state;
  check_json("{\"id\":12345678901234567890,\"x\":1.10,\"e\":{},\"l\":[ ]}",
             "{|  \"id\": 12345678901234567890,|  \"x\": 1.10,|  \"e\": {},|  \"l\": []|}|");
  check_json(" [1, {\"a\\\"{\": \"b,:]\"}]\n", "[|  1,|  {|    \"a\\\"{\": \"b,:]\"|  }|]|");
}

static void other_texts_are_no_json(void **state) {
  (void)state;
  static const char *const none[] = {"",         "12",   "\"a\"",     "{",      "{]",
                                     "{\"a\":1", "[1,]", "{\"a\" 1}", "\\x00{}"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    check_json(none[i], NULL);
}

static void it_stops_when_there_are_enough(void **state) {
  (void)state;
  struct got got = {.left = 2};
  assert_true(kafka_json_lines("[1,2,3]", take, &got));
  assert_string_equal(got.text, "[|  1,|");
}

static void replicas_and_their_state(void **state) {
  (void)state;
  struct kafka_partition partition = {.leader = 3, .replicas = "3, 1, 12", .in_sync = "3, 12"};
  struct kafka_replicas replicas = kafka_replicas_of(&partition);
  assert_int_equal(replicas.count, 3);
  assert_int_equal(replicas.in_sync, 2);
  assert_int_equal(replicas.preferred, 3);
  assert_int_equal(kafka_replica_at(partition.replicas, 2), 12);
  assert_int_equal(kafka_replica_at(partition.replicas, 3), -1);
  assert_int_equal(kafka_replica_at("x", 0), -1);
  assert_int_equal(kafka_replica_at(NULL, 0), -1);
  assert_string_equal(kafka_partition_status(&partition), "out of sync");
  assert_int_equal(kafka_partition_severity(&partition), SEVERITY_WARN);
  partition.in_sync = "12, 1, 3";
  assert_string_equal(kafka_partition_status(&partition), "");
  partition.leader = 1;
  assert_string_equal(kafka_partition_status(&partition), "not preferred");
  assert_int_equal(kafka_partition_severity(&partition), SEVERITY_OK);
  partition.leader = -1;
  assert_string_equal(kafka_partition_status(&partition), "no leader");
  assert_int_equal(kafka_partition_severity(&partition), SEVERITY_CRIT);
}

static void check_focus(char *table, char *key, const char *topic, int32_t partition) {
  int32_t number;
  char *name = kafka_focus_topic(&(struct page_focus){.table = table, .key = key}, &number);
  if (topic)
    assert_string_equal(name, topic);
  else
    assert_null(name);
  assert_int_equal(number, partition);
  free(name);
}

static void rows_lead_to_topics(void **state) {
  (void)state;
  char lag[] = "lag", topics[] = "topics";
  char group[] = "a", of_group[] = "a/orders", partition[] = "a/orders/7", hostile[] = "orders/7x";
  check_focus(lag, group, NULL, -1);
  check_focus(lag, of_group, "orders", -1);
  check_focus(lag, partition, "orders", 7);
  check_focus(topics, group, "a", -1);
  check_focus(topics, partition + 2, "orders", 7);
  check_focus(topics, hostile, "orders", -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_is_indented_and_nothing_changes),
      cmocka_unit_test(other_texts_are_no_json),
      cmocka_unit_test(it_stops_when_there_are_enough),
      cmocka_unit_test(replicas_and_their_state),
      cmocka_unit_test(rows_lead_to_topics),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
