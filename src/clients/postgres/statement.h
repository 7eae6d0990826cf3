/* SQL statements of other sessions, made safe to store: a query may contain passwords and personal
 * data, and plans, records and copies outlive it.
 *
 * Pure. The text may be truncated anywhere, may not be SQL at all, and may be in any encoding that
 * keeps ASCII; nothing of a truncated literal, or of one with an uncertain end, is kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Writes the statement with '***' for each literal ('...', E'...', U&'...', $tag$...$tag$, also
 * what begins like one and has no end) and for each password, quoted or not, and with "..." for
 * what a comment says. Names and numbers stay. Where a backslash before a quote leaves in doubt
 * where the literal ends (standard_conforming_strings), it ends with the text. White space is kept.
 * out is always terminated (size > 0). Returns the bytes written. */
size_t statement_without_literals(char *out, size_t size, const char *text);

/* Whether it may contain a password or another secret, as ALTER ROLE ... PASSWORD does, or a
 * connection string: then not even the screen may show it unchanged. */
bool statement_has_secret(const char *text);
/* The statement, without its literals if it may contain a secret. */
size_t statement_for_screen(char *out, size_t size, const char *text);

/* What a planner takes: SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, WITH or TABLE. Writes the
 * first word of the statement, in capitals: "VACUUM"; "": it has none. */
enum { STATEMENT_VERB_MAX = 16 };
bool statement_has_plan(const char *text, char verb[STATEMENT_VERB_MAX]);
/* The highest number of its parameters, $1 and so on, outside of literals, names and comments; 0:
 * it has none. */
size_t statement_parameters(const char *text);
