/* Topics and partitions as rows of KAFKA_TOPICS_TABLE, for several pages. */
#pragma once

#include "collectors/kafka/pages/kafka_page.h"

extern const struct table_spec kafka_topics_table;

/* What the replicas of a partition say: pure. */
struct kafka_replicas {
  size_t count, in_sync;
  int32_t preferred; /* -1: none */
};
struct kafka_replicas kafka_replicas_of(const struct kafka_partition *partition);
/* The index-th id in such a text, or -1. */
int32_t kafka_replica_at(const char *ids, size_t index);
/* "" if all is well. */
const char *kafka_partition_status(const struct kafka_partition *partition);
enum severity kafka_partition_severity(const struct kafka_partition *partition);

/* Adds a topic and its partitions. False: the sample is full. */
bool kafka_topic_rows(struct kafka_page_call *call, struct table *table,
                      const struct kafka_topic *topic);
/* Adds one partition; without a parent its label has the topic. */
bool kafka_partition_row(struct kafka_page_call *call, struct table *table,
                         const struct kafka_topic *topic, int32_t partition, const char *parent);

/* A fault of that table if the user sees no topic: an empty table would look like good news. */
void kafka_topics_fault(struct kafka_page_call *call, const char *table);

/* Topic and partition (-1: none) of a row's key in KAFKA_TOPICS_TABLE or KAFKA_LAG_TABLE; the topic
 * is to be freed; NULL: it is a group. */
char *kafka_focus_topic(const struct page_focus *focus, int32_t *partition);
/* Asks for that topic only: its name is kept. */
bool kafka_page_ask_topic(struct watch *watch, struct kafka_query *query, struct err *err);
