/* Parses numbers of a server. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* False, without a result, unless the whole text is the number: no blank, no sign but -, no "1.2"
 * for an integer, no "inf". text may be NULL. */
bool number_int(const char *text, int64_t *number);
bool number_real(const char *text, double *number);
/* The same for a value that is never negative. */
bool number_count(const char *text, int64_t *number);
