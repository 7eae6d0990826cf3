/* The tables of a Kafka cluster: one row of its figures, and a tree of groups, their topics and
 * their partitions. Keys: clients/kafka/kafka_contract.h. */
#pragma once

#include "collectors/figures.h"
#include "collectors/kafka/kafka_view.h"

enum kafka_cluster_column {
#define COLUMN(name, ...) name,
#include "kafka_cluster.def"
#undef COLUMN
  KAFKA_CLUSTER_COLUMN_COUNT
};

enum kafka_lag_column {
#define COLUMN(name, ...) name,
#include "kafka_lag.def"
#undef COLUMN
  KAFKA_LAG_COLUMN_COUNT
};

extern const struct table_spec kafka_cluster_table, kafka_lag_table;

/* Source of the columns: a struct kafka_snapshot for the cluster, a struct kafka_lag_answer for the
 * lag. */
extern const struct figures kafka_cluster_figures, kafka_lag_figures;

/* The group or the partition of a row. A text of the snapshot must be copied to be a reason. */
struct kafka_lag_answer {
  const struct kafka_group *group; /* NULL below the groups, and if its state is not known */
  const char *no_group;            /* why not; NULL: it does not apply */
  const struct kafka_part *part;
  const char *no_offset; /* why one of the partition's offsets is not known */
};
