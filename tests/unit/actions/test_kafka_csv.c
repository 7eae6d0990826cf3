/* Files of offsets: in the format of the Kafka tools, and in others. */
#include "actions/kafka/kafka_csv.h"

#include "support/core_test.h"

struct seen {
  char text[2000];
  int stop_at;
};

static bool on_line(void *arg, const struct kafka_csv_line *line, int number, struct err *err) {
  struct seen *seen = arg;
  if (number == seen->stop_at)
    return err_set(err, ERR_INVALID, "stopped at %d", number);
  size_t used = strlen(seen->text);
  snprintf(seen->text + used, sizeof seen->text - used, "%d:%s/%d=%lld ", number, line->topic,
           line->partition, (long long)line->offset);
  return true;
}

static void check(const char *text, const char *wanted) {
  struct seen seen = {0};
  struct err err = {0};
  if (!kafka_csv_read("f.csv", text, strlen(text), "ecap", on_line, &seen, &err))
    fail_msg("%s: %s", text, err.text);
  check_text(seen.text, wanted, "%s", text);
}

static void refuse(const char *text, size_t len, const char *says) {
  struct seen seen = {0};
  struct err err = {0};
  if (kafka_csv_read("f.csv", text, len, "ecap", on_line, &seen, &err))
    fail_msg("taken: %s", text);
  check_text(err.text, says, "%s", text);
}

static void test_lines(void **state) {
  (void)state;
  check("", "");
  check("orders,0,1500\norders,11,0\n", "1:orders/0=1500 2:orders/11=0 ");
  check("orders,0,1500", "1:orders/0=1500 ");
  check("orders,0,1500\r\n\r\na.b_c-d,1,2\r\n", "1:orders/0=1500 3:a.b_c-d/1=2 ");
  check("\"orders\",0,\"15\"\n", "1:orders/0=15 ");
}

/* With several groups, the tool puts the group in front. */
static void test_groups(void **state) {
  (void)state;
  check("ecap,orders,0,1\nother,orders,0,2\necap,orders,1,3\n", "1:orders/0=1 3:orders/1=3 ");
}

static void test_a_quoted_group(void **state) {
  (void)state;
  struct seen seen = {0};
  struct err err = {0};
  const char *text = "\"a,\"\"b\",orders,0,1\n";
  assert_true(kafka_csv_read("f", text, strlen(text), "a,\"b", on_line, &seen, &err));
  assert_string_equal(seen.text, "1:orders/0=1 ");
}

#define REFUSE(text, says) refuse(text, sizeof(text) - 1, says)

static void test_garbage_has_its_place(void **state) {
  (void)state;
  REFUSE("orders,0,1\nrubbish\n", "f.csv:2: not a line \"topic,partition,offset\"");
  REFUSE("orders,0\n", "f.csv:1: not a line \"topic,partition,offset\"");
  REFUSE("a,b,c,d,e\n", "f.csv:1: not a line \"topic,partition,offset\"");
  REFUSE("orders,x,1\n", "f.csv:1: the partition is missing or not a number");
  REFUSE("orders,-1,1\n", "f.csv:1: the partition is missing or not a number");
  REFUSE("orders,2147483648,1\n", "f.csv:1: the partition is missing or not a number");
  REFUSE("orders,0,-1\n", "f.csv:1: the offset is missing or not a number");
  REFUSE("orders,0,\n", "f.csv:1: the offset is missing or not a number");
  REFUSE("orders,0,1 \n", "f.csv:1: the offset is missing or not a number");
  REFUSE("orders,0,9223372036854775808\n", "f.csv:1: the offset is missing or not a number");
  REFUSE(",0,1\n", "f.csv:1: the topic name is missing");
  REFUSE("or ders,0,1\n", "f.csv:1: the topic name is missing");
  REFUSE("\"orders,0,1\n", "f.csv:1: not a line \"topic,partition,offset\"");
  REFUSE("\"orders\"x,0,1\n", "f.csv:1: not a line \"topic,partition,offset\"");
  REFUSE("or\0ders,0,1\n", "f.csv:1: not a line \"topic,partition,offset\"");
  REFUSE("TOPIC,PARTITION,OFFSET\n", "f.csv:1: the partition is missing or not a number");
  char long_line[2000];
  memset(long_line, 'a', sizeof long_line);
  refuse(long_line, sizeof long_line, "f.csv:1: not a line \"topic,partition,offset\"");
}

static void test_the_reader_may_stop(void **state) {
  (void)state;
  struct seen seen = {.stop_at = 2};
  struct err err = {0};
  const char *text = "orders,0,1\norders,1,1\norders,2,1\n";
  assert_false(kafka_csv_read("f", text, strlen(text), "g", on_line, &seen, &err));
  assert_string_equal(err.text, "stopped at 2");
  assert_string_equal(seen.text, "1:orders/0=1 ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_groups),
      cmocka_unit_test(test_a_quoted_group),
      cmocka_unit_test(test_garbage_has_its_place),
      cmocka_unit_test(test_the_reader_may_stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
