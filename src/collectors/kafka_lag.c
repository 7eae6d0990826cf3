#include "collectors/kafka_lag.h"

#include <assert.h>
#include <math.h>

/* Moments in seconds about their mean: what the lines through several series have in common. */
struct times {
  double t[KAFKA_POINTS_MAX];
  double tt; /* the sum of their squares; 0: no time has passed */
  size_t count;
};

static void times_init(struct times *times, const int64_t *at_ms, size_t count) {
  double sum = 0;
  *times = (struct times){.count = count};
  for (size_t i = 0; i < count; i++)
    sum += times->t[i] = (double)(at_ms[i] - at_ms[0]) * 1e-3;
  for (size_t i = 0; i < count; i++) {
    times->t[i] -= sum / (double)count;
    times->tt += times->t[i] * times->t[i];
  }
}

/* The slope of the least squares line y = a + b t. Differences keep the precision of large offsets,
 * and their mean need not be known: the moments add up to 0. */
static double line_slope(const struct times *times, const double *y) {
  double ty = 0;
  for (size_t i = 0; i < times->count; i++)
    ty += times->t[i] * (y[i] - y[0]);
  return ty / times->tt;
}

/* How far the points scatter about that line. */
static double line_scatter(const struct times *times, const double *y, double slope) {
  double mean = 0, rest = 0;
  if (times->count < 3)
    return 0;
  for (size_t i = 0; i < times->count; i++)
    mean += y[i] - y[0];
  mean /= (double)times->count;
  for (size_t i = 0; i < times->count; i++) {
    double off = y[i] - y[0] - mean - slope * times->t[i];
    rest += off * off;
  }
  return sqrt(rest / (double)(times->count - 2));
}

static bool is_known(const struct kafka_point *point) {
  return point->committed >= 0 && point->end >= 0;
}

static int64_t lag_of(const struct kafka_point *point) {
  return point->end > point->committed ? point->end - point->committed : 0;
}

static enum kafka_trend trend_of(const struct times *times, const double *lag, int64_t allowed) {
  double slope = line_slope(times, lag);
  double change = slope * (times->t[times->count - 1] - times->t[0]);
  double least = fmax((double)allowed, 2 * line_scatter(times, lag, slope));
  if (fabs(change) <= least)
    return KAFKA_STEADY;
  return change > 0 ? KAFKA_RISING : KAFKA_FALLING;
}

enum kafka_trend kafka_trend_of(const int64_t *at_ms, const double *lag, size_t count,
                                int64_t allowed) {
  struct times times;
  times_init(&times, at_ms, count);
  return times.tt > 0 ? trend_of(&times, lag, allowed) : KAFKA_TREND_UNKNOWN;
}

/* The points at which both offsets are known. */
struct series {
  int64_t at_ms[KAFKA_POINTS_MAX];
  double committed[KAFKA_POINTS_MAX], end[KAFKA_POINTS_MAX], lag[KAFKA_POINTS_MAX];
  size_t count;
  bool flat; /* nothing has moved: most partitions of a large cluster */
};

static void series_init(struct series *series, const struct kafka_lag_facts *facts) {
  const struct kafka_point *first = NULL;
  series->count = 0;
  series->flat = true;
  for (size_t i = 0; i < facts->count && series->count < KAFKA_POINTS_MAX; i++) {
    const struct kafka_point *point = &facts->points[i];
    if (!is_known(point))
      continue;
    if (!first)
      first = point;
    series->flat = series->flat && point->committed == first->committed && point->end == first->end;
    series->at_ms[series->count] = point->at_ms;
    series->committed[series->count] = (double)point->committed;
    series->end[series->count] = (double)point->end;
    series->lag[series->count++] = (double)lag_of(point);
  }
}

static void find_rates(const struct kafka_lag_facts *facts, struct kafka_lag *lag) {
  struct series series;
  struct times times;
  series_init(&series, facts);
  size_t count = series.count;
  if (count < 2 || series.at_ms[count - 1] == series.at_ms[0])
    return;
  lag->has_rates = true;
  lag->trend = KAFKA_STEADY;
  if (series.flat)
    return;
  times_init(&times, series.at_ms, count);
  lag->consumed = line_slope(&times, series.committed);
  lag->produced = line_slope(&times, series.end);
  lag->rate = lag->produced - lag->consumed;
  lag->trend = trend_of(&times, series.lag, facts->allowed);
}

static bool has_fallen(const struct kafka_lag_facts *facts) {
  int64_t now = facts->points[facts->count - 1].committed;
  for (size_t i = 0; i + 1 < facts->count; i++)
    if (facts->points[i].committed > now)
      return true;
  return false;
}

/* One poll may see C beyond E: commits and ends are not read at the same instant everywhere. */
static bool is_ahead(const struct kafka_lag_facts *facts) {
  for (size_t i = 0; i < 2; i++) {
    if (facts->count < i + 1)
      return false;
    const struct kafka_point *point = &facts->points[facts->count - 1 - i];
    if (!is_known(point) || point->committed <= point->end)
      return false;
  }
  return true;
}

static enum kafka_status status_of(const struct kafka_lag_facts *facts,
                                   const struct kafka_lag *lag) {
  if (lag->lost > 0 && lag->lag > 0)
    return KAFKA_LOST;
  if (is_ahead(facts))
    return KAFKA_AHEAD;
  if (lag->lag <= facts->allowed)
    return KAFKA_OK;
  bool flat = facts->count > 1 && facts->flat_ms >= facts->stall_ms;
  if (flat && !facts->has_owner)
    return KAFKA_STOP;
  if (has_fallen(facts))
    return KAFKA_REWIND;
  return flat ? KAFKA_STALL : KAFKA_OK;
}

void kafka_lag_judge(const struct kafka_lag_facts *facts, struct kafka_lag *lag) {
  assert(facts->count >= 1 && facts->count <= KAFKA_POINTS_MAX);
  const struct kafka_point *now = &facts->points[facts->count - 1];
  *lag = (struct kafka_lag){.trend = KAFKA_TREND_UNKNOWN, .status = KAFKA_UNKNOWN};
  if (now->committed < 0 || now->end < 0) {
    if (now->committed < 0 && now->end >= 0)
      lag->status = KAFKA_NO_COMMIT;
    return;
  }
  lag->has_lag = true;
  lag->lag = lag_of(now);
  lag->lost = facts->start > now->committed ? facts->start - now->committed : 0;
  find_rates(facts, lag);
  lag->status = status_of(facts, lag);
}

double kafka_eta(double lag, double rate) {
  if (lag <= 0)
    return 0;
  return rate < -KAFKA_RATE_MIN ? lag / -rate : -1;
}

enum kafka_time_kind kafka_time_lag(const struct kafka_point *ends, size_t count, int64_t committed,
                                    int64_t now_ms, double produced, double *seconds) {
  const struct kafka_point *before = NULL, *after = NULL;
  for (size_t i = 0; i < count; i++) {
    if (ends[i].end < 0)
      continue;
    after = &ends[i];
    if (after->end > committed)
      break;
    before = after; /* the last moment at which C was all there was */
    after = NULL;
  }
  *seconds = 0;
  if (!after)
    return before ? KAFKA_TIME_SEEN : KAFKA_TIME_UNKNOWN; /* nothing is unread */
  if (before) {
    double share = (double)(committed - before->end) / (double)(after->end - before->end);
    double at_ms = (double)before->at_ms + share * (double)(after->at_ms - before->at_ms);
    *seconds = ((double)now_ms - at_ms) / 1000;
    return KAFKA_TIME_SEEN;
  }
  if (produced <= KAFKA_RATE_MIN)
    return KAFKA_TIME_UNKNOWN;
  *seconds = (double)(now_ms - after->at_ms) / 1000 + (double)(after->end - committed) / produced;
  return KAFKA_TIME_ESTIMATED;
}
