/* The model as one line for Nagios and its like: state, findings, performance data.
 *
 *     CRITICAL ecap: 1 crit, 4 of 5 targets ok; api: refused: ... | 'cache
 * redis.memory'=37%;80;90;0
 *
 * A figure is a root row's number that a threshold judges: 'TARGET ROW
 * METRIC'=VALUE[UNIT];WARN;CRIT;0. Units are s, B and %; a limit that must not be fallen below is
 * "80:". No text holds a '|', a quote, an '=' of its own or an end of line. Figures beyond
 * PLUGIN_FIGURES_MAX bytes are left out, and the text says how many. */
#pragma once

#include "report/text/text.h"

enum { PLUGIN_FIGURES_MAX = 3000 };

/* True unless writing failed. */
bool report_plugin_write(FILE *out, const struct model *model, int64_t now_ms,
                         const struct report_text_options *options) MUST_CHECK;
/* "UNKNOWN stacktop: TEXT", for errors that prevent any collection. */
bool report_plugin_trouble(FILE *out, const char *text) MUST_CHECK;
