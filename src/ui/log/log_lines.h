/* Lines of a log: time, level, source, text. */
#pragma once

#include "ui/log/log_view.h"

/* Draws the lines into the area, scrolled so that the selected one is visible. */
void log_lines_draw(struct log_view *view, const struct frame *frame, struct rect area);

/* The look of a level: a style; a mark of two cells; a word, "" if the line has no level. */
unsigned log_level_style(enum log_level level);
const char *log_level_mark(enum log_level level);
/* A source's own colour; its name is always shown with it. */
unsigned log_source_style(size_t source);
enum { LOG_STAMP_MAX = 32 };
/* "14:03:12.123", with the date where it is not the frame's day. */
const char *log_stamp(char out[LOG_STAMP_MAX], const struct frame *frame, int64_t time_ms);
