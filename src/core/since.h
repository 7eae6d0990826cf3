/* Parses a time as users type it. */
#pragma once

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

/* "2h" (ago), "2026-11-24", "2026-11-24 14:03", "2026-11-24T14:03:27Z", "14:03" (today): of the
 * local zone, of UTC with a Z or `utc`. In ms since 1970. */
bool since_parse(const char *text, int64_t now_ms, bool utc, int64_t *ms,
                 struct err *err) MUST_CHECK;
