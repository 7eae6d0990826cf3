/* Whose the open transactions are that the next messages of a snapshot belong to, on the client's
 * thread: by Kafka's own topic __transaction_state, read as a peek reads any topic. */
#pragma once

#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/kafka_snapshot.h"

/* What is known of a transaction does not change while it is open: it is read once. */
struct kafka_known {
  char *topic;
  int32_t partition;
  int64_t offset; /* of its first message there */
  int64_t producer;
  char *transactional_id; /* NULL: it was not found */
};

struct kafka_producers {
  struct kafka_known *items;
  size_t count;
  const char *error; /* static; why not everything was read last time, or NULL: */
  int64_t retry_ms;  /* it is not tried again before, because failing takes time */
};

/* Sets producer and transactional_id, or producer_error, of each next message that is the first one
 * of an open transaction. Nothing is requested if all of them are known. Blocks, for at most half
 * of the remaining time. */
void kafka_producers_read(struct kafka_session *session, struct kafka_producers *producers,
                          struct kafka_snapshot *snapshot);
