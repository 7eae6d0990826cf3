/* One collection, on the client's thread: groups, states and members, committed offsets, then the
 * ends of their partitions. */
#pragma once

#include "clients/kafka/child/collect/kafka_collection.h"
#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/kafka_query.h"

/* Copies the query: the collection may outlive the caller. */
void kafka_collection_init(struct kafka_collection *collection, const struct kafka_query *query,
                           struct kafka_past *past);

/* Fills the snapshot. A failure for one group or partition is an error of that group or partition;
 * false only if nothing could be read. Blocks. */
bool kafka_collect(struct kafka_session *session, struct kafka_collection *collection,
                   struct err *err) MUST_CHECK;
