#include "ui/log/log_keys.h"

#include "ui/log/log_asked.h"
#include "ui/log/log_list.h"
#include "ui/log/log_typing.h"

#include <stdio.h>
#include <string.h>

static const struct request nothing = {.kind = REQUEST_NONE};

static void say(struct log_view *view, const char *text) {
  snprintf(view->said, sizeof view->said, "%s", text);
}

static struct request ask(struct log_view *view, const struct frame *frame,
                          enum request_kind kind) {
  log_asked_query(&view->asked, frame, &view->query);
  return (struct request){.kind = kind, .logs = &view->query};
}

struct request log_view_ask(struct log_view *view, const struct frame *frame) {
  return ask(view, frame, REQUEST_LOGS_CHANGE);
}

struct request log_view_open(struct log_view *view, const struct frame *frame,
                             const struct subject *subject) {
  log_view_fini(view);
  log_asked_set(&view->asked, subject);
  return ask(view, frame, REQUEST_LOGS_OPEN);
}

/* ---- moving */

static const struct log *log_of(const struct frame *frame) {
  const struct logs *logs = log_view_logs(frame);
  return logs ? logs->log : NULL;
}

static void move_lines(struct log_view *view, const struct frame *frame, int lines) {
  const struct log *log = log_of(frame);
  if (!log || log_count(log) == 0)
    return;
  const long last = (long)log_count(log) - 1;
  long at = (long)log_view_index(view, log) + lines;
  at = at < 0 ? 0 : at > last ? last : at;
  log_view_select(view, log_view_logs(frame), (size_t)at, at == last && lines > 0);
}

void log_view_move(struct log_view *view, const struct frame *frame, int lines) {
  switch (view->page) {
  case LOG_PAGE_LINES:
    move_lines(view, frame, lines);
    break;
  case LOG_PAGE_RECORD: {
    int most = view->shown_lines - view->shown_height;
    long at = (long)view->scroll + lines;
    view->scroll = (int)(at > most ? most : at);
    view->scroll = view->scroll < 0 ? 0 : view->scroll;
    break;
  }
  default:
    log_list_move(view, frame, lines);
    break;
  }
}

bool log_view_click(struct log_view *view, const struct frame *frame, const struct hit *hit,
                    bool *again) {
  const struct log *log = log_of(frame);
  *again = false;
  if (view->page == LOG_PAGE_RECORD)
    return true;
  if (view->page != LOG_PAGE_LINES) {
    log_list_move(view, frame, 0); /* where it is now */
    *again = hit->id == view->list.at;
    log_list_move(view, frame, (int)((long)hit->id - (long)view->list.at));
    return hit->id == view->list.at;
  }
  if (!log || log_count(log) == 0)
    return false;
  const size_t index = log_index(log, (struct log_place){.time_ms = hit->at, .seq = hit->id});
  if (index >= log_count(log))
    return false;
  const struct log_place found = log_place_of(log_at(log, index));
  if (found.time_ms != hit->at || (uint64_t)found.seq != hit->id)
    return false;
  *again = index == log_view_index(view, log);
  log_view_select(view, log_view_logs(frame), index, false);
  return true;
}

int log_view_page(const struct log_view *view) {
  if (view->page == LOG_PAGE_LINES)
    return view->lines;
  return view->page == LOG_PAGE_RECORD ? view->shown_height : view->list.height;
}

/* ---- the search */

/* The next match that is not among the loaded lines, of all that the sources have; NULL: none. */
static const struct log_record *match_beyond(const struct logs *logs, bool forward) {
  const struct log *hits = logs->search.there ? logs->search.hits : NULL, *log = logs->log;
  if (!hits || log_count(hits) == 0 || log_count(log) == 0)
    return NULL;
  if (forward) {
    const size_t next = log_index_of_time(hits, log_at(log, log_count(log) - 1)->time_ms + 1);
    return next < log_count(hits) ? log_at(hits, next) : NULL;
  }
  const size_t next = log_index_of_time(hits, log_at(log, 0)->time_ms);
  return next > 0 ? log_at(hits, next - 1) : NULL;
}

/* Reads the lines around a match that is not among the loaded ones. */
static struct request go_around(struct log_view *view, const struct frame *frame, int64_t time_ms) {
  view->asked.around_ms = time_ms;
  view->tail = false;
  view->centre = true;
  view->line = (struct log_place){.time_ms = time_ms, .seq = 0};
  return log_view_ask(view, frame);
}

static struct request search_step(struct log_view *view, const struct frame *frame, bool forward) {
  const struct logs *logs = log_view_logs(frame);
  const struct log *log = log_of(frame);
  const struct log_matches *matches = &view->matches;
  if (!matches->pattern) {
    say(view, "No search: press {log-search} first");
    return nothing;
  }
  if (!log || log_count(log) == 0)
    return nothing;
  log_matches_step(&view->matches, log);
  bool at;
  const struct log_place here = log_place_of(log_at(log, log_view_index(view, log)));
  const size_t rank = log_matches_rank(matches, here, &at);
  if (forward ? rank + at < matches->count : rank > 0) {
    const struct log_place found = matches->places[forward ? rank + at : rank - 1];
    log_view_select(view, logs, log_index(log, found), false);
    view->centre = true;
    return nothing;
  }
  const struct log_record *beyond = match_beyond(logs, forward);
  if (beyond)
    return go_around(view, frame, beyond->time_ms);
  const char *more = matches->done ? "" : " so far: still searching";
  snprintf(view->said, sizeof view->said, "No %s match%s", forward ? "later" : "earlier", more);
  return nothing;
}

/* ---- what is asked for */

static struct request next_level(struct log_view *view, const struct frame *frame) {
  static const enum log_level next[LOG_LEVEL_COUNT] = {
      [LOG_LEVEL_NONE] = LOG_LEVEL_WARN,  [LOG_LEVEL_TRACE] = LOG_LEVEL_WARN,
      [LOG_LEVEL_DEBUG] = LOG_LEVEL_WARN, [LOG_LEVEL_INFO] = LOG_LEVEL_WARN,
      [LOG_LEVEL_WARN] = LOG_LEVEL_ERROR, [LOG_LEVEL_ERROR] = LOG_LEVEL_NONE,
      [LOG_LEVEL_FATAL] = LOG_LEVEL_NONE};
  view->asked.level = next[view->asked.level];
  return log_view_ask(view, frame);
}

static struct request next_span(struct log_view *view, const struct frame *frame) {
  if (!view->asked.around_ms)
    view->asked.span = (view->asked.span + 1) % log_span_count;
  view->asked.around_ms = 0;
  snprintf(view->said, sizeof view->said, "Lines: %s", log_spans[view->asked.span].words);
  return log_view_ask(view, frame);
}

static struct request follow(struct log_view *view, const struct frame *frame) {
  view->tail = true;
  view->across = 0;
  if (!view->asked.around_ms)
    return nothing;
  view->asked.around_ms = 0;
  return log_view_ask(view, frame);
}

static struct request open_list(struct log_view *view, const struct frame *frame,
                                enum log_page page) {
  view->page = page;
  log_asked_text(&view->list.key, NULL);
  view->list = (struct log_list){0};
  log_list_move(view, frame, 0);
  return nothing;
}

static struct request enter(struct log_view *view, const struct frame *frame) {
  const struct log *log = log_of(frame);
  if (view->page == LOG_PAGE_LINES) {
    if (!log || log_count(log) == 0) {
      say(view, "No line is selected");
      return nothing;
    }
    const size_t index = log_view_index(view, log);
    log_view_select(view, log_view_logs(frame), index, false);
    log_shown_set(&view->shown, log_view_logs(frame), log_at(log, index));
    view->scroll = 0;
    view->page = LOG_PAGE_RECORD;
    return nothing;
  }
  if (view->page == LOG_PAGE_RECORD || !log_list_choose(view, frame))
    return nothing;
  view->page = LOG_PAGE_LINES;
  return log_view_ask(view, frame);
}

static struct request copy(struct log_view *view, const struct frame *frame) {
  const struct log *log = log_of(frame);
  const char *text = NULL;
  if (view->page == LOG_PAGE_RECORD)
    text = view->shown.text;
  else if (log && log_count(log) > 0)
    text = arena_printf(frame->arena, "%s", log_at(log, log_view_index(view, log))->text);
  if (!text)
    return nothing;
  say(view, "Copied the line");
  return (struct request){.kind = REQUEST_COPY, .text = text};
}

static struct request across(struct log_view *view, int direction) {
  enum { STEP = 20 };
  if (view->wrap)
    say(view, "Lines are wrapped: press {log-wrap}, then scroll");
  view->across += direction * STEP;
  view->across = view->across < 0 || view->wrap ? 0 : view->across;
  return nothing;
}

static struct request toggle(bool *what) {
  *what = !*what;
  return nothing;
}

struct request log_view_command(struct log_view *view, const struct frame *frame,
                                enum log_command command) {
  switch (command) {
  case LOG_KEY_FOLLOW:
    return follow(view, frame);
  case LOG_KEY_WRAP:
    return toggle(&view->wrap);
  case LOG_KEY_RAW:
    return toggle(&view->raw);
  case LOG_KEY_CHART:
    return toggle(&view->plain);
  case LOG_KEY_ACROSS_LEFT:
    return across(view, -1);
  case LOG_KEY_ACROSS_RIGHT:
    return across(view, 1);
  case LOG_KEY_SEARCH:
    log_typing_begin(view, LOG_TYPING_SEARCH, NULL);
    return nothing;
  case LOG_KEY_NEXT:
    return search_step(view, frame, true);
  case LOG_KEY_PREVIOUS:
    return search_step(view, frame, false);
  case LOG_KEY_FILTER:
    log_typing_begin(view, LOG_TYPING_FILTER, view->asked.grep);
    return nothing;
  case LOG_KEY_LEVEL:
    return next_level(view, frame);
  case LOG_KEY_SINCE:
    return next_span(view, frame);
  case LOG_KEY_TOP:
    return open_list(view, frame, LOG_PAGE_TOP);
  case LOG_KEY_SOURCES:
    return open_list(view, frame, LOG_PAGE_SOURCES);
  case LOG_KEY_SAVED:
    return open_list(view, frame, LOG_PAGE_SAVED);
  case LOG_KEY_ENTER:
    return enter(view, frame);
  case LOG_KEY_COPY:
    return copy(view, frame);
  }
  return nothing;
}

struct request log_view_back(struct log_view *view, const struct frame *frame, bool *left) {
  *left = false;
  if (view->page != LOG_PAGE_LINES) {
    view->page = LOG_PAGE_LINES;
    return nothing;
  }
  const struct logs *logs = log_view_logs(frame);
  if (view->matches.pattern && logs && logs->search.running)
    return (struct request){.kind = REQUEST_LOGS_SEARCH_STOP}; /* what it has found stays */
  if (view->matches.pattern)
    return log_typing_search_end(view);
  if (log_asked_is_filtered(&view->asked)) {
    log_asked_unfilter(&view->asked);
    return log_view_ask(view, frame);
  }
  *left = true;
  return (struct request){.kind = REQUEST_LOGS_CLOSE};
}
