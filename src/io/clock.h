/* Time. The steady wall clock is the wall time at the start plus what CLOCK_BOOTTIME has counted
 * since: it never jumps when the host's clock is set, counts a suspended laptop's sleep, and still
 * reads as milliseconds since 1970 UTC. All times in the model are of this clock. */
#pragma once

#include <stdint.h>

void clock_start(void); /* once, first thing in main; else at the first clock_now_ms */
int64_t clock_now_ms(void);
int64_t clock_now_us(void);
