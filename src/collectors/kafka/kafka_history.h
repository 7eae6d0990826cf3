/* What is remembered of a cluster's offsets from one collection to the next.
 *
 * Time is kept in columns that all partitions share. The newest column is overwritten until a step
 * of the window has passed, so that any interval fits in KAFKA_POINTS_MAX columns. Ends are also
 * kept in columns a minute apart, for the age of a lag that is older than the window. */
#pragma once

#include "clients/kafka/kafka_snapshot.h"
#include "collectors/kafka/kafka_lag.h"

enum {
  KAFKA_TRACKS_MAX = 120000, /* (group, topic, partition) that are remembered: 40 MB */
  KAFKA_KEEP = 15,           /* collections after which what is gone is forgotten */
  KAFKA_COARSE_MS = 60000,
  KAFKA_GAP_WINDOWS = 10,
  KAFKA_ENDS_MAX = 2 * KAFKA_POINTS_MAX,
};

/* The columns of one resolution: a ring. */
struct kafka_columns {
  int64_t at_ms[KAFKA_POINTS_MAX];
  uint64_t serial; /* of the newest column; the first has 1; 0: there is none */
  int64_t step_ms;
};

/* A partition's log. */
struct kafka_log {
  int64_t end[KAFKA_POINTS_MAX], coarse[KAFKA_POINTS_MAX];
  uint64_t first, coarse_first;   /* the oldest columns that are of this log: it may be recreated */
  uint64_t serial, coarse_serial; /* the last that were written */
  uint32_t turn;                  /* of the collection that saw it last */
};

/* A group's place in it. */
struct kafka_track {
  int64_t committed[KAFKA_POINTS_MAX];
  uint64_t first, serial;
  int64_t last;       /* the last committed offset that was known */
  int64_t changed_ms; /* when it moved last, or there was no lag */
  int64_t moved_ms;   /* when it moved last; 0: it has not been seen to */
  int64_t gap_ms;     /* between commits: the longest of the last KAFKA_GAP_WINDOWS windows */
  int64_t gap_at_ms;  /* when that was */
  int64_t since_ms;   /* when it was seen first */
  int64_t blank_ms;   /* since then somebody holds it and has never committed; 0: not so */
  int64_t blank_end;  /* the log's end then */
  uint32_t turn;
};

struct kafka_history;

struct kafka_history *kafka_history_new(int64_t window_ms, int64_t allowed);
void kafka_history_free(struct kafka_history *history);

/* Remembers a collection. */
void kafka_history_add(struct kafka_history *history, const struct kafka_snapshot *snapshot);
/* A collection failed: until the next one nobody saw whether something was committed, and where the
 * broker was gone nothing could be. That time does not count as time without a commit. */
void kafka_history_miss(struct kafka_history *history);

/* NULL if there is none. */
const struct kafka_log *kafka_history_log(const struct kafka_history *history, const char *topic,
                                          int32_t partition);
const struct kafka_track *kafka_history_track(const struct kafka_history *history,
                                              const char *group, const char *topic,
                                              int32_t partition);

/* The points within the window, and at least the last four; oldest first. log, track: not NULL. */
size_t kafka_history_points(const struct kafka_history *history, const struct kafka_log *log,
                            const struct kafka_track *track,
                            struct kafka_point points[KAFKA_POINTS_MAX]);
/* All ends that are remembered, oldest first. */
size_t kafka_history_ends(const struct kafka_history *history, const struct kafka_log *log,
                          struct kafka_point ends[KAFKA_ENDS_MAX]);
/* When the first collection was, and the groups that this one did not have, though one not long ago
 * did: calls seen for each. */
int64_t kafka_history_began_ms(const struct kafka_history *history);
void kafka_history_missing(const struct kafka_history *history,
                           void (*seen)(void *arg, const char *group), void *arg);
/* How many partitions of groups are remembered. */
size_t kafka_history_count(const struct kafka_history *history);
