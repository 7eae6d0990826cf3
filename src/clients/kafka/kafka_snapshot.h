/* What a Kafka cluster said in one collection: groups, who holds what, and offsets.
 *
 * Committed offsets were read before the ends, so that a lag is never too small by the collection
 * itself, and never below zero. All texts are a broker's: sanitise to show. */
#pragma once

#include "core/arena.h"

#include <stdint.h>

/* Ceilings of one collection. */
enum {
  KAFKA_SNAPSHOT_BYTES_MAX = 48 << 20,
  KAFKA_GROUPS_MAX = 2000,   /* groups that match; the rest is left out and said so */
  KAFKA_SHARES_MAX = 100000, /* (group, topic, partition) */
  KAFKA_NOTES_MAX = 16,
  KAFKA_NAME_MAX = 256, /* bytes kept of a client's id or host */
};

/* An offset that is not there: nothing committed, or (with an error) not known. */
#define KAFKA_NO_OFFSET ((int64_t)-1)

struct kafka_partition {
  int32_t leader;     /* -1: none */
  bool wanted;        /* some group's: its offsets were asked for */
  bool ahead;         /* some group has committed beyond the end: it was read again */
  int64_t start, end; /* KAFKA_NO_OFFSET where not known: then error says why */
  const char *error;  /* NULL or a few words: "no leader" */
};

struct kafka_topic {
  const char *name;
  struct kafka_partition *partitions;
  int32_t partition_count;
  const char *error; /* of the whole topic, or NULL */
};

struct kafka_member {
  const char *client; /* its client.id */
  const char *host;   /* "/10.0.0.7" */
  uint32_t partitions;
};

/* One partition of a group: what it holds or has committed. */
struct kafka_share {
  uint32_t topic; /* index into topics */
  int32_t partition;
  int32_t owner;     /* index into members, or -1 */
  int64_t committed; /* KAFKA_NO_OFFSET: nothing */
  const char *error; /* of its commit, or NULL */
};

enum kafka_group_state {
  KAFKA_GROUP_UNKNOWN, /* state_text says why */
  KAFKA_GROUP_STABLE,
  KAFKA_GROUP_REBALANCING, /* preparing or completing */
  KAFKA_GROUP_EMPTY,
  KAFKA_GROUP_DEAD,
};

struct kafka_group {
  const char *name;
  enum kafka_group_state state;
  const char *state_text; /* "Stable", "Empty", ..., or why it is not known */
  struct kafka_member *members;
  size_t member_count;
  struct kafka_share *shares; /* by topic and partition */
  size_t share_count;
  const char *error; /* why its offsets are not known, or NULL */
  bool denied;       /* ... because of rights */
  bool cut;          /* it has more partitions: KAFKA_SHARES_MAX was reached */
};

struct kafka_broker {
  int32_t id;
  const char *address; /* "10.0.0.7:9092" */
  bool answered;       /* the list of its groups came */
};

struct kafka_snapshot {
  struct arena arena;
  const char *cluster_id;       /* or NULL */
  struct kafka_broker *brokers; /* by id: those that the metadata names */
  uint32_t broker_count;
  bool list_failed; /* the list of groups may not be complete, beyond brokers not answering */
  const char *list_reason; /* in words, why not all answered; or NULL */
  bool topics_hidden;      /* rights leave out topics: their lag is in no sum */
  const char *rights;      /* no group matches because a right is missing: which; or NULL */
  uint32_t topic_count_all, partition_count_all; /* in the cluster, as far as we may see */
  uint32_t under_replicated, offline;            /* partitions */
  struct kafka_topic *topics;                    /* those that some group has to do with */
  size_t topic_count;
  struct kafka_group *groups;
  size_t group_count;
  uint32_t groups_left_out; /* match, too: KAFKA_GROUPS_MAX was reached */
  const char *crash; /* of the client's process since the last one, in words; NULL: none. Set on
                        stacktop's side */
  const char *notes[KAFKA_NOTES_MAX]; /* what is missing, in words */
  size_t note_count;
  int64_t committed_ms, ended_ms; /* when the committed and the end offsets were complete */
  uint32_t requests;
};

struct kafka_snapshot *kafka_snapshot_new(void);
void kafka_snapshot_free(struct kafka_snapshot *snapshot); /* NULL is fine */
/* Twice the same is kept once; beyond KAFKA_NOTES_MAX they are dropped. */
void kafka_snapshot_note(struct kafka_snapshot *snapshot, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
