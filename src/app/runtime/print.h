/* Output of the modes without a screen. */
#pragma once

#include "app/startup/options.h"
#include "report/text/text.h"

/* For standard output: its width, or COLUMNS if it is not a terminal; colours on a terminal
 * only. */
struct report_text_options print_options(const struct options *options);
/* Whether all output was written; otherwise reports the error on stderr, unless its reader has
 * closed it (`| head`), which is no error of ours. */
bool print_end(bool written);
/* Output failed because its reader has closed it. */
bool print_is_closed(void);
/* "stacktop: ..." on stderr, sanitised to ASCII, cut at 1 kB. */
void error_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
