/* Lists in the viewer: the most frequent messages, the sources, the filters of the configuration.
 */
#pragma once

#include "ui/log/log_view.h"

void log_list_draw(struct log_view *view, const struct frame *frame, struct rect area);
void log_list_move(struct log_view *view, const struct frame *frame, int rows);
/* Enter on the selected row: changes what is asked for. False if nothing changes. */
bool log_list_choose(struct log_view *view, const struct frame *frame);
/* A regular expression for a folded message (model/log/log_counts.h); returns out. */
const char *log_list_expression(const char *pattern, char *out, size_t size);
