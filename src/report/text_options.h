/* For whom a text is written. */
#pragma once

#include <stdbool.h>

struct report_text_options {
  bool ascii;
  bool color; /* a terminal reads it, and NO_COLOR is not set */
  bool pipes; /* a '|' in a text stays one; else it is '/', for monitoring takes what follows it for
                 performance data, in any line. For report_text_write only */
  int width;  /* cells of a line, taken as 40 at the least: sentences are wrapped, tables drop
                 columns by priority; 0: unlimited */
};
