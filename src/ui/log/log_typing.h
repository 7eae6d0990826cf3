/* A search or a filter while it is typed. */
#pragma once

#include "ui/log/log_view.h"
#include "ui/terminal/key.h"

void log_typing_begin(struct log_view *view, enum log_typing what, const char *text);
/* *taken: the key belonged to the text. */
struct request log_typing_key(struct log_view *view, const struct frame *frame, struct key key,
                              bool *taken);
/* No search any more. */
struct request log_typing_search_end(struct log_view *view);
