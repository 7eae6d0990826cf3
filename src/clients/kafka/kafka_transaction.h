/* Records of Kafka's own topic __transaction_state, in which the coordinators keep what is under
 * way for each transactional.id: pure. librdkafka reports neither the producer of a transaction nor
 * its transactional.id. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KAFKA_TRANSACTION_TOPIC "__transaction_state"

/* The transactional.id of a key: in it, without an end. False: not such a key. */
bool kafka_transaction_key(const void *key, size_t length, const char **name, size_t *name_length);

struct kafka_transaction {
  int64_t producer;                /* its id */
  bool open;                       /* begun, and not yet ended in all of its partitions */
  bool compact;                    /* lengths are written as in version 1 */
  const unsigned char *partitions; /* of the value: its topics with their partitions; */
  size_t length;
};

/* Borrows the value. False: cut, or of a version that is not known. */
bool kafka_transaction_value(const void *value, size_t length,
                             struct kafka_transaction *transaction);

/* Whether it has written to that partition, or is about to. */
bool kafka_transaction_has(const struct kafka_transaction *transaction, const char *topic,
                           int32_t partition);
