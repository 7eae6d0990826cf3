/* The start and end offsets of partitions, on the client's thread. */
#pragma once

#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/kafka_snapshot.h"

#include <stddef.h>

struct kafka_place {
  const struct kafka_topic *topic;
  int32_t partition;
};

/* Which offset: the first existing one, the end, or the first that is not older than a time in
 * milliseconds since 1970. */
enum { KAFKA_AT_START = -2, KAFKA_AT_END = -1 };

/* Sets .end (KAFKA_AT_END) or .start (the others; none for a time past the end) of each place's
 * partition, or its .error. Leave out places without a leader. A leader that does not answer
 * affects only its own partitions; false if none answers. Blocks. */
bool kafka_offsets_read(struct kafka_session *session, const struct kafka_place *places,
                        size_t count, int64_t at, struct err *err) MUST_CHECK;
