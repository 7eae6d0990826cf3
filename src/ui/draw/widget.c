#include "ui/draw/widget.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

const char *mark_of(enum severity severity) {
  static const char *const marks[] = {[SEVERITY_OK] = "  ",
                                      [SEVERITY_UNKNOWN] = "? ",
                                      [SEVERITY_WARN] = "! ",
                                      [SEVERITY_CRIT] = "!!"};
  return marks[severity];
}

const char *word_of(enum severity severity) {
  static const char *const words[] = {[SEVERITY_OK] = "ok",
                                      [SEVERITY_UNKNOWN] = "UNKNOWN",
                                      [SEVERITY_WARN] = "WARN",
                                      [SEVERITY_CRIT] = "CRIT"};
  return words[severity];
}

void widget_gauge(struct canvas *canvas, int x, int y, int width, unsigned style_full,
                  double ratio) {
  if (width <= 0)
    return;
  int full = (int)lround(fmin(fmax(ratio, 0), 1) * width);
  /* A non-zero ratio is never drawn empty, and one below 1 never full. */
  if (ratio > 0 && full == 0)
    full = 1;
  if (ratio < 1 && full == width && width > 1)
    full = width - 1;
  for (int i = 0; i < width; i++) {
    if (i < full)
      canvas_glyph(canvas, x + i, y, style_full, "\xE2\x96\x88", '=');
    else
      canvas_glyph(canvas, x + i, y, STYLE_GAUGE, "\xE2\x96\x91", '.');
  }
}

/* The smallest divisor of the ring's length with which the ring fits in `width` bundles: only then
 * do the bundles' borders stay in place when the ring wraps. */
static int bundle_size(int width, int count) {
  for (int size = 1; size < HISTORY_LENGTH; size++)
    if (HISTORY_LENGTH % size == 0 && size * width >= count)
      return size;
  return HISTORY_LENGTH;
}

/* 1, 2 or 5 times a power of ten, at or above. */
static double round_up(double value) {
  double power = pow(10, floor(log10(value)));
  double lead = value / power;
  return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
}

struct spark {
  float values[HISTORY_LENGTH]; /* oldest first; NAN: nothing known */
  int count;
  float highest;
};

/* size: values in a bundle, a divisor of the ring's length. */
static void spark_bundle(struct spark *spark, const struct history_ring *ring, int size,
                         int width) {
  /* The number of values in the newest bundle so far. */
  int age = 0, take = (ring->next + HISTORY_LENGTH - 1) % HISTORY_LENGTH % size + 1;
  spark->count = 0;
  for (; spark->count < width && age < ring->count; age += take, take = size) {
    /* The oldest bundle of a full ring is being overwritten by the newest: it is dropped first. */
    if (age + take > ring->count && ring->count == HISTORY_LENGTH)
      break;
    float highest = NAN;
    for (int i = age; i < age + take && i < ring->count; i++)
      highest = fmaxf(highest, history_value(ring, (size_t)i));
    spark->values[spark->count++] = highest;
    spark->highest = fmaxf(spark->highest, highest);
  }
}

static const char *const blocks[] = {"\xE2\x96\x81", "\xE2\x96\x82", "\xE2\x96\x83",
                                     "\xE2\x96\x84", "\xE2\x96\x85", "\xE2\x96\x86",
                                     "\xE2\x96\x87", "\xE2\x96\x88"};

double widget_chart_top(const struct history_ring *ring, double least) {
  double highest = least;
  for (size_t i = 0; i < ring->count; i++)
    highest = fmax(highest, history_value(ring, i));
  return highest > 0 ? round_up(highest) : 1;
}

/* One bar, of eighths of a cell. */
static void draw_bar(struct canvas *canvas, int x, int bottom, unsigned style, int eighths) {
  static const char twins[] = "__..::||";
  for (int y = bottom; eighths > 0; y--, eighths -= 8) {
    int level = eighths > 8 ? 7 : eighths - 1;
    canvas_glyph(canvas, x, y, style, blocks[level], eighths > 8 ? '|' : twins[level]);
  }
}

/* The smallest divisor of the ring's length that is `cells` times `size` or more. */
static int bar_bundle(int size, int cells) {
  int bundle = size * cells;
  while (HISTORY_LENGTH % bundle != 0)
    bundle += size;
  return bundle;
}

int widget_chart(struct canvas *canvas, struct rect plot, unsigned style,
                 const struct history_ring *ring, double top, int cells) {
  if (!ring || plot.width <= 0 || plot.height <= 0 || !(top > 0))
    return 0;
  const int width = plot.width < HISTORY_LENGTH ? plot.width : HISTORY_LENGTH;
  const int right = plot.x + plot.width - 1, bottom = plot.y + plot.height - 1;
  int size = HISTORY_LENGTH / width; /* the width is filled, even if the oldest is dropped */
  while (HISTORY_LENGTH % size != 0)
    size--;
  size = bundle_size(HISTORY_LENGTH / size, ring->count); /* a short history gets all cells */
  const int bundle = bar_bundle(size, cells);
  cells = bundle / size;
  struct spark spark = {.highest = 0};
  spark_bundle(&spark, ring, bundle, (width + cells - 1) / cells);
  for (int i = 0; i < spark.count * cells && i < width; i++) {
    const float value = spark.values[i / cells];
    if (isnan(value))
      continue;
    int most = plot.height * 8;
    int eighths = (int)lround(fmin(fmax(value, 0) / top, 1) * most);
    draw_bar(canvas, right - i, bottom, style, eighths > 0 ? eighths : 1);
  }
  const int samples = spark.count * cells < width ? spark.count * bundle : width * size;
  return samples < ring->count ? samples : ring->count;
}

void widget_spark(struct canvas *canvas, int x, int y, int width, unsigned style,
                  const struct history_ring *ring) {
  static const char twins[] = "__..--^^";
  if (!ring || width <= 0)
    return;
  if (width > HISTORY_LENGTH) {
    x += width - HISTORY_LENGTH;
    width = HISTORY_LENGTH;
  }
  struct spark spark = {.highest = 0};
  spark_bundle(&spark, ring, bundle_size(width, ring->count), width);
  double top = spark.highest > 0 ? round_up(spark.highest) : 1;
  for (int i = 0; i < spark.count; i++) {
    float value = spark.values[i];
    if (isnan(value))
      continue;
    int level = (int)(fmax(value, 0) / top * 7.999);
    level = level > 7 ? 7 : level;
    canvas_glyph(canvas, x + width - 1 - i, y, style, blocks[level], twins[level]);
  }
}

void widget_bars(struct canvas *canvas, int x, int y, int width, int height, unsigned style,
                 const double *values, int count) {
  double highest = 0;
  if (width <= 0 || height <= 0)
    return;
  if (count > width) {
    values += count - width;
    count = width;
  }
  for (int i = 0; i < count; i++)
    highest = fmax(highest, values[i]);
  if (!(highest > 0))
    return;
  const double top = round_up(highest);
  for (int i = 0; i < count; i++) {
    int eighths = (int)lround(fmin(fmax(values[i], 0) / top, 1) * height * 8);
    eighths = values[i] > 0 && eighths == 0 ? 1 : eighths;
    draw_bar(canvas, x + width - count + i, y + height - 1, style, eighths);
  }
}

const char *age_text(char out[AGE_MAX], int64_t ms) {
  int64_t seconds = ms > 0 ? ms / 1000 : 0;
  if (seconds < 60)
    snprintf(out, AGE_MAX, "%" PRId64 "s", seconds);
  else if (seconds < 3600)
    snprintf(out, AGE_MAX, "%" PRId64 "m", seconds / 60);
  else if (seconds < 86400)
    snprintf(out, AGE_MAX, "%" PRId64 "h", seconds / 3600);
  else
    snprintf(out, AGE_MAX, "%" PRId64 "d", seconds / 86400 % 100000);
  return out;
}
