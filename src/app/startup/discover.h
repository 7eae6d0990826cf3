/* What to watch when nobody has said: this host, and what answers on the usual loopback ports. */
#pragma once

#include "io/io.h"
#include "model/config.h"

/* Connects to each usual port once, all at the same time, and runs the loop until all have answered
 * or DISCOVER_MS is over: before there is a screen. The targets have no interval and timeout yet.
 */
enum { DISCOVER_MS = 150 };
struct config *discover(struct io *io);
