/* The settings that are watched for changes, on the client's thread. */
#pragma once

#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/kafka_snapshot.h"

/* Adds the settings that are not the default of the topics that the snapshot lists, 100 topics a
 * request, and of its brokers, one request a broker. `has_configs` is false if there are more than
 * KAFKA_CONFIGS_MAX topics; what cannot be read has an error of its own. Blocks, for at most half
 * of the remaining time. */
void kafka_configs_read(struct kafka_session *session, struct kafka_snapshot *snapshot);
