/* Text from outside, made safe for a terminal; UTF-8 and its width in cells (by utf8proc). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Writes text as one line of printable UTF-8 into out: control characters (C0, C1, DEL), bidi
 * overrides, invalid bytes and unassigned code points become visible stand-ins ("\n" and tabs a
 * space, others U+FFFD or '?' when ascii is set, as does everything beyond ASCII then). Cut at
 * a whole character; out is always terminated (size > 0). Returns the bytes written. */
size_t text_sanitize(char *out, size_t size, const char *text, size_t len, bool ascii);

/* Cells that sanitised text takes. */
int text_width(const char *text);
/* Bytes of the longest prefix of at most `cells` cells; *used (may be NULL) gets the cells it
 * takes. */
size_t text_fit(const char *text, int cells, int *used);
/* Bytes of the first line of a text that is broken at blanks into lines of that many cells: the
 * text itself if it fits; a longer word is cut. 0 only for no cells or an empty text. The next line
 * begins after the blanks that follow. */
size_t text_break(const char *text, int cells);
/* The last word of the first *end bytes, between white space; *end moves to where it begins. False:
 * there is none, or it does not fit into `size`. For clauses behind a text of any form. */
bool text_last_word(const char *text, size_t *end, char *out, size_t size);
/* The bytes of the first `end` without the white space at their end. */
size_t text_trim_end(const char *text, size_t end);
/* The next grapheme cluster: its bytes; *cells its width (0, 1, 2). 0 at the end. */
size_t text_next(const char *text, int *cells);
/* Case-insensitive substring (simple folding), for filters. */
bool text_contains(const char *text, const char *needle);
/* The last line that is not empty, without the blanks at its end, cut to the size; returns its
 * length before. */
size_t text_last_line(char *out, size_t size, const char *text, size_t len);
