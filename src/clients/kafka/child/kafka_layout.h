/* Topics with their replicas and offsets, and what pages read besides, on the client's thread. */
#pragma once

#include "clients/kafka/child/kafka_collection.h"

/* Adds to a snapshot all topics that match (without a glob: all), whether or not a group uses them,
 * and what the look asks for. What cannot be read for one topic or partition has an error of its
 * own; false only if nothing can be read. Blocks. */
bool kafka_layout_read(struct kafka_session *session, struct kafka_collection *collection,
                       struct err *err) MUST_CHECK;
