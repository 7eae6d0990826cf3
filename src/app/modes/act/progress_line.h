/* One progress line on stderr, if that is a terminal. */
#pragma once

#include "model/action/operation.h"

struct progress_line {
  int64_t shown_ms; /* last update; 0: no line is shown */
  enum operation_phase phase;
};

/* "running: index rebuild, 1,200 of 3,000 rows (40%), 12s left"; at most ten times per second. */
void progress_line_show(struct progress_line *line, const struct operation *operation,
                        int64_t now_ms);
void progress_line_clear(struct progress_line *line);
