/* How long the rows of a table are kept: "created_at 90d", their time column and the age beyond
 * which they may be deleted. */
#pragma once

#include "core/err.h"

#include <stdint.h>

enum { RETENTION_COLUMN_MAX = 64, RETENTION_MIN_MS = 60000 };
#define RETENTION_MAX_MS (INT64_C(36500) * 86400000)

struct retention {
  char column[RETENTION_COLUMN_MAX]; /* as in the catalogue; may contain blanks */
  int64_t age_ms;                    /* at least RETENTION_MIN_MS */
};

bool retention_parse(const char *text, struct retention *retention, struct err *err) MUST_CHECK;
/* The same, as a check of an option. */
bool retention_check(const char *text, struct err *err);
