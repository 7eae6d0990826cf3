/* Places in a log: `to` and `before` as people write them. Pure, except for the time zone of the
 * process. */
#pragma once

#include "core/err.h"

#include <stdint.h>

enum kafka_to_kind {
  KAFKA_TO_EARLIEST,
  KAFKA_TO_LATEST,
  KAFKA_TO_OFFSET, /* number */
  KAFKA_TO_SHIFT,  /* number, signed */
  KAFKA_TO_TIME,   /* number: milliseconds since 1970 UTC */
  KAFKA_TO_FILE,   /* each partition's own; never parsed */
};

struct kafka_to {
  enum kafka_to_kind kind;
  int64_t number;
};

/* "earliest", "latest" (or "end"), "1500", "+20", "-20", "2h ago", "2026-11-25 14:03",
 * "2026-11-25T14:03:27.5+01:00" (without a zone: the local one), "@1795572207000" (milliseconds; a
 * number of 13 digits means the same unless it follows "offset:"). */
bool kafka_to_parse(const char *text, int64_t now_ms, struct kafka_to *to,
                    struct err *err) MUST_CHECK;
/* The same for an option's check: whether it can be parsed. */
bool kafka_to_check(const char *text, struct err *err) MUST_CHECK;
bool kafka_before_check(const char *text, struct err *err) MUST_CHECK; /* no shift, no "earliest" */

enum { KAFKA_TIME_TEXT = 112 };
/* "2026-11-25 14:03:27 (2026-11-25 13:03:27 UTC)"; once where both are the same. Returns out. */
const char *kafka_time_text(int64_t ms, char out[KAFKA_TIME_TEXT]);
