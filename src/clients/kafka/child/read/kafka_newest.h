/* Reads the newest messages of a partition, for a page. On the client's thread. */
#pragma once

#include "clients/kafka/child/collect/kafka_collection.h"

/* Into the snapshot's messages, from the offsets that it has read. Blocks. */
bool kafka_newest_read(struct kafka_session *session, struct kafka_collection *collection,
                       struct err *err) MUST_CHECK;
