/* The groups while a snapshot is being built, from the list, the descriptions and the offsets. */
#pragma once

#include "clients/kafka/child/collect/kafka_collection.h"
#include "clients/kafka/child/collect/kafka_stuck.h"
#include "clients/kafka/child/read/kafka_topics.h"

/* A group that is being read. */
struct kafka_draft {
  const char *name; /* in the snapshot's arena */
  bool listed;      /* false: only configured by its name, or remembered */
  bool remembered;  /* it was there in the last collection, and is not listed now */
  rd_kafka_consumer_group_state_t listed_state;
  struct kafka_group group;
  bool filtered;              /* it uses topics that the configuration excludes */
  struct kafka_share *shares; /* in order of arrival: unsorted, a partition perhaps twice */
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

/* Selects the groups to read: those of the list that match, and those configured by a literal
 * name. complete: all brokers have listed theirs, so that a group which was there before and is not
 * listed was deleted, or is moving to another broker: it is read too. */
void kafka_groups_choose(struct kafka_groups *groups,
                         const rd_kafka_ListConsumerGroups_result_t *result, bool complete);

void kafka_groups_describe(struct kafka_groups *groups,
                           const rd_kafka_DescribeConsumerGroups_result_t *result);
/* No group could be described. */
void kafka_groups_undescribed(struct kafka_groups *groups, rd_kafka_resp_err_t code);

void kafka_groups_committed(struct kafka_groups *groups, size_t group,
                            const rd_kafka_ListConsumerGroupOffsets_result_t *result);
void kafka_groups_uncommitted(struct kafka_groups *groups, size_t group, rd_kafka_resp_err_t code);

/* Sorts and joins the results; moves the groups into the snapshot, except the remembered ones that
 * no longer exist. */
void kafka_groups_finish(struct kafka_groups *groups);

/* With the topics attached: adds to each group the partitions of its topics that are neither
 * assigned nor committed. Without them a sum over 1 of 6 partitions would look complete. */
void kafka_groups_complete(struct kafka_groups *groups);
