/* The viewer of logs: the state of its pages.
 *
 * It shows model.logs (model/log/logs.h), which app changes between two frames, and keeps no
 * pointer into it: lines are kept by their place. What is beyond the loaded lines is a request. */
#pragma once

#include "model/action/request.h"
#include "ui/draw/frame.h"
#include "ui/log/log_asked.h"
#include "ui/log/log_matches.h"
#include "ui/log/log_shown.h"
#include "ui/panes/pane.h"

enum log_page {
  LOG_PAGE_LINES,
  LOG_PAGE_RECORD, /* one line with all its fields */
  LOG_PAGE_TOP,    /* the most frequent messages */
  LOG_PAGE_SOURCES,
  LOG_PAGE_SAVED, /* the filters of the configuration */
};

enum log_typing { LOG_TYPING_NOT, LOG_TYPING_SEARCH, LOG_TYPING_FILTER };

enum { LOG_TYPED_MAX = 1024, LOG_SAID_MAX = 256 };

/* A list with a selected row. */
struct log_list {
  size_t at, first, count;
  char *key; /* of the selected message; NULL */
  int height;
};

struct log_view {
  enum log_page page;
  enum log_typing typing;
  char typed[LOG_TYPED_MAX];
  struct err wrong; /* of what is being typed; ERR_NONE */

  struct log_asked asked;
  uint32_t reading;      /* of the logs as last drawn */
  struct log_place line; /* the selected one, unless `tail` */
  struct log_place top;  /* the first that is visible */
  bool tail;             /* the last line is selected, whatever comes */
  bool centre;           /* draw the selected line in the middle: it was found, not moved to */
  uint64_t seen;         /* lines that had passed when `tail` was left */
  bool wrap, raw, plain; /* plain: without the chart */
  int across;            /* cells scrolled to the right */
  int lines, height;     /* last drawn: records, and rows for them */

  struct log_matches matches;
  bool paused;  /* the screen is: nothing is followed */
  bool seeking; /* the search decides which line is selected once it knows */

  struct log_shown shown;
  int scroll, shown_lines, shown_height;
  struct log_list list;

  char said[LOG_SAID_MAX]; /* a notice for the bottom line; "" */
  struct logs_query query; /* of the last request */
};

void log_view_init(struct log_view *view);
void log_view_fini(struct log_view *view);

/* The logs as they are drawn: NULL while there are none. */
static inline const struct logs *log_view_logs(const struct frame *frame) {
  return frame->model->logs;
}

/* Index of the selected line; 0 without lines. */
size_t log_view_index(const struct log_view *view, const struct log *log);
/* Selects the line; that of the last one continues with what comes. */
void log_view_select(struct log_view *view, const struct logs *logs, size_t index, bool tail);
/* Lines that passed the filter since the logs were opened. */
uint64_t log_view_passed(const struct logs *logs);

/* Whether the page changes without new data: a search continues with each frame. */
bool log_view_busy(const struct log_view *view);
