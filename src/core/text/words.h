/* A line taken apart into words, as a shell would do it, without any expansion. */
#pragma once

#include "core/err.h"

#include <stddef.h>

enum { WORDS_MAX = 4096 };

/* Blanks separate, '...' and "..." and \ quote. The words and the array, which ends with NULL, lie
 * in one block that the caller frees. NULL with err for an open quote or more than WORDS_MAX words.
 * What core/text/quote.h has quoted comes back as it was. */
char **words_split(const char *line, size_t *count, struct err *err) MUST_CHECK;
