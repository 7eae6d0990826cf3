/* What committed and end offsets over time mean: pure, in observed time.
 *
 * C is the committed offset, E the log's end, S its start; L = max(0, E - C). Formulas: rates are
 * least squares slopes over the recent part of the window, so that the sawtooth of commits every
 * few seconds averages out. The lag's rate is its own slope, and 0 where that is no more than its
 * scatter: trend, rate and time to wait say the same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KAFKA_POINTS_MAX = 32 };
#define KAFKA_NOTHING ((int64_t)-1) /* an offset that is not there, or not known */

/* Below this, messages a second do not count as a change. */
#define KAFKA_RATE_MIN 0.05

struct kafka_point {
  int64_t at_ms, committed, end; /* KAFKA_NOTHING where not known */
};

enum kafka_trend { KAFKA_STEADY, KAFKA_RISING, KAFKA_FALLING, KAFKA_TREND_UNKNOWN };

enum kafka_status {
  KAFKA_OK,
  KAFKA_NO_COMMIT, /* nothing has been committed, and there are messages: the lag is not known */
  KAFKA_UNKNOWN,   /* an offset is missing */
  KAFKA_STOP,      /* lag, nobody holds it, and nothing is committed */
  KAFKA_STALL,     /* lag, somebody holds it, and nothing is committed */
  KAFKA_REWIND,    /* C fell and has not recovered */
  KAFKA_AHEAD,     /* C > E, read again: the topic was recreated or truncated */
  KAFKA_LOST,      /* C < S: retention took what was not read */
};

struct kafka_lag_facts {
  const struct kafka_point *points; /* oldest first; the last is now */
  size_t count;                     /* at least 1 */
  int64_t start;                    /* S, or KAFKA_NOTHING */
  bool has_owner;
  int64_t flat_ms;   /* for so long C has not moved while there was lag */
  int64_t blank_ms;  /* for so long somebody holds it and has never committed; 0: not so */
  int64_t blank_end; /* E at the beginning of that time */
  int64_t stall_ms;  /* flat for so long, with lag, is a stall */
  int64_t allowed;   /* lag up to this is no trouble */
  int64_t from_ms;   /* points before it say nothing about rates */
};

struct kafka_lag {
  bool has_lag;
  bool by_commit; /* ... from a committed offset; else because the log is empty */
  int64_t lag;
  int64_t lost;   /* S - C, at least 0 */
  int64_t grown;  /* of the lag since the first point, or of E since blank_end */
  bool has_rates; /* two points with both offsets */
  double consumed, produced, rate;
  enum kafka_trend trend;
  enum kafka_status status;
};

void kafka_lag_judge(const struct kafka_lag_facts *facts, struct kafka_lag *lag);

/* The trend of a lag over time: rising when its slope b over the time watched exceeds what is
 * allowed and twice the scatter about the line; unknown with fewer than two points. rate: b; 0
 * while steady or unknown. */
enum kafka_trend kafka_trend_of(const int64_t *at_ms, const double *lag, size_t count,
                                int64_t allowed, double *rate);

/* Where the recent part of a lag's course begins: at the last point from which on it keeps to a
 * line of its own, as after a burst; 0: it is one course. gap_ms: between commits; a part is at
 * least three of them long, or a sawtooth would be taken for many courses. */
size_t kafka_recent(const int64_t *at_ms, const double *lag, size_t count, int64_t gap_ms,
                    int64_t allowed);

/* Seconds until L is 0 at that rate of change, or a negative number: never. */
double kafka_eta(double lag, double rate);

enum kafka_time_kind { KAFKA_TIME_SEEN, KAFKA_TIME_ESTIMATED, KAFKA_TIME_UNKNOWN };

/* How old the oldest message is that has not been read: when the end passed C, interpolated in the
 * ends that were seen (oldest first, `committed` unused); before them estimated by the production
 * rate (0: not known). */
enum kafka_time_kind kafka_time_lag(const struct kafka_point *ends, size_t count, int64_t committed,
                                    int64_t now_ms, double produced, double *seconds);
