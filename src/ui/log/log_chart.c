#include "ui/log/log_chart.h"

#include "core/text/text.h"
#include "ui/draw/widget.h"

#include <stdio.h>
#include <string.h>

enum {
  TALL = 24,  /* lines in a page that has a row for each level; lower ones have one for all */
  LEAST = 12, /* lower ones have none */
  WIDTH = 60, /* narrower ones neither */
  NAME_CELLS = 7,
  TOTAL_CELLS = 22,
};

struct series {
  const char *name;
  enum log_level level; /* this or worse */
  unsigned style;
};

static const struct series series[] = {{"error+", LOG_LEVEL_ERROR, STYLE_CRIT},
                                       {"warn+", LOG_LEVEL_WARN, STYLE_WARN},
                                       {"all", LOG_LEVEL_NONE, STYLE_SPARK}};
enum { SERIES = sizeof series / sizeof *series };

int log_chart_rows(const struct log_view *view, const struct rect *area) {
  if (view->plain || area->width < WIDTH || area->height < LEAST)
    return 0;
  return area->height >= TALL ? SERIES : 1;
}

static uint64_t total_of(const struct log_rates *rates, enum log_level level) {
  uint64_t total = 0;
  for (int i = level; i < LOG_LEVEL_COUNT; i++)
    total += rates->total[i];
  return total;
}

static void draw_series(const struct frame *frame, const struct log_rates *rates,
                        const struct series *one, struct rect area, int total_cells) {
  double values[LOG_BUCKETS_MAX];
  char number[FORMAT_MAX], text[FORMAT_MAX * 2 + 8];
  struct canvas *canvas = frame->canvas;
  int cells = area.width - NAME_CELLS - total_cells;
  cells = cells > (int)rates->count ? (int)rates->count : cells;
  canvas_text(canvas, area.x, area.y, NAME_CELLS - 1, one->style, one->name);
  const int room = area.width - NAME_CELLS - total_cells;
  if (cells > 0) {
    const int64_t end_ms = rates->start_ms + (int64_t)rates->count * rates->width_ms;
    log_rates_read(rates, rates->start_ms, end_ms, one->level, values, (size_t)cells);
    widget_bars(canvas, area.x + NAME_CELLS, area.y, room, area.height, one->style, values, cells);
  }
  const uint64_t total = total_of(rates, one->level);
  format_count(number, sizeof number, (int64_t)total);
  snprintf(text, sizeof text, "%s", number);
  if (total_cells < TOTAL_CELLS && total >= 1000000)
    snprintf(text, sizeof text, "%.1fM", (double)total / 1e6);
  if (total_cells >= TOTAL_CELLS && rates->count > 0) {
    char span[FORMAT_MAX];
    format_duration(span, sizeof span, (double)rates->count * (double)rates->width_ms / 1000);
    snprintf(text, sizeof text, "%s in %s", number, span);
  }
  canvas_text(canvas, area.x + NAME_CELLS + room + 1, area.y, total_cells - 1, STYLE_DIM, text);
}

void log_chart_draw(const struct frame *frame, struct rect area) {
  const struct log_rates *rates = log_view_logs(frame)->rates;
  if (!rates)
    return;
  const int each = area.width / SERIES;
  for (int i = 0; i < SERIES; i++) {
    struct rect row = {area.x, area.y + i, area.width, 1};
    if (area.height < SERIES)
      row = (struct rect){area.x + i * each, area.y, each - 1, 1};
    draw_series(frame, rates, &series[i], row,
                area.height < SERIES ? TOTAL_CELLS / 3 + 1 : TOTAL_CELLS);
  }
}
