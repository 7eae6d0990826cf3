/* Patterns of keys, as Redis' SCAN MATCH takes them. Pure. */
#pragma once

#include "core/err.h"

enum { REDIS_PATTERN_MAX = 1024 };

/* An option's check: refuses a pattern without a single literal character ("*", "**", "?*",
 * "[^x]*",
 * ""): it would take every key, or nearly. */
bool redis_pattern_check(const char *text, struct err *err);
