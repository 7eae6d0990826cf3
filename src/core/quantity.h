/* Durations and quantities as people write them. */
#pragma once

#include "core/err.h"

#include <stdint.h>

/* "300ms", "2s", "5m", "1h", "3d" to milliseconds. */
bool duration_parse(const char *text, int64_t *ms, struct err *err) MUST_CHECK;
/* "80%" to 0.8, "10000", "10k", "2GB" (powers of 1024), "5s" to 5 (seconds), "1.5". */
bool quantity_parse(const char *text, double *quantity, struct err *err) MUST_CHECK;
