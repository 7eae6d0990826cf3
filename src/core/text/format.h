/* Numbers for display. ASCII only, no locale; every function writes at most size bytes with the
 * terminator and returns out. FORMAT_MAX is always enough. */
#pragma once

#include "core/value.h"

enum { FORMAT_MAX = 48 };

/* A value in its unit: "12,430", "1.4 GB", "71%", "14m", "-20/s". A text is copied (truncated to
 * size). A forecast that reaches far says from what it was computed: "3h 00m from 4m". None is "-"
 * if it does not apply and "?" if it has a reason. plus: "+84/s" for changes. */
const char *format_value(char *out, size_t size, struct value value, enum unit unit, bool plus);
/* "the last 4 min": what a forecast rests on, in words. */
const char *format_window(char *out, size_t size, int64_t seconds);
/* A limit as it was configured: "0.01%" and not "0%", 5 and not 5.00. */
const char *format_limit(char *out, size_t size, double limit, enum unit unit);

const char *format_count(char *out, size_t size, int64_t count); /* 12,430,000 */
/* "1 key", "12,430 keys". */
const char *format_counted(char *out, size_t size, int64_t count, const char *one,
                           const char *many);
const char *format_bytes(char *out, size_t size, double bytes); /* 1.4 GB, 210 MB, 12 kB, 80 B */
const char *format_duration(char *out, size_t size,
                            double seconds); /* 12ms, 3.1s, 41s, 14m 05s, 5h 02m, 3d 4h */
/* The title of a column in running text: "LAG" as "lag"; a title with a lower-case letter is
 * unchanged. */
const char *format_title(char *out, size_t size, const char *title);
/* Wall-clock time; with_date for "2026-11-24 14:03:27". In UTC or the local zone. */
const char *format_time(char *out, size_t size, int64_t ms, bool utc, bool with_date);
