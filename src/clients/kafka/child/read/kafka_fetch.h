/* Reads messages at given offsets, without a group: nothing is subscribed to or committed. On the
 * client's thread. */
#pragma once

#include "clients/kafka/child/kafka_session.h"

#include <stddef.h>

/* Messages of a partition to read, and what came of it. */
struct kafka_fetch {
  const char *topic;
  int64_t offset; /* the first one */
  int64_t before; /* none at or after this offset: the end; */
  size_t most;    /* nor more than that many; at least 1 */
  size_t got;
  const char *error; /* static; why it ended early; NULL: it did not */
  rd_kafka_topic_t *handle;
  int32_t partition;
  bool over;
};

/* In words of the missing right, where it is one. */
const char *kafka_fetch_reason(const char *error);

/* Reads them side by side, for at most limit_ms. take(arg, index, message) is called for each
 * message; it may be an aborted one of a transaction. What is not there in time has an error.
 * Blocks. */
void kafka_fetch_read(struct kafka_session *session, struct kafka_fetch *fetches, size_t count,
                      int limit_ms,
                      void (*take)(void *arg, size_t index, const rd_kafka_message_t *message),
                      void *arg);
