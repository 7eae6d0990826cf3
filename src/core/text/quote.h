/* Quotes a word so that words_split of core/text/words.h and a shell both return it unchanged. */
#pragma once

#include <stddef.h>

/* Unchanged if no character is special, otherwise in single quotes: 'it'\''s me'. Always
 * terminated; truncated if `size` is too small (4 * strlen + 3 is always enough). Returns out. */
const char *quote_word(char *out, size_t size, const char *word);
