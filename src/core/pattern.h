/* Regular expressions (PCRE2) over text from outside. No pattern runs without a limit: a search
 * that backtracks without end is given up, and whether the text matches is not known. */
#pragma once

#include "core/err.h"

#include <stddef.h>

struct pattern;

/* Letters in lower case only match both cases, as in less and vim: "smart case". */
enum pattern_case { PATTERN_CASE_SMART, PATTERN_CASE_EXACT, PATTERN_CASE_IGNORED };

/* NULL with "at character 5: missing closing parenthesis". Text is UTF-8 where it is valid. */
struct pattern *pattern_new(const char *text, enum pattern_case how, struct err *err) MUST_CHECK;
void pattern_free(struct pattern *pattern); /* NULL is allowed */
/* As typed. */
const char *pattern_source(const struct pattern *pattern);

struct pattern_span {
  size_t start, end; /* bytes; start == end: an empty match */
};
/* It means no more than its text. */
bool pattern_is_literal(const struct pattern *pattern);
/* Of a text with many lines: 1 as pattern_find, 0 for no match, -1 if the search was given up or
 * the pattern's meaning needs lines one by one (\A, \z, a negative look-around): search each line.
 */
int pattern_scan(const struct pattern *pattern, const char *text, size_t len, size_t from,
                 struct pattern_span *span);
/* The first match that starts at `from` or later. One pattern is used by one thread at a time. */
bool pattern_find(const struct pattern *pattern, const char *text, size_t len, size_t from,
                  struct pattern_span *span);
/* The same, where it matters why nothing was found: 1: found, 0: no match, -1: given up. */
int pattern_search(const struct pattern *pattern, const char *text, size_t len, size_t from,
                   struct pattern_span *span);
/* Another for use on another thread. */
struct pattern *pattern_dup(const struct pattern *pattern);
