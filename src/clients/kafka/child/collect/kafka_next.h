/* What a page about one group reads besides its offsets, on the client's thread. */
#pragma once

#include "clients/kafka/child/kafka_session.h"
#include "clients/kafka/kafka_snapshot.h"

/* Adds the settings of the topics and the next messages of the first group to a snapshot that is
 * complete otherwise. What cannot be read has an error of its own. Blocks, for at most half of the
 * remaining time. */
void kafka_next_read(struct kafka_session *session, struct kafka_snapshot *snapshot);

/* Adds the first message of an open transaction, in the partitions where the end of the committed
 * ones is before the end, to the next messages. */
void kafka_next_open(struct kafka_session *session, struct kafka_session *committed,
                     struct kafka_snapshot *snapshot);

/* The same, only for partitions in which a group may wait for it: a group is held back there if it
 * has read everything up to the transaction (kafka_next.read_to). One message a partition, because
 * a reader can be at one offset only. */
void kafka_next_held(struct kafka_session *session, struct kafka_session *committed,
                     struct kafka_snapshot *snapshot);

/* The setting, without the value if it is a secret. */
struct kafka_topic_setting kafka_setting_of(struct arena *arena,
                                            const rd_kafka_ConfigEntry_t *entry);

/* Sets the settings of these topics, or settings_error. */
void kafka_settings_read(struct kafka_session *session, struct arena *arena,
                         struct kafka_topic *topics, size_t count, int limit_ms);
