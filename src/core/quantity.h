/* Durations and quantities as users write them. */
#pragma once

#include "core/err.h"
#include "core/value.h"

#include <stdint.h>

/* "300ms", "2s", "5m", "1h", "3d" to milliseconds. */
bool duration_parse(const char *text, int64_t *ms, struct err *err) MUST_CHECK;
/* The same for a duration in least..most; otherwise "2h is out of range: 1ms to 1h". */
bool duration_parse_within(const char *text, int64_t least, int64_t most, int64_t *ms,
                           struct err *err) MUST_CHECK;
enum { DURATION_TEXT_MAX = 24 };
/* In the largest unit that divides it: 90000 is "90s", 120000 is "2m". Returns out. */
const char *duration_text(char out[DURATION_TEXT_MAX], int64_t ms);
/* "80%" to 0.8, "10000", "10k", "2GB" (powers of 1024), "5s" to 5 (seconds), "1.5". */
bool quantity_parse(const char *text, double *quantity, struct err *err) MUST_CHECK;
/* A limit in the form of its unit: "80%" or "0.8" for a ratio, "5m" for seconds, "2GB" for bytes,
 * "10000" for a count. */
bool quantity_parse_in(enum unit unit, const char *text, double *quantity,
                       struct err *err) MUST_CHECK;
