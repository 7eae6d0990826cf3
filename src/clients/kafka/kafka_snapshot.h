/* The state of a Kafka cluster in one collection: groups, assignments, and offsets.
 *
 * Committed offsets were read before the ends, so that the collection itself never makes a lag too
 * small or negative. All texts come from a broker: sanitise them for display. */
#pragma once

#include "core/arena.h"

#include <stdint.h>

/* Limits of one collection. */
enum {
  KAFKA_SNAPSHOT_BYTES_MAX = 48 << 20,
  KAFKA_GROUPS_MAX = 2000,   /* matching groups; further ones are omitted with a note */
  KAFKA_SHARES_MAX = 100000, /* (group, topic, partition) */
  KAFKA_LISTED_MAX = 5000,
  KAFKA_NOTES_MAX = 16,
  KAFKA_NAME_MAX = 256,            /* bytes kept of a client's id or host */
  KAFKA_NEXT_MAX = 32,             /* partitions whose next message is read in a collection */
  KAFKA_SETTINGS_TOPICS_MAX = 100, /* topics whose settings are read in a request */
  KAFKA_CONFIGS_MAX = 1000,        /* topics whose settings are watched for changes */
  KAFKA_LAYOUT_MAX = 20000,        /* partitions whose offsets are read besides those of groups */
  KAFKA_MESSAGES_MAX = 50,         /* newest messages that are read */
  KAFKA_MESSAGE_BYTES_MAX = 16384, /* kept of the value of one */
  KAFKA_KEY_BYTES_MAX = 1024,      /* kept of its key, and of its headers */
};

/* A missing offset: nothing committed, or (with an error) not known. */
#define KAFKA_NO_OFFSET ((int64_t)-1)

struct kafka_partition {
  int32_t leader;       /* -1: none */
  bool wanted;          /* a group uses it: its offsets were read */
  bool ahead;           /* a group has committed beyond the end: it was read again */
  int64_t start, end;   /* KAFKA_NO_OFFSET if not known: error then has the reason */
  const char *error;    /* NULL or a short text: "no leader" */
  int64_t stable;       /* first offset of an open transaction, or the end; if it was asked for */
  const char *replicas; /* ids of brokers, the preferred leader first: "1, 2, 3"; if asked for, or
                           NULL */
  const char *in_sync;  /* of these, the ones that are in sync */
};

/* A setting of a topic or of a broker. */
struct kafka_topic_setting {
  const char *name;
  const char *value;  /* NULL: a secret, or not set */
  const char *source; /* "topic", "default", "broker file", ... */
  bool is_default;
};

struct kafka_topic {
  const char *name;
  struct kafka_partition *partitions;
  int32_t partition_count;
  const char *error;                    /* of the whole topic, or NULL */
  struct kafka_topic_setting *settings; /* if they were asked for */
  size_t setting_count;
  const char *settings_error; /* why they are not known, or NULL */
};

struct kafka_member {
  const char *client; /* its client.id */
  const char *host;   /* "/10.0.0.7" */
  uint32_t partitions;
  const char *id;       /* that the coordinator gave it */
  const char *instance; /* its group.instance.id, or NULL */
};

/* One partition of a group: assigned to it or with a committed offset. */
struct kafka_share {
  uint32_t topic; /* index into topics */
  int32_t partition;
  int32_t owner;     /* index into members, or -1 */
  int64_t committed; /* KAFKA_NO_OFFSET: nothing */
  const char *error; /* of its commit, or NULL */
};

/* The next message of a group in a partition, or of all groups at that offset. */
struct kafka_next {
  uint32_t topic; /* index into topics */
  int32_t partition;
  int64_t committed;
  int64_t offset;    /* of the message: the first one at or after the committed offset */
  int64_t time_ms;   /* its timestamp, since 1970; -1: it has none, or (with an error) not known */
  int64_t read_to;   /* of an open transaction: a reader gets nothing from here up to `committed` */
  const char *error; /* why it could not be read, or NULL */
  int64_t producer;  /* of an open transaction, if asked for: the id of its producer, and: */
  const char *transactional_id; /* or NULL */
  const char *producer_error;   /* why neither is known, or NULL */
};

enum kafka_group_state {
  KAFKA_GROUP_UNKNOWN, /* state_text has the reason */
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
  const char *error;       /* why its offsets are not known, or NULL */
  bool denied;             /* ... because of missing permissions */
  bool cut;                /* it has more partitions: KAFKA_SHARES_MAX was reached */
  const char *assignor;    /* "range"; NULL or "": none, or not known */
  const char *coordinator; /* "2 (10.0.0.7:9092)"; NULL: not known */
};

struct kafka_broker {
  int32_t id;
  const char *address;                  /* "10.0.0.7:9092" */
  bool answered;                        /* it answered the list of groups */
  const char *rack;                     /* its broker.rack, if asked for, or NULL */
  const char *log_dirs;                 /* its log.dirs, or NULL */
  struct kafka_topic_setting *settings; /* not the default, if asked for */
  size_t setting_count;
  const char *settings_error; /* why they are not known, or NULL */
};

/* A message, as text that may have several lines: what is not UTF-8 is written as \xNN. */
struct kafka_message {
  int64_t offset, time_ms;           /* -1: it has no timestamp */
  int64_t key_length, value_length;  /* bytes; -1: it has none */
  const char *key, *value, *headers; /* or NULL */
  bool cut;                          /* the value is longer than its text */
};

/* A topic of the cluster, whether or not a group uses it. */
struct kafka_listed {
  const char *name;
  int32_t partition_count;
};

struct kafka_snapshot {
  struct arena arena;
  const char *cluster_id;       /* or NULL */
  struct kafka_broker *brokers; /* by id: those of the metadata */
  uint32_t broker_count;
  bool
      list_failed; /* the list of groups may be incomplete for another reason than silent brokers */
  const char *list_reason; /* why not all answered; or NULL */
  bool topics_hidden;      /* missing permissions hide topics: their lag is in no sum */
  const char *rights;      /* no group matches because of this missing permission; or NULL */
  uint32_t topic_count_all, partition_count_all; /* in the cluster, as far as visible */
  struct kafka_listed
      *listed; /* all visible topics; none if there are more than KAFKA_LISTED_MAX */
  size_t listed_count;
  uint32_t under_replicated, offline; /* partitions */
  struct kafka_topic *topics;         /* topics that a group uses */
  size_t topic_count;
  struct kafka_group *groups;
  size_t group_count;
  struct kafka_next *nexts; /* of the first group, by topic and partition, if asked for */
  size_t next_count;
  size_t nexts_left_out;          /* partitions with less lag: KAFKA_NEXT_MAX was reached */
  struct kafka_message *messages; /* the newest last, if asked for */
  size_t message_count;
  int64_t messages_from;       /* all messages from this offset on are among them */
  const char *messages_error;  /* why there are no more, or NULL */
  size_t layout_left_out;      /* partitions without offsets: KAFKA_LAYOUT_MAX was reached */
  bool has_stable;             /* the ends of committed transactions were read */
  struct kafka_topic *configs; /* settings of topics that are not the default, without partitions;
                                  if asked for */
  size_t config_count;
  bool has_configs;         /* they were read, and those of the brokers */
  uint32_t groups_left_out; /* further matching groups: KAFKA_GROUPS_MAX was reached */
  const char *crash; /* crash of the client's process since the last snapshot; NULL: none. Set in
                        the parent process */
  const char *notes[KAFKA_NOTES_MAX]; /* what is missing */
  size_t note_count;
  int64_t committed_ms, ended_ms; /* when the committed and the end offsets had been read */
  uint32_t requests;
};

struct kafka_snapshot *kafka_snapshot_new(void);
void kafka_snapshot_free(struct kafka_snapshot *snapshot); /* NULL is fine */
/* Duplicates are kept once; beyond KAFKA_NOTES_MAX notes are dropped. */
void kafka_snapshot_note(struct kafka_snapshot *snapshot, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
