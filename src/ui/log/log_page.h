/* The page of logs as a whole: its border, what is shown and what is missing. */
#pragma once

#include "ui/log/log_view.h"

/* Draws the page into the area. */
void log_view_draw(struct log_view *view, const struct frame *frame, struct rect area);
/* The bottom line while a text is typed. */
void log_view_typing_draw(const struct log_view *view, const struct frame *frame, int y);
