/* The model as lines for people, cron and monitoring plug-ins: what `check` prints.
 *
 *     CRIT ecap: 1 crit, 1 warn, 3 of 5 targets ok; dashboard: refused: ...; and 1 more
 *
 *     Services
 *     OK    api        STATE 200  LATENCY 12ms  CONNECT 1ms  (13ms)
 *     CRIT  dashboard  STATE refused  (2ms)
 *           CRIT  dashboard: refused: nothing listens on port 8501 (for 14m 03s)
 *     ?     AVAIL, FOR: needs two collections
 *
 * The first line is a plug-in's status line: state, name, counts, the worst findings; it holds no
 * '|'. Then come the targets by kind, each with its findings,
 * its figures (a summary table as pairs, the foremost first; of other tables the worst rows), what
 * is missing and why. In brackets: what the collection took, and its age when it is not from now.
 * Knows no collector. Every text is sanitised. */
#pragma once

#include "model/model.h"
#include "report/text/text_options.h"

#include <stdio.h>

/* True unless writing failed. */
bool report_text_write(FILE *out, const struct model *model, int64_t now_ms,
                       const struct report_text_options *options) MUST_CHECK;
