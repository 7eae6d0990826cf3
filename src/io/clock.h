/* Time: two clocks.
 *
 * The steady clock is the wall time at the start plus what CLOCK_BOOTTIME has counted since. It
 * never jumps when the host's clock is set, includes a laptop's suspend, and counts milliseconds
 * since 1970 UTC. Ages, deadlines and all times of the model use this clock.
 *
 * What is displayed or outlives the process (the audit log, plans on disk, JSON) is wall time: the
 * current host clock. The two differ if the host's clock was set after the start (NTP, a restored
 * virtual machine). Then all times of the model are displayed by the corrected clock, also those
 * from before the correction, so that ages stay right. */
#pragma once

#include <stdint.h>

void clock_start(void); /* once, first thing in main; else at the first clock_now_ms */
int64_t clock_now_ms(void);
int64_t clock_now_us(void);

/* The current wall time; on the loop's thread only. */
int64_t clock_wall_ms(void);
/* The same read from the host's clock, on any thread. */
int64_t clock_wall_read_ms(void);
/* Wall time minus steady time: add it to a time of the steady clock that is shown or recorded; 0
 * while the clock was not set. On the loop's thread only. */
int64_t clock_wall_offset_ms(void);

/* Smaller differences result from reading two clocks one after the other, and would make times on
 * the screen flicker. */
enum { CLOCK_STEP_US = 200000 };
/* The offset in force when `known_us` was, and `seen_us` is what the clocks say. */
int64_t clock_offset_next(int64_t known_us, int64_t seen_us);
