/* Time: two clocks.
 *
 * The steady clock is the wall time at the start plus what CLOCK_BOOTTIME has counted since. It
 * never jumps when the host's clock is set, counts a suspended laptop's sleep, and reads as
 * milliseconds since 1970 UTC. Ages, deadlines and all times of the model are of this clock.
 *
 * What people read and what outlives the process (the audit, plans on disk, JSON) is wall time: the
 * host's clock as it is now. They differ once the host's clock was set after the start (NTP, a
 * restored virtual machine). Then all times of the model are shown by the corrected clock, those
 * from before the correction as well: an event stays as long ago as it is. */
#pragma once

#include <stdint.h>

void clock_start(void); /* once, first thing in main; else at the first clock_now_ms */
int64_t clock_now_ms(void);
int64_t clock_now_us(void);

/* The wall time now; on the loop's thread only. */
int64_t clock_wall_ms(void);
/* The same read from the host's clock, on any thread. */
int64_t clock_wall_read_ms(void);
/* Wall time less steady time: to be added to a time of the steady clock that is shown or recorded;
 * 0 while nobody has set the clock. On the loop's thread only. */
int64_t clock_wall_offset_ms(void);

/* Smaller differences come from reading two clocks one after the other: with them, times on the
 * screen would flicker. */
enum { CLOCK_STEP_US = 200000 };
/* The offset in force when `known_us` was, and `seen_us` is what the clocks say. */
int64_t clock_offset_next(int64_t known_us, int64_t seen_us);
