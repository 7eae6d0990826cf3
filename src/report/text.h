/* The model as lines for people, cron and monitoring plug-ins: what `check` prints. */
#pragma once

#include "core/model.h"

#include <stdio.h>

struct report_text_options {
  bool ascii;
  bool color; /* a terminal reads it, and NO_COLOR is not set */
  int width;  /* cells of a line; 0: unlimited */
};

/* The first line is a plug-in's status line: "CRIT ecap: 1 crit, 2 warn, 7 ok | ..." */
bool report_text_write(FILE *out, const struct model *model, int64_t now_ms,
                       const struct report_text_options *options) MUST_CHECK;
