/* What an action on Kafka asks and changes, beside the collection: one question after the other, on
 * in the client's process, each with a deadline and one answer on the loop.
 *
 * A change looks first, in the same run, whether all is still as it was planned, and changes
 * nothing if not. Then it passes a gate: after kafka_admin_cancel (kafka_asking.h) nothing is sent
 * that was not sent before, and the caller that cancels is informed. All texts are a broker's:
 * sanitise to show. */
#pragma once

#include "clients/kafka/kafka_snapshot.h"
#include "core/err.h"

/* Ceilings of one question and its answer. */
enum {
  KAFKA_ADMIN_BYTES_MAX = 64 << 20,
  KAFKA_SPOTS_MAX = 100000, /* partitions */
  KAFKA_FILE_MAX = 8 << 20, /* bytes of a file with offsets */
};

/* A partition: what is asked of it and what is known of it. Offsets that are not there are
 * KAFKA_NO_OFFSET. */
struct kafka_spot {
  const char *topic;
  const char *topic_id; /* change: of the topic, as it was; NULL: not checked */
  int32_t partition;
  int64_t committed;  /* change: what it has to be still */
  int64_t start, end; /* change of records: what start was at least, and end */
  int64_t at;         /* the first offset at the time that was asked for; none: past the end */
  int64_t mark;       /* the first offset not older than the mark; none: past the end */
  int64_t want;       /* to be committed; records before it to be deleted; answer: the new start */
  bool asked;         /* it was in the question */
  const char *error;  /* why something of it is not known, or was not done; NULL */
};

struct kafka_group_facts {
  bool listed;                  /* it exists */
  bool classic;                 /* its description can be believed */
  enum kafka_group_state state; /* by both the list and the description */
  const char *state_text;
  size_t members;
};

struct kafka_topic_facts {
  const char *name;
  int32_t partitions, led; /* led: those with a leader */
  int32_t replicas;        /* of the first partition */
  const char *id;          /* told from others of its name; NULL: this librdkafka cannot say */
  const char *error;       /* or NULL */
};

struct kafka_setting {
  const char *topic, *name;
  const char *value;  /* NULL: a secret, or nothing */
  const char *source; /* "topic", "default", "broker", ... */
  bool own;           /* set for the topic itself */
  bool secret, fixed; /* fixed: nobody can change it */
};

struct kafka_admin;
struct kafka_session;

/* One of the runs below. */
typedef bool (*kafka_run)(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err);

/* A question; its answer is in it, too. Its texts lie in its arena or outlive it. */
struct kafka_admin {
  struct arena arena;
  kafka_run run;
  const char *cluster;    /* change: the id of the cluster that it is for; NULL: not checked.
                             answer: that of the cluster that answered, or NULL */
  const char *group;      /* by name */
  const char *topic;      /* by name; NULL: all */
  bool logs;              /* start and end offsets are wanted */
  int64_t mark_ms;        /* when the logs were looked at: what is younger was not there; -1: not */
  const char *topic_id;   /* change: of `topic`, as it was; NULL: not checked */
  int64_t time_ms;        /* the first offsets at this time are wanted, too; -1: not */
  bool whole_topics;      /* all partitions of the topics of which some are committed */
  const char *name;       /* of a setting */
  const char *value;      /* of it; NULL: back to its default */
  const char *expect;     /* what its value is still; NULL: it is not set for the topic itself */
  int32_t count, planned; /* partitions: how many there are still, how many to be */
  const char *path;       /* of a file: to be read, or to be written before a change */
  const char *text;       /* to be written */

  struct kafka_spot *spots; /* heap; the answer has them by topic and partition */
  size_t spot_count, spot_capacity;
  struct kafka_group_facts facts;
  struct kafka_topic_facts *topics; /* heap, by name */
  size_t topic_count;
  struct kafka_setting *settings; /* heap, by topic and name */
  size_t setting_count, setting_capacity;
  char *loaded; /* heap: the file that was read */
  size_t loaded_len;
  bool cut;    /* there was more than the ceilings allow */
  bool unsure; /* a change was sent, and no answer says whether it was made: or the process that
                  sent it has died */

  /* Whether the change may be sent, and was. stacktop's own side decides; the other asks it. */
  enum kafka_gate { KAFKA_GATE_OPEN, KAFKA_GATE_SENT, KAFKA_GATE_SHUT } gate;
  bool (*ask_to_pass)(void *arg); /* there */
  void *pass_arg;
};

struct kafka_admin *kafka_admin_new(void);
void kafka_admin_free(struct kafka_admin *admin); /* NULL is fine */
/* Adds a partition, the name copied, nothing known; NULL beyond KAFKA_SPOTS_MAX. It may move with
 * the next one. */
struct kafka_spot *kafka_admin_spot(struct kafka_admin *admin, const char *topic,
                                    int32_t partition);
/* Of an answer's spots, which are sorted; NULL if there is none. */
struct kafka_spot *kafka_admin_find(const struct kafka_admin *admin, const char *topic,
                                    int32_t partition);
/* Whether the change was sent: before that nothing has happened. */
bool kafka_admin_sent(const struct kafka_admin *admin);

/* ---- to look */

/* path -> loaded */
bool kafka_run_load(struct kafka_session *session, struct kafka_admin *admin, struct err *err);
/* group -> facts, and all that it has committed -> spots (joined with those that were asked about).
 * logs: start, end and at, too; whole_topics: and the partitions that it has not committed to. */
bool kafka_run_look_group(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err);
/* The spots' start, end and (time_ms) at. */
bool kafka_run_look_logs(struct kafka_session *session, struct kafka_admin *admin, struct err *err);
/* topic or all that are not internal -> topics; logs: spots of all their partitions; name:
 * settings: that one of each topic, and all that are the topic's own. */
bool kafka_run_look_topics(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err);

/* ---- to change; false before the gate: nothing has happened, err says why */

/* Of group, which has to be Empty and classic, each spot's committed to want. path and text: the
 * file is written before. */
bool kafka_run_set_offsets(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err);
/* Of group, whatever its state: the broker refuses where it is subscribed. */
bool kafka_run_drop_offsets(struct kafka_session *session, struct kafka_admin *admin,
                            struct err *err);
bool kafka_run_drop_group(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err);
/* topic from count to planned partitions */
bool kafka_run_add_partitions(struct kafka_session *session, struct kafka_admin *admin,
                              struct err *err);
/* topic's setting name from expect to value; its other own settings stay. The answer has its
 * settings as they were before. */
bool kafka_run_set_config(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err);
/* The spots' records before want. */
bool kafka_run_delete_records(struct kafka_session *session, struct kafka_admin *admin,
                              struct err *err);
