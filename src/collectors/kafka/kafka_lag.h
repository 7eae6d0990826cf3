/* What committed and end offsets over time mean: pure, in observed time.
 *
 * C is the committed offset, E the end offset, S the start offset; L = max(0, E - C). Rates are
 * least-squares slopes over the recent part of the window, so that the sawtooth of commits every
 * few seconds averages out. The rate of the lag is its own slope, and 0 if that does not exceed its
 * scatter, so that trend, rate and ETA agree. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KAFKA_POINTS_MAX = 32, KAFKA_SKEW_MEMBERS_MAX = 100 };
#define KAFKA_NOTHING ((int64_t)-1) /* an offset that does not exist or is not known */

/* Messages per second below which a change does not count. */
#define KAFKA_RATE_MIN 0.05

struct kafka_point {
  int64_t at_ms, committed, end; /* KAFKA_NOTHING if not known */
};

enum kafka_trend { KAFKA_STEADY, KAFKA_RISING, KAFKA_FALLING, KAFKA_TREND_UNKNOWN };

enum kafka_status {
  KAFKA_OK,
  KAFKA_NO_COMMIT, /* no committed offset, but messages: the lag is not known */
  KAFKA_UNKNOWN,   /* an offset is missing */
  KAFKA_STOP,      /* lag, not assigned, and no commits */
  KAFKA_STALL,     /* lag, assigned, and no commits */
  KAFKA_REWIND,    /* C decreased and has not recovered */
  KAFKA_AHEAD,     /* C > E, confirmed by a second read: the topic was recreated or truncated */
  KAFKA_LOST,      /* C < S: retention deleted unread messages */
};

struct kafka_lag_facts {
  const struct kafka_point *points; /* oldest first; the last is the current one */
  size_t count;                     /* at least 1 */
  int64_t start;                    /* S, or KAFKA_NOTHING */
  bool has_owner;
  int64_t flat_ms;   /* time that C has not moved while there was lag */
  int64_t blank_ms;  /* time that a member is assigned and has never committed; 0: does not apply */
  int64_t blank_end; /* E at the start of that time */
  int64_t stall_ms;  /* time without a commit, with lag, that counts as a stall */
  int64_t allowed;   /* a lag up to this is ignored */
  int64_t from_ms;   /* earlier points are not used for rates */
};

struct kafka_lag {
  bool has_lag;
  bool by_commit; /* ... from a committed offset; otherwise because the log is empty */
  int64_t lag;
  int64_t lost;   /* S - C, at least 0 */
  int64_t grown;  /* of the lag since the first point, or of E since blank_end */
  bool has_rates; /* two points with both offsets */
  double consumed, produced, rate;
  double window_s; /* that the rates were seen in */
  enum kafka_trend trend;
  enum kafka_status status;
};

void kafka_lag_judge(const struct kafka_lag_facts *facts, struct kafka_lag *lag);

/* Whether a partition gets nearly all messages of its topic, so that one member does the work of
 * all: of the messages per second that are written to it and to the topic, and its partitions. */
bool kafka_is_hot(double produced, double of_topic, size_t partitions);
/* Whether almost nothing is written to the partitions of a member, compared with the others. */
bool kafka_has_no_work(double produced, double of_group, size_t members);

/* The trend of a lag over time: rising if its slope b over the watched time exceeds the allowed lag
 * and twice the scatter about the line; unknown with fewer than two points. rate: b; 0 while steady
 * or unknown. */
enum kafka_trend kafka_trend_of(const int64_t *at_ms, const double *lag, size_t count,
                                int64_t allowed, double *rate);

/* Where the recent part of a lag begins: the last point from which it follows a line of its own, as
 * after a burst; 0: one line throughout. gap_ms: between commits; a part lasts at least three of
 * them, because a sawtooth would otherwise be split. */
size_t kafka_recent(const int64_t *at_ms, const double *lag, size_t count, int64_t gap_ms,
                    int64_t allowed);

/* Seconds until L is 0 at that rate of change; negative: never. */
double kafka_eta(double lag, double rate);

enum kafka_time_kind { KAFKA_TIME_SEEN, KAFKA_TIME_ESTIMATED, KAFKA_TIME_UNKNOWN };

/* Age of the oldest unread message: the time when the end passed C, interpolated between the ends
 * that were seen (oldest first, `committed` unused); before them, estimated by the production rate
 * (0: not known). */
enum kafka_time_kind kafka_time_lag(const struct kafka_point *ends, size_t count, int64_t committed,
                                    int64_t now_ms, double produced, double *seconds);
