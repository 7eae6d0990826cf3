/* The options of a fleet, and where its hosts are read. */
#pragma once

#include "clients/fleet/fleet_addresses.h"
#include "model/target.h"

/* Whether the options go together. */
bool fleet_target_check(const struct target *target, struct err *err);
/* Whether it asks node_exporters one by one. */
bool fleet_asks_nodes(const struct target *target);
/* The target whose URL and login lead to the Prometheus: a prometheus of the configuration, or
 * itself. NULL: there is none of that name. */
const struct target *fleet_server(const struct target *target);
