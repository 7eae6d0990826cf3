/* A snapshot seen against its history: what each partition, topic and group is in, worst first. */
#pragma once

#include "collectors/kafka_history.h"
#include "core/severity.h"

struct kafka_rules {
  int64_t stall_ms; /* no commit for so long, with lag, is a stall; a slow committer gets longer */
  int64_t allowed;  /* lag up to this is no trouble */
};

/* A partition of a group. */
struct kafka_part {
  const struct kafka_share *share;
  struct kafka_lag lag;
  int64_t start, end;
  const char *error; /* why its lag is not known, or NULL */
  int64_t flat_ms;   /* for so long nothing was committed while there was lag */
  enum kafka_time_kind time_kind;
  double time_lag; /* seconds */
};

/* What partitions add up to. Sums skip none that is known. */
struct kafka_sum {
  size_t partitions, known;
  int64_t lag, lost;
  size_t with_rates;
  double consumed, produced, rate;
  enum kafka_trend trend;
  enum kafka_time_kind time_kind; /* the worst: one unknown age makes it unknown */
  double time_lag;                /* of the oldest */
};

struct kafka_topic_view {
  const struct kafka_topic *topic;
  struct kafka_part *parts; /* the most lag first */
  size_t part_count;
  struct kafka_sum sum;
};

enum { KAFKA_STATUS_COUNT = KAFKA_LOST + 1 };

/* The partitions of a group that are in one status. */
struct kafka_tally {
  size_t count;
  int64_t lag;
  double produced, rate;
  const struct kafka_part *worst; /* the most lag */
  const struct kafka_topic *worst_topic;
};

struct kafka_group_view {
  const struct kafka_group *group;
  struct kafka_topic_view *topics; /* the most lag first */
  size_t topic_count;
  struct kafka_part *parts; /* all; topics point into it */
  struct kafka_sum sum;
  struct kafka_tally tallies[KAFKA_STATUS_COUNT];
  bool has_owners; /* somebody holds a partition */
  bool abandoned;  /* nobody reads it any more, and its place in the log is gone */
  enum severity severity;
  char status[24];  /* a word or two: "rising", "stuck", "no members" */
  char reason[256]; /* "" when severity is OK */
};

struct kafka_view {
  struct kafka_group_view *groups; /* the worst first, abandoned ones last */
  size_t count;
  struct kafka_sum sum;
};

/* Borrows snapshot and history. */
void kafka_view_init(struct kafka_view *view, const struct kafka_snapshot *snapshot,
                     const struct kafka_history *history, const struct kafka_rules *rules);
void kafka_view_fini(struct kafka_view *view);

/* Judges a group by its sums and tallies: fills severity, status, reason and abandoned. */
void kafka_judge(struct kafka_group_view *view);
