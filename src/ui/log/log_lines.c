#include "ui/log/log_lines.h"

#include "core/text/text.h"
#include "model/log/log_fields.h"
#include "ui/draw/hits.h"
#include "ui/draw/widget.h"
#include "ui/log/log_start.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
  DATED_WIDTH = 90,  /* narrower screens show times without milliseconds */
  WORDS_WIDTH = 60,  /* narrower ones show marks without words, and no source */
  LEVEL_CELLS = 5,   /* of a word */
  SOURCE_CELLS = 16, /* at most */
  BYTES_PER_CELL = 8,
  HIGHLIGHT_US = 10000, /* of a frame, in CPU time: a pattern may take long */
  ACROSS_MOST = 4096,
  CLEAN_MAX = LOG_TEXT_MAX + 1, /* sanitised text of a line */
};

unsigned log_level_style(enum log_level level) {
  static const unsigned styles[] = {[LOG_LEVEL_NONE] = STYLE_TEXT,
                                    [LOG_LEVEL_TRACE] = STYLE_DIM,
                                    [LOG_LEVEL_DEBUG] = STYLE_DIM,
                                    [LOG_LEVEL_INFO] = STYLE_TEXT,
                                    [LOG_LEVEL_WARN] = STYLE_WARN,
                                    [LOG_LEVEL_ERROR] = STYLE_CRIT,
                                    [LOG_LEVEL_FATAL] = STYLE_CRIT | STYLE_STRONG};
  return level < LOG_LEVEL_COUNT ? styles[level] : (unsigned)STYLE_TEXT;
}

const char *log_level_mark(enum log_level level) {
  if (level >= LOG_LEVEL_ERROR)
    return mark_of(SEVERITY_CRIT);
  return mark_of(level == LOG_LEVEL_WARN ? SEVERITY_WARN : SEVERITY_OK);
}

unsigned log_source_style(size_t source) {
  return STYLE_SOURCE_1 + (unsigned)(source % STYLE_SOURCES);
}

static bool is_recent(const struct frame *frame, int64_t time_ms) {
  const int64_t day = 86400000, now_ms = frame->now_ms + frame->model->wall_offset_ms;
  return time_ms <= now_ms + day / 2 && time_ms > now_ms - day / 2;
}

const char *log_stamp(char out[LOG_STAMP_MAX], const struct frame *frame, int64_t time_ms) {
  char time[FORMAT_MAX];
  format_time(time, sizeof time, time_ms, frame->utc, !is_recent(frame, time_ms));
  const int ms = (int)((time_ms % 1000 + 1000) % 1000);
  snprintf(out, LOG_STAMP_MAX, "%.24s.%03d", time, ms);
  return out;
}

/* The columns of this frame. */
struct page {
  struct log_view *view;
  const struct frame *frame;
  const struct logs *logs;
  struct rect area;
  int time_cells, word_cells, source_cells; /* 0: without */
  int text_x, text_cells;
  bool dated, exact; /* exact: milliseconds */
  int64_t late_us;   /* when matches are not highlighted any more */
  int most_rows;     /* of one wrapped line */
};

static void page_columns(struct page *page) {
  const struct log *log = page->logs->log;
  const int width = page->area.width;
  page->exact = width >= DATED_WIDTH;
  /* Lines are in order: the oldest says whether all are recent. */
  page->dated = log_count(log) > 0 && !is_recent(page->frame, log_at(log, 0)->time_ms) &&
                width >= WORDS_WIDTH;
  page->time_cells = 8 + (page->exact ? 4 : 0) + (page->dated ? 6 : 0);
  page->word_cells = width >= WORDS_WIDTH ? LEVEL_CELLS : 0;
  page->source_cells = 0;
  for (size_t i = 0; i < page->logs->source_count && page->logs->source_count > 1; i++) {
    int cells = text_width(page->logs->sources[i].name);
    page->source_cells = cells > page->source_cells ? cells : page->source_cells;
  }
  int most = width >= DATED_WIDTH ? SOURCE_CELLS : width >= WORDS_WIDTH ? 10 : 6;
  page->source_cells = page->source_cells < most ? page->source_cells : most;
  page->text_x = page->time_cells + 1 + MARK_CELLS + 1;
  if (page->word_cells)
    page->text_x += page->word_cells + 1;
  if (page->source_cells)
    page->text_x += page->source_cells + 1;
  page->text_cells = width - page->text_x;
  page->most_rows = page->area.height > 4 ? page->area.height / 2 : 1;
}

/* The text as it is shown: without its time and level, JSON as its message and fields; at most
 * `bytes` of it. */
static void clean_text(const struct page *page, const struct log_record *record, size_t bytes,
                       char out[CLEAN_MAX]) {
  const bool ascii = page->frame->canvas->ascii;
  if (record->json && !page->view->raw) {
    struct log_fields fields;
    char brief[LOG_FIELDS_BYTES];
    if (log_fields_read(&fields, record->text, record->len)) {
      log_fields_brief(&fields, brief, sizeof brief);
      text_sanitize(out, CLEAN_MAX, brief, strnlen(brief, bytes), ascii);
      return;
    }
  }
  const size_t start = page->view->raw ? 0 : log_message_start(record);
  const size_t len = record->len - start;
  text_sanitize(out, CLEAN_MAX, record->text + start, len < bytes ? len : bytes, ascii);
}

/* Bytes of the next row of a wrapped text: to the last blank that fits. */
static size_t row_length(const char *text, int cells) {
  size_t length = text_fit(text, cells, NULL), end = length;
  if (!text[length])
    return length;
  while (end > length / 2 && text[end] != ' ')
    end--;
  return end > length / 2 ? end + 1 : length;
}

enum { CUT_MAX = FORMAT_MAX + 8 };

/* "+9.9 MB cut" at the right of a line that was longer than what is kept; "": it is whole. */
static int cut_text(const struct page *page, const struct log_record *record, char out[CUT_MAX]) {
  char bytes[FORMAT_MAX];
  *out = '\0';
  if (record->cut == 0)
    return 0;
  snprintf(out, CUT_MAX, "+%s cut", format_bytes(bytes, sizeof bytes, (double)record->cut));
  int cells = (int)strlen(out);
  if (page->text_cells < cells + 8)
    *out = '\0';
  return *out ? cells + 1 : 0;
}

static int rows_of(const struct page *page, size_t index) {
  if (!page->view->wrap || page->text_cells <= 0)
    return 1;
  char text[CLEAN_MAX];
  char cut[CUT_MAX];
  const struct log_record *record = log_at(page->logs->log, index);
  int rows = 0, cells = page->text_cells - cut_text(page, record, cut);
  clean_text(page, record, (size_t)page->most_rows * (size_t)page->text_cells * BYTES_PER_CELL,
             text);
  for (const char *at = text; rows < page->most_rows; cells = page->text_cells) {
    size_t length = row_length(at, cells);
    rows++;
    if (length == 0 || !at[length])
      break;
    at += length;
  }
  return rows;
}

/* ---- drawing */

struct pen {
  const struct page *page;
  int x, y, end;
  unsigned style;
};

/* Draws bytes [from, to) of clean text; what does not fit is left out. */
static void put(struct pen *pen, const char *text, size_t from, size_t to, unsigned style) {
  char part[1024];
  while (from < to && pen->x < pen->end) {
    size_t length = to - from < sizeof part - 1 ? to - from : sizeof part - 1;
    while (length > 1 && from + length < to && ((unsigned char)text[from + length] & 0xC0) == 0x80)
      length--;
    memcpy(part, text + from, length);
    part[length] = '\0';
    int cells = text_width(part), room = pen->end - pen->x;
    if (cells > room)
      part[text_fit(part, room, &cells)] = '\0';
    canvas_text(pen->page->frame->canvas, pen->x, pen->y, cells, style, part);
    pen->x += cells;
    from += length;
  }
}

/* Of this thread's own time: on a busy host a frame takes long whatever the pattern is. */
static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Draws bytes [from, to) with the matches of the search. */
static void put_matches(struct pen *pen, const char *text, size_t from, size_t to) {
  struct pattern *pattern = pen->page->view->matches.pattern;
  const size_t len = strlen(text);
  struct pattern_span span;
  size_t at = from;
  if (now_us() > pen->page->late_us)
    pattern = NULL;
  /* A match may begin before what is visible. */
  for (size_t look = 0; pattern && look <= len && pattern_find(pattern, text, len, look, &span);) {
    look = span.end > span.start ? span.end : span.end + 1;
    if (span.start >= to)
      break;
    if (span.end <= from || span.end == span.start)
      continue;
    size_t start = span.start > at ? span.start : at, end = span.end < to ? span.end : to;
    put(pen, text, at, start, pen->style);
    put(pen, text, start, end, STYLE_NOTICE | STYLE_STRONG);
    at = end;
  }
  put(pen, text, at, to, pen->style);
}

static void draw_text(const struct page *page, const struct log_record *record, int y, int rows) {
  struct canvas *canvas = page->frame->canvas;
  char cut[CUT_MAX];
  const int right = page->area.x + page->area.width;
  int end = right - cut_text(page, record, cut);
  canvas_text(canvas, end + 1, y, right - end - 1, STYLE_WARN, cut);
  const struct log_view *view = page->view;
  const int left = page->area.x + page->text_x, across = view->wrap ? 0 : view->across;
  char text[CLEAN_MAX];
  if (page->text_cells <= 0)
    return;
  clean_text(page, record,
             ((size_t)across + (size_t)rows * (size_t)page->text_cells + 1) * BYTES_PER_CELL, text);
  unsigned style = log_level_style((enum log_level)record->level);
  style = style == STYLE_WARN || (style & STYLE_MASK) == STYLE_CRIT ? STYLE_TEXT : style;
  size_t from = text_fit(text, across, NULL);
  for (int row = 0; row < rows; row++, end = right) {
    const int cells = end - left;
    struct pen pen = {page, left, y + row, end, style};
    size_t length =
        view->wrap ? row_length(text + from, cells) : text_fit(text + from, cells, NULL);
    put_matches(&pen, text, from, from + length);
    from += length;
  }
  if (text[from])
    canvas_glyph(canvas, (rows > 1 ? right : right - cut_text(page, record, cut)) - 1, y + rows - 1,
                 STYLE_KEY, "\xE2\x80\xA6", '~');
  if (across > 0)
    canvas_glyph(canvas, left, y, STYLE_KEY, "\xE2\x80\xA6", '~');
}

static void draw_time(const struct page *page, const struct log_record *record, int y) {
  char stamp[LOG_STAMP_MAX], time[FORMAT_MAX];
  if (record->continued)
    return;
  format_time(time, sizeof time, record->time_ms, page->frame->utc, page->dated);
  const char *text = time;
  if (page->dated)
    text = strchr(time, '-') ? strchr(time, '-') + 1 : time; /* without the year */
  snprintf(stamp, sizeof stamp, "%.20s", text);
  if (page->exact)
    snprintf(stamp, sizeof stamp, "%.20s.%03d", text,
             (int)((record->time_ms % 1000 + 1000) % 1000));
  /* A time that the line does not say itself. */
  bool said = record->time == LOG_TIME_LINE || record->time == LOG_TIME_ZONELESS ||
              record->time == LOG_TIME_SOURCE;
  canvas_text(page->frame->canvas, page->area.x, y, page->time_cells,
              said ? STYLE_LABEL : STYLE_DIM, stamp);
}

static void draw_record(const struct page *page, size_t index, int y, int rows, bool selected) {
  const struct log_record *record = log_at(page->logs->log, index);
  struct canvas *canvas = page->frame->canvas;
  const enum log_level level = (enum log_level)record->level;
  int x = page->area.x + page->time_cells + 1;
  draw_time(page, record, y);
  if (!record->continued) {
    canvas_text(canvas, x, y, MARK_CELLS, log_level_style(level) | STYLE_STRONG,
                log_level_mark(level));
    if (page->word_cells)
      canvas_text(canvas, x + MARK_CELLS + 1, y, page->word_cells, log_level_style(level),
                  log_level_name(level));
  }
  x += MARK_CELLS + 1 + (page->word_cells ? page->word_cells + 1 : 0);
  if (page->source_cells && record->source < page->logs->source_count)
    canvas_text(canvas, x, y, page->source_cells, log_source_style(record->source),
                page->logs->sources[record->source].name);
  draw_text(page, record, y, rows);
  if (selected)
    canvas_restyle(canvas, page->area.x, y, page->area.width, rows, STYLE_SELECTED);
}

/* ---- which lines are visible */

/* The first line so that `index` is the last one within `height` rows. */
static size_t first_before(const struct page *page, size_t index, int height) {
  int rows = rows_of(page, index);
  while (index > 0) {
    int more = rows_of(page, index - 1);
    if (rows + more > height)
      break;
    rows += more;
    index--;
  }
  return index;
}

static size_t first_line(const struct page *page, size_t index) {
  const struct log *log = page->logs->log;
  const int height = page->area.height;
  const size_t count = log_count(log);
  if (page->view->tail)
    return first_before(page, count - 1, height);
  if (page->view->centre)
    return first_before(page, index, height / 2 + 1);
  size_t first = log_index(log, page->view->top);
  if (first >= index || first >= count)
    return index;
  size_t least = first_before(page, index, height);
  if (first < least)
    return least;
  /* No empty rows below the last line while there are lines above. */
  size_t last = first_before(page, count - 1, height);
  return first > last ? last : first;
}

void log_lines_draw(struct log_view *view, const struct frame *frame, struct rect area) {
  const struct logs *logs = log_view_logs(frame);
  struct page page = {.view = view, .frame = frame, .logs = logs, .area = area};
  view->height = area.height;
  view->lines = 0;
  const size_t count = log_count(logs->log);
  if (count == 0 || area.height <= 0)
    return;
  page_columns(&page);
  page.late_us = now_us() + HIGHLIGHT_US;
  if (view->across > ACROSS_MOST)
    view->across = ACROSS_MOST;
  const size_t index = log_view_index(view, logs->log);
  const size_t first = first_line(&page, index);
  view->top = log_place_of(log_at(logs->log, first));
  int used = 0;
  for (size_t i = first; i < count && used < area.height; i++) {
    int rows = rows_of(&page, i), room = area.height - used;
    rows = rows < room ? rows : room;
    const struct log_place place = log_place_of(log_at(logs->log, i));
    hit_add(frame, area.y + used, rows, place.time_ms, (uint64_t)place.seq);
    draw_record(&page, i, area.y + used, rows, i == index);
    used += rows;
    view->lines++;
  }
}
