/* What keys do in the logs. Each function returns the request that app carries out. */
#pragma once

#include "ui/draw/hits.h"
#include "ui/log/log_view.h"

enum log_command {
  LOG_KEY_FOLLOW,
  LOG_KEY_WRAP,
  LOG_KEY_RAW,
  LOG_KEY_CHART,
  LOG_KEY_ACROSS_LEFT,
  LOG_KEY_ACROSS_RIGHT,
  LOG_KEY_SEARCH,
  LOG_KEY_NEXT,
  LOG_KEY_PREVIOUS,
  LOG_KEY_FILTER,
  LOG_KEY_LEVEL,
  LOG_KEY_SINCE,
  LOG_KEY_TOP,
  LOG_KEY_SOURCES,
  LOG_KEY_SAVED,
  LOG_KEY_ENTER,
  LOG_KEY_COPY,
};

/* Opens the logs of a row. */
struct request log_view_open(struct log_view *view, const struct frame *frame,
                             const struct subject *subject);
struct request log_view_command(struct log_view *view, const struct frame *frame,
                                enum log_command command);
/* Up and down: lines, rows of a list, or the text of a line. */
void log_view_move(struct log_view *view, const struct frame *frame, int lines);
/* Lines of a page. */
/* Selects the line or the row of a list that was drawn as that (ui/draw/hits.h). *again: it was
 * selected already. False: it is gone. */
bool log_view_click(struct log_view *view, const struct frame *frame, const struct hit *hit,
                    bool *again);
int log_view_page(const struct log_view *view);
/* One step back: page, search, filter; *left: there is none, and the logs are closed. */
struct request log_view_back(struct log_view *view, const struct frame *frame, bool *left);
/* Asks again, for example from an earlier time. */
struct request log_view_ask(struct log_view *view, const struct frame *frame);
