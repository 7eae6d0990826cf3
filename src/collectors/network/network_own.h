/* Internals of the network's collector, for its tests. */
#pragma once

#include "collectors/collector.h"
#include "collectors/network/network_table.h"

/* As collector_network.open, on that system (NULL: the real one), which outlives the instance. */
void *network_open_on(struct io *io, const struct target *target,
                      const struct network_system *system, struct err *err);
