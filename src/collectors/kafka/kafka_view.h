/* A snapshot compared with its history: the status of each partition, topic and group, worst
 * first. */
#pragma once

#include "collectors/kafka/kafka_history.h"
#include "model/judge/severity.h"

struct kafka_rules {
  int64_t
      stall_ms; /* time without a commit, with lag, that is a stall; longer for a slow committer */
  int64_t allowed; /* a lag up to this is ignored */
};

/* A partition of a group. */
struct kafka_part {
  const struct kafka_share *share;
  struct kafka_lag lag;
  int64_t start, end;
  const char *error; /* why its lag is not known, or NULL */
  int64_t flat_ms;   /* time without a commit while there was lag */
  int64_t stall_ms;  /* longest time allowed for that */
  bool moves;        /* its offset has moved within that time */
  bool fresh;        /* new in the group since the last collections: it may still commit */
  bool held;         /* nothing can be read before an open transaction, by readers of committed
                        messages */
  int64_t held_ms;   /* how long that is open; -1: not known */
  const struct kafka_next *held_by; /* its first message, or NULL */
  enum kafka_time_kind time_kind;
  double time_lag; /* seconds */
};

/* Sums of partitions. They include every known one. */
struct kafka_sum {
  size_t partitions, known;
  bool cut;         /* there are more partitions: a limit of the collection was reached */
  size_t by_commit; /* of the known ones, those with a committed offset */
  int64_t lag, lost;
  bool has_flows; /* consumed and produced are known for some */
  double consumed, produced;
  bool has_rate;         /* rate and trend are known */
  double rate, window_s; /* window_s: that it was seen in */
  enum kafka_trend trend;
  enum kafka_time_kind time_kind; /* the worst: one unknown age makes it unknown */
  double time_lag;                /* of the oldest */
};

/* Whether it counts all partitions; otherwise its figures are lower bounds. */
static inline bool kafka_sum_is_whole(const struct kafka_sum *sum) {
  return sum->known == sum->partitions && !sum->cut;
}

struct kafka_topic_view {
  const struct kafka_topic *topic;
  struct kafka_part *parts; /* the most lag first */
  size_t part_count;
  struct kafka_sum sum;
};

enum { KAFKA_STATUS_COUNT = KAFKA_LOST + 1, KAFKA_MISSING_MAX = 5 };

/* The partitions of a group with one status. */
struct kafka_tally {
  size_t count;
  int64_t lag, grown;
  double rate;
  int64_t flat_ms;                  /* shortest time without a commit among them */
  size_t blank;                     /* of these, partitions without any commit */
  size_t held;                      /* of these, held back by an open transaction */
  int64_t held_ms;                  /* of these transactions, the oldest; -1: not known */
  const struct kafka_next *held_by; /* its first message, or NULL */
  const struct kafka_part *worst;   /* the most lag */
  const struct kafka_topic *worst_topic;
};

struct kafka_group_view {
  const struct kafka_group *group;
  struct kafka_topic_view *topics; /* the most lag first */
  size_t topic_count;
  struct kafka_part *parts; /* all; topics point into it */
  struct kafka_sum sum;
  struct kafka_tally tallies[KAFKA_STATUS_COUNT];
  bool has_owners; /* a partition is assigned */
  enum severity severity;
  char status[48];   /* one or two words: "rising", "stuck", "no members" */
  char reason[256];  /* "" when severity is OK */
  int64_t lasted_ms; /* how long it has lasted; 0: not known */
};

struct kafka_view {
  struct kafka_group_view *groups; /* the worst first */
  size_t count;
  struct kafka_sum sum;
  const char *missing[KAFKA_MISSING_MAX]; /* the first of the groups that existed recently */
  size_t missing_count;                   /* of all */
};

/* Borrows snapshot and history. */
void kafka_view_init(struct kafka_view *view, const struct kafka_snapshot *snapshot,
                     const struct kafka_history *history, const struct kafka_rules *rules);
void kafka_view_fini(struct kafka_view *view);

/* Whether a group stands still, or will soon count as stuck: then the next collection should ask
 * whether an open transaction holds it back (kafka_query.held). */
bool kafka_view_stands_still(const struct kafka_view *view, const struct kafka_rules *rules);

/* Judges a group by its sums and tallies: fills severity, status and reason. */
void kafka_judge(struct kafka_group_view *view);
