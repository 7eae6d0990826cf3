#include "collectors/kafka/kafka_table.h"

#include "clients/kafka/kafka_contract.h"

enum { OF_CLUSTER, OF_TOPICS };
#define CLUSTER(member) FIGURE_FIELD(OF_CLUSTER, struct kafka_snapshot, member)
#define TOPICS(member) FIGURE_FIELD(OF_TOPICS, struct kafka_snapshot, member)

static const struct column_spec cluster_columns[KAFKA_CLUSTER_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "kafka_cluster.def"
#undef COLUMN
};

const struct table_spec kafka_cluster_table = {.id = KAFKA_CLUSTER_TABLE,
                                               .title = "Cluster",
                                               .flags = TABLE_SUMMARY,
                                               .columns = cluster_columns,
                                               .column_count = KAFKA_CLUSTER_COLUMN_COUNT};

/* Brokers omit topics that the user may not see. */
static const void *cluster_part(const void *of, int part, const char **none) {
  const struct kafka_snapshot *snapshot = of;
  (void)none;
  return part == OF_TOPICS && snapshot->rights && snapshot->topic_count_all == 0 ? NULL : snapshot;
}

const struct figures kafka_cluster_figures = {.table = &kafka_cluster_table, .part = cluster_part};

/* ---- groups, topics, partitions */

enum { OF_GROUP, OF_OFFSETS, OF_COMMIT, OF_LAG };
#define GROUP(member) FIGURE_FIELD(OF_GROUP, struct kafka_group, member)
#define OFFSETS(member) FIGURE_FIELD(OF_OFFSETS, struct kafka_part, member)
#define COMMIT(member) FIGURE_FIELD(OF_COMMIT, struct kafka_share, member)
#define LAG(member) FIGURE_FIELD(OF_LAG, struct kafka_part, member)

static const struct column_spec lag_columns[KAFKA_LAG_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "kafka_lag.def"
#undef COLUMN
};

const struct table_spec kafka_lag_table = {.id = KAFKA_LAG_TABLE,
                                           .title = "Consumer groups",
                                           .columns = lag_columns,
                                           .column_count = KAFKA_LAG_COLUMN_COUNT};

static const void *lag_part(const void *of, int part, const char **none) {
  const struct kafka_lag_answer *answer = of;
  *none = part == OF_GROUP ? answer->no_group : part == OF_LAG ? NULL : answer->no_offset;
  if (part == OF_GROUP)
    return answer->group;
  if (!answer->part || (part == OF_LAG && !answer->part->lag.has_lag))
    return NULL;
  return part == OF_COMMIT ? (const void *)answer->part->share : answer->part;
}

const struct figures kafka_lag_figures = {.table = &kafka_lag_table, .part = lag_part};
