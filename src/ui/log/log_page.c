#include "ui/log/log_page.h"

#include "core/text/text.h"
#include "ui/log/log_chart.h"
#include "ui/log/log_lines.h"
#include "ui/log/log_list.h"
#include "ui/log/log_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t lines_read(const struct logs *logs) {
  uint64_t lines = 0;
  for (size_t i = 0; i < logs->source_count; i++)
    lines += logs->sources[i].lines;
  return lines;
}

/* ---- before drawing */

/* The nearest match: for a reader of the newest lines the newest one, otherwise the next. */
static void seek(struct log_view *view, const struct logs *logs) {
  struct log_matches *matches = &view->matches;
  if (!view->seeking || !matches->done)
    return;
  view->seeking = false;
  if (matches->count == 0)
    return;
  const struct log *log = logs->log;
  size_t rank =
      log_matches_rank(matches, log_place_of(log_at(log, log_view_index(view, log))), NULL);
  if (view->tail || rank == matches->count)
    rank = matches->count - 1;
  log_view_select(view, logs, log_index(log, matches->places[rank]), false);
  view->centre = true;
}

static void catch_up(struct log_view *view, const struct logs *logs) {
  if (view->reading != logs->reading) { /* of the places of before only their times are right */
    view->reading = logs->reading;
    view->centre = !view->tail;
    view->seen = 0;
    log_matches_restart(&view->matches);
  }
  log_matches_step(&view->matches, logs->log);
  seek(view, logs);
}

/* ---- the border */

/* What is read of what there is, in percent; -1: not known. */
static int read_percent(const struct logs *logs) {
  uint64_t bytes = 0, total = 0;
  for (size_t i = 0; i < logs->source_count; i++) {
    bytes += logs->sources[i].bytes;
    total += logs->sources[i].bytes_total;
  }
  if (total == 0)
    return -1;
  return bytes >= total ? 99 : (int)((double)bytes * 100 / (double)total);
}

/* Whether no source will have more lines, although they are followed: a container that is gone. */
static bool all_ended(const struct logs *logs) {
  if (!logs->follow || logs->loading || logs->source_count == 0)
    return false;
  for (size_t i = 0; i < logs->source_count; i++) {
    const enum log_source_state state = logs->sources[i].state;
    if (state != LOG_SOURCE_ENDED && state != LOG_SOURCE_FAILED)
      return false;
  }
  return true;
}

/* Where the reader is: "following", "120 new lines". */
static unsigned position_text(const struct log_view *view, const struct logs *logs, char *out,
                              size_t size) {
  char number[FORMAT_MAX], of[FORMAT_MAX];
  const size_t count = log_count(logs->log);
  if (logs->loading) {
    int percent = read_percent(logs);
    snprintf(out, size, percent >= 0 ? "reading %d%%" : "reading", percent);
    return STYLE_NOTICE;
  }
  const uint64_t passed = log_view_passed(logs);
  if (!view->tail && logs->follow && passed > view->seen && view->seen > 0) {
    format_counted(number, sizeof number, (int64_t)(passed - view->seen), "new line", "new lines");
    snprintf(out, size, "%s, F follows", number);
    return STYLE_NOTICE;
  }
  if (view->tail && view->paused) {
    snprintf(out, size, "paused");
    return STYLE_NOTICE;
  }
  if (view->tail && all_ended(logs)) {
    snprintf(out, size, "ended");
    return STYLE_NOTICE;
  }
  if (view->tail && logs->follow) {
    snprintf(out, size, "following");
    return STYLE_OK;
  }
  format_count(number, sizeof number, count > 0 ? (int64_t)log_view_index(view, logs->log) + 1 : 0);
  snprintf(out, size, "line %s of %s", number, format_count(of, sizeof of, (int64_t)count));
  return STYLE_DIM;
}

static const char *page_name(enum log_page page) {
  switch (page) {
  case LOG_PAGE_RECORD:
    return "Line of ";
  case LOG_PAGE_TOP:
    return "Top messages of ";
  case LOG_PAGE_SOURCES:
    return "Sources of ";
  case LOG_PAGE_SAVED:
    return "Filters for ";
  default:
    return "Logs of ";
  }
}

static void draw_title(const struct log_view *view, const struct frame *frame, struct rect area) {
  const struct logs *logs = log_view_logs(frame);
  struct canvas *canvas = frame->canvas;
  char text[LOG_SAID_MAX] = "";
  unsigned style = STYLE_DIM;
  int end = area.x + area.width - 2;
  if (logs && view->page == LOG_PAGE_RECORD && view->shown_lines > view->shown_height)
    snprintf(text, sizeof text, "%d/%d", view->scroll + view->shown_height, view->shown_lines);
  else if (logs && view->page != LOG_PAGE_RECORD)
    style = position_text(view, logs, text, sizeof text);
  const int width = text_width(text) + 2;
  if (*text && width < area.width / 2) {
    end -= width;
    canvas_printf(canvas, end, area.y, width, style, " %s ", text);
  }
  canvas_printf(canvas, area.x + 1, area.y, end - area.x - 2, STYLE_TITLE | STYLE_STRONG, "[%s%s]",
                page_name(view->page), logs && logs->title ? logs->title : "...");
}

/* "/timeout/: match 3 of 120; 1,340 in everything", in the border below. */
static void draw_search(const struct log_view *view, const struct frame *frame, struct rect area) {
  const struct logs *logs = log_view_logs(frame);
  const struct log_matches *matches = &view->matches;
  char number[FORMAT_MAX], of[FORMAT_MAX], state[192], all[192] = "";
  if (!logs || !matches->pattern || view->page != LOG_PAGE_LINES)
    return;
  bool at = false;
  size_t rank = 0;
  if (log_count(logs->log) > 0)
    rank = log_matches_rank(matches,
                            log_place_of(log_at(logs->log, log_view_index(view, logs->log))), &at);
  format_count(of, sizeof of, (int64_t)matches->count);
  if (!matches->done)
    snprintf(state, sizeof state, "searching, %s so far", of);
  else if (at)
    snprintf(state, sizeof state, "match %s of %s",
             format_count(number, sizeof number, (int64_t)rank + 1), of);
  else
    format_counted(state, sizeof state, (int64_t)matches->count, "match", "matches");
  const struct logs_search *search = &logs->search;
  const uint64_t given_up =
      matches->given_up > search->given_up ? matches->given_up : search->given_up;
  if (given_up > 0) {
    const size_t used = strlen(state);
    snprintf(state + used, sizeof state - used, ", gave up on %s",
             format_counted(number, sizeof number, (int64_t)given_up, "line", "lines"));
  }
  format_count(number, sizeof number, (int64_t)search->matches);
  if (search->there && search->err.kind != ERR_NONE)
    snprintf(all, sizeof all, "; %.160s", search->err.text);
  else if (search->there && search->running)
    snprintf(all, sizeof all, "; searching everything: %d%%, %s so far, Esc stops",
             search->bytes_total > 0
                 ? (int)((double)search->bytes * 100 / (double)search->bytes_total)
                 : 0,
             number);
  else if (search->there && search->matches > matches->count)
    snprintf(all, sizeof all, "; %s in everything%s", number,
             matches->count == 0 && matches->done ? ": the previous match is among them" : "");
  canvas_printf(frame->canvas, area.x + 2, area.y + area.height - 1, area.width - 4, STYLE_NOTICE,
                " /%s/: %s%s ", pattern_source(matches->pattern), state, all);
}

/* ---- the lines above the log */

static void since_words(const struct log_view *view, const struct frame *frame, char *out,
                        size_t size) {
  const struct logs *logs = log_view_logs(frame);
  char stamp[LOG_STAMP_MAX], number[FORMAT_MAX];
  if (view->asked.around_ms)
    snprintf(out, size, "around %s", log_stamp(stamp, frame, view->asked.around_ms));
  else if (view->asked.span > 0 || !log_filter_is_empty(logs->filter))
    snprintf(out, size, "%s",
             view->asked.span > 0 ? log_spans[view->asked.span].words : "everything");
  else
    snprintf(out, size, "latest %s lines%s", format_count(number, sizeof number, LOGS_TAIL),
             logs->source_count > 1 ? " of each source" : "");
}

/* What is shown and what is not, in words. */
static void draw_filter(const struct log_view *view, const struct frame *frame, struct rect area) {
  const struct logs *logs = log_view_logs(frame);
  const bool filtered = !log_filter_is_empty(logs->filter);
  char words[LOG_FILTER_TEXT_MAX] = "", since[96], hidden[128], number[FORMAT_MAX], of[FORMAT_MAX];
  const uint64_t lines = lines_read(logs), passed = log_view_passed(logs);
  since_words(view, frame, since, sizeof since);
  format_count(of, sizeof of, (int64_t)lines);
  if (filtered)
    snprintf(hidden, sizeof hidden, "%s of %s lines hidden",
             format_count(number, sizeof number, (int64_t)(lines - passed)), of);
  else
    format_counted(hidden, sizeof hidden, (int64_t)log_count(logs->log), "line", "lines");
  int room = area.width, cells = text_width(hidden);
  if (cells < area.width) {
    canvas_text_right(frame->canvas, area.x, area.y, area.width,
                      filtered ? STYLE_NOTICE : STYLE_DIM, hidden);
    room -= cells + 1;
  }
  if (!filtered) {
    canvas_printf(frame->canvas, area.x, area.y, room, STYLE_DIM, "no filter, %s", since);
    return;
  }
  int x = area.x, end = area.x + room;
  x += canvas_text(frame->canvas, x, area.y, end - x, STYLE_LABEL, "only ");
  if (view->asked.saved)
    x += canvas_printf(frame->canvas, x, area.y, end - x, STYLE_NOTICE | STYLE_STRONG,
                       "%s: ", view->asked.saved);
  x += canvas_text(frame->canvas, x, area.y, end - x, STYLE_NOTICE | STYLE_STRONG,
                   log_filter_text(logs->filter, words));
  canvas_printf(frame->canvas, x, area.y, end - x, STYLE_DIM, ", %s", since);
}

static void add(char *out, size_t size, const char *text) {
  size_t used = strlen(out);
  snprintf(out + used, size - used, "%s%s", used ? "; " : "", text);
}

static void add_given_up(const struct logs *logs, char *out, size_t size) {
  char text[128], number[FORMAT_MAX];
  uint64_t count = 0;
  for (size_t i = 0; i < logs->source_count; i++)
    count += logs->sources[i].given_up;
  if (count == 0)
    return;
  snprintf(text, sizeof text, "gave up on %s: the pattern takes too long for %s",
           format_counted(number, sizeof number, (int64_t)count, "line", "lines"),
           count == 1 ? "it" : "them");
  add(out, size, text);
}

/* What is missing: "" if nothing is. */
static unsigned trouble_text(const struct logs *logs, char *out, size_t size) {
  unsigned style = STYLE_WARN;
  size_t troubled = 0;
  char text[512], number[FORMAT_MAX], limit[FORMAT_MAX];
  *out = '\0';
  if (logs->err.kind != ERR_NONE && logs->source_count > 0) {
    style = STYLE_CRIT;
    add(out, size, logs->err.text);
  }
  for (size_t i = 0; i < logs->source_count; i++) {
    const struct log_source_status *source = &logs->sources[i];
    if (source->err.kind == ERR_NONE)
      continue;
    style = source->state == LOG_SOURCE_FAILED ? (unsigned)STYLE_CRIT : style;
    if (troubled++ > 0)
      continue;
    snprintf(text, sizeof text, "%s: %s", source->name, source->err.text);
    add(out, size, text);
  }
  if (troubled > 1) {
    snprintf(text, sizeof text, "%zu more source%s with errors: see the sources", troubled - 1,
             troubled == 2 ? "" : "s");
    add(out, size, text);
  }
  if (all_ended(logs) && troubled == 0)
    add(out, size,
        logs->source_count == 1 ? "the source has ended: no more lines will come"
                                : "all sources have ended: no more lines will come");
  add_given_up(logs, out, size);
  const uint64_t dropped = log_dropped(logs->log);
  if (dropped > 0) {
    snprintf(text, sizeof text, "%s older lines dropped, the viewer keeps the newest %s",
             format_count(number, sizeof number, (int64_t)dropped),
             format_count(limit, sizeof limit, (int64_t)log_count(logs->log)));
    add(out, size, text);
  }
  for (size_t i = 0; i < logs->source_count && !*out; i++) {
    const struct log_source_status *source = &logs->sources[i];
    if (source->rotations == 0)
      continue;
    style = STYLE_DIM;
    snprintf(text, sizeof text, "%s was rotated %" PRIu64 " time%s: its new file is read",
             source->name, source->rotations, source->rotations == 1 ? "" : "s");
    add(out, size, text);
  }
  return style;
}

/* Why there are no lines. */
static void draw_empty(const struct log_view *view, const struct frame *frame, struct rect area) {
  const struct logs *logs = log_view_logs(frame);
  char number[FORMAT_MAX], text[512];
  unsigned style = STYLE_DIM;
  (void)view;
  if (!logs)
    snprintf(text, sizeof text, "opening the logs");
  else if (logs->err.kind != ERR_NONE) {
    snprintf(text, sizeof text, "%s", logs->err.text);
    style = STYLE_NOTICE;
  } else if (logs->loading)
    snprintf(text, sizeof text, "reading");
  else if (lines_read(logs) > 0 && log_filter_is_empty(logs->filter))
    snprintf(text, sizeof text,
             "%s read, none of them in this time: a longer one reads further back",
             format_counted(number, sizeof number, (int64_t)lines_read(logs), "line", "lines"));
  else if (lines_read(logs) > 0)
    snprintf(text, sizeof text, "%s read, none of them passes the filter: Esc clears it",
             format_counted(number, sizeof number, (int64_t)lines_read(logs), "line", "lines"));
  else
    snprintf(text, sizeof text, "no lines so far");
  char clean[1024];
  text_sanitize(clean, sizeof clean, text, strlen(text), frame->canvas->ascii);
  const char *at = clean;
  for (int y = 0; *at && y < area.height && area.width > 0; y++) {
    size_t length = text_fit(at, area.width, NULL), end = length;
    while (at[length] && end > 0 && at[end] != ' ')
      end--;
    end = end > 0 ? end : length;
    canvas_printf(frame->canvas, area.x, area.y + y, area.width, style, "%.*s", (int)end, at);
    at += end;
    at += strspn(at, " ");
  }
}

static struct rect without_top(struct rect area, int rows) {
  return (struct rect){area.x, area.y + rows, area.width, area.height - rows};
}

static void draw_lines(struct log_view *view, const struct frame *frame, struct rect area) {
  const struct logs *logs = log_view_logs(frame);
  char trouble[1024];
  draw_filter(view, frame, area);
  area = without_top(area, 1);
  const unsigned style = trouble_text(logs, trouble, sizeof trouble);
  if (*trouble && area.height > 1) {
    canvas_text(frame->canvas, area.x, area.y, area.width, style, trouble);
    area = without_top(area, 1);
  }
  const int rows = log_chart_rows(view, &area);
  if (rows > 0) {
    log_chart_draw(frame, (struct rect){area.x, area.y, area.width, rows});
    area = without_top(area, rows);
  }
  if (log_count(logs->log) == 0)
    draw_empty(view, frame, area);
  else
    log_lines_draw(view, frame, area);
}

void log_view_draw(struct log_view *view, const struct frame *frame, struct rect area) {
  const struct logs *logs = log_view_logs(frame);
  canvas_box(frame->canvas, area.x, area.y, area.width, area.height, STYLE_BORDER_FOCUSED);
  struct rect inside = {area.x + 1, area.y + 1, area.width - 2, area.height - 2};
  if (logs && logs->log)
    catch_up(view, logs);
  if (view->page == LOG_PAGE_RECORD)
    log_record_draw(view, frame,
                    (struct rect){inside.x + 1, inside.y, inside.width - 2, inside.height});
  else if (!logs || !logs->log)
    draw_empty(view, frame, inside);
  else if (view->page == LOG_PAGE_LINES)
    draw_lines(view, frame, inside);
  else
    log_list_draw(view, frame, inside);
  draw_title(view, frame, area);
  draw_search(view, frame, area);
  if (view->centre && logs && !logs->loading)
    view->centre = false;
}

void log_view_typing_draw(const struct log_view *view, const struct frame *frame, int y) {
  struct canvas *canvas = frame->canvas;
  const int width = canvas->width;
  const bool search = view->typing == LOG_TYPING_SEARCH;
  const char *hint =
      search ? "Enter searches, Esc cancels" : "Enter filters; !x without x; .field=x; empty: all";
  const char *text = view->typed;
  char wrong[sizeof view->wrong.text];
  int x = 1, cells;
  x += canvas_text(canvas, x, y, width - x, STYLE_KEY, search ? "/" : "&");
  const char *note = hint;
  if (view->wrong.kind != ERR_NONE) {
    text_sanitize(wrong, sizeof wrong, view->wrong.text, strlen(view->wrong.text), canvas->ascii);
    note = wrong;
  }
  /* The end of a long text, and all of what is wrong with it. */
  int room = width - 6 - (view->wrong.kind != ERR_NONE ? text_width(note) + 2 : 0);
  room = room < 8 ? 8 : room;
  while (text_width(text) > room && *text)
    text += text_next(text, &cells);
  x += canvas_text(canvas, x, y, width - x, STYLE_NOTICE | STYLE_STRONG, text);
  x += canvas_text(canvas, x, y, width - x, STYLE_NOTICE | STYLE_STRONG, "_") + 2;
  if (view->wrong.kind != ERR_NONE)
    canvas_text(canvas, x, y, width - x - 1, STYLE_CRIT, note);
  else if (x + text_width(note) < width)
    canvas_text_right(canvas, x, y, width - x - 1, STYLE_DIM, note);
}
