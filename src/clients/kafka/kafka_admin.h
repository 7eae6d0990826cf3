/* Requests of actions on Kafka, besides the collection: one after the other, in the client's
 * process, each with a deadline and one answer on the loop.
 *
 * A change first checks, in the same run, that everything is as planned, and changes nothing if
 * not. Then it passes a gate: after kafka_admin_cancel (kafka_asking.h) nothing more is sent, and
 * the caller learns whether the change was sent before. All texts come from a broker: sanitise them
 * for display. */
#pragma once

#include "clients/kafka/kafka_snapshot.h"
#include "core/err.h"

/* Limits of one request and its answer. */
enum {
  KAFKA_ADMIN_BYTES_MAX = 64 << 20,
  KAFKA_SPOTS_MAX = 100000, /* partitions */
  KAFKA_FILE_MAX = 8 << 20, /* bytes of a file with offsets */
};

/* A partition: what is requested and what is known. Missing offsets are KAFKA_NO_OFFSET. */
struct kafka_spot {
  const char *topic;
  const char *topic_id; /* change: expected id of the topic; NULL: not checked */
  int32_t partition;
  int64_t committed;  /* change: the expected committed offset */
  int64_t start, end; /* change of records: the least start, and the expected end */
  int64_t at;         /* the first offset at the requested time; none: past the end */
  int64_t mark;       /* the first offset not older than the mark; none: past the end */
  int64_t want;       /* to commit; to delete the records before it; answer: the new start */
  bool asked;         /* it was in the request */
  const char *error;  /* why it is not known, or was not done; or NULL */
};

struct kafka_group_facts {
  bool listed;                  /* it exists */
  bool classic;                 /* its description is complete */
  enum kafka_group_state state; /* according to both the list and the description */
  const char *state_text;
  size_t members;
};

struct kafka_topic_facts {
  const char *name;
  int32_t partitions, led; /* led: those with a leader */
  int32_t replicas;        /* of the first partition */
  const char *id;          /* its id; NULL: this librdkafka does not report it */
  const char *error;       /* or NULL */
};

struct kafka_setting {
  const char *topic, *name;
  const char *value;  /* NULL: a secret, or not set */
  const char *source; /* "topic", "default", "broker", ... */
  bool own;           /* set for the topic itself */
  bool secret, fixed; /* fixed: read-only */
};

struct kafka_admin;
struct kafka_session;

/* One of the runs below. */
typedef bool (*kafka_run)(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err);

/* A request, which also takes the answer. Its texts are in its arena or outlive it. */
struct kafka_admin {
  struct arena arena;
  kafka_run run;
  const char *cluster; /* change: id of the expected cluster; NULL: not checked. answer: id of the
                          cluster, or NULL */
  const char *group;   /* by name */
  const char *topic;   /* by name; NULL: all */
  bool logs;           /* read start and end offsets */
  int64_t
      mark_ms; /* time at which the logs were read: younger messages were not there; -1: not set */
  const char *topic_id;   /* change: expected id of `topic`; NULL: not checked */
  int64_t time_ms;        /* also read the first offsets at this time; -1: not set */
  bool whole_topics;      /* all partitions of the topics with a committed offset */
  const char *name;       /* of a setting */
  const char *value;      /* its new value; NULL: reset to its default */
  const char *expect;     /* its expected value; NULL: not set for the topic */
  int32_t count, planned; /* partitions: the expected and the planned number */
  const char *path;       /* of a file: to read, or to write before a change */
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
  bool cut;    /* there was more than the limits allow */
  bool unsure; /* a change was sent, but its result is not known, or the process that sent it has
                  ended */

  /* Whether the change may be sent, and was. The parent process decides; the child asks it. */
  enum kafka_gate { KAFKA_GATE_OPEN, KAFKA_GATE_SENT, KAFKA_GATE_SHUT } gate;
  bool (*ask_to_pass)(void *arg); /* there */
  void *pass_arg;
};

struct kafka_admin *kafka_admin_new(void);
void kafka_admin_free(struct kafka_admin *admin); /* NULL is allowed */
/* Adds a partition with a copy of the name, nothing else known; NULL beyond KAFKA_SPOTS_MAX. It may
 * move when the next one is added. */
struct kafka_spot *kafka_admin_spot(struct kafka_admin *admin, const char *topic,
                                    int32_t partition);
/* Searches the sorted spots of an answer; NULL if there is none. */
struct kafka_spot *kafka_admin_find(const struct kafka_admin *admin, const char *topic,
                                    int32_t partition);
/* Whether the change was sent: otherwise nothing has happened. */
bool kafka_admin_sent(const struct kafka_admin *admin);

/* ---- reading */

/* path -> loaded */
bool kafka_run_load(struct kafka_session *session, struct kafka_admin *admin, struct err *err);
/* group -> facts, and all its committed offsets -> spots (joined with those of the request). logs:
 * also start, end and at; whole_topics: also the partitions without a committed offset. */
bool kafka_run_look_group(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err);
/* The spots' start, end and (time_ms) at. */
bool kafka_run_look_logs(struct kafka_session *session, struct kafka_admin *admin, struct err *err);
/* topic, or all that are not internal -> topics; logs: spots of all their partitions; name:
 * settings: that one of each topic, and all that are set for the topic. */
bool kafka_run_look_topics(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err);
/* The partitions that are not led by their preferred replica -> spots: committed is the id of the
 * leader, want that of the preferred replica; error: why that cannot lead. With spots in the
 * request: these, in any state. */
bool kafka_run_look_leaders(struct kafka_session *session, struct kafka_admin *admin,
                            struct err *err);

/* ---- changing; false before the gate: nothing has happened, err has the reason */

/* For group, which must be Empty and classic: commits `want` for each spot. path and text: the file
 * to write before. */
bool kafka_run_set_offsets(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err);
/* For group in any state: the broker refuses if the topic is subscribed. */
bool kafka_run_drop_offsets(struct kafka_session *session, struct kafka_admin *admin,
                            struct err *err);
bool kafka_run_drop_group(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err);
/* topic from count to planned partitions */
bool kafka_run_add_partitions(struct kafka_session *session, struct kafka_admin *admin,
                              struct err *err);
/* Changes the topic's setting name from expect to value; its other settings stay. The answer has
 * its previous settings. */
bool kafka_run_set_config(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err);
/* Makes the preferred replica of each spot its leader. committed and want: as planned.
 * ERR_UNSUPPORTED unless kafka_library_elects. */
bool kafka_run_elect_leaders(struct kafka_session *session, struct kafka_admin *admin,
                             struct err *err);
/* Whether librdkafka can: from 2.6, with which stacktop must have been built. */
bool kafka_library_elects(void);
/* Deletes the spots' records before want. */
bool kafka_run_delete_records(struct kafka_session *session, struct kafka_admin *admin,
                              struct err *err);
