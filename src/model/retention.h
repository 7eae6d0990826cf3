/* How long a table's rows are kept: "created_at 90d", the column of their time and the age from
 * which on they may go. */
#pragma once

#include "core/err.h"

#include <stdint.h>

enum { RETENTION_COLUMN_MAX = 64, RETENTION_MIN_MS = 60000 };
#define RETENTION_MAX_MS (INT64_C(36500) * 86400000)

struct retention {
  char column[RETENTION_COLUMN_MAX]; /* as the catalogue has it; blanks may be in it */
  int64_t age_ms;                    /* at least RETENTION_MIN_MS */
};

bool retention_parse(const char *text, struct retention *retention, struct err *err) MUST_CHECK;
/* The same, as a check of an option. */
bool retention_check(const char *text, struct err *err);
