/* Records of __transaction_state, as a coordinator writes them in both versions. */
#include "clients/kafka/kafka_transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PRODUCER "\0\0\0\0\0\0\x0F\xA1" /* 4001 */
#define EPOCH_TIMEOUT \
  "\0\2"              \
  "\0\0\xEA\x60" /* 2, 60000 */
#define TIMES        \
  "\0\0\1\2\3\4\5\6" \
  "\0\0\1\2\3\4\5\6"

/* orders: 0 and 258; paid: 3 */
#define PARTITIONS_0 \
  "\0\0\0\2"         \
  "\0\6"             \
  "orders"           \
  "\0\0\0\2"         \
  "\0\0\0\0"         \
  "\0\0\1\2"         \
  "\0\4"             \
  "paid"             \
  "\0\0\0\1"         \
  "\0\0\0\3"
/* the same, with a tagged field after the first one */
#define PARTITIONS_1 \
  "\3"               \
  "\7"               \
  "orders"           \
  "\3"               \
  "\0\0\0\0"         \
  "\0\0\1\2"         \
  "\1\5\2xy"         \
  "\5"               \
  "paid"             \
  "\2"               \
  "\0\0\0\3"         \
  "\0"

static const char version_0[] = "\0\0" PRODUCER EPOCH_TIMEOUT "\1" PARTITIONS_0 TIMES;
static const char version_1[] = "\0\1" PRODUCER EPOCH_TIMEOUT "\1" PARTITIONS_1 TIMES "\0";
static const char ended[] = "\0\0" PRODUCER EPOCH_TIMEOUT "\4"
                            "\0\0\0\0" TIMES;
static const char null_list[] = "\0\1" PRODUCER EPOCH_TIMEOUT "\0"
                                "\0" TIMES "\0";

/* From a copy without any byte after its end, so that AddressSanitizer sees a read beyond it. */
static bool value_of(const char *bytes, size_t length, struct kafka_transaction *transaction,
                     char **copy) {
  *copy = malloc(length + 1);
  memcpy(*copy, bytes, length);
  *copy = realloc(*copy, length ? length : 1);
  return kafka_transaction_value(*copy, length, transaction);
}

static void check_open(const char *bytes, size_t length) {
  struct kafka_transaction transaction;
  char *copy;
  assert_true(value_of(bytes, length, &transaction, &copy));
  assert_true(transaction.open);
  assert_int_equal(transaction.producer, 4001);
  assert_true(kafka_transaction_has(&transaction, "orders", 0));
  assert_true(kafka_transaction_has(&transaction, "orders", 258));
  assert_true(kafka_transaction_has(&transaction, "paid", 3));
  assert_false(kafka_transaction_has(&transaction, "paid", 0));
  assert_false(kafka_transaction_has(&transaction, "order", 0));
  free(copy);
}

static void both_versions_are_read(void **state) {
  (void)state;
  check_open(version_0, sizeof version_0 - 1);
  check_open(version_1, sizeof version_1 - 1);
}

static void what_has_ended_is_not_open(void **state) {
  (void)state;
  struct kafka_transaction transaction;
  char *copy;
  assert_true(value_of(ended, sizeof ended - 1, &transaction, &copy));
  assert_false(transaction.open);
  assert_false(kafka_transaction_has(&transaction, "orders", 0));
  free(copy);
  assert_true(value_of(null_list, sizeof null_list - 1, &transaction, &copy));
  assert_false(transaction.open);
  free(copy);
}

/* Cut anywhere before the end of the partitions, of another version, or missing. */
static void what_is_cut_is_refused(void **state) {
  (void)state;
  struct kafka_transaction transaction;
  char *copy;
  for (size_t length = 0; length < sizeof version_1 - sizeof TIMES - 1; length++) {
    assert_false(value_of(version_1, length, &transaction, &copy));
    free(copy);
  }
  for (size_t length = 0; length < sizeof version_0 - sizeof TIMES; length++) {
    assert_false(value_of(version_0, length, &transaction, &copy));
    free(copy);
  }
  assert_false(kafka_transaction_value("\0\2xxxxxxxxxxxxxxxxxxxxxxxxx", 20, &transaction));
  assert_false(kafka_transaction_value(NULL, 0, &transaction));
}

static void keys_have_a_name(void **state) {
  (void)state;
  const char *name;
  size_t length;
  assert_true(kafka_transaction_key("\0\0\0\5bill1", 9, &name, &length));
  assert_int_equal(length, 5);
  assert_memory_equal(name, "bill1", 5);
  assert_false(kafka_transaction_key("\0\0\0\5bill1", 8, &name, &length));
  assert_false(kafka_transaction_key("\0\1\0\5bill1", 9, &name, &length));
  assert_false(kafka_transaction_key("\0\0\xFF\xFF", 4, &name, &length));
  assert_false(kafka_transaction_key(NULL, 0, &name, &length));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_versions_are_read),
      cmocka_unit_test(what_has_ended_is_not_open),
      cmocka_unit_test(what_is_cut_is_refused),
      cmocka_unit_test(keys_have_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
