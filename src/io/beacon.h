/* Says what this stacktop sees to other programs of the same user (io/file/beacon_file.h), from the
 * loop: files are written on a thread, and nothing waits for them. */
#pragma once

#include "io/io.h"

struct beacon;

/* See beacon_file_new; both are copied. */
struct beacon *beacon_new(struct io *io, const char *fallback, const char *config);
/* The text as it is now; call it at least every BEACON_SHOW_MS, which is the sign of life of the
 * loop. Written only when it is new, or BEACON_BEAT_MS after the last time. NULL: nothing, as long
 * as the figures are held. */
enum { BEACON_SHOW_MS = 1000, BEACON_BEAT_MS = 5000 };
void beacon_show(struct beacon *beacon, const char *text);
/* Takes it back. What is left of it ends on the loop. */
void beacon_close(struct beacon *beacon);
