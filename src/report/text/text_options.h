/* The reader of a text. */
#pragma once

#include <stdbool.h>

struct report_text_options {
  bool ascii;
  bool color; /* written to a terminal, and NO_COLOR is not set */
  bool pipes; /* keeps '|' in texts; otherwise it becomes '/', because monitoring systems read
                 performance data after it, in any line. For report_text_write only */
  int width; /* cells per line, at least 40: sentences are wrapped, tables drop columns by priority;
                0: unlimited */
};
