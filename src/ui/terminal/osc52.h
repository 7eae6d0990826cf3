/* The sequence that copies a text to the terminal's clipboard (OSC 52). */
#pragma once

#include <stddef.h>

/* Allocated; *count its bytes. At most `most` bytes of the text are taken, at a whole character.
 * The text is sent as base64, so that nothing in it is a sequence. */
char *osc52_make(const char *text, size_t most, size_t *count);
