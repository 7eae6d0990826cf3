/* Numbers in what a server said. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* False, and nothing written, unless the whole text is the number: no blank, no sign but -, no
 * "1.2" for a whole number, no "inf". text may be NULL. */
bool number_int(const char *text, int64_t *number);
bool number_real(const char *text, double *number);
/* The same for what is never less than zero: a number below is refused. */
bool number_count(const char *text, int64_t *number);
