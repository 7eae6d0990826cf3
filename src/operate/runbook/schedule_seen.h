/* When a schedule was first seen: STATE/schedules, one line each, only appended to, by all who
 * share the state directory. What was due before that does not count. */
#pragma once

#include "core/err.h"

#include <stdint.h>

/* The time at which this schedule of the runbook was seen first; now, on disk, if it never was.
 * False with err: it cannot be read or kept. Blocks. */
bool schedule_seen(const char *state, const char *runbook, const char *schedule, int64_t now_ms,
                   int64_t *seen_ms, struct err *err) MUST_CHECK;
