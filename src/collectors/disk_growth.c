#include "collectors/disk_growth.h"

#include <math.h>

static size_t point_at(const struct disk_growth *growth, size_t age) {
  return (growth->next + GROWTH_POINTS - 1 - age) % GROWTH_POINTS;
}

void disk_growth_add(struct disk_growth *growth, int64_t now_ms, uint64_t used, uint64_t total) {
  if (growth->total != total)
    *growth = (struct disk_growth){.total = total};
  if (growth->count > 0 && now_ms - growth->points[point_at(growth, 0)].at_ms < GROWTH_STEP_MS)
    return;
  growth->points[growth->next].at_ms = now_ms;
  growth->points[growth->next].used = (double)used;
  growth->next = (growth->next + 1) % GROWTH_POINTS;
  if (growth->count < GROWTH_POINTS)
    growth->count++;
}

struct line {
  double slope; /* bytes per second */
  double mean_t, mean_u;
  double error; /* the sum of the squares of the points' distances */
};

/* Times and sizes are relative to the newest point, which keeps the precision. */
static double time_at(const struct disk_growth *growth, size_t age) {
  int64_t newest = growth->points[point_at(growth, 0)].at_ms;
  return (double)(growth->points[point_at(growth, age)].at_ms - newest) / 1000;
}

static double used_at(const struct disk_growth *growth, size_t age) {
  return growth->points[point_at(growth, age)].used - growth->points[point_at(growth, 0)].used;
}

/* The sum of the squares of the distances of the n newest points from the line. */
static double line_error(const struct disk_growth *growth, const struct line *line, size_t n) {
  double error = 0;
  for (size_t i = 0; i < n; i++) {
    double off =
        used_at(growth, i) - line->mean_u - line->slope * (time_at(growth, i) - line->mean_t);
    error += off * off;
  }
  return error;
}

/* The least-squares line through the n newest points. */
static struct line line_through(const struct disk_growth *growth, size_t n) {
  struct line line = {0};
  double tt = 0, tu = 0;
  for (size_t i = 0; i < n; i++) {
    line.mean_t += time_at(growth, i) / (double)n;
    line.mean_u += used_at(growth, i) / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    double t = time_at(growth, i) - line.mean_t;
    tt += t * t;
    tu += t * (used_at(growth, i) - line.mean_u);
  }
  line.slope = tu / tt;
  line.error = line_error(growth, &line, n);
  return line;
}

/* The line of the longest window that still has the rate of the newest points. */
static struct line line_choose(const struct disk_growth *growth, size_t *n) {
  const size_t recent = growth->count < GROWTH_RECENT ? growth->count : GROWTH_RECENT;
  const struct line newest = line_through(growth, recent);
  const double noise = (double)GROWTH_NOISE * GROWTH_NOISE * (double)recent;
  struct line chosen = newest;
  *n = recent;
  for (size_t next = recent * 2; *n < growth->count; next *= 2) {
    size_t points = next < growth->count ? next : growth->count;
    struct line longer = line_through(growth, points);
    if (line_error(growth, &longer, recent) > 4 * newest.error + noise)
      break;
    chosen = longer;
    *n = points;
  }
  return chosen;
}

bool disk_growth_trend(const struct disk_growth *growth, struct disk_trend *trend) {
  if (growth->count < GROWTH_NEEDS || -time_at(growth, growth->count - 1) * 1000 < GROWTH_NEEDS_MS)
    return false;
  size_t n;
  const struct line line = line_choose(growth, &n);
  trend->bytes_per_second = line.slope;
  trend->window_s = -time_at(growth, n - 1);
  trend->grows =
      line.slope > 0 && line.slope * trend->window_s > 2 * sqrt(line.error / (double)(n - 2));
  return true;
}

/* How far a forecast reaches: a multiple of the time with a steady rate, and a day if the rate was
 * steady for all of the history. */
enum { FORECAST_REACH = 15, FORECAST_MAX_S = 86400 };
enum { HISTORY_S = (GROWTH_POINTS - 2) * GROWTH_STEP_MS / 1000 };

struct disk_growth_cells disk_growth_cells(const struct disk_growth *growth, double available) {
  struct disk_growth_cells cells = {value_none(NULL), value_none(NULL), value_none(NULL)};
  struct disk_trend trend;
  if (!disk_growth_trend(growth, &trend)) {
    cells.growth = cells.full_in = value_none("needs 60s of history");
    return cells;
  }
  cells.growth = value_real(trend.bytes_per_second);
  cells.window = value_real(trend.window_s);
  const double full_in = available / trend.bytes_per_second;
  if (!trend.grows || full_in > FORECAST_MAX_S)
    return cells;
  cells.full_in = full_in <= trend.window_s * FORECAST_REACH || trend.window_s >= HISTORY_S
                      ? value_forecast(full_in, trend.window_s)
                      : value_none("needs more history at this growth rate");
  return cells;
}
