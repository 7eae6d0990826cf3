/* The sequence that gives a text to the terminal's clipboard (OSC 52). */
#pragma once

#include <stddef.h>

/* Allocated; *count its bytes. Of the text, at most `most` bytes are taken, at a whole character.
 * The text goes as base64, so that nothing in it is a sequence of its own. */
char *osc52_make(const char *text, size_t most, size_t *count);
