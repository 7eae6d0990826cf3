/* SQL statements of others, made fit to be kept: a session's query may hold passwords and the data
 * of people, and plans, records and copies outlive it.
 *
 * Pure. The text may be cut anywhere, may be no SQL at all, and may be in any encoding that keeps
 * ASCII as it is; nothing of a literal that is cut, or of one whose end is in doubt, is kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Writes the statement with '***' for each literal ('...', E'...', U&'...', $tag$...$tag$, also
 * what begins like one and has no end) and for each password, quoted or not, and with "..." for
 * what a comment says. Names and numbers stay. Where a backslash before a quote leaves in doubt
 * where the literal ends (standard_conforming_strings), it ends with the text. White space is kept.
 * out is always terminated (size > 0). Returns the bytes written. */
size_t statement_without_literals(char *out, size_t size, const char *text);

/* Whether it may hold a password or another secret, as ALTER ROLE ... PASSWORD does, or a
 * connection string: then not even the screen may show it as it is. */
bool statement_has_secret(const char *text);
/* The statement itself, or, where it may hold a secret, without its literals. */
size_t statement_for_screen(char *out, size_t size, const char *text);
