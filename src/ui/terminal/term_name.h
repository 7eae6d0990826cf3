/* Names of terminal types, and strings of their descriptions. Pure. */
#pragma once

#include <stddef.h>

/* The types to try, best first, in the place of one that this host does not describe: those of the
 * terminal that the name begins with ("xterm-kitty", "foot", "tmux-256color"). NULL after the last
 * one; NULL for a name that says nothing. */
const char *const *term_instead(const char *term);

/* Copies the string without its padding, such as "$<5>": that is for terminals on a serial line,
 * which have flow control. Cut to fit. */
void term_without_padding(char *out, size_t size, const char *text);
