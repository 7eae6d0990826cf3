/* Whether groups that stand still are held back by an open transaction, on the client's thread. */
#pragma once

#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/kafka_snapshot.h"

/* Sets `stable` of the partitions in which a group has something to read, by the session that reads
 * committed transactions. What cannot be read is left out: `has_stable` is then false, or `stable`
 * is KAFKA_NO_OFFSET. Blocks. */
void kafka_held_read(struct kafka_session *session, struct kafka_session *committed,
                     struct kafka_snapshot *snapshot);
