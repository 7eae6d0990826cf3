/* How many lines of which level came when. */
#pragma once

#include "ui/log/log_view.h"

/* Rows that the chart takes in an area of that size; 0: there is no room. */
int log_chart_rows(const struct log_view *view, const struct rect *area);
void log_chart_draw(const struct frame *frame, struct rect area);
