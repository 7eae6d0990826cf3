/* Time zones by name, as the C library knows them (the zones of the host, /usr/share/zoneinfo). */
#pragma once

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* False with err: the host has no such zone. The C library takes an unknown name for UTC. */
bool zone_check(const char *zone, struct err *err) MUST_CHECK;

/* The two conversions set TZ for the call: only for a process without other threads that ask for
 * the time. zone "": that of the process. The moment has tm_year to tm_sec; one that the clock
 * skips is moved forward by the gap, of one that comes twice it is the first. */
int64_t zone_instant_ms(const char *zone, const struct tm *moment);
void zone_moment(const char *zone, int64_t ms, struct tm *moment);
