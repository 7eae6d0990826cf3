/* The first and the end offsets of partitions, on the client's thread. */
#pragma once

#include "io/kafka_session.h"
#include "io/kafka_snapshot.h"

#include <stddef.h>

struct kafka_place {
  const struct kafka_topic *topic;
  int32_t partition;
};

/* Fills .end (latest) or .start of each place's partition, or its .error. Places without a leader
 * have to be left out before. False when the whole does not answer. Waits. */
bool kafka_offsets_read(struct kafka_session *session, const struct kafka_place *places,
                        size_t count, bool latest, struct err *err) MUST_CHECK;
