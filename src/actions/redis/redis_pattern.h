/* Patterns of keys, as in Redis' SCAN MATCH. Pure. */
#pragma once

#include "core/err.h"

enum { REDIS_PATTERN_MAX = 1024 };

/* An option's check: refuses a pattern without a single literal character ("*", "**", "?*",
 * "[^x]*", ""): it would match every key, or nearly. */
bool redis_pattern_check(const char *text, struct err *err);
