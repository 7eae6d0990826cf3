/* Topics with their replicas and offsets, and what pages read besides, on the client's thread. */
#pragma once

#include "clients/kafka/child/collect/kafka_collection.h"

/* Sets rack, log dirs and settings of the snapshot's brokers, or settings_error. Each answers for
 * itself, within half of the remaining time. Blocks. */
void kafka_brokers_read(struct kafka_session *session, struct kafka_snapshot *snapshot);

/* Adds to a snapshot all topics that match (without a glob: all), whether or not a group uses them,
 * and what the look asks for. What cannot be read for one topic or partition has an error of its
 * own; false only if nothing can be read. Blocks. */
bool kafka_layout_read(struct kafka_session *session, struct kafka_collection *collection,
                       struct err *err) MUST_CHECK;
