/* What to watch without a configuration: this host, and the servers on the usual loopback ports. */
#pragma once

#include "io/io.h"
#include "model/config/config.h"

/* Connects to each usual port once, all at the same time, and runs the loop until all have answered
 * or DISCOVER_MS has passed; call it before the screen is opened. The targets have no interval and
 * timeout yet. */
enum { DISCOVER_MS = 150 };
struct config *discover(struct io *io);
/* Whether these ports of 127.0.0.1 accept a connection, in the same way. */
enum { DISCOVER_PORTS_MAX = 64 };
void discover_ports(struct io *io, const int *ports, size_t count, bool *answers);
