/* A word quoted so that operate/words.h's words_split and a shell both give it back as it was. */
#pragma once

#include <stddef.h>

/* Unchanged where nothing in it would be taken for something else, else in single quotes: 'it'\''s
 * me'. Always terminated; cut where `size` is too small (4 * strlen + 3 never is). Returns out. */
const char *quote_word(char *out, size_t size, const char *word);
