/* Exercises keys and values of __transaction_state, which a broker sends. Holds: a name is within
 * its key, an accepted value can be searched, and finds the same whenever it is. */
#include "fuzz.h"

#include "clients/kafka/kafka_transaction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *name;
  size_t length;
  struct kafka_transaction transaction;
  if (kafka_transaction_key(data, size, &name, &length))
    assert(name >= (const char *)data && length <= size - (size_t)(name - (const char *)data));
  if (!kafka_transaction_value(data, size, &transaction))
    return 0;
  assert(transaction.length <= size);
  for (int32_t partition = -1; partition < 3; partition++)
    assert(kafka_transaction_has(&transaction, "a", partition) ==
           kafka_transaction_has(&transaction, "a", partition));
  return 0;
}
