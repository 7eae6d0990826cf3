/* The cluster's metadata, on the client's thread. */
#pragma once

#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/kafka_snapshot.h"

/* Makes session->metadata recent. It is asked for at most so often that the asking takes a
 * twentieth of the time, which is each time in a small cluster; `now` asks unless this call has
 * asked already. Waits. */
bool kafka_metadata_refresh(struct kafka_session *session, bool now, struct err *err) MUST_CHECK;

/* Brokers (and who has answered the list of groups), totals, partitions without a leader or with
 * replicas that lag behind, to the snapshot.
 */
void kafka_metadata_summarize(struct kafka_session *session, struct kafka_snapshot *snapshot);
