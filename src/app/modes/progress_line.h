/* One line on stderr that tells how far something has come, where stderr is a terminal. */
#pragma once

#include "model/operation.h"

struct progress_line {
  int64_t shown_ms; /* the last time; 0: none is there */
  enum operation_phase phase;
};

/* "under way: index rebuild, 1,200 of 3,000 rows (40%), 12s left"; at most ten times a second. */
void progress_line_show(struct progress_line *line, const struct operation *operation,
                        int64_t now_ms);
void progress_line_clear(struct progress_line *line);
