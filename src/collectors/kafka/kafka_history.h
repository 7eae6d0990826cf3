/* The history of a cluster's offsets between collections.
 *
 * Times are columns that all partitions share. The newest column is overwritten until a step of the
 * window has passed, so that any interval fits into KAFKA_POINTS_MAX columns. Ends are also kept in
 * columns a minute apart, for the age of a lag that is older than the window. */
#pragma once

#include "clients/kafka/kafka_snapshot.h"
#include "collectors/kafka/kafka_lag.h"

enum {
  KAFKA_TRACKS_MAX = 120000, /* remembered (group, topic, partition): 40 MB */
  KAFKA_KEEP = 15,           /* collections after which missing ones are dropped */
  KAFKA_COARSE_MS = 60000,
  KAFKA_GAP_WINDOWS = 10,
  KAFKA_ENDS_MAX = 2 * KAFKA_POINTS_MAX,
};

/* The columns of one resolution: a ring. */
struct kafka_columns {
  int64_t at_ms[KAFKA_POINTS_MAX];
  uint64_t serial; /* number of the newest column; the first is 1; 0: none */
  int64_t step_ms;
};

/* The log of a partition. */
struct kafka_log {
  int64_t end[KAFKA_POINTS_MAX], coarse[KAFKA_POINTS_MAX];
  uint64_t first, coarse_first; /* the oldest columns of this log, which may have been recreated */
  uint64_t serial, coarse_serial; /* last written column */
  uint32_t turn;                  /* number of the last collection with it */
};

/* The position of a group in it. */
struct kafka_track {
  int64_t committed[KAFKA_POINTS_MAX];
  uint64_t first, serial;
  int64_t last;       /* the last known committed offset */
  int64_t changed_ms; /* when it last moved, or when there was last no lag */
  int64_t moved_ms;   /* when it last moved; 0: not observed */
  int64_t gap_ms;     /* between commits: the longest of the last KAFKA_GAP_WINDOWS windows */
  int64_t gap_at_ms;  /* when that was */
  int64_t since_ms;   /* when it was first seen */
  int64_t blank_ms; /* since when a member is assigned and has never committed; 0: does not apply */
  int64_t blank_end; /* the end offset then */
  uint32_t turn;
};

struct kafka_history;

struct kafka_history *kafka_history_new(int64_t window_ms, int64_t allowed);
void kafka_history_free(struct kafka_history *history);

/* Adds a collection. */
void kafka_history_add(struct kafka_history *history, const struct kafka_snapshot *snapshot);
/* A collection failed: commits until the next one are not observed, and without the broker none
 * were possible. That time does not count as time without a commit. */
void kafka_history_miss(struct kafka_history *history);

/* NULL if there is none. */
const struct kafka_log *kafka_history_log(const struct kafka_history *history, const char *topic,
                                          int32_t partition);
const struct kafka_track *kafka_history_track(const struct kafka_history *history,
                                              const char *group, const char *topic,
                                              int32_t partition);

/* The points in the window, at least the last four; oldest first. log, track: not NULL. */
size_t kafka_history_points(const struct kafka_history *history, const struct kafka_log *log,
                            const struct kafka_track *track,
                            struct kafka_point points[KAFKA_POINTS_MAX]);
/* All remembered ends, oldest first. */
size_t kafka_history_ends(const struct kafka_history *history, const struct kafka_log *log,
                          struct kafka_point ends[KAFKA_ENDS_MAX]);
/* The time of the first collection; calls seen for each group that this collection lacks but a
 * recent one had. */
int64_t kafka_history_began_ms(const struct kafka_history *history);
void kafka_history_missing(const struct kafka_history *history,
                           void (*seen)(void *arg, const char *group), void *arg);
/* Number of remembered partitions of groups. */
size_t kafka_history_count(const struct kafka_history *history);
