#include "collectors/kafka/kafka_lag.h"

#include <assert.h>
#include <math.h>

/* Times in seconds relative to their mean, shared by the lines through several series. */
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

/* The scatter of the points about that line. */
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

static enum kafka_trend trend_of(const struct times *times, const double *lag, int64_t allowed,
                                 double *rate) {
  double slope = line_slope(times, lag);
  double change = slope * (times->t[times->count - 1] - times->t[0]);
  double least = fmax((double)allowed, 2 * line_scatter(times, lag, slope));
  *rate = 0;
  if (fabs(change) <= least || fabs(slope) < KAFKA_RATE_MIN)
    return KAFKA_STEADY;
  *rate = slope;
  return change > 0 ? KAFKA_RISING : KAFKA_FALLING;
}

enum kafka_trend kafka_trend_of(const int64_t *at_ms, const double *lag, size_t count,
                                int64_t allowed, double *rate) {
  struct times times;
  *rate = 0;
  times_init(&times, at_ms, count);
  return times.tt > 0 ? trend_of(&times, lag, allowed, rate) : KAFKA_TREND_UNKNOWN;
}

/* The sum of the squared deviations of the points from the best line through them. */
static double line_rest(const int64_t *at_ms, const double *y, size_t count) {
  struct times times;
  if (count < 3)
    return 0;
  times_init(&times, at_ms, count);
  if (times.tt <= 0)
    return 0;
  double scatter = line_scatter(&times, y, line_slope(&times, y));
  return scatter * scatter * (double)(count - 2);
}

size_t kafka_recent(const int64_t *at_ms, const double *lag, size_t count, int64_t gap_ms,
                    int64_t allowed) {
  enum { PART_MIN = 3, COUNT_MIN = 6 };
  const double much_better =
      0.2; /* of the deviation from one line: not by chance of a few points */
  size_t best = 0;
  if (count < COUNT_MIN || count > KAFKA_POINTS_MAX)
    return 0;
  double whole = line_rest(at_ms, lag, count), least = whole * much_better;
  if (sqrt(whole / (double)count) <= (double)allowed)
    return 0;
  for (size_t from = PART_MIN; from + PART_MIN <= count; from++) {
    if (at_ms[count - 1] - at_ms[from] < 3 * gap_ms || at_ms[from - 1] - at_ms[0] < 3 * gap_ms)
      continue;
    double recent = line_rest(at_ms + from, lag + from, count - from);
    double rest = line_rest(at_ms, lag, from) + recent;
    bool is_line = sqrt(recent / (double)(count - from)) <= 0.1 * sqrt(whole / (double)count);
    if (is_line && rest < least) { /* a part that contains the step fits worse than the whole */
      least = rest;
      best = from;
    }
  }
  return best;
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
    if (!is_known(point) || point->at_ms < facts->from_ms)
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
  lag->window_s = (double)(series.at_ms[count - 1] - series.at_ms[0]) / 1000;
  lag->consumed = line_slope(&times, series.committed);
  lag->produced = line_slope(&times, series.end);
  lag->trend = trend_of(&times, series.lag, facts->allowed, &lag->rate);
}

/* Where nothing was ever committed, the lag grows as the log does. */
static void find_growth(const struct kafka_lag_facts *facts, struct kafka_lag *lag) {
  int64_t at_ms[KAFKA_POINTS_MAX];
  double end[KAFKA_POINTS_MAX];
  size_t count = 0;
  for (size_t i = 0; i < facts->count; i++)
    if (facts->points[i].end >= 0 && facts->points[i].at_ms >= facts->from_ms) {
      at_ms[count] = facts->points[i].at_ms;
      end[count++] = (double)facts->points[i].end;
    }
  kafka_trend_of(at_ms, end, count, facts->allowed, &lag->rate);
  lag->produced = lag->rate;
}

static int64_t grown_of(const struct kafka_lag_facts *facts) {
  for (size_t i = 0; i < facts->count; i++)
    if (is_known(&facts->points[i]))
      return lag_of(&facts->points[facts->count - 1]) - lag_of(&facts->points[i]);
  return 0;
}

static bool has_fallen(const struct kafka_lag_facts *facts) {
  int64_t now = facts->points[facts->count - 1].committed;
  for (size_t i = 0; i + 1 < facts->count; i++)
    if (facts->points[i].committed > now)
      return true;
  return false;
}

static enum kafka_status status_of(const struct kafka_lag_facts *facts,
                                   const struct kafka_lag *lag) {
  if (lag->lost > 0 && lag->lag > 0)
    return KAFKA_LOST;
  const struct kafka_point *now = &facts->points[facts->count - 1];
  if (now->committed > now->end) /* the end was read after it, and once more */
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

/* Nothing was ever committed. */
static void judge_blank(const struct kafka_lag_facts *facts, const struct kafka_point *now,
                        struct kafka_lag *lag) {
  if (facts->start == now->end) { /* and there is nothing to read */
    lag->has_lag = true;
    lag->status = KAFKA_OK;
    return;
  }
  lag->status = KAFKA_NO_COMMIT;
  if (!facts->has_owner || facts->blank_ms <= 0)
    return;
  find_growth(facts, lag);
  lag->grown = now->end - facts->blank_end;
  if (facts->blank_ms >= facts->stall_ms && lag->grown > facts->allowed)
    lag->status = KAFKA_STALL;
}

void kafka_lag_judge(const struct kafka_lag_facts *facts, struct kafka_lag *lag) {
  assert(facts->count >= 1 && facts->count <= KAFKA_POINTS_MAX);
  const struct kafka_point *now = &facts->points[facts->count - 1];
  *lag = (struct kafka_lag){.trend = KAFKA_TREND_UNKNOWN, .status = KAFKA_UNKNOWN};
  if (now->end < 0)
    return;
  if (now->committed < 0) {
    judge_blank(facts, now, lag);
    return;
  }
  lag->has_lag = lag->by_commit = true;
  lag->lag = lag_of(now);
  lag->grown = grown_of(facts);
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
    before = after; /* the last time at which the end was C */
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

bool kafka_is_hot(double produced, double of_topic, size_t partitions) {
  const double nearly_all = 0.8, at_least = 1;
  return partitions > 2 && of_topic >= at_least && produced >= nearly_all * of_topic;
}

bool kafka_has_no_work(double produced, double of_group, size_t members) {
  const double of_its_share = 0.1, at_least = 1;
  return members > 1 && of_group >= at_least &&
         produced < of_its_share * of_group / (double)members;
}
