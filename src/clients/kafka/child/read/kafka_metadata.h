/* The cluster's metadata, on the client's thread. */
#pragma once

#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/kafka_snapshot.h"

/* Refreshes session->metadata. It is requested so rarely that it takes at most a twentieth of the
 * time, which is each time in a small cluster; `now` requests it unless this call has done so
 * already. Blocks. */
bool kafka_metadata_refresh(struct kafka_session *session, bool now, struct err *err) MUST_CHECK;

/* Adds brokers (and whether they answered the list of groups), totals, and partitions without a
 * leader or with replicas out of sync to the snapshot. */
void kafka_metadata_summarize(struct kafka_session *session, struct kafka_snapshot *snapshot);
