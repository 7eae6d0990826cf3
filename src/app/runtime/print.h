/* What the modes without a screen share in printing. */
#pragma once

#include "app/startup/options.h"
#include "report/text.h"

/* Of the standard output: its width, or COLUMNS where it is no terminal; colours on a terminal. */
struct report_text_options print_options(const struct options *options);
/* Whether all that was printed is out; else says on stderr that it is not, and why. */
bool print_end(bool written);
/* "stacktop: ..." on stderr, sanitised to ASCII, cut at 1 kB. */
void error_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
