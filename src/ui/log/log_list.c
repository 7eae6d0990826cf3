#include "ui/log/log_list.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "ui/draw/hits.h"
#include "ui/log/log_asked.h"
#include "ui/log/log_lines.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_CELLS = 9, LEVEL_CELLS = 6, TIME_CELLS = 9, NAME_CELLS = 20, STATE_CELLS = 10 };

/* ---- rows */

static const struct log_message *const *messages_top(const struct frame *frame, size_t *count) {
  const struct logs *logs = log_view_logs(frame);
  *count = 0;
  return logs && logs->messages ? log_messages_top(logs->messages, count) : NULL;
}

static size_t row_count(const struct log_view *view, const struct frame *frame) {
  const struct logs *logs = log_view_logs(frame);
  size_t count = 0;
  switch (view->page) {
  case LOG_PAGE_TOP:
    messages_top(frame, &count);
    return count;
  case LOG_PAGE_SOURCES:
    return logs ? logs->source_count + 1 : 0;
  case LOG_PAGE_SAVED:
    return frame->model->config->log_filter_count + 1;
  default:
    return 0;
  }
}

/* The selected message stays selected while others overtake it. */
static void find_again(struct log_view *view, const struct frame *frame) {
  struct log_list *list = &view->list;
  list->count = row_count(view, frame);
  if (view->page == LOG_PAGE_TOP && list->key) {
    size_t count;
    const struct log_message *const *top = messages_top(frame, &count);
    for (size_t i = 0; i < count; i++)
      if (strcmp(top[i]->pattern, list->key) == 0)
        list->at = i;
  }
  if (list->at >= list->count)
    list->at = list->count > 0 ? list->count - 1 : 0;
}

static void remember(struct log_view *view, const struct frame *frame) {
  struct log_list *list = &view->list;
  size_t count;
  log_asked_text(&list->key, NULL);
  if (view->page != LOG_PAGE_TOP)
    return;
  const struct log_message *const *top = messages_top(frame, &count);
  if (list->at < count)
    log_asked_text(&list->key, top[list->at]->pattern);
}

void log_list_move(struct log_view *view, const struct frame *frame, int rows) {
  struct log_list *list = &view->list;
  find_again(view, frame);
  long at = (long)list->at + rows, last = list->count > 0 ? (long)list->count - 1 : 0;
  list->at = (size_t)(at < 0 ? 0 : at > last ? last : at);
  remember(view, frame);
}

/* ---- drawing */

static void put_heading(const struct frame *frame, struct rect area, int x, const char *text) {
  canvas_text(frame->canvas, area.x + x, area.y, area.width - x, STYLE_LABEL, text);
}

static void draw_clock(const struct frame *frame, int x, int y, int64_t time_ms) {
  char stamp[LOG_STAMP_MAX];
  log_stamp(stamp, frame, time_ms);
  size_t length = strlen(stamp) - 4; /* without milliseconds */
  stamp[length] = '\0';
  canvas_text(frame->canvas, x, y, TIME_CELLS - 1, STYLE_DIM,
              length > 8 ? stamp + length - 8 : stamp);
}

/* Without its time: it has columns. */
static const char *without_time(const char *pattern) {
  static const char time[] = "<time> ";
  return strncmp(pattern, time, sizeof time - 1) == 0 ? pattern + sizeof time - 1 : pattern;
}

static void draw_message(const struct frame *frame, struct rect row,
                         const struct log_message *message) {
  struct canvas *canvas = frame->canvas;
  char number[FORMAT_MAX];
  int x = row.x;
  canvas_text_right(canvas, x, row.y, COUNT_CELLS - 1, STYLE_TEXT,
                    format_count(number, sizeof number, (int64_t)message->count));
  x += COUNT_CELLS;
  canvas_text(canvas, x, row.y, LEVEL_CELLS - 1, log_level_style(message->level),
              log_level_name(message->level));
  x += LEVEL_CELLS;
  if (row.width >= 60) {
    draw_clock(frame, x, row.y, message->first_ms);
    draw_clock(frame, x + TIME_CELLS, row.y, message->last_ms);
    x += 2 * TIME_CELLS;
  }
  canvas_text(canvas, x, row.y, row.x + row.width - x, STYLE_TEXT, without_time(message->pattern));
}

static const char *state_words(enum log_source_state state) {
  switch (state) {
  case LOG_SOURCE_OPENING:
    return "opening";
  case LOG_SOURCE_READING:
    return "reading";
  case LOG_SOURCE_FOLLOWING:
    return "following";
  case LOG_SOURCE_ENDED:
    return "ended";
  case LOG_SOURCE_FAILED:
    return "failed";
  }
  return "";
}

static void draw_source(const struct frame *frame, struct rect row, size_t index) {
  const struct log_source_status *source = &log_view_logs(frame)->sources[index];
  struct canvas *canvas = frame->canvas;
  const bool failed = source->state == LOG_SOURCE_FAILED;
  char number[FORMAT_MAX], text[512] = "";
  int x = row.x;
  canvas_text(canvas, x, row.y, NAME_CELLS - 1, log_source_style(index), source->name);
  x += NAME_CELLS;
  canvas_text(canvas, x, row.y, STATE_CELLS - 1, failed ? STYLE_CRIT : STYLE_TEXT,
              state_words(source->state));
  x += STATE_CELLS;
  canvas_text_right(canvas, x, row.y, COUNT_CELLS - 1, STYLE_TEXT,
                    format_count(number, sizeof number, (int64_t)source->lines));
  x += COUNT_CELLS;
  if (source->err.kind != ERR_NONE)
    snprintf(text, sizeof text, "%s; ", source->err.text);
  size_t length = strlen(text);
  if (source->rotations > 0)
    snprintf(text + length, sizeof text - length, "rotated %llu times; ",
             (unsigned long long)source->rotations);
  x += canvas_text(canvas, x, row.y, row.x + row.width - x, failed ? STYLE_CRIT : STYLE_WARN, text);
  canvas_text(canvas, x, row.y, row.x + row.width - x, STYLE_DIM,
              source->place ? source->place : "");
}

static void draw_saved(const struct frame *frame, struct rect row, size_t index) {
  const struct log_saved *saved = &frame->model->config->log_filters[index];
  char words[LOG_FILTER_TEXT_MAX];
  struct canvas *canvas = frame->canvas;
  canvas_text(canvas, row.x, row.y, NAME_CELLS - 1, STYLE_TEXT, saved->name);
  const int x = row.x + NAME_CELLS, room = row.width - NAME_CELLS;
  int used = saved->help ? canvas_text(canvas, x, row.y, room, STYLE_TEXT, saved->help) + 2 : 0;
  canvas_text(canvas, x + used, row.y, room - used, STYLE_DIM,
              log_filter_text(saved->filter, words));
}

static void draw_row(const struct log_view *view, const struct frame *frame, struct rect row,
                     size_t index, const struct log_message *const *top) {
  switch (view->page) {
  case LOG_PAGE_TOP:
    draw_message(frame, row, top[index]);
    break;
  case LOG_PAGE_SOURCES:
    if (index == 0)
      canvas_text(frame->canvas, row.x, row.y, row.width, STYLE_TEXT, "all sources");
    else
      draw_source(frame, row, index - 1);
    break;
  default:
    if (index == 0)
      canvas_text(frame->canvas, row.x, row.y, row.width, STYLE_TEXT, "no filter");
    else
      draw_saved(frame, row, index - 1);
    break;
  }
}

static void draw_head(const struct log_view *view, const struct frame *frame, struct rect area) {
  if (view->page == LOG_PAGE_TOP) {
    put_heading(frame, area, COUNT_CELLS - 6, "COUNT");
    put_heading(frame, area, COUNT_CELLS, "LEVEL");
    int x = COUNT_CELLS + LEVEL_CELLS;
    if (area.width >= 60) {
      put_heading(frame, area, x, "FIRST");
      put_heading(frame, area, x + TIME_CELLS, "LAST");
      x += 2 * TIME_CELLS;
    }
    put_heading(frame, area, x, "MESSAGE");
  } else if (view->page == LOG_PAGE_SOURCES) {
    put_heading(frame, area, 0, "SOURCE");
    put_heading(frame, area, NAME_CELLS, "STATE");
    put_heading(frame, area, NAME_CELLS + STATE_CELLS + COUNT_CELLS - 6, "LINES");
    put_heading(frame, area, NAME_CELLS + STATE_CELLS + COUNT_CELLS, "PLACE");
  } else {
    put_heading(frame, area, 0, "FILTER");
    put_heading(frame, area, NAME_CELLS, "SHOWS");
  }
}

/* What the list does not have. */
static void draw_foot(const struct log_view *view, const struct frame *frame, struct rect area) {
  const struct logs *logs = log_view_logs(frame);
  const int y = area.y + area.height - 1;
  char number[FORMAT_MAX];
  if (view->page == LOG_PAGE_TOP && view->list.count == 0)
    canvas_text(frame->canvas, area.x, area.y + 1, area.width, STYLE_DIM, "no messages yet");
  else if (view->page == LOG_PAGE_TOP && logs->messages && log_messages_other(logs->messages) > 0)
    canvas_printf(frame->canvas, area.x, y, area.width, STYLE_NOTICE,
                  "%s lines of rarer messages are not listed; counts are at least these",
                  format_count(number, sizeof number, (int64_t)log_messages_other(logs->messages)));
  else if (view->page == LOG_PAGE_SAVED && view->list.count == 1)
    canvas_text(frame->canvas, area.x, area.y + 2, area.width, STYLE_DIM,
                "the configuration has no log_filters");
}

void log_list_draw(struct log_view *view, const struct frame *frame, struct rect area) {
  struct log_list *list = &view->list;
  find_again(view, frame);
  if (area.height < 2)
    return;
  const bool foot = view->page == LOG_PAGE_TOP && log_view_logs(frame) &&
                    log_view_logs(frame)->messages &&
                    log_messages_other(log_view_logs(frame)->messages) > 0 && area.height > 3;
  list->height = area.height - 1 - foot;
  const size_t height = (size_t)list->height;
  if (list->at < list->first)
    list->first = list->at;
  if (list->at >= list->first + height)
    list->first = list->at - height + 1;
  draw_head(view, frame, area);
  size_t count;
  const struct log_message *const *top =
      view->page == LOG_PAGE_TOP ? messages_top(frame, &count) : NULL;
  for (size_t i = 0; i < height && list->first + i < list->count; i++) {
    struct rect row = {area.x, area.y + 1 + (int)i, area.width, 1};
    hit_add(frame, row.y, 1, 0, list->first + i);
    draw_row(view, frame, row, list->first + i, top);
    if (list->first + i == list->at)
      canvas_restyle(frame->canvas, row.x, row.y, row.width, 1, STYLE_SELECTED);
  }
  draw_foot(view, frame, area);
}

/* ---- choosing */

static bool is_stand_in(const char *at, size_t *length) {
  size_t end = 1;
  if (*at != '<')
    return false;
  while (islower((unsigned char)at[end]))
    end++;
  *length = end + 1;
  return end > 1 && at[end] == '>';
}

const char *log_list_expression(const char *pattern, char *out, size_t size) {
  size_t used = 0, stand_in;
  for (const char *at = pattern; *at && used + 8 < size;) {
    if (is_stand_in(at, &stand_in)) {
      used += (size_t)snprintf(out + used, size - used, ".+?");
      at += stand_in;
    } else if (*at == ' ') {
      used += (size_t)snprintf(out + used, size - used, "\\s+");
      at += strspn(at, " ");
    } else {
      if (strchr("\\^$.[|()?*+{}#", *at))
        out[used++] = '\\';
      out[used++] = *at++;
    }
  }
  out[used] = '\0';
  return out;
}

bool log_list_choose(struct log_view *view, const struct frame *frame) {
  const struct logs *logs = log_view_logs(frame);
  const struct config *config = frame->model->config;
  struct log_asked *asked = &view->asked;
  char text[LOG_TYPED_MAX];
  size_t count;
  find_again(view, frame);
  const size_t at = view->list.at;
  const struct log_message *const *top = messages_top(frame, &count);
  switch (view->page) {
  case LOG_PAGE_TOP:
    if (at >= count)
      return false;
    log_asked_text(&asked->grep, log_list_expression(top[at]->pattern, text, sizeof text));
    break;
  case LOG_PAGE_SOURCES:
    if (at > logs->source_count)
      return false;
    log_asked_text(&asked->source, at == 0 ? NULL : logs->sources[at - 1].name);
    break;
  default:
    if (at == 0)
      log_asked_unfilter(asked);
    else if (at <= config->log_filter_count)
      log_asked_save(asked, &config->log_filters[at - 1]);
    break;
  }
  return true;
}
