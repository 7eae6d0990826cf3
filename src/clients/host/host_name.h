/* Names of files as text. A name is any bytes but NUL and "/": it may have newlines, escape
 * sequences and invalid UTF-8, so that it can be neither shown nor written into a plan as it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { HOST_NAME_FACTOR = 4 }; /* a text has at most this many bytes per byte of the name */

/* One line of valid UTF-8: printable characters as they are; control characters, invalid bytes, the
 * backslash, and invisible or reordering characters as \xNN, byte by byte. Cut at a whole unit if
 * `size` is too small. Two names never give the same text unless it is cut. Returns out. */
const char *host_name_show(char *out, size_t size, const char *name);
/* The reverse. False where the text is not one of host_name_show, or longer than `size`. */
bool host_name_read(char *out, size_t size, const char *text);
