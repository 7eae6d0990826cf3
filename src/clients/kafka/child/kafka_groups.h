/* Groups while a snapshot is made: from what the list, the descriptions and the offsets say. */
#pragma once

#include "clients/kafka/child/kafka_collection.h"
#include "clients/kafka/child/kafka_stuck.h"
#include "clients/kafka/child/kafka_topics.h"

/* A group that is being asked about. */
struct kafka_draft {
  const char *name; /* in the snapshot's arena */
  bool listed;      /* false: only its name is configured */
  rd_kafka_consumer_group_state_t listed_state;
  struct kafka_group group;
  bool filtered;              /* it has to do with topics that the configuration leaves out */
  struct kafka_share *shares; /* as they come: unsorted, a partition perhaps twice */
  size_t share_count, share_capacity;
};

struct kafka_groups {
  const struct kafka_collection *collection;
  struct kafka_draft *drafts; /* by name */
  size_t count;
  struct kafka_topics topics;
  size_t share_total;
  struct kafka_signs signs; /* in what was said of any group */
  bool cut;                 /* KAFKA_SHARES_MAX was reached */
  const char *last_name;    /* of a topic, and */
  bool last_allowed;        /* whether the configuration wants it */
};

void kafka_groups_fini(struct kafka_groups *groups);

/* The groups to ask about: those of the list that match, and those whose names are configured
 * literally. */
void kafka_groups_choose(struct kafka_groups *groups,
                         const rd_kafka_ListConsumerGroups_result_t *result);

void kafka_groups_describe(struct kafka_groups *groups,
                           const rd_kafka_DescribeConsumerGroups_result_t *result);
/* No description of any group. */
void kafka_groups_undescribed(struct kafka_groups *groups, rd_kafka_resp_err_t code);

void kafka_groups_committed(struct kafka_groups *groups, size_t group,
                            const rd_kafka_ListConsumerGroupOffsets_result_t *result);
void kafka_groups_uncommitted(struct kafka_groups *groups, size_t group, rd_kafka_resp_err_t code);

/* Sorts and joins what came; moves groups into the snapshot. */
void kafka_groups_finish(struct kafka_groups *groups);

/* With the topics attached: adds to each group the partitions of its topics that it neither holds
 * nor has committed to. Without them a sum over 1 of 6 partitions would look whole. */
void kafka_groups_complete(struct kafka_groups *groups);
