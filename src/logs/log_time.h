/* Reads the time of a log line: pure, but for the local zone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a reader of times keeps from line to line: conversions to the local zone are slow. */
struct log_clock {
  int64_t now_ms;       /* wall time, for times without a year: none is later than tomorrow */
  bool utc;             /* times without a zone are UTC; else of the local zone */
  int64_t day;          /* the one that `hours` is of, as yyyymmdd; 0: none */
  int64_t hours_ms[24]; /* when each of its hours begins in the local zone; 0: not asked yet */
};

struct log_stamp {
  int64_t time_ms;
  bool zoneless;
  size_t start, end; /* bytes of the line that it takes */
};

/* The first time near the beginning of a line: ISO 8601 (T or blank, "." or "," before fractions,
 * Z, +01:00, +0100, UTC), RFC 3164 and 5424, nginx and Apache (access and error), Redis ("27 Nov
 * 2026 10:00:00.123"), klog ("I1127 10:00:00.123456"). */
bool log_time_find(struct log_clock *clock, const char *line, size_t len, struct log_stamp *stamp);
/* A whole value of a field: a time as above, or seconds, milliseconds, microseconds or nanoseconds
 * since 1970. */
bool log_time_parse(struct log_clock *clock, const char *text, size_t len, struct log_stamp *stamp);
