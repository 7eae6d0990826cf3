/* The tables of a Kafka cluster: one row of its own figures, and a tree of groups, their topics and
 * their partitions. Keys: "group", "group/topic", "group/topic/3", with a / or % in a group's name
 * written as %2F and %25. */
#pragma once

#include "model/table.h"

enum kafka_cluster_column {
  KAFKA_CLUSTER_NAME,
  KAFKA_CLUSTER_LAG,
  KAFKA_CLUSTER_COUNTED,
  KAFKA_CLUSTER_TREND,
  KAFKA_CLUSTER_RATE,
  KAFKA_CLUSTER_GROUPS,
  KAFKA_CLUSTER_BROKERS,
  KAFKA_CLUSTER_UNDER_REPLICATED,
  KAFKA_CLUSTER_OFFLINE,
  KAFKA_CLUSTER_TOPICS,
  KAFKA_CLUSTER_PARTITIONS,
  KAFKA_CLUSTER_CONTROLLER,
  KAFKA_CLUSTER_ID,
  KAFKA_CLUSTER_LIBRARY,
  KAFKA_CLUSTER_COLUMN_COUNT
};

enum kafka_lag_column {
  KAFKA_LAG_NAME,
  KAFKA_LAG_STATE,
  KAFKA_LAG_MEMBERS,
  KAFKA_LAG_PARTITIONS,
  KAFKA_LAG_LAG,
  KAFKA_LAG_RATE,
  KAFKA_LAG_STATUS,
  KAFKA_LAG_ETA,
  KAFKA_LAG_AGE,
  KAFKA_LAG_CONSUMED,
  KAFKA_LAG_PRODUCED,
  KAFKA_LAG_COMMITTED,
  KAFKA_LAG_END,
  KAFKA_LAG_CLIENT,
  KAFKA_LAG_HOST,
  KAFKA_LAG_START,
  KAFKA_LAG_LOST,
  KAFKA_LAG_FLAT,
  KAFKA_LAG_AGE_BASIS,
  KAFKA_LAG_COMPLETE,
  KAFKA_LAG_COUNTED,
  KAFKA_LAG_COLUMN_COUNT
};

extern const struct table_spec kafka_cluster_table, kafka_lag_table;
