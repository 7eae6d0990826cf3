/* The groups that the last collection saw in which all brokers listed theirs. While the coordinator
 * of a group moves, there is a moment in which no broker lists it, without an error (seen with
 * Kafka 4.1): a group that was there and is not listed is therefore described by its name before it
 * counts as deleted. */
#pragma once

#include "clients/kafka/kafka_snapshot.h"

struct kafka_past {
  char **names;
  size_t count;
};

/* Replaces the names by those of the snapshot's groups that exist. */
void kafka_past_keep(struct kafka_past *past, const struct kafka_snapshot *snapshot);
void kafka_past_fini(struct kafka_past *past);
