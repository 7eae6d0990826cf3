/* Shared by the Kafka collector and the Kafka actions: ids of tables and columns, values of cells,
 * and keys of rows. A changed name changes for both; a missing one does not compile. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* One row: the figures of the cluster. */
#define KAFKA_CLUSTER_TABLE "cluster"
#define KAFKA_CLUSTER_ID_CLUSTER_ID "cluster_id"

/* A tree: groups, their topics, their partitions. */
#define KAFKA_LAG_TABLE "lag"
#define KAFKA_LAG_ID_NAME "name"       /* of the group or the topic, or "partition 3" */
#define KAFKA_LAG_ID_STATE "state"     /* of a group: KAFKA_STATE_EMPTY, "Stable", ... */
#define KAFKA_LAG_ID_MEMBERS "members" /* of a group */
#define KAFKA_LAG_ID_RATE "rate"
#define KAFKA_LAG_ID_COMMITTED "committed" /* of a partition */

#define KAFKA_STATE_EMPTY "Empty"

/* A tree of pages: topics and their partitions, with the keys "topic" and "topic/3". */
#define KAFKA_TOPICS_TABLE "topics"

#define KAFKA_TOPICS_ID_END "end"
/* Of such a key; the topic is to be freed. The partition is -1 for the key of a topic. */
char *kafka_topics_topic_of_key(const char *key);
int32_t kafka_topics_partition_of_key(const char *key);

/* Keys of rows: "group", "group/topic", "group/topic/3", with / and % in a group's name written as
 * %2F and %25. The caller frees the returned texts. */
char *kafka_group_key(const char *group);
char *kafka_topic_key(const char *group_key, const char *topic);
char *kafka_partition_key(const char *topic_key, int32_t partition);
/* The group and (NULL for the key of a group) the topic of such a key; to be freed. */
char *kafka_group_of_key(const char *key);
char *kafka_topic_of_key(const char *key);
/* The partition of such a key; -1 for the key of a group or a topic. */
int32_t kafka_partition_of_key(const char *key);
