#include "ui/log/log_record.h"

#include "core/text/text.h"
#include "model/log/log_fields.h"
#include "ui/log/log_lines.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NAME_CELLS = 16, NAME_CELLS_SMALL = 9, SMALL_WIDTH = 60, VALUE_MAX = LOG_TEXT_MAX + 1 };

struct page {
  struct log_view *view;
  const struct frame *frame;
  struct rect area;
};

static bool next_line(struct page *page, int *y) {
  *y = page->area.y + page->view->shown_lines++ - page->view->scroll;
  return *y >= page->area.y && *y < page->area.y + page->area.height;
}

/* The whole text over as many lines as it needs. */
static void put_wrapped(struct page *page, unsigned style, int indent, const char *text) {
  char clean[VALUE_MAX];
  const int cells = page->area.width - indent;
  text_sanitize(clean, sizeof clean, text, strlen(text), page->frame->canvas->ascii);
  for (const char *at = clean; *at && cells > 0;) {
    size_t length = text_fit(at, cells, NULL);
    int y;
    if (length == 0)
      return;
    if (next_line(page, &y)) {
      char row[4096];
      snprintf(row, sizeof row, "%.*s", (int)length, at);
      canvas_text(page->frame->canvas, page->area.x + indent, y, cells, style, row);
    }
    at += length;
  }
}

static int name_cells(const struct page *page) {
  return page->area.width < SMALL_WIDTH ? NAME_CELLS_SMALL : NAME_CELLS;
}

static void put_pair(struct page *page, const char *name, unsigned style, const char *value) {
  char clean[256];
  const int cells = name_cells(page);
  text_sanitize(clean, sizeof clean, name, strlen(name), page->frame->canvas->ascii);
  const int y = page->area.y + page->view->shown_lines - page->view->scroll;
  const bool seen = y >= page->area.y && y < page->area.y + page->area.height;
  if (text_width(clean) > cells || !*value) { /* a long name has a line of its own */
    put_wrapped(page, STYLE_LABEL, 0, name);
  } else if (seen) {
    canvas_text(page->frame->canvas, page->area.x, y, cells, STYLE_LABEL, name);
  }
  put_wrapped(page, style, cells + 1, value);
}

static void put_blank(struct page *page) {
  page->view->shown_lines++;
}

static const char *time_words(enum log_time time) {
  switch (time) {
  case LOG_TIME_LINE:
    return "as the line says";
  case LOG_TIME_ZONELESS:
    return "as the line says, without a zone: read as local time";
  case LOG_TIME_SOURCE:
    return "as the source says";
  case LOG_TIME_INHERITED:
    return "of the line before it";
  case LOG_TIME_ARRIVAL:
    return "when stacktop read it: neither the line nor its source says it";
  }
  return "";
}

enum { ZONE_MAX = 16 };

static const char *zone_of(const struct frame *frame, int64_t time_ms, char out[ZONE_MAX]) {
  const time_t seconds = (time_t)(time_ms / 1000);
  struct tm parts;
  if (frame->utc || !localtime_r(&seconds, &parts) || !strftime(out, ZONE_MAX, "%Z", &parts))
    snprintf(out, ZONE_MAX, "UTC");
  return out;
}

static void put_head(struct page *page, const struct log_shown *shown) {
  char time[FORMAT_MAX], text[256], zone[ZONE_MAX];
  format_time(time, sizeof time, shown->time_ms, page->frame->utc, true);
  snprintf(text, sizeof text, "%s.%03d %s, %s", time, (int)((shown->time_ms % 1000 + 1000) % 1000),
           zone_of(page->frame, shown->time_ms, zone), time_words(shown->time));
  put_pair(page, "TIME", STYLE_TEXT, text);
  put_pair(page, "LEVEL", log_level_style(shown->level),
           *log_level_name(shown->level) ? log_level_name(shown->level) : "not said");
  snprintf(text, sizeof text, "%s%s%s", shown->source, *shown->place ? ", " : "", shown->place);
  put_pair(page, "SOURCE", STYLE_TEXT, text);
  if (shown->stderr_)
    put_pair(page, "STREAM", STYLE_TEXT, "standard error");
  if (shown->cut) {
    char bytes[FORMAT_MAX];
    snprintf(text, sizeof text, "%s at its end were not kept",
             format_bytes(bytes, sizeof bytes, (double)shown->cut));
    put_pair(page, "CUT", STYLE_WARN, text);
  }
}

static void put_fields(struct page *page, const struct log_shown *shown) {
  struct log_fields fields;
  if (!shown->json || !log_fields_read(&fields, shown->text, strlen(shown->text)))
    return;
  put_blank(page);
  for (size_t i = 0; i < fields.count; i++)
    put_pair(page, fields.items[i].name, STYLE_TEXT, fields.items[i].value);
  if (fields.more)
    put_wrapped(page, STYLE_WARN, 0, "There are more fields: see the whole line below.");
}

void log_record_draw(struct log_view *view, const struct frame *frame, struct rect area) {
  struct page page = {view, frame, area};
  const struct log_shown *shown = &view->shown;
  view->shown_height = area.height;
  for (int pass = 0; pass < 2; pass++) {
    view->shown_lines = 0;
    canvas_fill(frame->canvas, area.x, area.y, area.width, area.height, STYLE_TEXT, ' ');
    if (!shown->text)
      return;
    put_head(&page, shown);
    put_fields(&page, shown);
    put_blank(&page);
    put_wrapped(&page, STYLE_TEXT, 0, shown->text);
    int most = view->shown_lines > area.height ? view->shown_lines - area.height : 0;
    if (view->scroll <= most)
      return;
    view->scroll = most;
  }
}
