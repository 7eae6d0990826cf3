#include "collectors/kafka_lag.h"

#include <assert.h>
#include <math.h>

/* The least squares line y = a + b t through the points, and the scatter of the points about it.
 * False for fewer than two points or no time between them. */
static bool line_fit(const int64_t *at_ms, const double *y, size_t count, double *slope,
                     double *scatter) {
  *slope = *scatter = 0;
  if (count < 2)
    return false;
  double t_mean = 0, y_mean = 0, tt = 0, ty = 0, rest = 0;
  for (size_t i = 0; i < count; i++) {
    t_mean += (double)(at_ms[i] - at_ms[0]) / 1000 / (double)count;
    y_mean += (y[i] - y[0]) / (double)count; /* differences keep the precision of large offsets */
  }
  for (size_t i = 0; i < count; i++) {
    double t = (double)(at_ms[i] - at_ms[0]) / 1000 - t_mean;
    tt += t * t;
    ty += t * (y[i] - y[0] - y_mean);
  }
  if (tt <= 0)
    return false;
  *slope = ty / tt;
  for (size_t i = 0; i < count; i++) {
    double t = (double)(at_ms[i] - at_ms[0]) / 1000 - t_mean;
    double off = y[i] - y[0] - y_mean - *slope * t;
    rest += off * off;
  }
  *scatter = count > 2 ? sqrt(rest / (double)(count - 2)) : 0;
  return true;
}

static bool is_known(const struct kafka_point *point) {
  return point->committed >= 0 && point->end >= 0;
}

static int64_t lag_of(const struct kafka_point *point) {
  return point->end > point->committed ? point->end - point->committed : 0;
}

enum kafka_trend kafka_trend_of(const int64_t *at_ms, const double *lag, size_t count,
                                int64_t allowed) {
  double slope, scatter;
  if (count < 2 || !line_fit(at_ms, lag, count, &slope, &scatter))
    return KAFKA_TREND_UNKNOWN;
  double change = slope * (double)(at_ms[count - 1] - at_ms[0]) / 1000;
  double least = fmax((double)allowed, 2 * scatter);
  if (fabs(change) <= least)
    return KAFKA_STEADY;
  return change > 0 ? KAFKA_RISING : KAFKA_FALLING;
}

static void find_rates(const struct kafka_lag_facts *facts, struct kafka_lag *lag) {
  int64_t at_ms[KAFKA_POINTS_MAX];
  double committed[KAFKA_POINTS_MAX], end[KAFKA_POINTS_MAX], lags[KAFKA_POINTS_MAX], scatter;
  size_t count = 0;
  for (size_t i = 0; i < facts->count && count < KAFKA_POINTS_MAX; i++) {
    const struct kafka_point *point = &facts->points[i];
    if (!is_known(point))
      continue;
    at_ms[count] = point->at_ms;
    committed[count] = (double)point->committed;
    end[count] = (double)point->end;
    lags[count++] = (double)lag_of(point);
  }
  lag->has_rates = line_fit(at_ms, committed, count, &lag->consumed, &scatter) &&
                   line_fit(at_ms, end, count, &lag->produced, &scatter);
  lag->rate = lag->has_rates ? lag->produced - lag->consumed : 0;
  lag->trend = kafka_trend_of(at_ms, lags, count, facts->allowed);
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
