/* One line with everything that is known of it. */
#pragma once

#include "ui/log/log_view.h"

void log_record_draw(struct log_view *view, const struct frame *frame, struct rect area);
