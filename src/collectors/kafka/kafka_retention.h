/* What the settings of a topic say about the deletion of its messages: pure. */
#pragma once

#include "clients/kafka/kafka_snapshot.h"

/* Value of a setting, or NULL. */
const char *kafka_setting_value(const struct kafka_topic *topic, const char *name);
/* The time in milliseconds after which messages may be deleted; by_size (may be NULL): also if the
 * partition grows too large. NULL, or why there is no such time. */
const char *kafka_retention_of(const struct kafka_topic *topic, int64_t *retention_ms,
                               bool *by_size);
